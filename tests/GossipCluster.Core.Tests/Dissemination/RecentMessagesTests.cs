using GossipCluster.Core.Causality;
using GossipCluster.Core.Dissemination;

namespace GossipCluster.Core.Tests.Dissemination;

public sealed class RecentMessagesTests
{
    private static readonly PeerId A = new(NodeName.Of("a"), 1);
    private readonly DisseminationCounters _counters = new();

    [Fact]
    public void A_message_is_taken_once()
    {
        var recent = new RecentMessages(new RecentOptions(), _counters);

        Assert.True(recent.TryAdd(Message(1), Seconds(0)));
        Assert.False(recent.TryAdd(Message(1), Seconds(1)));
        Assert.Equal(1, _counters.Duplicates);
    }

    [Fact]
    public void The_same_number_of_another_life_is_another_message()
    {
        var recent = new RecentMessages(new RecentOptions(), _counters);
        recent.TryAdd(Message(1), Seconds(0));

        Assert.True(recent.TryAdd(Message(1) with { Id = new MessageId(A with { Epoch = 2 }, 1) }, Seconds(0)));
    }

    [Fact]
    public void A_message_ages_while_it_is_held_and_is_no_longer_sent_once_it_is_old()
    {
        var recent = new RecentMessages(new RecentOptions { AgeMax = Seconds(10) }, _counters);
        recent.TryAdd(Message(1) with { Age = Seconds(4), Hop = 3 }, Seconds(100));

        var sent = recent.ToSend(new MessageId(A, 1), GossipWay.Grafted, Seconds(105));

        Assert.Equal((Seconds(9), 4), (sent!.Age, sent.Hop));
        Assert.Null(recent.ToSend(new MessageId(A, 1), GossipWay.Grafted, Seconds(106)));
        Assert.Empty(recent.Digest(10, Seconds(106)).Seen);
    }

    [Fact]
    public void What_is_too_old_is_refused_and_an_id_outlives_its_payload()
    {
        var recent = new RecentMessages(new RecentOptions { AgeMax = Seconds(10) }, _counters);
        recent.TryAdd(Message(1), Seconds(0));

        Assert.False(recent.TryAdd(Message(1), Seconds(15)));
        Assert.Equal(0, recent.PayloadBytes);
        Assert.False(recent.TryAdd(Message(2) with { Age = Seconds(10) }, Seconds(15)));
        Assert.Equal((1, 1), (_counters.Duplicates, _counters.TooOld));
        Assert.True(recent.TryAdd(Message(3), Seconds(30)));
        Assert.Equal(1, recent.Count);
    }

    [Fact]
    public void Payloads_are_bounded_in_bytes_and_ids_in_number()
    {
        var recent = new RecentMessages(new RecentOptions { PayloadBytesMax = 250, IdsMax = 5 }, _counters);
        for (var number = 1; number <= 8; number++) recent.TryAdd(Message(number), Seconds(number));

        Assert.Equal((5, 200), (recent.Count, recent.PayloadBytes));
        Assert.Equal((3, 6), (_counters.IdsForgottenEarly, _counters.PayloadsEvicted));
        Assert.NotNull(recent.ToSend(new MessageId(A, 8), GossipWay.Pushed, Seconds(9)));
        Assert.Null(recent.ToSend(new MessageId(A, 6), GossipWay.Pushed, Seconds(9)));
        Assert.True(recent.Has(new MessageId(A, 6)));
    }

    [Fact]
    public void A_digest_that_cannot_list_all_says_up_to_which_age_it_does_and_no_more_is_sent_for_it()
    {
        var recent = new RecentMessages(new RecentOptions(), _counters);
        for (var number = 1; number <= 5; number++) recent.TryAdd(Message(number), Seconds(number));

        var (seen, horizon) = recent.Digest(idsMax: 2, Seconds(5));

        Assert.Equal([new MessageId(A, 4), new MessageId(A, 5)], seen);
        Assert.Equal(Seconds(2), horizon);
        Assert.Equal(1, _counters.DigestsCut);
        Assert.Equal([4ul, 5ul], recent.Lacking([], horizon, TimeSpan.Zero, Seconds(5)).Select(gossip => gossip.Id.Number));
    }

    [Fact]
    public void What_has_just_come_is_not_offered_yet()
    {
        var recent = new RecentMessages(new RecentOptions(), _counters);
        recent.TryAdd(Message(1), Seconds(1));
        recent.TryAdd(Message(2), Seconds(3));

        Assert.Equal([1ul], recent.Lacking([], Seconds(60), Seconds(1), Seconds(3)).Select(gossip => gossip.Id.Number));
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    private static DisseminationMessage.Gossip Message(int number) =>
        new(new MessageId(A, (ulong)number), 1, TimeSpan.Zero, GossipWay.Pushed, new byte[100]);
}
