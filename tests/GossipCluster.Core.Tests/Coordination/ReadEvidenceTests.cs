using GossipCluster.Core.Coordination;

namespace GossipCluster.Core.Tests.Coordination;

/// <summary>Absence needs evidence; a token is a minimum; who lacks something is repaired.</summary>
public sealed class ReadEvidenceTests
{
    [Fact]
    public void Not_found_takes_every_reachable_primary()
    {
        var read = new ReadRun(r: 1);
        read.Start();

        Assert.Equal("digest b, digest c", read.State('a', 0));
        Assert.Equal("", read.Digest('c', 0));
        Assert.Equal("not found by 3", read.Digest('b', 0));
        Assert.Equal(["a0"], Assert.IsType<ReadOutcome.NotFound>(read.Outcome).States);
    }

    [Fact]
    public void A_primary_that_is_behind_stands_for_nobody_where_another_can_be_asked()
    {
        var read = new ReadRun(r: 2, list: "abcd");
        read.Start();
        read.State('a', 3);

        Assert.Equal("digest c", read.Digest('b', 3, behind: true));
        Assert.Equal("state c", read.Digest('c', 7));
        Assert.Equal("found a3 c7", read.State('c', 7));
    }

    [Fact]
    public void A_primary_that_is_behind_suffices_where_nobody_else_is_there()
    {
        var read = new ReadRun(r: 2, list: "abc");
        read.Start();
        read.State('a', 3);
        read.Reachable('c', false);

        Assert.Equal("found a3", read.Digest('b', 3, behind: true));
    }

    [Fact]
    public void One_that_has_the_datum_outweighs_all_that_have_not()
    {
        var read = new ReadRun(r: 1, list: "abc");
        read.Start();
        read.State('a', 0);
        read.Digest('b', 0);

        Assert.Equal("state c", read.Digest('c', 5));
        Assert.Equal("found a0 c5", read.State('c', 5));
    }

    [Fact]
    public void Absences_that_differ_need_no_states()
    {
        var read = new ReadRun(r: 2);
        read.Start();
        read.State('a', 1, has: false);
        read.Digest('b', 2, has: false);

        Assert.Equal("not found by 3", read.Digest('c', 3, has: false));
    }

    [Fact]
    public void A_primary_that_is_slow_to_deny_is_waited_for_and_at_the_deadline_nothing_is_claimed()
    {
        var read = new ReadRun(r: 1, list: "abc");
        read.Start();
        read.State('a', 0);
        read.Digest('b', 0);

        Assert.Equal("timed out 2", read.Wait(1_000));
    }

    [Fact]
    public void A_primary_that_is_there_and_does_not_say_may_have_the_datum()
    {
        var read = new ReadRun(r: 1, list: "abc");
        read.Start();
        read.State('a', 0);
        read.Digest('b', 0);

        Assert.Equal("unsatisfied R 2/3", read.Refused('c', RefusalReason.Busy));
    }

    [Fact]
    public void An_unreachable_primarys_word_is_replaced_by_a_fallbacks_which_may_hold_hints()
    {
        var absent = new ReadRun(r: 1, down: "b");
        absent.Start();
        Assert.Equal("digest c, digest d", absent.State('a', 0));
        Assert.Equal("", absent.Digest('c', 0));
        Assert.Equal("not found by 2", absent.Digest('d', 0));

        var hinted = new ReadRun(r: 1, down: "b");
        hinted.Start();
        hinted.State('a', 0);
        hinted.Digest('c', 0);
        Assert.Equal("state d", hinted.Digest('d', 4));
        Assert.Equal("found a0 d4", hinted.State('d', 4));
    }

    [Fact]
    public void An_empty_fallback_never_outvotes_a_primary_that_has_the_datum()
    {
        var read = new ReadRun(down: "bc");

        Assert.Equal("state a, digest d", read.Start());
        Assert.Equal("", read.State('a', 1));
        Assert.Equal("state d", read.Digest('d', 0));
        Assert.Equal("found a1 d0", read.State('d', 0));
    }

    [Fact]
    public void A_primary_that_is_behind_is_no_witness()
    {
        var read = new ReadRun(r: 1);
        read.Start();

        Assert.Equal("digest b, digest c, digest d", read.State('a', 0, behind: true));
        Assert.Equal("", read.Digest('b', 0));
        Assert.Equal("", read.Digest('c', 0));
        Assert.Equal("not found by 2", read.Digest('d', 0));
    }

    [Fact]
    public void Where_no_primary_is_reachable_fallbacks_answer_and_the_outcome_says_that_there_is_no_witness()
    {
        var read = new ReadRun(list: "abcde", self: 'd', down: "abc", r: 3);

        Assert.Equal("state d, digest e", read.Start());
        Assert.Equal("", read.State('d', 0));
        Assert.Equal("not found by 0 short", read.Digest('e', 0));
    }

    [Fact]
    public void A_late_fallback_does_not_turn_the_primaries_word_into_a_timeout()
    {
        var read = new ReadRun(r: 1, list: "abcd", down: "b");
        read.Start();
        read.State('a', 0);
        read.Digest('c', 0);

        Assert.Equal("not found by 2", read.Wait(1_000));
    }

    [Fact]
    public void One_that_had_the_datum_and_is_gone_makes_no_absence()
    {
        var read = new ReadRun(r: 1, list: "abc");
        read.Start();
        read.State('a', 0);
        read.Digest('b', 5);
        read.Digest('c', 0);

        Assert.Equal("unsatisfied R 0/1", read.Reachable('b', false));
    }

    [Fact]
    public void One_that_had_the_datum_and_is_gone_is_looked_for_elsewhere()
    {
        var read = new ReadRun(r: 1, list: "abcd");
        read.Start();
        read.State('a', 0);
        read.Digest('b', 5);
        read.Digest('c', 0);

        Assert.Equal("digest d", read.Reachable('b', false));
        Assert.Equal("state d", read.Digest('d', 5));
        Assert.Equal("found a0 d5", read.State('d', 5));
    }

    [Fact]
    public void Not_found_ok_and_basic_quorum_change_nothing()
    {
        List<QuorumError> errors = [];
        var asked = QuorumParameters.Parse(name => name is "basic_quorum" ? "true" : name is "notfound_ok" ? "false" : null, errors);

        Assert.True(ReadQuorum.TryResolve(3, asked, QuorumProperties.Standard, errors, out var quorum));
        Assert.Equal((2, 0), (quorum.R, quorum.Pr));
    }

    [Fact]
    public void A_token_that_is_covered_is_checked_once()
    {
        var read = new ReadRun(token: true);
        read.Start();
        read.State('a', 1);

        Assert.Equal("check a1", read.Digest('b', 1));
        Assert.Equal("", read.Wait(20));
        Assert.Equal("found a1", read.Covers(true));
        Assert.Equal("", read.Covers(true));
    }

    [Fact]
    public void A_token_that_is_not_covered_asks_more_replicas_until_it_is()
    {
        var read = new ReadRun(token: true, r: 1);
        read.Start();

        Assert.Equal("check a1", read.State('a', 1));
        Assert.Equal("digest b, digest c, digest d", read.Covers(false));
        Assert.Equal("check a1", read.Digest('b', 1));
        Assert.Equal("", read.Covers(false));
        Assert.Equal("state c", read.Digest('c', 2));
        Assert.Equal("check a1 c2", read.State('c', 2));
        Assert.Equal("found a1 c2", read.Covers(true));
    }

    [Fact]
    public void A_token_that_no_reachable_replica_covers_is_unsatisfied()
    {
        var read = new ReadRun(token: true, list: "abcd", down: "d");
        read.Start();
        read.State('a', 1);
        read.Digest('b', 1);

        Assert.Equal("digest c", read.Covers(false));
        Assert.Equal("check a1", read.Digest('c', 1));
        Assert.Equal("unsatisfied Token 3/3", read.Covers(false));
    }

    [Fact]
    public void A_replica_that_has_not_answered_may_cover_the_token_until_time_is_over()
    {
        var read = new ReadRun(token: true, list: "abc");
        read.Start();
        read.State('a', 1);
        read.Digest('b', 1);
        read.Covers(false);

        Assert.Equal("timed out 2", read.Wait(1_000));
    }

    [Fact]
    public void Absence_is_held_against_the_token_too()
    {
        var read = new ReadRun(token: true, r: 1, list: "abc");
        read.Start();
        read.State('a', 1, has: false);

        Assert.Equal("state b", read.Digest('b', 2, has: false));
        Assert.Equal("check a1", read.Digest('c', 1, has: false));
        Assert.Equal("", read.Covers(false));
        Assert.Equal("check a1 b2", read.State('b', 2, has: false));
        Assert.Equal("not found by 3", read.Covers(true));
    }

    [Fact]
    public void What_arrives_during_a_check_is_checked_next()
    {
        var read = new ReadRun(token: true);
        read.Start();
        read.State('a', 1);
        read.Wait(50);
        Assert.Equal("state b", read.Digest('b', 2));
        Assert.Equal("check a1", read.Digest('c', 1));
        Assert.Equal("", read.State('b', 2));

        Assert.Equal("check a1 b2", read.Covers(false));
    }

    [Fact]
    public void Primaries_that_differ_from_the_join_are_repaired()
    {
        var read = new ReadRun(r: 3);
        read.Start();
        read.State('a', 1);
        read.Digest('b', 2);
        read.Digest('c', 1);
        read.State('b', 2);

        Assert.Equal("repair a c", read.Joined(2));
        Assert.Equal("", read.Joined(2));
    }

    [Fact]
    public void Primaries_that_are_equal_are_never_repaired()
    {
        var read = new ReadRun();
        read.Start();
        read.State('a', 1);
        read.Digest('b', 1);

        Assert.Equal("", read.Joined(9));
    }

    [Fact]
    public void Fallbacks_are_never_repaired()
    {
        var read = new ReadRun(down: "bc");
        read.Start();
        read.State('a', 1);
        read.Digest('d', 0);
        read.State('d', 0);

        Assert.Equal("", read.Joined(1));
    }

    [Fact]
    public void What_was_not_found_is_not_repaired()
    {
        var read = new ReadRun();
        read.Start();
        read.State('a', 1, has: false);
        read.Digest('b', 2, has: false);
        read.Digest('c', 2, has: false);

        Assert.Equal("", read.Joined(3));
    }
}
