using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Kernel;

/// <summary>What one write did to one key: items added, dots superseded, one event dot for the superseding. Immutable, and its own wire form.</summary>
/// <remarks>
/// One form serves memory, log, disk and wire, so that shipping a delta is a copy. All new dots of a delta are consecutive and of one
/// replica id, the writer: item i has dot First + i; the event, where there is one, comes after the last item (rule 1).
/// <code>
/// version(1) key(prefixed) ids(count, each id; the first is the writer) varint(first) varint(items * 2 + event)
/// items:  path(prefixed) payload(prefixed)
/// groups: varint count, each: below(1) path(prefixed) runs: varint count, each: varint id number, ranges
/// </code>
/// A group names superseded dots and where they lie: at exactly this path or, with below = 1, anywhere below it.
/// </remarks>
public sealed class Delta : LoggedDelta
{
    internal const byte Version = 1;
    private readonly int _itemsOffset;
    private readonly int _groupsOffset;

    internal Delta(byte[] bytes, Key key, int[] slots, long first, int itemCount, bool hasEvent, int itemsOffset, int groupsOffset)
        : base(bytes, key, slots)
    {
        First = first;
        ItemCount = itemCount;
        HasEvent = hasEvent;
        _itemsOffset = itemsOffset;
        _groupsOffset = groupsOffset;
    }

    /// <summary>The counter of the first new dot.</summary>
    public long First { get; }

    /// <summary>The counter of the last new dot.</summary>
    public long Last => First + ItemCount + (HasEvent ? 1 : 0) - 1;

    /// <summary>How many items it adds.</summary>
    public int ItemCount { get; }

    /// <summary>True where it supersedes something; then <see cref="Last"/> is the event's counter.</summary>
    public bool HasEvent { get; }

    internal override RecordKind Kind => RecordKind.Delta;

    internal override int BodyBytes => Raw.Length - _itemsOffset;

    internal int WriterSlot => Slots[0];

    internal ItemReader Items => new(Raw, _itemsOffset, ItemCount);

    internal GroupReader Groups => new(Raw, _groupsOffset);

    /// <summary>Reads a delta that may be hostile; checks all of it, so that nobody needs to check again.</summary>
    /// <param name="memory">Kept, not copied, where it is a whole array: a record's bytes never change.</param>
    /// <param name="table">Where the ids that it names have their slots.</param>
    /// <param name="intern">Gives an equal key that is in memory already.</param>
    /// <param name="delta">The delta.</param>
    /// <param name="error">What is wrong with it.</param>
    internal static bool TryRead(ReadOnlyMemory<byte> memory, ReplicaTable table, Func<ReadOnlyMemory<byte>, Key>? intern, [NotNullWhen(true)] out Delta? delta, out WireError error)
    {
        delta = null;
        var input = memory.Span;
        var reader = new WireReader(input);
        if (reader.ReadByte() != Version) reader.Fail("a delta of version 1");
        var keyLength = reader.ReadPrefixed(Key.FlatBytesMax).Length;
        var keyOffset = reader.Position - keyLength;
        if (!reader.Failed && !Key.IsFlat(input.Slice(keyOffset, keyLength))) reader.Fail("the flat form of a key");
        var slots = LocalIds.Read(ref reader, table);
        if (slots.Length == 0) reader.Fail("at least one replica id");
        var first = reader.ReadLong();
        var shape = reader.ReadInt(int.MaxValue, "a count of items");
        var (itemCount, hasEvent) = (shape >> 1, (shape & 1) == 1);
        if (itemCount > reader.Remaining / 2) reader.Fail("a count of items that the rest of the input can hold");
        if (shape == 0) reader.Fail("at least one dot");
        if (first < 1 || first > DotSet.CounterMax - itemCount - 1) reader.Fail("a counter from 1 on");

        var itemsOffset = reader.Position;
        for (var i = 0; i < itemCount && !reader.Failed; i++)
        {
            var path = reader.ReadPrefixed(OperationLimits.PathBytesMax);
            var payload = reader.ReadPrefixed();
            if (!reader.Failed && !ItemPath.IsValid(path, payload)) reader.Fail("an item with a path and payload of this version");
        }

        var groupsOffset = reader.Position;
        var groupCount = reader.ReadCount(4);
        if (groupCount > 0 != hasEvent) reader.Fail("an event where something is superseded, and only there");
        for (var i = 0; i < groupCount && !reader.Failed; i++)
        {
            if (reader.ReadByte() > 1) reader.Fail("0 or 1: at a path or below it");
            reader.ReadPrefixed(OperationLimits.PathBytesMax);
            var runs = reader.ReadCount(4);
            if (runs == 0) reader.Fail("at least one superseded dot");
            for (var j = 0; j < runs && !reader.Failed; j++)
            {
                reader.ReadInt(slots.Length - 1, "the number of a replica id of this message");
                DotSet.SkipRanges(ref reader);
            }
        }

        if (!reader.Failed && reader.Remaining > 0) reader.Fail("the end of a delta");
        error = reader.Error;
        if (reader.Failed) return false;
        var isWhole = MemoryMarshal.TryGetArray(memory, out var segment) && segment.Array!.Length == memory.Length;
        var bytes = isWhole ? segment.Array! : memory.ToArray();
        var key = intern?.Invoke(bytes.AsMemory(keyOffset, keyLength)) ?? Key.OfFlat(bytes.AsSpan(keyOffset, keyLength));
        delta = new Delta(bytes, key, slots, first, itemCount, hasEvent, itemsOffset, groupsOffset);
        return true;
    }

    /// <summary>Walks the added items. The bytes are known to be good.</summary>
    internal struct ItemReader(byte[] bytes, int offset, int count)
    {
        private int _offset = offset;
        private int _left = count;

        public ReadOnlyMemory<byte> Path { get; private set; }

        public ReadOnlyMemory<byte> Payload { get; private set; }

        public bool MoveNext()
        {
            if (_left-- <= 0) return false;
            Path = Prefixed();
            Payload = Prefixed();
            return true;
        }

        private ReadOnlyMemory<byte> Prefixed()
        {
            var reader = new WireReader(bytes.AsSpan(_offset));
            var length = (int)reader.ReadVarint();
            var start = _offset + reader.Position;
            _offset = start + length;
            return bytes.AsMemory(start, length);
        }
    }

    /// <summary>Walks the groups of superseded dots, and within each its runs.</summary>
    internal ref struct GroupReader
    {
        private readonly byte[] _bytes;
        private readonly int _offset;
        private WireReader _reader;
        private int _groups;
        private int _runs;
        private int _pathEnd;

        public GroupReader(byte[] bytes, int offset)
        {
            (_bytes, _offset) = (bytes, offset);
            _reader = new WireReader(bytes.AsSpan(offset));
            Count = _groups = (int)_reader.ReadVarint();
        }

        /// <summary>How many groups there are.</summary>
        public int Count { get; }

        public bool IsBelow { get; private set; }

        public ReadOnlySpan<byte> Path { get; private set; }

        /// <summary>The path, in the memory of the delta.</summary>
        public readonly ReadOnlyMemory<byte> PathMemory => _bytes.AsMemory(_pathEnd - Path.Length, Path.Length);

        /// <summary>The next group. Its runs must have been read to their end.</summary>
        public bool MoveNext()
        {
            if (_groups-- <= 0) return false;
            IsBelow = _reader.ReadByte() == 1;
            Path = _reader.ReadPrefixed();
            _pathEnd = _offset + _reader.Position;
            _runs = (int)_reader.ReadVarint();
            return true;
        }

        /// <summary>The next run of the group: the number of a replica id and the count of its ranges.</summary>
        public bool MoveNextRun(out int index, out int ranges)
        {
            (index, ranges) = (0, 0);
            if (_runs-- <= 0) return false;
            index = (int)_reader.ReadVarint();
            ranges = (int)_reader.ReadVarint();
            return true;
        }

        /// <summary>The next range of the run.</summary>
        public CounterRange ReadRange(ref long previous)
        {
            var first = previous + 2 + (long)_reader.ReadVarint();
            previous = first + (long)_reader.ReadVarint();
            return new CounterRange(first, previous);
        }
    }
}
