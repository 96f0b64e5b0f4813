using GossipCluster.Core.Coordination;

namespace GossipCluster.Core.Tests.Coordination;

/// <summary>DW, PW and node_confirms.</summary>
public sealed class WriteStrictTests
{
    [Fact]
    public void Dw_counts_what_is_on_disk()
    {
        var write = new WriteRun(w: 1, dw: 3);
        write.Begin();

        Assert.Equal("", write.Acked('b', durable: false));
        Assert.Equal("", write.Acked('c'));
        Assert.Equal("written 3", write.Acked('b'));
        Assert.Equal(new WriteOutcome.Written(3, 3, 3, false), write.Outcome);
    }

    [Fact]
    public void A_copy_that_stays_off_the_disk_is_late_for_dw()
    {
        var write = new WriteRun(w: 1, dw: 2);
        write.Begin();
        write.Acked('b', durable: false);
        write.Acked('c', durable: false);

        Assert.Equal("replicate d for b, replicate e for c", write.Wait(50));
        Assert.Equal("written 4", write.Acked('d'));
    }

    [Fact]
    public void Dw_that_reachable_nodes_refuse_is_unsatisfied()
    {
        var write = new WriteRun(list: "abc", w: 1, dw: 2);
        write.Begin();
        write.Refused('b', RefusalReason.StorageUnavailable);

        Assert.Equal("unsatisfied Dw 1/2", write.Refused('c', RefusalReason.StorageUnavailable));
    }

    [Fact]
    public void Pw_is_not_met_by_fallbacks()
    {
        var write = new WriteRun(w: 2, pw: 2);
        write.Begin();
        write.Refused('b');

        Assert.Equal("", write.Acked('d'));
        Assert.Equal("written 3", write.Acked('c'));
    }

    [Fact]
    public void Pw_is_strict()
    {
        var write = new WriteRun(w: 1, pw: 3);
        write.Begin();

        Assert.Equal("replicate d for b, unsatisfied Pw 2/3", write.Reachable('b', false));
    }

    [Fact]
    public void Where_only_primaries_are_missing_no_fallback_is_asked_for_lateness()
    {
        var write = new WriteRun(w: 1, pw: 2);
        write.Begin();

        Assert.Equal(1_000, write.TickIn);
        Assert.Equal("timed out 1", write.Wait(1_000));
    }

    [Fact]
    public void Node_confirms_is_strict()
    {
        var write = new WriteRun(list: "abc", w: 1, nodeConfirms: 2);
        write.Begin();

        Assert.Equal("", write.Reachable('b', false));
        Assert.Equal("unsatisfied NodeConfirms 1/2", write.Reachable('c', false));
    }

    [Fact]
    public void Node_confirms_is_met_by_any_distinct_nodes()
    {
        var write = new WriteRun(w: 1, nodeConfirms: 3, down: "bc");
        write.Begin();

        Assert.Equal("", write.Acked('d'));
        Assert.Equal("", write.Acked('d'));
        Assert.Equal("written 3", write.Acked('e'));
    }
}
