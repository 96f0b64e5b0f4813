using System.IO.Hashing;
using System.Text;
using GossipCluster.Actors.Replicas;
using GossipCluster.Core.Wire;

namespace GossipCluster.Actors.Storage;

/// <summary>One event of the journal, as its bytes: what all shards sent while the event before was being written.</summary>
/// <remarks>
/// <code>
///   version (1)
///   incarnation    8 bytes: whoever wrote it, random for each life of the storage
///   number         varint: counts the events of that incarnation from 1; written again after a failure it keeps its number
///   previous       varint: the position of the event before it; 0 for the first
///   entry*         1: n_val, partition, length, a replica's batch    2: length, a fact's name, length, its value
///   checksum       8 bytes: XXH3 of everything before
/// </code>
/// </remarks>
public sealed class CommitLogEvent
{
    internal const byte Version = 1;
    internal const int HeaderBytesMax = 1 + 8 + 10 + 10;
    internal const int ChecksumBytes = 8;

    internal CommitLogEvent(byte[] bytes, long number = 0) => (Bytes, Number) = (bytes, number);

    /// <summary>All of it.</summary>
    internal byte[] Bytes { get; }

    /// <summary>Counts this incarnation's events; known to the writer only, a reader parses it.</summary>
    internal long Number { get; }
}

/// <summary>Which kind of entry. The numbers are on disk: they never change.</summary>
internal enum CommitLogEntryKind : byte
{
    Batch = 1,
    Fact = 2,
}

/// <summary>Puts an event together in one buffer that it keeps.</summary>
internal sealed class CommitLogEventBuilder(ulong incarnation)
{
    private readonly WireWriter _writer = new(64 << 10);
    private long _number;

    public void Start(long number, long previous)
    {
        _number = number;
        _writer.Clear();
        _writer.WriteByte(CommitLogEvent.Version);
        _writer.WriteUInt64(incarnation);
        _writer.WriteVarint((ulong)number);
        _writer.WriteVarint((ulong)previous);
    }

    /// <summary>Adds a replica's batch; gives the bytes that it takes.</summary>
    public int Add(in StagedBatch staged)
    {
        var start = _writer.Length;
        _writer.WriteByte((byte)CommitLogEntryKind.Batch);
        _writer.WriteCount(staged.Replica.N);
        _writer.WriteCount(staged.Replica.Partition);
        _writer.WriteCount(staged.Batch.WireBytes);
        staged.Batch.Write(_writer);
        return _writer.Length - start;
    }

    public void Add(string name, ReadOnlySpan<byte> value)
    {
        _writer.WriteByte((byte)CommitLogEntryKind.Fact);
        _writer.WritePrefixed(Encoding.UTF8.GetBytes(name));
        _writer.WritePrefixed(value);
    }

    public CommitLogEvent Build()
    {
        _writer.WriteUInt64(XxHash3.HashToUInt64(_writer.Written));
        return new CommitLogEvent(_writer.ToArray(), _number);
    }
}

/// <summary>Reads an event entry by entry, without copying.</summary>
internal ref struct CommitLogEventReader
{
    private readonly ReadOnlyMemory<byte> _body;
    private WireReader _reader;

    private CommitLogEventReader(ReadOnlyMemory<byte> body)
    {
        _body = body;
        _reader = new WireReader(body.Span);
        if (_reader.ReadByte() != CommitLogEvent.Version) _reader.Fail("an event of version 1");
        Incarnation = _reader.ReadUInt64();
        Number = _reader.ReadLong();
        Previous = _reader.ReadLong();
    }

    public readonly ulong Incarnation { get; }

    public readonly long Number { get; }

    public readonly long Previous { get; }

    /// <summary>What is wrong with the bytes; meaningful after <see cref="TryOpen"/> or <see cref="TryRead"/> gave false and <see cref="Failed"/>.</summary>
    public readonly WireError Error => _reader.Error;

    public readonly bool Failed => _reader.Failed;

    /// <summary>False where the checksum or the head is wrong.</summary>
    public static bool TryOpen(byte[] bytes, out CommitLogEventReader reader, out WireError error)
    {
        reader = default;
        if (!Checksum.TryStrip(bytes, out var body))
        {
            error = new WireError("a checksum that fits", 0);
            return false;
        }

        reader = new CommitLogEventReader(body);
        error = reader.Error;
        return !reader.Failed;
    }

    /// <summary>The next entry; false at the end, or where the bytes are malformed.</summary>
    public bool TryRead(out CommitLogEntryKind kind, out ReplicaAddress replica, out string name, out ReadOnlyMemory<byte> bytes)
    {
        (kind, replica, name, bytes) = (default, default, "", default);
        if (_reader.Remaining == 0 || Failed) return false;
        kind = (CommitLogEntryKind)_reader.ReadByte();
        switch (kind)
        {
            case CommitLogEntryKind.Batch:
                replica = ReadAddress(ref _reader);
                break;
            case CommitLogEntryKind.Fact:
                name = Encoding.UTF8.GetString(_reader.ReadPrefixed());
                break;
            default:
                _reader.Fail("the kind of an entry, 1 or 2");
                return false;
        }

        var length = _reader.ReadPrefixed().Length;
        if (Failed) return false;
        bytes = _body.Slice(_reader.Position - length, length);
        return true;
    }

    internal static ReplicaAddress ReadAddress(ref WireReader reader) =>
        new(reader.ReadInt(ReplicaAddress.NMax, "n_val, up to 16"), reader.ReadInt(int.MaxValue, "a partition"));
}

/// <summary>Eight bytes at the end of everything that this node writes: XXH3 of all before them.</summary>
internal static class Checksum
{
    public static byte[] Seal(WireWriter writer)
    {
        writer.WriteUInt64(XxHash3.HashToUInt64(writer.Written));
        return writer.ToArray();
    }

    public static bool TryStrip(byte[] bytes, out ReadOnlyMemory<byte> body)
    {
        body = default;
        if (bytes.Length < CommitLogEvent.ChecksumBytes) return false;
        body = bytes.AsMemory(0, bytes.Length - CommitLogEvent.ChecksumBytes);
        return XxHash3.HashToUInt64(body.Span) == Of(bytes);
    }

    /// <summary>The checksum that the bytes end with.</summary>
    public static ulong Of(ReadOnlySpan<byte> bytes) =>
        System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(bytes[^CommitLogEvent.ChecksumBytes..]);
}
