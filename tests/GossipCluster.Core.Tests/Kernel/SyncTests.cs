using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Core.Tests.Kernel;

public sealed class SyncTests
{
    [Fact(DisplayName = "As long as the log has room, a peer is sent deltas and nothing else")]
    public void Deltas_are_sent_while_there_is_room()
    {
        var source = Written(50);

        Assert.Equal((50, 0, 0), Replicas.Sync(Replicas.New(1), source));
        Assert.Equal((0L, 0L), source.LogShed);
        Assert.Equal(50, source.LogEntryCount);
    }

    [Fact(DisplayName = "Deltas beyond the log's bytes are shed, oldest first, and their keys are sent as states")]
    public void Key_states_are_sent_for_shed_deltas()
    {
        var source = Written(50, new ReplicaOptions { LogDeltaBytesMax = 400 });
        var target = Replicas.New(1);

        var sent = Replicas.Sync(target, source, bytesMax: 100);

        Assert.InRange(source.LogDeltaBytes, 1, 400);
        Assert.Equal(50, source.LogEntryCount);
        Assert.True(source.LogShed is { Deltas: > 30, Entries: 0 });
        Assert.True(sent is { Deltas: > 0, KeyStates: > 1, Transfers: 0 }, sent.ToString());
        Replicas.AssertSame(source, target);
    }

    [Fact(DisplayName = "Entries beyond the log's count are forgotten, and a peer that lacks them is sent everything")]
    public void A_full_transfer_is_sent_for_forgotten_entries()
    {
        var source = Written(50, new ReplicaOptions { LogEntriesMax = 10 });
        var (stranger, neighbour) = (Replicas.New(1), Replicas.New(2));

        Assert.Equal(10, source.LogEntryCount);
        Assert.Equal((0L, 40L), source.LogShed);
        Assert.Equal(1, Replicas.Sync(stranger, source).Transfers);
        Replicas.AssertSame(source, stranger);

        // Who lacks only what the log has is sent deltas again.
        Replicas.Sync(neighbour, source);
        Write(source, 99);
        Assert.Equal((1, 0, 0), Replicas.Sync(neighbour, source));
        Assert.Null(source.RepairOf(Name(99), DotSet.Empty));
        Assert.Null(source.DotsOfKey(Name(99)));
    }

    [Fact(DisplayName = "A delta larger than the whole log is still state: it goes as the state of its key")]
    public void A_delta_larger_than_the_log_goes_as_key_state()
    {
        var source = Replicas.New(0, new ReplicaOptions { LogDeltaBytesMax = 1 });
        Write(source, 1);

        Assert.Equal(0, source.LogDeltaBytes);
        Assert.Equal((0, 1, 0), Replicas.Sync(Replicas.New(1), source));
    }

    [Theory(DisplayName = "An answer in small parts, each asked for with what came before, sends every dot exactly once and costs no more than one part at a time")]
    [InlineData(1 << 20)]
    [InlineData(2_000)]
    public void Parts_send_everything_once(int logDeltaBytesMax)
    {
        var (source, target) = (Replicas.New(0, new ReplicaOptions { LogDeltaBytesMax = logDeltaBytesMax }), Replicas.New(1));
        for (var i = 0; i < 100; i++) Write(source, i % 70);
        source.Write(DataType.Set, Name(3), Operation.Delete.Instance);
        const int bytesMax = 500;

        // Nothing is committed at the receiver before all parts are under way: the peer's clock and what was covered stand for it.
        var (covered, records, complete) = (DotSet.Empty, new List<Record>(), false);
        while (!complete)
        {
            var part = source.Missing(target.Clock.Union(covered), bytesMax);
            Assert.Equal(SyncNeed.Records, part.Need);
            Assert.False(part.Covered.IsEmpty);
            Assert.False(part.Covered.Overlaps(covered));
            Assert.InRange(part.Records.Sum(record => record.WireBytes), 1, bytesMax + 400);
            covered = covered.Union(part.Covered);
            records.AddRange(part.Records);
            complete = part.IsComplete || source.Missing(target.Clock.Union(covered), bytesMax).Need == SyncNeed.Nothing;
        }

        Assert.Equal(source.Clock, covered);
        Assert.Distinct(records.Select(record => Show.Hex(record.Bytes)));
        foreach (var record in records) Assert.True(target.Stage(record, out var error), error.ToString());
        target.CommitAll();
        Replicas.AssertSame(source, target);
        Assert.Equal(SyncNeed.Nothing, source.Missing(target.Clock, bytesMax).Need);
    }

    [Fact(DisplayName = "A key's state lists the key's dots and no others: the rest of the clock stays missing")]
    public void A_repair_brings_one_key()
    {
        var (source, target) = (Written(10), Replicas.New(1));

        Replicas.Feed(target, [source.RepairOf(Name(3), target.Clock)!.Value]);

        Assert.Equal(source.Value(Name(3)), target.Value(Name(3)));
        Assert.Equal(source.DotsOfKey(Name(3)), target.Clock);
        Assert.Null(source.RepairOf(Name(3), target.Clock));
        Assert.Equal(9, Replicas.Sync(target, source).Deltas);
        Replicas.AssertSame(source, target);
    }

    [Fact(DisplayName = "Key states made for a clock that the receiver has lost meanwhile are refused")]
    public void A_state_for_another_clock_is_refused()
    {
        var (source, target) = (Written(3), Replicas.New(1));
        Replicas.Sync(target, source);
        Write(source, 1);
        var repair = source.RepairOf(Name(1), target.Clock)!.Value;
        target.StageEmptied();
        target.CommitAll();
        var before = target.Print();

        Assert.False(target.Stage(repair, out var error));

        Assert.Contains("clock", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(before, target.Print());
    }

    [Fact(DisplayName = "Key states with an item that is new to the receiver and whose dot they do not list are refused: a reader's state is no repair")]
    public void A_state_for_readers_is_refused()
    {
        var (source, target) = (Written(3), Replicas.New(1));
        var before = target.Print();

        Assert.False(target.Stage(source.StateOf(Name(1)), out var error));

        Assert.Contains("dot", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(before, target.Print());
        Replicas.Sync(target, source);
        Replicas.Feed(target, [source.StateOf(Name(1))]);
        Replicas.AssertSame(source, target);
    }

    [Fact(DisplayName = "What every primary has is trimmed from the log, and who turns up without it is sent everything")]
    public void Trim_forgets_what_all_have()
    {
        var (source, peer, stranger) = (Written(20), Replicas.New(1), Replicas.New(2));
        Replicas.Sync(peer, source);
        Write(source, 5);

        source.Trim(peer.Clock);
        source.Trim(peer.Clock);

        Assert.Equal(1, source.LogEntryCount);
        Assert.Equal((0L, 0L), source.LogShed);
        Assert.Equal((1, 0, 0), Replicas.Sync(peer, source));
        Assert.Equal(1, Replicas.Sync(stranger, source).Transfers);
        source.Trim(source.Clock);
        Assert.Equal((0, 0L), (source.LogEntryCount, source.LogDeltaBytes));
    }

    [Fact(DisplayName = "A log entry stays until all of its dots are known everywhere")]
    public void Trim_keeps_what_is_known_in_part()
    {
        var source = Replicas.New(0);
        var delta = source.Write(DataType.Set, Name(1), Operation.AddToSet("a", "b", "c"))!;

        source.Trim(DotSet.Of(source.Self, delta.First, delta.First + 1));

        Assert.Equal(1, source.LogEntryCount);
        source.Trim(DotSet.Of(source.Self, delta.Last, delta.Last));
        Assert.Equal(1, source.LogEntryCount);
        source.Trim(source.Clock);
        Assert.Equal(0, source.LogEntryCount);
    }

    [Fact(DisplayName = "A delta travels with the past of its key that the peer lacks, oldest first")]
    public void The_past_travels_along()
    {
        var source = Replicas.New(0);
        var deltas = Enumerable.Range(0, 4).Select(i => source.Write(DataType.Set, Name(1), Operation.AddToSet($"{i}"))!).ToList();
        source.Write(DataType.Set, Name(2), Operation.AddToSet("x"));

        Assert.True(PastOf(deltas[3], DotSet.Empty, out var past));
        Assert.Equal(deltas[..3].Select(delta => delta.ToRecord()), past);

        Assert.True(PastOf(deltas[3], DotSet.Of(source.Self, deltas[1].First, deltas[1].Last), out past));
        Assert.Equal([deltas[0].ToRecord(), deltas[2].ToRecord()], past);

        Assert.True(PastOf(deltas[3], source.Clock, out past));
        Assert.Empty(past);
        Assert.True(PastOf(deltas[0], DotSet.Empty, out past));
        Assert.Empty(past);

        bool PastOf(Delta delta, DotSet known, out List<Record> past) => source.TryPast(delta, known, past = []);
    }

    [Fact(DisplayName = "The past of a key holds what others wrote, and a peer that joins it all has all of it")]
    public void The_past_holds_what_others_wrote()
    {
        var (other, source, peer) = (Replicas.New(0), Replicas.New(1), Replicas.New(2));
        other.Write(DataType.Set, Name(1), Operation.AddToSet("a", "b"));
        Replicas.Sync(source, other);
        var delta = source.Write(DataType.Set, Name(1), Operation.RemoveFromSet("a"))!;
        var past = new List<Record>();

        Assert.True(source.TryPast(delta, peer.Clock, past));
        Replicas.Feed(peer, past.Append(delta.ToRecord()));

        Assert.Equal("[62]", peer.Value(Name(1)));
        Assert.Equal(source.Clock, peer.Clock);
    }

    [Fact(DisplayName = "Where the past was shed, forgotten or came by transfer, it is said that it cannot be told; unless the peer or everybody has it")]
    public void Whether_the_past_is_whole_is_told()
    {
        var shed = Written(1, new ReplicaOptions { LogDeltaBytesMax = 60 });
        var afterShed = Write(shed, 0);
        Assert.False(shed.TryPast(afterShed, DotSet.Empty, []));
        Assert.True(shed.TryPast(afterShed, DotSet.Of(shed.Self, 1, afterShed.First - 1), []));

        var forgotten = Written(5, new ReplicaOptions { LogEntriesMax = 2 });
        var afterForgotten = Write(forgotten, 0);
        Assert.False(forgotten.TryPast(afterForgotten, DotSet.Empty, []));
        Assert.True(forgotten.TryPast(afterForgotten, DotSet.Of(forgotten.Self, 1, afterForgotten.First - 1), []));

        var transferred = Replicas.New(1);
        Replicas.Feed(transferred, Replicas.Everything(Written(5), 1));
        var afterTransfer = Write(transferred, 0);
        Assert.False(transferred.TryPast(afterTransfer, DotSet.Empty, []));
        transferred.Trim(transferred.Clock.Except(DotSet.Of(transferred.Self, 1, afterTransfer.Last)));
        Assert.True(transferred.TryPast(afterTransfer, DotSet.Empty, []));
    }

    [Fact(DisplayName = "A replica without news has nothing to send")]
    public void Nothing_is_missing_between_equals()
    {
        var source = Written(5);

        Assert.Equal(SyncNeed.Nothing, source.Missing(source.Clock, 1).Need);
        Assert.Equal(SyncNeed.Nothing, Replicas.New(1).Missing(source.Clock, 1).Need);
        Assert.True(source.Missing(source.Clock, 1).IsComplete);
    }

    private static Key Name(int i) => Key.Of("sets", "b", $"k{i}");

    private static Delta Write(Replica replica, int i) => replica.Write(DataType.Set, Name(i), Operation.AddToSet("element", $"{i}"))!;

    private static Replica Written(int keys, ReplicaOptions? options = null)
    {
        var replica = Replicas.New(0, options);
        for (var i = 0; i < keys; i++) Write(replica, i);
        return replica;
    }
}
