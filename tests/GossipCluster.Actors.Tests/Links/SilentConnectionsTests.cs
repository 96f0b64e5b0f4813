using GossipCluster.Actors.Links;

namespace GossipCluster.Actors.Tests.Links;

public sealed class SilentConnectionsTests
{
    private const string Peer = "akka.tcp://x@h:1";
    private readonly SilentConnections _connections = new(TimeSpan.FromSeconds(3));

    [Fact]
    public void Connections_to_a_peer_that_stays_silent_are_made_anew_each_once_and_twice_as_late_each_time()
    {
        Made(0);
        Assert.Equal(3, ResetAt(from: 0, until: 60));

        // Nobody answers: then there is nothing to close.
        Assert.Null(ResetAt(from: 4, until: 60));

        Made(60);
        Assert.Equal(66, ResetAt(from: 60, until: 100));
        Made(100);
        Assert.Equal(112, ResetAt(from: 100, until: 200));
    }

    [Fact]
    public void A_peer_that_is_reachable_is_left_alone_and_starts_afresh()
    {
        Made(0);
        Assert.Equal(3, ResetAt(from: 0, until: 60));
        Made(4);
        Assert.Null(ResetAt(from: 4, until: 6));
        Assert.False(MustReset(7, isReachable: true));
        Assert.False(MustReset(50, isReachable: true));

        Assert.Equal(54, ResetAt(from: 51, until: 100));
    }

    [Fact]
    public void A_peer_that_reconnects_by_itself_is_given_the_time_anew()
    {
        Made(0);
        Assert.Null(ResetAt(from: 0, until: 2));
        Made(2);
        Assert.Equal(5, ResetAt(from: 3, until: 60));
    }

    [Fact]
    public void Without_a_connection_there_is_nothing_to_make_anew() => Assert.Null(ResetAt(from: 0, until: 60));

    [Fact]
    public void Who_was_asked_and_is_connected_and_does_not_answer_is_called_anew()
    {
        _connections.Asked(Peer);
        Assert.Empty(_connections.Unanswered(TimeSpan.FromSeconds(1)));
        Made(1);
        Assert.Empty(_connections.Unanswered(TimeSpan.FromSeconds(1)));
        Assert.Empty(_connections.Unanswered(TimeSpan.FromSeconds(3)));
        Assert.Equal([Peer], _connections.Unanswered(TimeSpan.FromSeconds(4)));
        Assert.Empty(_connections.Unanswered(TimeSpan.FromSeconds(60)));

        Made(60);
        _connections.Answered(Peer);
        Assert.Empty(_connections.Unanswered(TimeSpan.FromSeconds(70)));
    }

    [Fact]
    public void Who_was_asked_and_is_reachable_by_link_is_left_alone()
    {
        Made(0);
        _connections.Asked(Peer);
        for (var second = 0; second < 60; second++)
        {
            Assert.False(MustReset(second, isReachable: true));
            Assert.Empty(_connections.Unanswered(TimeSpan.FromSeconds(second)));
        }
    }

    [Fact]
    public void The_time_grows_to_a_bound()
    {
        for (var now = 0; now < 1000; now += 100)
        {
            Made(now);
            Assert.InRange(ResetAt(now, now + 99)!.Value - now, 3, 3 * SilentConnections.PatienceMax);
        }
    }

    [Fact]
    public void What_strangers_make_is_bounded()
    {
        Made(0);
        for (var stranger = 0; stranger < SilentConnections.AddressesMax; stranger++) _connections.Made($"akka.tcp://x@stranger:{stranger}", TimeSpan.Zero);

        Assert.Null(ResetAt(from: 0, until: 60));
        Made(60);
        Assert.Equal(63, ResetAt(from: 60, until: 100));
    }

    private void Made(int second) => _connections.Made(Peer, TimeSpan.FromSeconds(second));

    private bool MustReset(int second, bool isReachable) => _connections.MustReset(Peer, isReachable, TimeSpan.FromSeconds(second));

    /// <summary>The first second at which they are to be made anew, the peer being silent all the while; null for never.</summary>
    private int? ResetAt(int from, int until)
    {
        for (var second = from; second <= until; second++)
        {
            if (MustReset(second, isReachable: false)) return second;
        }

        return null;
    }
}
