using CsCheck;
using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Core.Tests.Kernel;

public sealed class JoinedDeltaTests
{
    private static readonly Key Counter = Key.Of("counters", "b", "c");
    private static readonly Key Other = Key.Of("counters", "b", "other");
    private static readonly DataType[] Types = Enum.GetValues<DataType>();

    public static TheoryData<DataType> AllTypes => [.. Types];

    [Theory(DisplayName = "A joined run does what its deltas do one by one, whatever of it is there already, in any order, again, and through others")]
    [MemberData(nameof(AllTypes))]
    public void A_joined_run_is_its_deltas(DataType type) => Property.ForAll(
        Gen.Select(Writes(type), Gen.Int[0, int.MaxValue]),
        (writes, seed) =>
        {
            var history = new DeltaHistory(writes, type);
            var random = new Random(seed);
            var (known, first, second) = (history.Some(random), history.Some(random), history.Some(random));
            var run = history.Joined(first, DotSet.Empty);
            if (run is null) return;

            // One by one, in any order, against the joined run, twice.
            var oneByOne = history.Receiver(known);
            var joined = history.Receiver(known);
            Replicas.Feed(oneByOne, history.Records(first, random));
            Replicas.Feed(joined, [run.Value, run.Value]);
            Replicas.AssertSame(oneByOne, joined);
            history.AssertItemsAreWhatTheClockNames(joined);
            Replicas.AssertAuditIsTrue(joined);
            Assert.Equal(SyncNeed.Nothing, oneByOne.Missing(joined.Clock, 1).Need);

            // The run first, and what was known after it.
            var late = Replicas.New(7);
            Replicas.Feed(late, [run.Value, .. history.Records(known, random), run.Value]);
            Replicas.AssertSame(oneByOne, late);

            // A run of runs that overlap.
            var runs = history.Receiver(known);
            if (history.JoinedOf(run.Value, history.Joined(second, DotSet.Empty)) is { } both) Replicas.Feed(runs, [both]);
            Replicas.Feed(oneByOne, history.Records(second, random));
            Replicas.AssertSame(oneByOne, runs);

            // Handed on to a third that has something else, from a log that has it joined, also after a restart from a snapshot.
            var third = history.Receiver(history.Some(random));
            var restarted = Replicas.New(8);
            Replicas.Feed(restarted, joined.Snapshot(200));
            Replicas.AssertSame(joined, restarted);
            Replicas.Sync(third, restarted, bytesMax: 1 + random.Next(400));
            Assert.True(third.Clock.Dominates(joined.Clock));
            history.AssertItemsAreWhatTheClockNames(third);
        },
        times: 150);

    [Theory(DisplayName = "A run made for a peer leaves out what the peer has, and does no harm to anybody else")]
    [MemberData(nameof(AllTypes))]
    public void A_run_for_one_peer_is_good_for_all(DataType type) => Property.ForAll(
        Gen.Select(Writes(type), Gen.Int[0, int.MaxValue]),
        (writes, seed) =>
        {
            var history = new DeltaHistory(writes, type);
            var random = new Random(seed);
            var (first, peer, stranger) = (history.Some(random), history.Receiver(history.Some(random)), history.Receiver(history.Some(random)));
            var whole = history.Receiver(history.All);
            if (history.Joined(first, peer.Clock) is not { } run) return;

            var expected = Replicas.New(7);
            Replicas.Sync(expected, peer);
            Replicas.Feed(expected, history.Records(first, random));
            Replicas.Feed(peer, [run]);
            Replicas.Feed(stranger, [run]);

            Replicas.AssertSame(expected, peer);
            history.AssertItemsAreWhatTheClockNames(stranger);
            Replicas.Sync(stranger, whole, bytesMax: 1 + random.Next(400));
            Replicas.AssertSame(whole, stranger);
        },
        times: 150);

    [Theory(DisplayName = "A counter incremented often while a peer is away costs it one delta and a range of dots")]
    [InlineData(2, 60)]
    [InlineData(10, 60)]
    [InlineData(1000, 70)]
    public void A_counter_goes_as_one_delta(int increments, int bytesMax)
    {
        var (source, target) = (Replicas.New(0), Replicas.New(1));
        for (var i = 0; i < increments; i++) source.Write(DataType.Counter, Counter, new Operation.Increment(1));

        var answer = source.Missing(target.Clock, 64 << 10);

        var record = Assert.Single(answer.Records);
        Assert.InRange(record.WireBytes, 30, bytesMax);
        Assert.True(answer.IsComplete);
        Assert.Equal(source.Clock, answer.Covered);
        Replicas.Feed(target, answer.Records);
        Replicas.AssertSame(source, target);
        Assert.Equal(1, target.LogEntryCount);
        Assert.Equal(increments, source.DeltasJoined);
    }

    [Fact(DisplayName = "Counters that are written in turn each cost one delta and their ranges of dots")]
    public void Counters_written_in_turn_go_as_one_delta_each()
    {
        var (source, target) = (Replicas.New(0), Replicas.New(1));
        for (var i = 0; i < 200; i++) source.Write(DataType.Counter, i % 2 == 0 ? Counter : Other, new Operation.Increment(1));

        var answer = source.Missing(DotSet.Empty, 64 << 10);

        Assert.Equal(2, answer.Records.Count);
        Assert.InRange(answer.Records.Sum(record => record.WireBytes), 1, 2 * (60 + 200));
        Replicas.Feed(target, answer.Records);
        Replicas.AssertSame(source, target);
    }

    [Fact(DisplayName = "A run that is longer than a part is sent in several, each below the bound and good by itself")]
    public void A_long_run_goes_in_parts()
    {
        var (source, target) = (Replicas.New(0), Replicas.New(1));
        var key = Key.Of("sets", "b", "large");
        for (var i = 0; i < 2_000; i++) source.Write(DataType.Set, key, Operation.AddToSet($"an element of some length {i:00000}"));
        const int bytesMax = 8_000;

        var parts = 0;
        while (source.Missing(target.Clock, bytesMax) is { Need: SyncNeed.Records } part)
        {
            parts++;
            Assert.All(part.Records, record => Assert.InRange(record.WireBytes, 1, bytesMax + 1_000));
            Replicas.Feed(target, part.Records);
        }

        Assert.InRange(parts, 8, 20);
        Replicas.AssertSame(source, target);
    }

    [Fact(DisplayName = "Who lacks one element of what was logged as a run is sent that element, not the run")]
    public void Who_lacks_little_is_sent_little()
    {
        var (source, middle, third) = (Replicas.New(0), Replicas.New(1), Replicas.New(2));
        var key = Key.Of("sets", "b", "s");
        for (var i = 0; i < 500; i++) source.Write(DataType.Set, key, Operation.AddToSet($"element {i}"));
        Replicas.Sync(third, source);
        source.Write(DataType.Set, key, Operation.AddToSet("one more"));
        Assert.Equal((1, 0, 0), Replicas.Sync(middle, source, bytesMax: 64 << 10));

        var answer = middle.Missing(third.Clock, 64 << 10);

        Assert.InRange(Assert.Single(answer.Records).WireBytes, 1, 80);
        Replicas.Feed(third, answer.Records);
        Replicas.AssertSame(source, third);
    }

    [Fact(DisplayName = "A log entry of a run is trimmed when all of the run is known everywhere, names the run's key for all its dots, and is dropped with the key's hints")]
    public void A_run_in_the_log_answers_for_its_dots()
    {
        var (source, target) = (Replicas.New(0), Replicas.New(1));
        for (var i = 0; i < 10; i++) source.Write(DataType.Counter, Counter, new Operation.Increment(1));
        source.Write(DataType.Counter, Other, new Operation.Increment(1));
        Replicas.Sync(target, source);

        Assert.Equal(source.DotsOfKey(Counter), target.DotsOfKey(Counter));
        Assert.True(target.TryStageHintsDropped([Counter]));
        target.CommitAll();
        Assert.Equal(target.DotsOfKey(Other), target.Clock);

        var again = Replicas.New(2);
        Replicas.Sync(again, source);
        again.Trim(DotSet.Of(source.Self, 1, 5));
        Assert.Equal(2, again.LogEntryCount);
        again.Trim(source.Clock);
        Assert.Equal(0, again.LogEntryCount);
    }

    [Fact(DisplayName = "The past of an increment is one delta; that of an add to a set is one by one, so that who has most of it logs no more than what is new")]
    public void The_past_is_joined_where_it_stays_short()
    {
        var source = Replicas.New(0);
        var key = Key.Of("sets", "b", "s");
        Delta? increment = null, add = null;
        for (var i = 0; i < 20; i++)
        {
            increment = source.Write(DataType.Counter, Counter, new Operation.Increment(1));
            add = source.Write(DataType.Set, key, Operation.AddToSet($"{i}"));
        }

        List<Record> past = [];
        Assert.True(source.TryPast(increment!, DotSet.Empty, past));
        Assert.Equal(RecordKind.JoinedDelta, Assert.Single(past).Kind);
        var peer = Replicas.New(1);
        Replicas.Feed(peer, [.. past, increment!.ToRecord()]);
        Assert.Equal("20", peer.Value(Counter));
        Assert.Equal(source.DotsOfKey(Counter), peer.Clock);

        past.Clear();
        Assert.True(source.TryPast(add!, DotSet.Empty, past));
        Assert.Equal(19, past.Count);
        Assert.All(past, record => Assert.Equal(RecordKind.Delta, record.Kind));
    }

    [Fact(DisplayName = "Where the log has lost one delta of a key, the key goes as its state alone")]
    public void A_key_that_lost_a_delta_goes_as_state()
    {
        var source = Replicas.New(0, new ReplicaOptions { LogDeltaBytesMax = 300 });
        for (var i = 0; i < 20; i++) source.Write(DataType.Counter, Counter, new Operation.Increment(1));
        var target = Replicas.New(1);

        var answer = source.Missing(target.Clock, 64 << 10);

        Assert.Equal(RecordKind.KeyStates, Assert.Single(answer.Records).Kind);
        Replicas.Feed(target, answer.Records);
        Replicas.AssertSame(source, target);
    }

    [Fact(DisplayName = "The log is bounded in ranges of dots too: what a joined delta brings in many pieces is forgotten where there is no room, and repaired in full")]
    public void A_run_of_many_ranges_counts_as_such()
    {
        var (source, target) = (Replicas.New(0), Replicas.New(1, new ReplicaOptions { LogEntriesMax = 20 }));
        for (var i = 0; i < 200; i++) source.Write(DataType.Counter, i % 2 == 0 ? Counter : Other, new Operation.Increment(1));

        Replicas.Sync(target, source, bytesMax: 64 << 10);

        Replicas.AssertSame(source, target);
        Assert.Equal((0L, 2L), target.LogShed);
        var third = Replicas.New(2);
        Assert.Equal(1, Replicas.Sync(third, target).Transfers);
        Replicas.AssertSame(source, third);
    }

    [Fact(DisplayName = "Parts leave the receiver's clock without holes, however many keys were written in turn")]
    public void Parts_leave_no_holes()
    {
        var (source, target) = (Replicas.New(0), Replicas.New(1));
        for (var i = 0; i < 2_000; i++) source.Write(DataType.Counter, Key.Of("counters", "b", $"{i % 300}"), new Operation.Increment(1));

        var parts = 0;
        while (source.Missing(target.Clock, 4_000) is { Need: SyncNeed.Records } part)
        {
            parts++;
            Replicas.Feed(target, part.Records);
            Assert.Equal(1, target.Clock.RangeCount);
        }

        Assert.InRange(parts, 2, 60);
        Replicas.AssertSame(source, target);
    }

    private static Gen<(int Writer, int Sync, Operation Operation)[]> Writes(DataType type) => Gen.Select(
        Gen.Int[0, 2],
        Gen.Int[0, 5],
        Gen.Frequency((9, Histories.OperationsOf(type)), (1, Gen.Const((Operation)Operation.Delete.Instance)))).Array[2, 30];
}
