using CsCheck;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Coordination;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Feeds;
using GossipCluster.Core.Kernel;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Tests.Coordination;

public sealed class CoordinationWireTests
{
    private static readonly Key Key = Key.Of("counters", "b", "k");
    private static readonly DotSet Clock = DotSet.Of(Replicas.Id(0), 1, 7);
    private static readonly Record State = StateOf();

    private static readonly CoordinationMessage[] Messages =
    [
        new CoordinationMessage.Forward(1, Key, DataType.Counter, new Operation.Increment(3), new WriteQuorum(3, 2, 2, 0, 1), TimeSpan.FromSeconds(5), TimeSpan.FromDays(400), null, false),
        new CoordinationMessage.Forward(ulong.MaxValue, Key, DataType.Set, Operation.RemoveFromSet("a"), new WriteQuorum(16, 16, 0, 16, 0), TimeSpan.FromMilliseconds(1), TimeSpan.Zero, Clock, true),
        new CoordinationMessage.Relayed(2, new WriteOutcome.Written(2, 1, 2, true), Clock, State),
        new CoordinationMessage.Relayed(2, new WriteOutcome.Unsatisfied(UnmetQuorum.Pw, 1, 2), Clock, null),
        new CoordinationMessage.Relayed(2, new WriteOutcome.TimedOut(1), DotSet.Empty, null),
        new CoordinationMessage.Relayed(2, new WriteOutcome.NoCoordinator(NoCoordinatorReason.Refused, RefusalReason.Late), DotSet.Empty, null),
        new CoordinationMessage.Relayed(2, new WriteOutcome.NoCoordinator(NoCoordinatorReason.NoPrimaryReachable, null), DotSet.Empty, null),
        new CoordinationMessage.RelayedRefusal(3, new OperationError(OperationProblem.NotPresent, "Not there.", DataType.Set)),
        new CoordinationMessage.NotTaken(4, RefusalReason.Late),
        new CoordinationMessage.ReadState(5, Key),
        new CoordinationMessage.ReadDigest(6, Key),
        new CoordinationMessage.StateRead(7, UInt128.MaxValue, true, false, State, Clock, [State]),
        new CoordinationMessage.DigestRead(8, 1, false, true, Clock),
        new CoordinationMessage.RepairAsk(8, Key, Replicas.Id(1).Node, Clock),
        new CoordinationMessage.AskClock(11),
        new CoordinationMessage.ClockTold(12, Clock, [State]),
        new CoordinationMessage.ListNames(9, "counters", "b"),
        new CoordinationMessage.ListNames(9, "counters", null),
        new CoordinationMessage.NamesListed(10, ["a", "ä"], true),
        new CoordinationMessage.FeedAsk(13, FeedAskKind.Live, BucketOf("counters", "b"), null, null, TimeSpan.FromMilliseconds(20)),
        new CoordinationMessage.FeedAsk(13, FeedAskKind.CatchUp, FeedScope.Of(Key), Clock, Clock, TimeSpan.Zero),
        new CoordinationMessage.FeedAck(14, 7, TimeSpan.FromSeconds(1)),
        new CoordinationMessage.FeedStop(15),
        new CoordinationMessage.FeedPart(16, 1, true, false, State, Clock, false),
        new CoordinationMessage.FeedPart(16, 2, false, true, null, DotSet.Empty, true),
    ];

    [Fact]
    public void Every_message_reads_back_as_it_was_written()
    {
        foreach (var message in Messages)
        {
            var bytes = Bytes(message);

            Assert.True(CoordinationWire.TryRead(bytes, out var read, out var error), error.ToString());
            Assert.Equal(message.GetType(), read.GetType());
            Assert.Equal(bytes, Bytes(read));
        }
    }

    [Fact]
    public void There_is_a_form_for_every_message() =>
        Assert.Equal(typeof(CoordinationMessage).GetNestedTypes().Length, Messages.Select(message => message.GetType()).Distinct().Count());

    [Fact(DisplayName = "Bytes that are cut, changed or made up are refused with a reason, or are a message; nothing throws")]
    public void Hostile_bytes_are_refused_or_taken() => Property.ForAll(
        Hostile.Mutations([.. Messages.Select(Bytes)]),
        bytes =>
        {
            if (!CoordinationWire.TryRead(bytes, out _, out var error)) Assert.False(string.IsNullOrEmpty(error.Expected));
        },
        times: 20_000);

    [Fact]
    public void The_numbers_of_reasons_stay_as_they_were() => Assert.Equal(
        [RefusalReason.ConnectionRefused, RefusalReason.Busy, RefusalReason.HintsFull, RefusalReason.NotAPrimary, RefusalReason.NotSynced, RefusalReason.StorageUnavailable, RefusalReason.Late],
        Enumerable.Range(0, 7).Select(number => (RefusalReason)number));

    [Fact]
    public void The_form_stays_as_it_was() => Assert.Equal(
        "01010A00018827E80703020200010C08636F756E746572730162" + "6B" + "0106",
        Convert.ToHexString(Bytes(new CoordinationMessage.Forward(
            10, Key, DataType.Counter, new Operation.Increment(3), new WriteQuorum(3, 2, 2, 0, 1), TimeSpan.FromSeconds(5), TimeSpan.FromMilliseconds(1), null, false))));

    private static FeedScope BucketOf(string type, string bucket) =>
        FeedScope.TryOfBucket(type, bucket, out var scope, out var error) ? scope : throw new InvalidOperationException(error);

    private static Record StateOf()
    {
        var replica = Replicas.New(0);
        replica.Write(DataType.Counter, Key, new Operation.Increment(7));
        return replica.StateOf(Key);
    }

    private static byte[] Bytes(CoordinationMessage message)
    {
        var writer = new WireWriter();
        CoordinationWire.Write(writer, message);
        return writer.ToArray();
    }
}
