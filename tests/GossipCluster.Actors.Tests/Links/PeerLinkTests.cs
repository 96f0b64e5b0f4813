using GossipCluster.Actors.Links;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Wire;

namespace GossipCluster.Actors.Tests.Links;

public sealed class PeerLinkTests
{
    private static readonly NodeName A = NodeName.Of("a");
    private static readonly NodeName B = NodeName.Of("b");
    private static readonly LinkOptions Options = new() { FrameBytesMax = 16 << 10, FramesInFlightMax = 4, QueueBytesMax = 1 << 20, ParcelBytesMax = 1 << 20 };
    private readonly WireWriter _frame = new();
    private TimeSpan _now;

    [Fact]
    public void A_node_is_reachable_as_soon_as_it_says_that_it_hears_and_until_it_is_silent()
    {
        var (a, b) = Pair();

        Assert.False(a.IsReachable);
        Exchange(b, a);
        Assert.False(a.Judge(_now));
        Exchange(a, b);
        Assert.True(b.Judge(_now));
        Exchange(b, a);
        Assert.True(a.Judge(_now));
        Assert.True(a.IsReachable && b.IsReachable);

        _now += Options.SilenceMax + TimeSpan.FromMilliseconds(1);
        Assert.True(a.Judge(_now));
        Assert.False(a.IsReachable);
    }

    [Fact]
    public void Who_is_heard_for_the_first_time_is_answered_at_once()
    {
        var (a, b) = Pair();
        Assert.Single(FramesOf(a));
        Assert.Empty(FramesOf(a));

        Exchange(b, a);

        Assert.Equal(2, Head(Assert.Single(FramesOf(a))).AckedIncarnation);
        Assert.Empty(FramesOf(a));
    }

    [Fact]
    public void A_peer_that_is_heard_and_never_hears_is_never_reachable()
    {
        var (a, b) = Pair();
        for (var i = 0; i < 20; i++)
        {
            _now += Options.HeartbeatInterval;
            FramesOf(a);
            Exchange(b, a);
            Assert.False(a.Judge(_now));
        }
    }

    [Fact]
    public void Parcels_of_any_size_arrive_whole_and_in_order_in_each_lane()
    {
        var (a, b) = Connected();
        var random = new Random(1);
        List<byte[]> sent = [.. Enumerable.Range(0, 60).Select(i => Bytes(random, i % 7 == 0 ? random.Next(10_000, 90_000) : random.Next(0, 300)))];
        var foreground = sent.Where((_, i) => i % 3 != 0).ToList();
        foreach (var (body, i) in sent.Select((body, i) => (body, i)))
        {
            Assert.True(a.Enqueue(i % 3 == 0 ? Lane.Background : Lane.Foreground, Run(i % 3 == 0 ? ParcelKind.Metadata : ParcelKind.Replica, body)));
        }

        var got = new List<(ParcelKind Kind, byte[] Body)>();
        for (var round = 0; round < 500 && a.BytesWaiting > 0; round++)
        {
            Exchange(a, b, got);
            Exchange(b, a);
            _now += TimeSpan.FromMilliseconds(600);
            a.Judge(_now);
            b.Judge(_now);
        }

        Exchange(a, b, got);
        Assert.Equal(foreground, got.Where(parcel => parcel.Kind == ParcelKind.Replica).Select(parcel => parcel.Body));
        Assert.Equal(sent.Where((_, i) => i % 3 == 0), got.Where(parcel => parcel.Kind == ParcelKind.Metadata).Select(parcel => parcel.Body));
        Assert.Equal(0, a.BytesDropped);
    }

    [Fact]
    public void No_frame_is_larger_than_the_limit()
    {
        var (a, _) = Connected();
        var random = new Random(2);
        for (var i = 0; i < 30; i++) a.Enqueue(Lane.Foreground, Run(ParcelKind.Replica, Bytes(random, random.Next(1, 30_000))));

        while (a.TryNextFrame("akka.tcp://x@h:1", _now, _frame)) Assert.InRange(_frame.Length, 1, Options.FrameBytesMax);
    }

    [Fact]
    public void No_more_frames_are_on_the_way_than_the_window_allows_and_acknowledgements_open_it()
    {
        var (a, b) = Connected();
        for (var i = 0; i < 100; i++) a.Enqueue(Lane.Foreground, Run(ParcelKind.Replica, new byte[7_000]));

        var frames = FramesOf(a);
        Assert.Equal(Options.FramesInFlightMax, frames.Count);
        Assert.Empty(FramesOf(a));

        foreach (var frame in frames) Assert.True(b.Receive(Head(frame), _now));
        Exchange(b, a);
        Assert.Equal(Options.FramesInFlightMax, FramesOf(a).Count);
    }

    [Fact]
    public void A_peer_that_is_heard_and_does_not_hear_is_not_reachable_until_it_acknowledges_a_heartbeat()
    {
        var (a, b) = Connected();
        for (var i = 0; i < 100; i++) a.Enqueue(Lane.Foreground, Run(ParcelKind.Replica, new byte[7_000]));
        Assert.Equal(Options.FramesInFlightMax, FramesOf(a).Count);

        // What a sends is lost, and what b sends arrives.
        for (var i = 0; i < 10; i++)
        {
            _now += TimeSpan.FromMilliseconds(600);
            Exchange(b, a);
            a.Judge(_now);
            FramesOf(a);
        }

        Assert.True(a.FramesLost >= Options.FramesInFlightMax);
        Assert.False(a.IsReachable);

        _now += TimeSpan.FromMilliseconds(600);
        Exchange(a, b);
        _now += TimeSpan.FromMilliseconds(600);
        Exchange(b, a);
        Assert.True(a.Judge(_now));
        Assert.True(a.IsReachable);
        a.Enqueue(Lane.Foreground, Run(ParcelKind.Replica, new byte[7_000]));
        Assert.Single(FramesOf(a), frame => Head(frame).Sequence > 0);
    }

    [Fact]
    public void A_peer_that_acknowledges_late_what_was_given_up_hears()
    {
        var (a, b) = Connected();
        for (var i = 0; i < 4; i++) a.Enqueue(Lane.Foreground, Run(ParcelKind.Replica, new byte[7_000]));
        var late = FramesOf(a);
        for (var i = 0; i < 5; i++)
        {
            _now += TimeSpan.FromMilliseconds(600);
            Exchange(b, a);
            a.Judge(_now);
            FramesOf(a);
        }

        Assert.False(a.IsReachable);
        foreach (var frame in late) Assert.True(b.Receive(Head(frame), _now));
        _now += TimeSpan.FromMilliseconds(600);
        Exchange(b, a);

        Assert.True(a.Judge(_now));
        Assert.True(a.IsReachable);
    }

    [Fact]
    public void A_slow_link_whose_frames_are_acknowledged_one_by_one_is_a_link()
    {
        var (a, b) = Connected();
        for (var i = 0; i < 100; i++) a.Enqueue(Lane.Foreground, Run(ParcelKind.Replica, new byte[7_000]));
        var way = new Queue<byte[]>(FramesOf(a));

        for (var i = 0; i < 20; i++)
        {
            _now += Options.SilenceMax - TimeSpan.FromMilliseconds(100);
            if (way.TryDequeue(out var frame)) Assert.True(b.Receive(Head(frame), _now));
            Exchange(b, a);
            Assert.False(a.Judge(_now));
            foreach (var next in FramesOf(a)) way.Enqueue(next);
        }

        Assert.Equal(0, a.FramesLost);
    }

    [Fact]
    public void A_full_queue_refuses_and_counts()
    {
        var (a, _) = Connected();
        var run = Run(ParcelKind.Replica, new byte[200_000]);
        while (a.Enqueue(Lane.Foreground, run)) Assert.InRange(a.BytesWaiting, 0, Options.QueueBytesMax);

        Assert.Equal(run.Length, a.BytesDropped);
    }

    [Fact]
    public void A_frame_of_an_earlier_life_is_thrown_away_and_a_new_life_is_met_with_a_clean_slate()
    {
        var (a, _) = Connected();
        var reborn = new PeerLink(B, A, incarnation: 9, Options);
        reborn.Locate(1, "akka.tcp://x@a:1");
        Assert.True(reborn.TryNextFrame("akka.tcp://x@b:2", _now, _frame));
        Assert.True(a.Receive(Head(_frame.ToArray()), _now));

        Assert.Equal("akka.tcp://x@b:2", a.Address);
        Assert.False(a.Receive(new FrameHead(B, A, 2, 5, 1, 0, _now, _now, "akka.tcp://x@b:1"), _now));
        Assert.Equal("akka.tcp://x@b:2", a.Address);
    }

    [Theory(DisplayName = "How far the sender's clock is ahead is told too high by what two frames took, and never too low")]
    [InlineData(0, 0, 0)]
    [InlineData(3_600, 0.001, 0.002)]
    [InlineData(-3_600, 0.4, 0)]
    [InlineData(-3_600, 0, 20)]
    public void How_far_a_clock_is_ahead(double ahead, double wayThere, double wayBack)
    {
        var (a, b) = Pair();
        var (start, offset) = (TimeSpan.FromSeconds(10_000), TimeSpan.FromSeconds(ahead));
        _now = start;
        var fromB = Assert.Single(FramesOf(b));
        _now = start + offset + TimeSpan.FromSeconds(wayThere);
        Assert.True(a.Receive(Head(fromB), _now));
        _now += TimeSpan.FromSeconds(0.3);
        var fromA = Head(Assert.Single(FramesOf(a)));

        var told = fromA.SentAt - fromA.SentAtThere;
        Assert.Equal(ahead + wayThere, told.TotalSeconds, tolerance: 2e-6);

        // What left before a long way is as old as it is.
        var arrived = _now - offset + TimeSpan.FromSeconds(wayBack);
        Assert.InRange((arrived + told - _now).TotalSeconds, wayBack, wayBack + wayThere + 2e-6);
    }

    [Fact]
    public void Who_was_not_heard_in_this_life_cannot_say_how_old_its_frames_are()
    {
        var (a, _) = Pair();
        _now = TimeSpan.FromSeconds(5);
        Assert.Equal(TimeSpan.Zero, Head(Assert.Single(FramesOf(a))).SentAtThere);
    }

    private (PeerLink A, PeerLink B) Pair()
    {
        var (a, b) = (new PeerLink(A, B, incarnation: 1, Options), new PeerLink(B, A, incarnation: 2, Options));
        a.Locate(2, "akka.tcp://x@b:1");
        b.Locate(1, "akka.tcp://x@a:1");
        return (a, b);
    }

    private (PeerLink A, PeerLink B) Connected()
    {
        var (a, b) = Pair();
        Exchange(a, b);
        Exchange(b, a);
        a.Judge(_now);
        b.Judge(_now);
        return (a, b);
    }

    private void Exchange(PeerLink from, PeerLink to, List<(ParcelKind Kind, byte[] Body)>? got = null)
    {
        foreach (var frame in FramesOf(from))
        {
            var reader = new WireReader(frame);
            Assert.True(to.Receive(FrameHead.Read(ref reader), _now));
            var rest = frame.AsMemory(reader.Position);
            ReadOnlyMemory<byte> parcels = rest;
            while (!parcels.IsEmpty)
            {
                Assert.True(Parcels.TryNext(ref parcels, out var kind, out var body, out _));
                if (kind != Parcels.Fragment || to.TakeFragment(body.Span, out kind, out body)) got?.Add(((ParcelKind)kind, body.ToArray()));
            }
        }
    }

    private List<byte[]> FramesOf(PeerLink link)
    {
        var frames = new List<byte[]>();
        while (link.TryNextFrame($"akka.tcp://x@{(link.Peer == B ? "a" : "b")}:1", _now, _frame)) frames.Add(_frame.ToArray());
        return frames;
    }

    private static FrameHead Head(byte[] frame)
    {
        var reader = new WireReader(frame);
        return FrameHead.Read(ref reader);
    }

    private static byte[] Run(ParcelKind kind, byte[] body)
    {
        var writer = new WireWriter(body.Length + 8);
        Parcels.Write(writer, kind, body);
        return writer.ToArray();
    }

    private static byte[] Bytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }
}
