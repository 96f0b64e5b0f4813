using GossipCluster.Core.Coordination;

namespace GossipCluster.Core.Tests.Coordination;

/// <summary>Who holds a write, and when it is acknowledged.</summary>
public sealed class WriteQuorumTests
{
    [Theory]
    [InlineData(1, 1, "")]
    [InlineData(2, 1, "")]
    [InlineData(2, 2, "b")]
    [InlineData(3, 1, "")]
    [InlineData(3, 2, "b")]
    [InlineData(3, 3, "bc")]
    [InlineData(4, 2, "b")]
    [InlineData(4, 3, "bc")]
    [InlineData(4, 4, "bcd")]
    [InlineData(5, 1, "")]
    [InlineData(5, 3, "bc")]
    [InlineData(5, 5, "bcde")]
    public void A_write_is_acknowledged_by_exactly_w_copies(int n, int w, string acks)
    {
        var write = new WriteRun(list: "abcdefgh", n: n, w: w);
        var begun = write.Begin();

        var others = "bcdefgh"[..(n - 1)].Select(node => $"replicate {node}");
        Assert.Equal(["stage", .. others], begun.Split(", ")[..n], StringComparer.Ordinal);
        Assert.Equal(w == 1, write.IsAnswered);
        foreach (var node in acks)
        {
            Assert.False(write.IsAnswered);
            write.Acked(node);
        }

        Assert.Equal(new WriteOutcome.Written(w, w, w, false), write.Outcome);
    }

    [Theory]
    [InlineData(1, "", 1, 1)]
    [InlineData(2, "b", 2, 1)]
    [InlineData(3, "b", 3, 2)]
    [InlineData(3, "bc", 3, 1)]
    [InlineData(3, "bc", 2, 1)]
    [InlineData(4, "bcd", 2, 1)]
    [InlineData(5, "bcd", 3, 2)]
    public void Where_fewer_than_w_are_reachable_all_of_them_suffice(int n, string down, int w, int copies)
    {
        var write = new WriteRun(list: "abcde"[..n], n: n, down: down, w: w, dw: w);
        write.Begin();
        foreach (var node in "bcde"[..(n - 1)].Except(down)) write.Acked(node);

        Assert.Equal(new WriteOutcome.Written(copies, copies, copies, copies < w), write.Outcome);
    }

    [Fact]
    public void In_a_ring_of_one_the_own_copy_suffices_and_the_answer_says_so()
    {
        var write = new WriteRun(list: "a", n: 3, w: 2, dw: 2);

        Assert.Equal("stage, written 1 short", write.Begin());
    }

    [Fact]
    public void Nothing_is_sent_before_the_own_commit()
    {
        var write = new WriteRun();

        Assert.Equal("stage", write.Start());
        Assert.Equal("", write.Acked('b'));
        Assert.Equal("replicate b, replicate c", write.Committed());
        Assert.Equal("", write.Committed());
    }

    [Fact]
    public void An_unreachable_primary_is_replaced_at_once()
    {
        var write = new WriteRun(down: "bd");

        Assert.Equal("stage, replicate c, replicate e for b", write.Begin());
        Assert.Equal("written 2", write.Acked('e'));
    }

    [Fact]
    public void A_refusal_and_a_verdict_are_replaced_at_once_by_the_next_fallback_for_the_same_primary()
    {
        var write = new WriteRun(w: 3);
        write.Begin();

        Assert.Equal("replicate d for b", write.Refused('b'));
        Assert.Equal("replicate e for b", write.Refused('d', RefusalReason.HintsFull));
        Assert.Equal("replicate f for c", write.Reachable('c', false));
        Assert.Equal("", write.Acked('e'));
        Assert.Equal("written 3", write.Acked('f'));
    }

    [Fact]
    public void A_fallback_that_coordinates_holds_the_first_absent_primarys_slot()
    {
        var write = new WriteRun(self: 'e', down: "abc");

        Assert.Equal("stage for a, replicate d for b, replicate f for c", write.Begin());
        Assert.Equal("written 2", write.Acked('d'));
        Assert.Equal(new WriteOutcome.Written(2, 0, 2, false), write.Outcome);
    }

    [Fact]
    public void A_primary_that_comes_back_is_sent_the_write()
    {
        var write = new WriteRun(list: "abc", down: "bc");

        Assert.Equal("stage", write.Start());
        Assert.Equal("", write.Reachable('c', true));
        Assert.Equal("replicate c", write.Committed());
        Assert.Equal("replicate b", write.Reachable('b', true));
        Assert.Equal("", write.Reachable('b', false));
        Assert.Equal("", write.Reachable('b', true));
        Assert.Equal("written 2", write.Acked('b'));
    }

    [Fact]
    public void A_fallback_that_comes_back_takes_a_slot_that_nobody_holds()
    {
        var write = new WriteRun(list: "abcd", down: "bd", w: 3);
        write.Begin();

        Assert.Equal("replicate d for b", write.Reachable('d', true));
    }

    [Fact]
    public void A_late_primary_costs_a_fallback_not_an_error()
    {
        var write = new WriteRun();
        write.Begin();

        Assert.Equal("", write.Wait(49));
        Assert.Equal("replicate d for b, replicate e for c", write.Wait(1));
        Assert.Equal("", write.Wait(99));
        Assert.Equal("replicate f for b", write.Wait(1));
        Assert.Equal("written 2", write.Acked('f'));
    }

    [Fact]
    public void A_late_primarys_copy_counts_as_well_as_its_stand_ins()
    {
        var write = new WriteRun(w: 3);
        write.Begin();
        write.Wait(50);

        Assert.Equal("", write.Acked('b'));
        Assert.Equal("", write.Acked('b'));
        Assert.Equal("written 3", write.Acked('d'));
    }

    [Fact]
    public void A_replacement_has_its_own_full_time()
    {
        var write = new WriteRun(list: "abcde", w: 3);
        write.Begin();
        write.Acked('c');
        write.Wait(40);

        Assert.Equal("replicate d for b", write.Refused('b'));
        Assert.Equal("", write.Wait(49));
        Assert.Equal("replicate e for b", write.Wait(1));
    }

    [Fact]
    public void Slowness_never_makes_a_write_short()
    {
        var write = new WriteRun(list: "abc");
        write.Begin();

        Assert.Equal("", write.Wait(999));
        Assert.Equal("timed out 1", write.Wait(1));
    }

    [Fact]
    public void A_refused_connection_makes_a_write_short_as_a_verdict_does()
    {
        var write = new WriteRun(list: "abc", w: 2, dw: 2);
        write.Begin();

        Assert.Equal("", write.Refused('b'));
        Assert.Equal("written 1 short", write.Reachable('c', false));
    }

    [Fact]
    public void A_node_that_is_there_and_refuses_makes_no_short_write()
    {
        var write = new WriteRun(list: "abc");
        write.Begin();

        Assert.Equal("", write.Refused('b', RefusalReason.Busy));
        Assert.Equal("unsatisfied W 1/2", write.Refused('c', RefusalReason.Busy));
    }

    [Fact]
    public void A_copy_whose_causal_past_is_unknown_is_no_acknowledgement_and_is_replaced()
    {
        var write = new WriteRun(list: "abcd");
        write.Begin();

        Assert.Equal("replicate d for b", write.Acked('b', counts: false));
        Assert.Equal("", write.Acked('b', counts: false));
        Assert.Equal("", write.Acked('d', counts: false));
        Assert.Equal("written 2", write.Acked('b'));
    }

    [Fact]
    public void Copies_that_do_not_count_never_add_up_to_a_quorum()
    {
        var write = new WriteRun(list: "abcd");
        write.Begin();

        write.Acked('b', counts: false);
        write.Acked('d', counts: false);
        Assert.Equal("unsatisfied W 1/2", write.Acked('c', counts: false));
    }

    [Fact]
    public void An_own_commit_that_does_not_come_is_a_timeout()
    {
        var write = new WriteRun();
        write.Start();

        Assert.Equal("timed out 0", write.Wait(1_000));
        Assert.Equal("", write.Committed());
    }

    [Fact]
    public void What_comes_after_the_answer_is_accepted_silently()
    {
        var write = new WriteRun(w: 1);
        write.Begin();

        Assert.Equal("", write.Acked('b') + write.Refused('c') + write.Reachable('b', false) + write.Start() + write.Wait(10_000));
        Assert.Equal(new WriteOutcome.Written(1, 1, 1, false), write.Outcome);
    }

    [Fact]
    public void An_ack_at_the_last_moment_is_in_time()
    {
        var write = new WriteRun();
        write.Begin();
        write.Skip(1_000);

        Assert.Equal("written 2", write.Acked('c'));
    }

    [Fact]
    public void Strangers_change_nothing()
    {
        var write = new WriteRun();
        write.Begin();

        Assert.Equal("", write.Acked('x') + write.Acked('e') + write.Refused('x') + write.Reachable('x', false) + write.Acked('a'));
    }
}
