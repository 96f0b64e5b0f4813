using GossipCluster.Core.Causality;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Kernel;

/// <summary>What a replica stages together and commits together: its records, and what they will have done once they are durable.</summary>
/// <remarks>Bytes: version (1), varint count, the records. A batch that is torn or damaged does not parse; the log that carries it adds a checksum.</remarks>
public sealed class Batch
{
    private const byte Version = 1;
    private readonly List<Record> _records = [];

    internal Batch(long number) => Number = number;

    /// <summary>Counts the batches of this replica object from 1; commits come in this order.</summary>
    public long Number { get; }

    /// <summary>What has to be written to disk before <see cref="Replica.Commit"/>.</summary>
    public IReadOnlyList<Record> Records => _records;

    /// <summary>True where there is nothing to write.</summary>
    public bool IsEmpty => _records.Count == 0;

    /// <summary>The keys that the batch changes.</summary>
    public IReadOnlyCollection<Key> ChangedKeys => Trees.Keys;

    /// <summary>True for a record that concerns the replica as a whole: nothing may be staged until it is committed.</summary>
    public bool IsAlone => Alone is not null;

    internal Dictionary<Key, ItemTree> Trees { get; } = new(Key.Comparer.Instance);

    internal List<SlotRange> Dots { get; } = [];

    internal List<LogEntry> LogEntries { get; } = [];

    internal List<TransferChunk> Chunks { get; } = [];

    internal List<(ulong KeyHash, UInt128 Difference)> Audit { get; } = [];

    /// <summary>What a record that must stand alone does when it is durable; null in ordinary batches.</summary>
    internal Action? Alone { get; set; }

    internal int RecordCount => _records.Count;

    internal void Add(Record record) => _records.Add(record);

    /// <summary>Writes the batch.</summary>
    public void Write(WireWriter writer)
    {
        writer.WriteByte(Version);
        writer.WriteCount(_records.Count);
        foreach (var record in _records) record.Write(writer);
    }

    /// <summary>Reads the records of a batch.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out IReadOnlyList<Record> records, out WireError error)
    {
        var reader = new WireReader(bytes);
        if (reader.ReadByte() != Version) reader.Fail("a batch of version 1");
        var list = new List<Record>();
        var count = reader.ReadCount(2);
        for (var i = 0; i < count && !reader.Failed; i++) list.Add(Record.Read(ref reader));
        if (!reader.Failed && reader.Remaining > 0) reader.Fail("the end of a batch");
        error = reader.Error;
        records = reader.Failed ? [] : list;
        return !reader.Failed;
    }
}
