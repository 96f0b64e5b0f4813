using GossipCluster.Core.Coordination;

namespace GossipCluster.Core.Tests.Coordination;

/// <summary>Whom a read asks, and when it has heard enough.</summary>
public sealed class ReadQuorumTests
{
    [Theory]
    [InlineData('a', "", 2, 0, "state a, digest b")]
    [InlineData('c', "", 2, 0, "state c, digest a")]
    [InlineData('b', "a", 3, 0, "state b, digest c, digest d")]
    [InlineData('d', "", 2, 0, "state a, digest b")]
    [InlineData('d', "ab", 2, 0, "state c, digest d")]
    [InlineData('e', "abc", 2, 0, "state d, digest e")]
    [InlineData('a', "", 1, 0, "state a")]
    [InlineData('a', "", 1, 3, "state a, digest b, digest c")]
    [InlineData('a', "b", 3, 2, "state a, digest c, digest d")]
    [InlineData('x', "", 2, 0, "state a, digest b")]
    [InlineData('a', "bc", 1, 2, "unsatisfied Pr 1/2")]
    [InlineData('x', "abcdef", 2, 0, "unsatisfied R 0/2")]
    public void State_from_the_nearest_digests_from_the_others(char self, string down, int r, int pr, string expected) =>
        Assert.Equal(expected, new ReadRun(self: self, down: down, r: r, pr: pr).Start());

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 1)]
    [InlineData(3, 2)]
    [InlineData(3, 3)]
    [InlineData(4, 3)]
    [InlineData(5, 3)]
    [InlineData(5, 5)]
    public void A_read_is_answered_by_exactly_r_equal_replicas(int n, int r)
    {
        var read = new ReadRun(list: "abcdefgh", n: n, r: r);
        read.Start();

        for (var replica = 0; replica < r; replica++)
        {
            Assert.False(read.IsAnswered);
            if (replica == 0) read.State('a', 7);
            else read.Digest((char)('a' + replica), 7);
        }

        var found = Assert.IsType<ReadOutcome.Found>(read.Outcome);
        Assert.Equal(["a7"], found.States);
        Assert.Equal((r, r, false), (found.Copies, found.Primaries, found.Short));
    }

    [Fact]
    public void A_digest_that_differs_fetches_the_state()
    {
        var read = new ReadRun(r: 3);
        read.Start();

        Assert.Equal("", read.Digest('b', 2));
        Assert.Equal("", read.Digest('c', 2));
        Assert.Equal("state b", read.State('a', 1));
        Assert.Equal("found a1 b2", read.State('b', 2));
    }

    [Fact]
    public void Each_different_digest_is_fetched_once()
    {
        var read = new ReadRun(n: 5, r: 5);
        read.Start();
        read.State('a', 1);

        Assert.Equal("state b", read.Digest('b', 2));
        Assert.Equal("", read.Digest('c', 2));
        Assert.Equal("state d", read.Digest('d', 3));
        Assert.Equal("", read.Digest('e', 1));
        Assert.Equal("", read.State('d', 3));
        Assert.Equal("found a1 b2 d3", read.State('b', 2));
    }

    [Fact]
    public void A_state_that_is_on_its_way_but_late_is_fetched_from_another_with_the_same_digest()
    {
        var read = new ReadRun(r: 3, list: "abc");
        read.Start();
        read.State('a', 1);
        read.Digest('b', 2);
        read.Digest('c', 2);

        Assert.Equal("state c", read.Wait(50));
        Assert.Equal("found a1 c2", read.State('c', 2));
    }

    [Fact]
    public void A_state_newer_than_the_digest_before_it_is_taken_as_it_is()
    {
        var read = new ReadRun();
        read.Start();
        read.State('a', 1);
        read.Digest('b', 2);

        Assert.Equal("found a1 b3", read.State('b', 3));
    }

    [Fact]
    public void A_paused_peer_costs_a_hedge_to_the_next_node_not_an_error()
    {
        var read = new ReadRun();
        read.Start();
        read.State('a', 1);

        Assert.Equal("", read.Wait(49));
        Assert.Equal("digest c", read.Wait(1));
        Assert.Equal("", read.Wait(99));
        Assert.Equal("digest d", read.Wait(1));
        Assert.Equal("found a1", read.Digest('d', 1));
    }

    [Fact]
    public void A_paused_nearest_replica_is_replaced_for_its_state()
    {
        var read = new ReadRun(self: 'd');
        read.Start();
        read.Digest('b', 1);

        Assert.Equal("state b, digest c", read.Wait(50));
        Assert.Equal("", read.State('b', 1));
        Assert.Equal("found b1", read.Digest('c', 1));
    }

    [Fact]
    public void Where_nobody_has_answered_the_next_node_is_asked_for_its_state()
    {
        var read = new ReadRun(r: 1, self: 'd');
        read.Start();

        Assert.Equal("state b", read.Wait(50));
        Assert.Equal("found a1", read.State('a', 1));
    }

    [Fact]
    public void A_late_answer_still_counts()
    {
        var read = new ReadRun();
        read.Start();
        read.State('a', 1);
        read.Wait(60);

        Assert.Equal("found a1", read.Digest('b', 1));
    }

    [Fact]
    public void An_unreachable_or_refusing_node_is_replaced_at_once()
    {
        var read = new ReadRun(self: 'd');

        Assert.Equal("state a, digest b", read.Start());
        Assert.Equal("state c", read.Refused('a'));
        Assert.Equal("", read.Refused('a'));
        Assert.Equal("digest d", read.Reachable('b', false));
        Assert.Equal("digest e", read.Refused('d', RefusalReason.Busy));
        read.State('c', 1);
        Assert.Equal("found c1", read.Digest('e', 1));
    }

    [Theory]
    [InlineData("ab", "b", "found a1 short")]
    [InlineData("abcdef", "bcdef", "found a1 short")]
    [InlineData("a", "", "found a1 short")]
    public void Where_fewer_than_r_are_reachable_all_of_them_suffice(string list, string down, string expected)
    {
        var read = new ReadRun(list: list, down: down, r: 3);
        read.Start();

        Assert.Equal(expected, read.State('a', 1));
    }

    [Fact]
    public void Slowness_never_makes_a_read_short()
    {
        var read = new ReadRun(list: "abc");
        read.Start();
        read.State('a', 1);

        Assert.Equal("digest c, timed out 1", read.Wait(1_000));
    }

    [Fact]
    public void A_node_that_is_there_and_refuses_makes_no_short_read()
    {
        var read = new ReadRun(list: "abc");
        read.Start();
        read.State('a', 1);

        Assert.Equal("digest c", read.Refused('b', RefusalReason.Busy));
        Assert.Equal("unsatisfied R 1/2", read.Refused('c', RefusalReason.Busy));
    }

    [Fact]
    public void Pr_is_strict_and_not_met_by_fallbacks()
    {
        var read = new ReadRun(r: 3, pr: 2, down: "b");
        read.Start();
        read.State('a', 1);

        Assert.Equal("", read.Digest('d', 1));
        Assert.Equal("unsatisfied Pr 1/2", read.Reachable('c', false));
    }

    [Fact]
    public void Pr_is_met_by_primaries()
    {
        var read = new ReadRun(r: 1, pr: 2);
        read.Start();

        Assert.Equal("", read.State('a', 1));
        Assert.Equal("found a1", read.Digest('b', 1));
    }

    [Fact]
    public void An_answer_at_the_last_moment_is_in_time()
    {
        var read = new ReadRun();
        read.Start();
        read.State('a', 1);
        read.Skip(1_000);

        Assert.Equal("found a1", read.Digest('b', 1));
    }

    [Fact]
    public void What_comes_after_the_answer_and_strangers_change_nothing()
    {
        var read = new ReadRun();
        read.Start();

        Assert.Equal("", read.State('x', 1) + read.Digest('e', 1) + read.Refused('x') + read.Refused('c') + read.Covers(true));
        Assert.Equal("", read.State('a', 1) + read.State('a', 2));
        read.Digest('b', 1);
        Assert.Equal("", read.Digest('b', 2) + read.State('c', 3) + read.Reachable('b', false) + read.Start() + read.Wait(10_000));
    }
}
