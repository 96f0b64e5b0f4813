using System.Collections.Immutable;
using System.IO.Hashing;
using System.Text;
using GossipCluster.Actors.Replicas;
using GossipCluster.Core.Kernel;
using GossipCluster.Core.Wire;

namespace GossipCluster.Actors.Storage;

/// <summary>One chunk of a replica's snapshot, as its bytes: version (1), set, index, a count of records, the records, a checksum.</summary>
public sealed class SnapshotChunkRow
{
    private const byte Version = 1;

    internal SnapshotChunkRow(byte[] bytes) => Bytes = bytes;

    internal byte[] Bytes { get; }

    internal static SnapshotChunkRow Of(StorageProtocol.SnapshotChunk chunk)
    {
        var bytes = 64;
        foreach (var record in chunk.Records) bytes = checked(bytes + record.WireBytes);
        var writer = new WireWriter(bytes);
        writer.WriteByte(Version);
        writer.WriteVarint((ulong)chunk.Set);
        writer.WriteCount(chunk.Index);
        writer.WriteCount(chunk.Records.Length);
        foreach (var record in chunk.Records) record.Write(writer);
        return new SnapshotChunkRow(Checksum.Seal(writer));
    }

    /// <summary>The records, where the bytes are those of this chunk and whole.</summary>
    internal bool TryRead(long set, int index, out List<Record> records, out WireError error)
    {
        records = [];
        if (!Checksum.TryStrip(Bytes, out var body))
        {
            error = new WireError("a checksum that fits", 0);
            return false;
        }

        var reader = new WireReader(body.Span);
        if (reader.ReadByte() != Version) reader.Fail("a chunk of version 1");
        if (reader.ReadLong() != set) reader.Fail($"set {set}");
        if (reader.ReadVarint() != (ulong)index) reader.Fail($"chunk {index}");
        var count = reader.ReadCount(2);
        for (var i = 0; i < count && !reader.Failed; i++) records.Add(Record.Read(ref reader));
        if (!reader.Failed && reader.Remaining > 0) reader.Fail("the end of a chunk");
        error = reader.Error;
        return !reader.Failed;
    }
}

/// <summary>What makes a snapshot count: without it its chunks are nothing.</summary>
/// <param name="Replica">Whose snapshot.</param>
/// <param name="Set">Which.</param>
/// <param name="ChunkCount">How many chunks it has.</param>
/// <param name="Hash">XXH3 of its chunks' checksums, in order.</param>
/// <param name="Position">Everything in the log up to here is in it.</param>
/// <param name="Bytes">Of all chunks.</param>
internal sealed record SnapshotManifest(ReplicaAddress Replica, long Set, int ChunkCount, ulong Hash, long Position, long Bytes);

/// <summary>The row that lists every snapshot that counts, and the facts: what a start reads first. Written anew, as a whole, when a snapshot is complete.</summary>
/// <param name="Position">The log ended here when this was written; facts up to here are in it.</param>
/// <param name="NeededFrom">The first position of the log that is still needed beside the snapshots. What is before it may have been cut.</param>
/// <param name="LastSet">The greatest number that was given to a set of chunks.</param>
/// <param name="Manifests">One a replica that has a snapshot.</param>
/// <param name="Facts">All facts.</param>
internal sealed record SnapshotCatalogue(
    long Position,
    long NeededFrom,
    long LastSet,
    ImmutableDictionary<ReplicaAddress, SnapshotManifest> Manifests,
    ImmutableDictionary<string, ReadOnlyMemory<byte>> Facts)
{
    private const byte Version = 1;

    // What a manifest takes at least: six varints of a byte, and the hash.
    private const int ManifestBytesMin = 6 + 8;

    public static readonly SnapshotCatalogue Empty = new(
        0, 1, 0, ImmutableDictionary<ReplicaAddress, SnapshotManifest>.Empty, ImmutableDictionary<string, ReadOnlyMemory<byte>>.Empty);

    public long SnapshotBytes => Manifests.Values.Sum(manifest => manifest.Bytes);

    public SnapshotCatalogueRow ToRow()
    {
        var writer = new WireWriter(4 << 10);
        writer.WriteByte(Version);
        writer.WriteVarint((ulong)Position);
        writer.WriteVarint((ulong)NeededFrom);
        writer.WriteVarint((ulong)LastSet);
        writer.WriteCount(Manifests.Count);
        foreach (var manifest in Manifests.Values)
        {
            writer.WriteCount(manifest.Replica.N);
            writer.WriteCount(manifest.Replica.Partition);
            writer.WriteVarint((ulong)manifest.Set);
            writer.WriteCount(manifest.ChunkCount);
            writer.WriteUInt64(manifest.Hash);
            writer.WriteVarint((ulong)manifest.Position);
            writer.WriteVarint((ulong)manifest.Bytes);
        }

        writer.WriteCount(Facts.Count);
        foreach (var (name, value) in Facts)
        {
            writer.WritePrefixed(Encoding.UTF8.GetBytes(name));
            writer.WritePrefixed(value.Span);
        }

        return new SnapshotCatalogueRow(Checksum.Seal(writer));
    }

    public static bool TryRead(SnapshotCatalogueRow row, out SnapshotCatalogue catalogue, out WireError error)
    {
        catalogue = Empty;
        if (!Checksum.TryStrip(row.Bytes, out var body))
        {
            error = new WireError("a checksum that fits", 0);
            return false;
        }

        var reader = new WireReader(body.Span);
        if (reader.ReadByte() != Version) reader.Fail("a catalogue of version 1");
        var (position, neededFrom, lastSet) = (reader.ReadLong(), reader.ReadLong(), reader.ReadLong());
        var manifests = ImmutableDictionary.CreateBuilder<ReplicaAddress, SnapshotManifest>();
        for (var count = reader.ReadCount(ManifestBytesMin); count > 0 && !reader.Failed; count--)
        {
            var replica = CommitLogEventReader.ReadAddress(ref reader);
            manifests[replica] = new SnapshotManifest(
                replica, reader.ReadLong(), reader.ReadInt(int.MaxValue, "a count of chunks"), reader.ReadUInt64(), reader.ReadLong(), reader.ReadLong());
        }

        var facts = ImmutableDictionary.CreateBuilder<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        for (var count = reader.ReadCount(2); count > 0 && !reader.Failed; count--)
        {
            facts[Encoding.UTF8.GetString(reader.ReadPrefixed())] = reader.ReadPrefixed().ToArray();
        }

        if (!reader.Failed && reader.Remaining > 0) reader.Fail("the end of a catalogue");
        error = reader.Error;
        if (reader.Failed) return false;
        catalogue = new SnapshotCatalogue(position, neededFrom, lastSet, manifests.ToImmutable(), facts.ToImmutable());
        return true;
    }
}

/// <summary>The catalogue of snapshots, as its bytes.</summary>
public sealed class SnapshotCatalogueRow
{
    internal SnapshotCatalogueRow(byte[] bytes) => Bytes = bytes;

    internal byte[] Bytes { get; }
}

/// <summary>The hash of a set of chunks, chunk by chunk.</summary>
internal sealed class ChunkHash
{
    private readonly XxHash3 _hash = new();

    public void Add(SnapshotChunkRow chunk) => _hash.Append(chunk.Bytes.AsSpan()[^CommitLogEvent.ChecksumBytes..]);

    public ulong Value => _hash.GetCurrentHashAsUInt64();
}
