using GossipCluster.Core.Causality;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Kernel;

/// <summary>What a replica stages together and commits together: its records, and what they will have done once they are durable.</summary>
/// <remarks>Bytes: version (1), varint count, the records. A batch that is torn or damaged does not parse; the log that carries it adds a checksum.</remarks>
public sealed class Batch
{
    private const byte Version = 1;

    // Lent by the replica, which takes it back for a later batch.
    private BatchContents? _contents;

    internal Batch(long number, BatchContents contents) => (Number, _contents) = (number, contents);

    /// <summary>A batch of nothing, as often as it is wanted.</summary>
    internal static Batch Nothing(long number) => new(number, BatchContents.Nothing);

    /// <summary>Counts the batches of this replica object from 1; commits come in this order.</summary>
    public long Number { get; }

    /// <summary>What has to be written to disk before <see cref="Replica.Commit"/>. Can be read until the batch after this one is committed.</summary>
    /// <exception cref="InvalidOperationException">Read later than that.</exception>
    public IReadOnlyList<Record> Records => Contents.Records;

    /// <summary>True where there is nothing to write.</summary>
    public bool IsEmpty => Contents.Records.Count == 0;

    /// <summary>The keys that the batch changes. Can be read until the batch after this one is committed.</summary>
    /// <exception cref="InvalidOperationException">Read later than that.</exception>
    public IReadOnlyCollection<Key> ChangedKeys => Trees.Keys;

    /// <summary>True for a record that concerns the replica as a whole: nothing may be staged until it is committed.</summary>
    public bool IsAlone => Alone is not null;

    internal Dictionary<Key, ItemTree> Trees => Contents.Trees;

    internal List<LogEntry> LogEntries => Contents.LogEntries;

    internal List<TransferChunk> Chunks => Contents.Chunks;

    internal List<(ulong KeyHash, UInt128 Difference)> Audit => Contents.Audit;

    /// <summary>What a record that must stand alone does when it is durable; null in ordinary batches.</summary>
    internal Action? Alone { get; set; }

    internal int RecordCount => Contents.Records.Count;

    private BatchContents Contents => _contents ?? throw new InvalidOperationException($"Batch {Number} is long committed; its memory serves another.");

    internal void Add(Record record) => Contents.Records.Add(record);

    /// <summary>Takes the contents away, for another batch. From here on nothing of this one can be read.</summary>
    internal BatchContents Release()
    {
        var contents = Contents;
        _contents = null;
        return contents;
    }

    /// <summary>How many bytes <see cref="Write"/> writes.</summary>
    public int WireBytes
    {
        get
        {
            var records = Contents.Records;
            var bytes = 1 + WireWriter.VarintSize((ulong)records.Count);
            foreach (var record in records) bytes = checked(bytes + record.WireBytes);
            return bytes;
        }
    }

    /// <summary>Writes the batch.</summary>
    public void Write(WireWriter writer)
    {
        writer.WriteByte(Version);
        writer.WriteCount(Contents.Records.Count);
        foreach (var record in Contents.Records) record.Write(writer);
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
