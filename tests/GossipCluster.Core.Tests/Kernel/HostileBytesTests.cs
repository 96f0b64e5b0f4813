using CsCheck;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Core.Tests.Kernel;

public sealed class HostileBytesTests
{
    private static readonly List<Record> Good = WireFormTests.Records();
    private static readonly Key Set = Key.Of("sets", "b", "k");

    private static readonly Gen<Record> Records = Gen.Select(
        Gen.Frequency((9, Gen.Int[0, Good.Count - 1]), (1, Gen.Const(-1))),
        Gen.Enum<RecordKind>(),
        Histories.Bytes(60),
        (index, kind, random) => (index, kind, random))
        .SelectMany((index, kind, random) => index < 0
            ? Gen.Const(new Record(kind, random))
            : Hostile.Mutations([Good[index].Bytes.ToArray()]).Select(bytes => new Record(Good[index].Kind, bytes)));

    [Fact(DisplayName = "A hostile record is refused with a reason and without a trace, or taken; it never throws and never takes memory beyond its own scale")]
    public void Hostile_records_are_refused_or_taken()
    {
        var replica = New();

        Property.ForAll(
            Records,
            record =>
            {
                var before = replica.Print();
                var (isStaged, error) = (false, default(Core.Wire.WireError));

                var allocated = Hostile.Allocated(() => isStaged = replica.Stage(record, out error));

                // The constant is for the table of replica ids, which doubles now and then over all the cases.
                Assert.InRange(allocated, 0, 200_000 + (record.Bytes.Length * 200L));
                if (!isStaged)
                {
                    Assert.False(string.IsNullOrEmpty(error.Expected));
                    Assert.InRange(error.Offset, 0, record.Bytes.Length);
                    Assert.Equal(before, replica.Print());
                    return;
                }

                // What parses may be anything: it is taken back, as if the log had refused it.
                replica.Abort();
                Assert.Equal(before, replica.Print());
            },
            times: 40_000);

        AssertWorks(replica);
    }

    [Fact(DisplayName = "A replica that commits whatever parses of hostile deltas, states and chunks goes on reading, writing and answering")]
    public void Whatever_parses_does_no_harm() => Property.ForAll(
        Records.Where(record => record.Kind is RecordKind.Delta or RecordKind.JoinedDelta or RecordKind.KeyStates or RecordKind.TransferChunk).Array[20, 60],
        records =>
        {
            var replica = New();

            foreach (var record in records)
            {
                if (replica.Stage(record, out _)) replica.CommitAll();
            }

            AssertWorks(replica);
        },
        times: 100);

    [Fact(DisplayName = "Hostile batches are refused with a reason or read, and never throw")]
    public void Hostile_batches_are_refused_or_read()
    {
        var writer = new Core.Wire.WireWriter();
        writer.WriteByte(1);
        writer.WriteCount(Good.Count);
        foreach (var record in Good) record.Write(writer);

        Property.ForAll(
            Gen.Frequency((9, Hostile.Mutations([writer.ToArray()])), (1, Histories.Bytes(50))),
            bytes =>
            {
                var isRead = Batch.TryRead(bytes, out var records, out var error);

                Assert.Equal(isRead, string.IsNullOrEmpty(error.Expected));
                if (!isRead) Assert.Empty(records);
                else Assert.True(records.Sum(record => record.WireBytes) < bytes.Length);
            },
            times: 20_000);
    }

    [Fact(DisplayName = "A reader refuses hostile states and goes on")]
    public void Readers_refuse_hostile_states()
    {
        var replica = New();
        var state = replica.StateOf(Set);
        var reader = new KeyReader();
        Assert.True(reader.TryJoin(state, out _));
        Assert.False(reader.TryJoin(new Record(RecordKind.KeyStates, Good[3].Bytes[..^1]), out _));
        var value = Show.Of(reader.Value);

        Property.ForAll(Hostile.Mutations([state.Bytes.ToArray()]), bytes => _ = new KeyReader().TryJoin(new Record(RecordKind.KeyStates, bytes), out _), times: 5_000);

        Assert.Equal(replica.Value(Set), value);
    }

    [Fact(DisplayName = "Key states that number an id where they name none are refused")]
    public void A_number_without_ids_is_refused()
    {
        // Version, no ids, a clock of one run of id number 0.
        byte[] bytes = [1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];

        Assert.False(New().Stage(new Record(RecordKind.KeyStates, bytes), out var error));

        Assert.Contains("number of a replica id", error.ToString(), StringComparison.Ordinal);
    }

    private static Replica New()
    {
        var replica = Replicas.New(4);
        replica.Write(DataType.Set, Set, Operation.AddToSet("own"));
        return replica;
    }

    private static void AssertWorks(Replica replica)
    {
        replica.Write(DataType.Counter, Key.Of("counters", "b", "fresh"), new Operation.Increment(1));
        Assert.Equal("1", replica.Value(Key.Of("counters", "b", "fresh")));
        foreach (var key in replica.Keys) _ = replica.Value(key);
        foreach (var record in Replicas.Everything(replica, 1)) Assert.NotEqual(0, record.Bytes.Length);
        _ = replica.Missing(Core.Causality.DotSet.Empty, 1 << 20);
    }
}
