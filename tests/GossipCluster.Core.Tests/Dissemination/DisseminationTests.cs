using GossipCluster.Core.Causality;
using GossipCluster.Core.Dissemination;

namespace GossipCluster.Core.Tests.Dissemination;

public sealed class DisseminationTests
{
    private static readonly PeerId A = new(NodeName.Of("a"), 5);
    private static readonly PeerId B = new(NodeName.Of("b"), 1);
    private static readonly PeerId C = new(NodeName.Of("c"), 1);
    private static readonly MemberList Members = MemberList.Of([A, B, C]);

    public static TheoryData<DisseminationWay> Ways => [.. Enum.GetValues<DisseminationWay>()];

    [Fact]
    public void Direct_goes_to_each_other_member()
    {
        var a = Create(DisseminationWay.Direct, A);

        var sent = Sent<DisseminationMessage.Gossip>(a.Publish("x"u8.ToArray(), Seconds(0)));

        Assert.Equal([B, C], sent.Select(send => send.To));
        Assert.All(sent, send => Assert.Equal((new MessageId(A, 1), 1), (send.Message.Id, send.Message.Hop)));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void What_is_lost_comes_by_a_digest(DisseminationWay way)
    {
        var (a, b) = (Create(way, A), Create(way, B));
        a.Publish("x"u8.ToArray(), Seconds(0));

        var digest = new DisseminationMessage.Digest([], Seconds(60), WantsAnswer: true, Beacon: null);
        var answer = Assert.Single(Sent<DisseminationMessage.Gossip>(a.Receive(new DisseminationParcel(B, A, digest), Seconds(2))));
        var delivered = b.Receive(new DisseminationParcel(A, B, answer.Message), Seconds(2));

        Assert.Equal("x"u8.ToArray(), Assert.Single(delivered.OfType<DisseminationEffect.Deliver>()).Payload.ToArray());
        Assert.Equal(1, b.Counters.DeliveredByExchange);
        Assert.DoesNotContain(b.Receive(new DisseminationParcel(A, B, answer.Message), Seconds(2)), effect => effect is DisseminationEffect.Deliver);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_digest_that_lists_what_is_unknown_here_is_answered_with_one(DisseminationWay way)
    {
        var a = Create(way, A);
        var digest = new DisseminationMessage.Digest([new MessageId(B, 1)], Seconds(60), WantsAnswer: true, Beacon: null);

        Assert.False(Assert.Single(Sent<DisseminationMessage.Digest>(a.Receive(new DisseminationParcel(B, A, digest), Seconds(2)))).Message.WantsAnswer);
        Assert.Empty(a.Receive(new DisseminationParcel(B, A, digest with { WantsAnswer = false }), Seconds(2)));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void What_comes_from_an_earlier_life_or_was_meant_for_one_is_dropped(DisseminationWay way)
    {
        var a = Create(way, A);
        a.Learn(MemberList.Of([A, B with { Epoch = 2 }]), Seconds(0));
        var gossip = new DisseminationMessage.Gossip(new MessageId(B, 1), 1, TimeSpan.Zero, GossipWay.Pushed, default);

        Assert.Empty(a.Receive(new DisseminationParcel(B, A, gossip), Seconds(1)));
        Assert.Empty(a.Receive(new DisseminationParcel(B with { Epoch = 2 }, A with { Epoch = 4 }, gossip), Seconds(1)));
        Assert.Equal(2, a.Counters.EarlierLives);
        Assert.Single(a.Receive(new DisseminationParcel(B with { Epoch = 2 }, A, gossip), Seconds(1)).OfType<DisseminationEffect.Deliver>());
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void What_is_sent_for_one_digest_is_bounded_in_bytes(DisseminationWay way)
    {
        var a = Create(way, A);
        for (var number = 0; number < 5; number++) a.Publish(new byte[60 << 10], Seconds(0));
        var digest = new DisseminationMessage.Digest([], Seconds(60), WantsAnswer: false, Beacon: null);

        Assert.Equal(4, Sent<DisseminationMessage.Gossip>(a.Receive(new DisseminationParcel(B, A, digest), Seconds(2))).Count);
        Assert.Equal(1, a.Counters.RepliesCut);
    }

    [Fact]
    public void Who_leaves_tells_its_neighbours()
    {
        var a = Create(DisseminationWay.Cooperative, A);
        a.Receive(new DisseminationParcel(B, A, DisseminationMessage.Join.Instance), Seconds(0));

        Assert.Equal(B, Assert.Single(Sent<DisseminationMessage.Disconnect>(a.Leave(Seconds(1))), send => send.Message.IsLeaving).To);
    }

    [Fact]
    public void Of_two_islands_the_node_with_the_greater_root_asks_for_a_link()
    {
        var (a, b) = (Alone(A), Alone(B));
        var fromB = new DisseminationMessage.Digest([], Seconds(60), WantsAnswer: true, new Beacon(B, 3));

        var answer = Assert.Single(Sent<DisseminationMessage.Digest>(a.Receive(new DisseminationParcel(B, A, fromB), Seconds(5))));
        var asked = Assert.Single(Sent<DisseminationMessage.Neighbor>(b.Receive(new DisseminationParcel(A, B, answer.Message), Seconds(5))));

        Assert.Equal((A, true), (asked.To, asked.Message.IsHigh));
        Assert.Equal(1, b.Counters.IslandsJoined);
    }

    [Fact]
    public void A_payload_above_the_bound_is_a_programming_error() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Create(DisseminationWay.Direct, A).Publish(new byte[DisseminationWire.PayloadBytesMax + 1], Seconds(0)));

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    private static IDissemination Create(DisseminationWay way, PeerId self)
    {
        var made = Alone(self, way);
        made.Learn(Members, TimeSpan.Zero);
        return made;
    }

    private static IDissemination Alone(PeerId self, DisseminationWay way = DisseminationWay.Cooperative) =>
        DisseminationFactory.Create(way, self, DisseminationOptions.Default, new Random(1));

    private static List<(PeerId To, T Message)> Sent<T>(IEnumerable<DisseminationEffect> effects) =>
        [.. effects.OfType<DisseminationEffect.Send>().Where(send => send.Message is T).Select(send => (send.To, (T)(object)send.Message))];
}
