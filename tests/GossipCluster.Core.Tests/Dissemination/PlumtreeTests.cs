using GossipCluster.Core.Causality;
using GossipCluster.Core.Dissemination;

namespace GossipCluster.Core.Tests.Dissemination;

public sealed class PlumtreeTests
{
    private static readonly PeerId A = Peer("a");
    private static readonly PeerId B = Peer("b");
    private static readonly PeerId C = Peer("c");
    private static readonly TreeOptions Options = new() { GraftSpread = TimeSpan.Zero, OptimizeShare = 1 };
    private readonly DisseminationCounters _counters = new();
    private readonly RecentMessages _recent;
    private readonly Plumtree _tree;

    public PlumtreeTests()
    {
        _recent = new RecentMessages(new RecentOptions(), _counters);
        _tree = new Plumtree(Options, replyBytesMax: 1_000, _recent, new Random(1), _counters);
        foreach (var peer in (PeerId[])[A, B, C]) _tree.Up(peer);
    }

    [Fact]
    public void A_new_payload_is_delivered_and_pushed_to_the_other_eager_neighbours()
    {
        var effects = Receive(A, Message(1, hop: 2));

        Assert.Single(effects.OfType<DisseminationEffect.Deliver>(), deliver => deliver.Hop == 2);
        Assert.Equal([B, C], Sent<DisseminationMessage.Gossip>(effects).Select(send => send.To));
        Assert.All(Sent<DisseminationMessage.Gossip>(effects), send => Assert.Equal(3, send.Message.Hop));
    }

    [Fact]
    public void A_payload_that_comes_again_makes_its_link_lazy_on_both_ends()
    {
        Receive(A, Message(1));

        var effects = Receive(B, Message(1));

        Assert.Equal(B, Assert.Single(Sent<DisseminationMessage.Prune>(effects)).To);
        Assert.Equal([B], _tree.Lazy);
        Receive(C, DisseminationMessage.Prune.Instance);
        Assert.Equal([A], _tree.Eager);
    }

    [Fact]
    public void A_payload_that_comes_again_out_of_a_digest_says_nothing_about_the_tree()
    {
        Receive(A, Message(1));

        Assert.Empty(Receive(B, Message(1) with { Way = GossipWay.Exchanged }));
        Assert.Empty(_tree.Lazy);
    }

    [Fact]
    public void Lazy_neighbours_are_told_of_what_has_come_in_one_message()
    {
        Receive(C, DisseminationMessage.Prune.Instance);
        for (var number = 1; number <= 3; number++) Receive(A, Message(number, hop: number), Milliseconds(number * 10));

        Assert.Equal(Milliseconds(10) + Options.AnnounceInterval, _tree.NextDue);
        var announced = Assert.Single(Sent<DisseminationMessage.IHave>(Tick(_tree.NextDue)));

        Assert.Equal(C, announced.To);
        Assert.Equal([2, 3, 4], announced.Message.Messages.Select(one => one.Hop));
        Assert.Equal(TimeSpan.MaxValue, _tree.NextDue);
    }

    [Fact]
    public void What_was_announced_and_does_not_come_is_asked_for_of_one_announcer_after_the_other()
    {
        foreach (var peer in (PeerId[])[A, B]) Receive(peer, DisseminationMessage.Prune.Instance);
        Receive(A, Announcement(1, 2), Milliseconds(0));
        Receive(B, Announcement(1), Milliseconds(10));

        Assert.Empty(Tick(Options.GraftDelay - Milliseconds(1)));
        var first = Assert.Single(Sent<DisseminationMessage.Graft>(Tick(Options.GraftDelay)));
        var second = Assert.Single(Sent<DisseminationMessage.Graft>(Tick(Options.GraftDelay + Options.GraftRetry)));

        Assert.Equal((A, 2), (first.To, first.Message.Lacking.Length));
        Assert.Equal((B, 1), (second.To, second.Message.Lacking.Length));
        Assert.Contains(A, _tree.Eager);
        Tick(Options.GraftDelay + (2 * Options.GraftRetry));
        Assert.Equal((0, 2), (_tree.MissingCount, _counters.MissingGivenUp));
    }

    [Fact]
    public void What_comes_in_time_is_not_asked_for()
    {
        Receive(A, Announcement(1));
        Receive(B, Message(1), Milliseconds(100));

        Assert.Empty(Tick(Options.GraftDelay));
        Assert.Equal(0, _tree.MissingCount);
    }

    [Fact]
    public void Who_grafts_gets_the_payload_and_is_eager_and_no_more_than_a_bound_at_once()
    {
        Receive(C, DisseminationMessage.Prune.Instance);
        foreach (var number in (int[])[1, 2, 3]) Receive(A, Message(number, bytes: 400));

        var effects = Receive(C, new DisseminationMessage.Graft([Id(1), Id(2), Id(3), Id(9)]));

        Assert.Equal([1ul, 2ul], Sent<DisseminationMessage.Gossip>(effects).Select(send => send.Message.Id.Number));
        Assert.All(Sent<DisseminationMessage.Gossip>(effects), send => Assert.Equal((C, GossipWay.Grafted), (send.To, send.Message.Way)));
        Assert.Equal(1, _counters.RepliesCut);
        Assert.Contains(C, _tree.Eager);
    }

    [Fact]
    public void A_much_shorter_way_takes_the_place_of_a_long_one()
    {
        Receive(B, DisseminationMessage.Prune.Instance);
        Receive(B, Announcement(1, hop: 2));

        var effects = Receive(A, Message(1, hop: 2 + Options.OptimizeHopsMin), Milliseconds(50));

        Assert.Equal(B, Assert.Single(Sent<DisseminationMessage.Graft>(effects)).To);
        Assert.Equal(A, Assert.Single(Sent<DisseminationMessage.Prune>(effects)).To);
        Assert.Equal([B, C], _tree.Eager);
    }

    [Fact]
    public void A_neighbour_that_is_gone_is_not_asked_for_what_it_announced()
    {
        Receive(A, Announcement(1));
        _tree.Down(A);

        Assert.Empty(Tick(Options.GraftDelay));
        Assert.Equal(1, _counters.MissingGivenUp);
    }

    [Fact]
    public void Announcements_are_bounded_in_bytes_and_missing_messages_in_number()
    {
        var tree = new Plumtree(Options with { OutstandingBytesMax = 50, MissingMax = 3 }, 1_000, _recent, new Random(1), _counters);
        tree.Up(A);
        tree.Up(B);
        tree.Receive(B, DisseminationMessage.Prune.Instance, default, new Outbox());
        for (var number = 1; number <= 20; number++) tree.Receive(A, Message(number), default, new Outbox());
        for (var number = 100; number < 105; number++) tree.Receive(B, Announcement(number), default, new Outbox());
        var outbox = new Outbox();
        tree.Tick(Options.AnnounceInterval, outbox);

        Assert.Equal(10, Assert.Single(Sent<DisseminationMessage.IHave>(outbox.Effects)).Message.Messages.Length);
        Assert.Equal(10, _counters.AnnouncementsDropped);
        Assert.Equal((3, 2), (tree.MissingCount, _counters.AnnouncementsIgnored));
    }

    private static PeerId Peer(string name) => new(NodeName.Of(name), 1);

    private static MessageId Id(int number) => new(Peer("z"), (ulong)number);

    private static TimeSpan Milliseconds(int milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    private static DisseminationMessage.Gossip Message(int number, int hop = 1, int bytes = 10) => new(Id(number), hop, TimeSpan.Zero, GossipWay.Pushed, new byte[bytes]);

    private static DisseminationMessage.IHave Announcement(int number, int more = 0, int hop = 1) =>
        new([new Announced(Id(number), hop), .. more == 0 ? (Announced[])[] : [new Announced(Id(more), hop)]]);

    private static List<(PeerId To, T Message)> Sent<T>(IEnumerable<DisseminationEffect> effects) =>
        [.. effects.OfType<DisseminationEffect.Send>().Where(send => send.Message is T).Select(send => (send.To, (T)(object)send.Message))];

    private List<DisseminationEffect> Receive(PeerId from, DisseminationMessage.OfTree message, TimeSpan now = default)
    {
        var outbox = new Outbox();
        _tree.Receive(from, message, now, outbox);
        return outbox.Effects;
    }

    private List<DisseminationEffect> Tick(TimeSpan now)
    {
        var outbox = new Outbox();
        _tree.Tick(now, outbox);
        return outbox.Effects;
    }
}
