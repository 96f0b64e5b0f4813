using GossipCluster.Core.Causality;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Kernel;

/// <summary>A replica's durable state at one moment, to be sent or saved in chunks while the replica goes on.</summary>
/// <remarks>
/// Trees are immutable: freezing copies one reference a key and no items. Chunks come in the order of key hashes; a chunk is addressed by the index of
/// its first key, so that a transfer resumes where it broke off, as long as this object lives.
/// </remarks>
public sealed class FrozenReplica
{
    private const byte Version = 1;
    private readonly (ulong Hash, Key Key, ItemTree Tree)[] _entries;
    private readonly ReplicaTable _table;

    internal FrozenReplica(ulong transfer, DotSet clock, ReplicaTable table, IReadOnlyDictionary<Key, ItemTree> trees, IReadOnlyList<Record> folds)
    {
        Transfer = transfer;
        Clock = clock;
        Folds = folds;
        _table = table;
        _entries = new (ulong, Key, ItemTree)[trees.Count];
        var i = 0;
        foreach (var (key, tree) in trees) _entries[i++] = (key.Hash, key, tree);
        Array.Sort(_entries, static (a, b) => a.Hash != b.Hash ? a.Hash.CompareTo(b.Hash) : a.Key.Flat.SequenceCompareTo(b.Key.Flat));
    }

    /// <summary>The number of the transfer, drawn at random by its owner.</summary>
    public ulong Transfer { get; }

    /// <summary>The clock of the frozen state: what the receiver has once all chunks are in.</summary>
    public DotSet Clock { get; }

    /// <summary>How many keys there are to send.</summary>
    public int KeyCount => _entries.Length;

    /// <summary>The folds that the names of the dots are to be read with.</summary>
    internal IReadOnlyList<Record> Folds { get; }

    /// <summary>A chunk of whole keys from an index on.</summary>
    /// <param name="from">0 to <see cref="KeyCount"/> - 1; where the last chunk ended.</param>
    /// <param name="bytesMax">Where to end; one key may go beyond.</param>
    /// <param name="next">Where the next chunk starts; <see cref="KeyCount"/> at the end.</param>
    public Record Chunk(int from, int bytesMax, out int next)
    {
        var ids = new LocalIds(_table);
        var body = new WireWriter(Math.Min(bytesMax, 1 << 16));
        next = from;
        while (next < _entries.Length && (next == from || body.Length < bytesMax))
        {
            body.WritePrefixed(_entries[next].Key.Flat);
            ItemCodec.Write(body, _entries[next].Tree, ids);
            next++;
        }

        var whole = new WireWriter(body.Length + 64);
        whole.WriteByte(Version);
        whole.WriteUInt64(Transfer);
        whole.WriteCount(from);
        ids.Write(whole);
        whole.WriteCount(next - from);
        whole.WriteBytes(body.Written);
        return new Record(RecordKind.TransferChunk, whole.ToArray());
    }

    /// <summary>The end of the transfer: makes the chunks count, all at once.</summary>
    public Record End()
    {
        var writer = new WireWriter(128);
        writer.WriteByte(Version);
        writer.WriteUInt64(Transfer);
        writer.WriteCount(_entries.Length);
        Clock.Write(writer);
        writer.WriteCount(Folds.Count);
        foreach (var fold in Folds) writer.WritePrefixed(fold.Bytes.Span);
        return new Record(RecordKind.TransferEnd, writer.ToArray());
    }

    internal static TransferChunk? ReadChunk(Record record, ReplicaTable table, out WireError error)
    {
        var input = record.Bytes;
        var reader = new WireReader(input.Span);
        if (reader.ReadByte() != Version) reader.Fail("a transfer chunk of version 1");
        var transfer = reader.ReadUInt64();
        var from = reader.ReadInt(int.MaxValue, "the index of a key");
        var slots = LocalIds.Read(ref reader, table);
        var entries = new (Key, ItemEdit[])[reader.ReadCount(2)];
        for (var i = 0; i < entries.Length && !reader.Failed; i++) entries[i] = (ItemCodec.ReadKey(ref reader), ItemCodec.Read(ref reader, input, slots, table));
        if (!reader.Failed && reader.Remaining > 0) reader.Fail("the end of a transfer chunk");
        error = reader.Error;
        return reader.Failed ? null : new TransferChunk(record, transfer, from, entries);
    }

    internal static (ulong Transfer, int Keys, DotSet Clock, List<Fold> Folds) ReadEnd(ref WireReader reader)
    {
        if (reader.ReadByte() != Version) reader.Fail("the end of a transfer, version 1");
        var end = (reader.ReadUInt64(), reader.ReadInt(int.MaxValue, "a count of keys"), DotSet.Read(ref reader), Folds: new List<Fold>());
        var count = reader.ReadCount(ReplicaId.WireBytesMin);
        for (var i = 0; i < count && !reader.Failed; i++)
        {
            var inner = new WireReader(reader.ReadPrefixed());
            end.Folds.Add(Fold.Read(ref inner));
            if (!inner.AtEnd) reader.Fail("a fold");
        }

        return end;
    }
}

/// <summary>Some keys of a full transfer.</summary>
/// <param name="Record">As it came; the items share its memory.</param>
/// <param name="Transfer">Which transfer.</param>
/// <param name="From">The index of the first key.</param>
/// <param name="Entries">The keys with their live items, as edits that add them.</param>
internal sealed record TransferChunk(Record Record, ulong Transfer, int From, (Key Key, ItemEdit[] Items)[] Entries);
