using GossipCluster.Core.Causality;
using GossipCluster.Core.Dissemination;

namespace GossipCluster.Core.Tests.Dissemination;

public sealed class IslandWatchTests
{
    private static readonly PeerId A = new(NodeName.Of("a"), 1);
    private static readonly PeerId B = new(NodeName.Of("b"), 1);
    private static readonly PeerId C = new(NodeName.Of("c"), 1);
    private readonly IslandWatch _watch = new(C, Seconds(2), Seconds(1));

    [Fact]
    public void The_least_peer_is_the_root_and_a_change_is_news()
    {
        Assert.True(_watch.Hear(new Beacon(B, 4), Seconds(0)));
        Assert.False(_watch.Hear(new Beacon(B, 5), Seconds(0)));
        Assert.True(_watch.Hear(new Beacon(A, 1), Seconds(0)));
        Assert.False(_watch.Hear(new Beacon(B, 6), Seconds(0)));
        Assert.Equal(new Beacon(A, 1), _watch.Beacon);
    }

    [Fact]
    public void A_root_whose_beats_stop_is_gone_and_an_echo_does_not_bring_it_back()
    {
        _watch.Hear(new Beacon(A, 7), Seconds(0));
        _watch.Hear(new Beacon(A, 7), Seconds(2));

        Assert.True(_watch.Beat(Seconds(2.1)));
        Assert.Equal(C, _watch.Beacon.Root);
        Assert.False(_watch.Hear(new Beacon(A, 7), Seconds(2.2)));
        Assert.True(_watch.Hear(new Beacon(A, 8), Seconds(2.3)));
    }

    [Fact]
    public void A_root_counts_on_where_it_stopped()
    {
        _watch.Beat(Seconds(0));
        var before = _watch.Beacon.Beat;
        _watch.Hear(new Beacon(A, 1), Seconds(0));
        _watch.Beat(Seconds(3));

        Assert.True(_watch.Beacon.Beat > before);
    }

    [Fact]
    public void Another_root_is_foreign_only_once_the_own_one_has_settled()
    {
        _watch.Hear(new Beacon(B, 1), Seconds(10));

        Assert.False(_watch.IsForeign(new Beacon(A, 1), Seconds(10.5)));
        Assert.True(_watch.IsForeign(new Beacon(A, 1), Seconds(11)));
        Assert.False(_watch.IsForeign(new Beacon(B, 9), Seconds(11)));
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
