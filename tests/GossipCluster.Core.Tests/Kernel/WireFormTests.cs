using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Tests.Kernel;

public sealed class WireFormTests
{
    private static readonly Key Set = Key.Of("sets", "b", "k");
    private static readonly Key Counter = Key.Of("counters", "b", "c");
    private static readonly Key Map = Key.Of("maps", "b", "m");

    // On disk and on the wire for ever. Where one of these must change, the form gets a new version byte and the old bytes go on being read: add to them,
    // never replace them.
    [Theory(DisplayName = "Each form is this one, byte for byte")]
    [InlineData("delta", "0108047365747301626b01016100100000000000000106020200000302026100030202620000")]
    [InlineData(
        "delta of a map",
        "0108046d61707301626d0101610010000000000000061802070000060703010166010109060703020166000007070302016602650006070303016600"
        + "000707030301660267000607030401660106d00f7465787406070305016600000607030501660100060703060166010400a22601050703070000000b"
        + "070307000305036f6666000000")]
    [InlineData(
        "joined delta",
        "0108047365747301626b020161001000000000000001620110000000000000010004010002050002020000000302026100010302026400010202000001030202630001000302"
        + "0262")]
    [InlineData("joined increments", "010c08636f756e746572730162630101610010000000000000010012011102010101140100020101")]
    [InlineData("delta over a gap", "0108047365747301626b010161001000000000000003050202000003020279000100000100010001")]
    [InlineData(
        "key states",
        "0102016100100000000000000162011000000000000002000100100101000201010100000108047365747301626b0200010004010101010502020000"
        + "0100020200010100030202610002000302026301030003020264000400")]
    [InlineData(
        "transfer chunk",
        "010100000000000000000201610010000000000000016201100000000000000208047365747301626b05020200000100020200010100030202610002"
        + "00030202630103000302026400040008046d61707301626d0c0207000006000607030101660100070109060703020166000008000707030201660265"
        + "00090006070303016600000a000707030301660267000b0006070304016601000c06d00f7465787406070305016600000d0006070305016601000e00"
        + "06070306016601000f0400a226010507030700000010000b070307000305036f666600001100")]
    [InlineData("transfer end", "0101000000000000000202016100100000000000000100100162011000000000000001000200")]
    [InlineData("emptied", "0101")]
    [InlineData("hints dropped", "020108047365747301626b020161001000000000000001000401620110000000000000010002")]
    [InlineData("identity", "0101610010000000000000")]
    [InlineData(
        "log state",
        "01000401260108047365747301626b010161001000000000000001060202000003020261000302026200000101610010000000000000010002012601"
        + "08047365747301626b010162011000000000000001060202000003020262000302026300000101620110000000000000010002013501080473657473"
        + "01626b020161001000000000000001620110000000000000040303020264000100030202620200010200010101000101610010000000000000010301"
        + "0185010108046d61707301626d0101610010000000000000061802070000060703010166010109060703020166000007070302016602650006070303"
        + "016600000707030301660267000607030401660106d00f7465787406070305016600000607030501660100060703060166010400a226010507030700"
        + "00000b070307000305036f6666000000010161001000000000000001050b")]
    [InlineData(
        "audit repair",
        "01020161001000000000000001620110000000000000"
        + "08047365747301626b05020200000100020200010100030202610002000302026301030003020264000400")]
    [InlineData("batch", "01010626020108047365747301626b020161001000000000000001000401620110000000000000010002")]
    public void Golden_bytes(string form, string hex) => Assert.Equal(hex, Show.Hex(Forms()[form]));

    [Fact(DisplayName = "A drop of the first version, of one key, is still read")]
    public void The_first_form_of_a_drop_is_read()
    {
        var sample = Sample();

        Assert.True(sample.Stage(new Record(RecordKind.HintsDropped, Convert.FromHexString("0108047365747301626b020161001000000000000001000401620110000000000000010002")), out var error), error.ToString());
        sample.CommitAll();

        Assert.False(sample.Has(Set));
        Assert.True(sample.Has(Map));
    }

    [Fact(DisplayName = "A delta says the same to a replica whose slots are others")]
    public void A_delta_reads_the_same_elsewhere()
    {
        var (writer, reader) = (Sample(), Replicas.New(5));
        for (var i = 6; i < 10; i++) Replicas.Sync(reader, Other(i));
        var delta = writer.Stage(DataType.Set, Set, new Operation.UpdateSet(Operation.Utf8("new"), Operation.Utf8("c")), Replicas.Now).Delta!;
        var table = new ReplicaTable();
        for (var i = 9; i >= 0; i--) table.SlotOf(Replicas.Id(i));

        Assert.True(Delta.TryRead(delta.Bytes, table, null, out var again, out var error), error.ToString());

        Assert.Equal((delta.Key, delta.First, delta.Last, delta.ItemCount, delta.HasEvent), (again.Key, again.First, again.Last, again.ItemCount, again.HasEvent));
        Assert.Equal(Replicas.Id(0), table[again.WriterSlot]);
        Assert.Equal(delta.Bytes.ToArray(), again.Bytes.ToArray());
        writer.CommitAll();
        Replicas.Sync(reader, writer);
        Assert.Equal(writer.Value(Set), reader.Value(Set));
        Assert.Equal(writer.Value(Map), reader.Value(Map));
        Assert.Equal(writer.LiveDots(Set), reader.LiveDots(Set));
    }

    [Fact(DisplayName = "A record in a list is its kind, its length and its bytes")]
    public void Records_travel_in_lists()
    {
        var writer = new WireWriter();
        Record[] records = [new(RecordKind.Delta, new byte[200]), new(RecordKind.Identity, ReadOnlyMemory<byte>.Empty)];

        foreach (var record in records) record.Write(writer);

        Assert.Equal(records.Sum(record => record.WireBytes), writer.Length);
        var reader = new WireReader(writer.Written);
        foreach (var record in records)
        {
            var again = Record.Read(ref reader);
            Assert.Equal((record.Kind, record.Bytes.Length), (again.Kind, again.Bytes.Length));
        }

        Assert.True(reader.AtEnd);
    }

    [Theory(DisplayName = "A kind of record that does not exist is refused")]
    [InlineData(0)]
    [InlineData(12)]
    [InlineData(255)]
    public void Unknown_kinds_are_refused(byte kind)
    {
        var reader = new WireReader([kind, 0]);

        Record.Read(ref reader);

        Assert.True(reader.Failed);
        Assert.False(Batch.TryRead([1, 1, kind, 0], out _, out _));
        Assert.False(Replicas.New(0).Stage(new Record((RecordKind)kind, new byte[3]), out _));
    }

    [Fact(DisplayName = "Every form says its version, and another version is refused")]
    public void Other_versions_are_refused()
    {
        foreach (var kind in (RecordKind[])[RecordKind.Delta, RecordKind.JoinedDelta, RecordKind.KeyStates, RecordKind.TransferChunk, RecordKind.TransferEnd, RecordKind.LogState])
        {
            var record = Records().First(record => record.Kind == kind);
            byte[] other = [2, .. record.Bytes.Span[1..]];

            Assert.False(Replicas.New(1).Stage(new Record(kind, other), out var error));

            Assert.Contains("version 1", error.ToString(), StringComparison.Ordinal);
        }
    }

    /// <summary>One record of each kind that a replica may meet, for the tests of hostile bytes too.</summary>
    internal static List<Record> Records()
    {
        var (sample, forms) = (Sample(), Forms());
        return
        [
            new(RecordKind.Delta, forms["delta"]),
            new(RecordKind.Delta, forms["delta of a map"]),
            new(RecordKind.Delta, forms["delta over a gap"]),
            new(RecordKind.KeyStates, forms["key states"]),
            sample.RepairOf(Map, DotSet.Empty)!.Value,
            new(RecordKind.TransferChunk, forms["transfer chunk"]),
            new(RecordKind.TransferEnd, forms["transfer end"]),
            new(RecordKind.Emptied, forms["emptied"]),
            new(RecordKind.HintsDropped, forms["hints dropped"]),
            new(RecordKind.Identity, forms["identity"]),
            new(RecordKind.LogState, forms["log state"]),
            new(RecordKind.AuditRepair, forms["audit repair"]),
            new(RecordKind.JoinedDelta, forms["joined delta"]),
            new(RecordKind.JoinedDelta, forms["joined increments"]),
        ];
    }

    private static Dictionary<string, byte[]> Forms()
    {
        var sample = Sample();
        var snapshot = sample.Snapshot(10_000).ToList();

        // Parts so small that every delta is one of its own.
        var deltas = new List<Record>();
        for (var known = DotSet.Empty; sample.Missing(known, 1) is { Need: SyncNeed.Records } part; known = known.Union(part.Covered)) deltas.AddRange(part.Records);
        var counter = Replicas.New(0);
        for (var i = 0; i < 10; i++) counter.Write(DataType.Counter, Counter, new Operation.Increment(1));
        var repair = sample.RepairOf(Set, [sample.StateOf(Set)], out _)!.Value;
        Assert.True(sample.TryStageHintsDropped([Set]));
        var batch = sample.Seal();
        var writer = new WireWriter();
        batch.Write(writer);
        var gap = Replicas.New(0);
        gap.Stage(DataType.Set, Set, Operation.AddToSet("x"), Replicas.Now);
        gap.Abort();
        return new Dictionary<string, byte[]>
        {
            ["delta"] = deltas[0].Bytes.ToArray(),
            ["delta of a map"] = deltas[2].Bytes.ToArray(),
            ["delta over a gap"] = gap.Write(DataType.Set, Set, Operation.AddToSet("y"))!.Bytes.ToArray(),
            ["key states"] = sample.RepairOf(Set, DotSet.Of(Replicas.Id(1), 1, 1))!.Value.Bytes.ToArray(),
            ["transfer chunk"] = snapshot[2].Bytes.ToArray(),
            ["transfer end"] = snapshot[3].Bytes.ToArray(),
            ["emptied"] = snapshot[1].Bytes.ToArray(),
            ["identity"] = snapshot[0].Bytes.ToArray(),
            ["log state"] = snapshot[4].Bytes.ToArray(),
            ["hints dropped"] = batch.Records[0].Bytes.ToArray(),
            ["joined delta"] = sample.Missing(DotSet.Empty, 10_000).Records[0].Bytes.ToArray(),
            ["joined increments"] = counter.Missing(DotSet.Empty, 10_000).Records[0].Bytes.ToArray(),
            ["audit repair"] = repair.Bytes.ToArray(),
            ["batch"] = writer.ToArray(),
        };
    }

    /// <summary>A replica that has a set of two writers, and a map with one field of each type.</summary>
    private static Replica Sample()
    {
        var (sample, other) = (Replicas.New(0), Replicas.New(1));
        sample.Write(DataType.Set, Set, Operation.AddToSet("a", "b"));
        other.Write(DataType.Set, Set, Operation.AddToSet("b", "c"));
        Replicas.Sync(sample, other);
        sample.Write(DataType.Set, Set, new Operation.UpdateSet(Operation.Utf8("d"), Operation.Utf8("b")));
        sample.Write(DataType.Map, Map, new Operation.UpdateMap(
            [
                new(FieldName.Of(DataType.Counter, "f"), new Operation.Increment(-5)),
                new(FieldName.Of(DataType.Set, "f"), Operation.AddToSet("e")),
                new(FieldName.Of(DataType.GSet, "f"), new Operation.AddToGSet(Operation.Utf8("g"))),
                new(FieldName.Of(DataType.Register, "f"), Operation.AssignText("text")),
                new(FieldName.Of(DataType.Flag, "f"), new Operation.SetFlag(true)),
                new(FieldName.Of(DataType.Hll, "f"), new Operation.AddToHll(Operation.Utf8("h"))),
                new(FieldName.Of(DataType.Map, ""), Operation.UpdateField(DataType.Flag, "off", new Operation.SetFlag(false))),
            ],
            []));
        return sample;
    }

    private static Replica Other(int index)
    {
        var other = Replicas.New(index);
        other.Write(DataType.Set, Key.Of("sets", "b", $"{index}"), Operation.AddToSet("x"));
        return other;
    }
}
