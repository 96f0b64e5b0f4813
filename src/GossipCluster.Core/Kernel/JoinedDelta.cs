using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Kernel;

/// <summary>Several writes to one key, joined (rule 3): what they leave live, all their dots, and where what they superseded may lie. Immutable, and its own wire form.</summary>
/// <remarks>
/// A dot of it is either that of a live item or dead: an item that one of the writes superseded, or an event, or void. So its effect is that of the writes
/// one by one, wherever it arrives and whatever of them is there already: live items whose dots are new are added, items at its places whose dots are dead
/// are dropped, all dots go into the clock.
/// <code>
/// version(1) key(prefixed) ids(count, each id, ascending) dots: per id its ranges
/// items:  varint count, each: varint dots skipped since the item before, path(prefixed) payload(prefixed)
/// places: varint count, each: below(1) path(prefixed)
/// </code>
/// Items come in the order of the dots, so that a dot costs its item one byte.
/// </remarks>
public sealed class JoinedDelta : LoggedDelta
{
    internal const byte Version = 1;
    private readonly int _dotsOffset;
    private readonly int _itemsOffset;
    private readonly int _placesOffset;

    internal JoinedDelta(byte[] bytes, Key key, int[] slots, int dotsOffset, int itemsOffset, int placesOffset)
        : base(bytes, key, slots)
    {
        _dotsOffset = dotsOffset;
        _itemsOffset = itemsOffset;
        _placesOffset = placesOffset;
    }

    internal override RecordKind Kind => RecordKind.JoinedDelta;

    internal override int BodyBytes => Raw.Length - _dotsOffset;

    /// <summary>All dots, as ranges.</summary>
    internal RangeReader Ranges => new(Slots, Raw, _dotsOffset);

    /// <summary>All dots in pieces: each a live item, or a range of dead ones.</summary>
    internal PieceReader Pieces => new(this);

    /// <summary>Where dead items may lie.</summary>
    internal PlaceReader Places => new(Raw, _placesOffset);

    /// <summary>Reads a joined delta that may be hostile; checks all of it, so that nobody needs to check again.</summary>
    /// <param name="memory">Kept, not copied, where it is a whole array: a record's bytes never change.</param>
    /// <param name="table">Where the ids that it names have their slots.</param>
    /// <param name="intern">Gives an equal key that is in memory already.</param>
    /// <param name="delta">The joined delta.</param>
    /// <param name="error">What is wrong with it.</param>
    internal static bool TryRead(
        ReadOnlyMemory<byte> memory, ReplicaTable table, Func<ReadOnlyMemory<byte>, Key>? intern, [NotNullWhen(true)] out JoinedDelta? delta, out WireError error)
    {
        delta = null;
        var input = memory.Span;
        var reader = new WireReader(input);
        if (reader.ReadByte() != Version) reader.Fail("a joined delta of version 1");
        var keyLength = reader.ReadPrefixed(Key.FlatBytesMax).Length;
        var keyOffset = reader.Position - keyLength;
        if (!reader.Failed && !Key.IsFlat(input.Slice(keyOffset, keyLength))) reader.Fail("the flat form of a key");
        var slots = LocalIds.Read(ref reader, table);
        if (slots.Length == 0) reader.Fail("at least one replica id");
        for (var i = 1; i < slots.Length && !reader.Failed; i++)
        {
            if (table[slots[i - 1]].CompareTo(table[slots[i]]) >= 0) reader.Fail("replica ids in ascending order");
        }

        var dotsOffset = reader.Position;
        for (var i = 0; i < slots.Length && !reader.Failed; i++) DotSet.SkipRanges(ref reader);
        var itemsOffset = reader.Position;
        var count = reader.ReadCount(3);

        // The bytes of the dots are good by now, so that the dots of the items can be walked beside the items.
        var ranges = reader.Failed ? default : new RangeReader(slots, input, dotsOffset);
        long left = 0;
        for (var i = 0; i < count && !reader.Failed; i++)
        {
            var skipped = reader.ReadLong();
            while (left <= skipped && !reader.Failed)
            {
                skipped -= left;
                if (ranges.MoveNext()) left = ranges.Last - ranges.First + 1;
                else reader.Fail("an item for a dot that is listed");
            }

            left -= skipped + 1;
            var path = reader.ReadPrefixed(OperationLimits.PathBytesMax);
            var payload = reader.ReadPrefixed();
            if (!reader.Failed && !ItemPath.IsValid(path, payload)) reader.Fail("an item with a path and payload of this version");
        }

        var placesOffset = reader.Position;
        var places = reader.ReadCount(2);
        for (var i = 0; i < places && !reader.Failed; i++)
        {
            if (reader.ReadByte() > 1) reader.Fail("0 or 1: at a path or below it");
            reader.ReadPrefixed(OperationLimits.PathBytesMax);
        }

        if (!reader.Failed && reader.Remaining > 0) reader.Fail("the end of a joined delta");
        error = reader.Error;
        if (reader.Failed) return false;
        var isWhole = MemoryMarshal.TryGetArray(memory, out var segment) && segment.Array!.Length == memory.Length;
        var bytes = isWhole ? segment.Array! : memory.ToArray();
        var key = intern?.Invoke(bytes.AsMemory(keyOffset, keyLength)) ?? Key.OfFlat(bytes.AsSpan(keyOffset, keyLength));
        delta = new JoinedDelta(bytes, key, slots, dotsOffset, itemsOffset, placesOffset);
        return true;
    }

    /// <summary>Walks the dots as ranges. The bytes are known to be good.</summary>
    internal ref struct RangeReader
    {
        private readonly int[] _slots;
        private WireReader _reader;
        private int _next;
        private int _left;
        private long _previous;

        public RangeReader(int[] slots, ReadOnlySpan<byte> bytes, int offset)
        {
            _slots = slots;
            _reader = new WireReader(bytes[offset..]);
        }

        public int Slot { get; private set; }

        public long First { get; private set; }

        public long Last { get; private set; }

        public bool MoveNext()
        {
            if (_left == 0)
            {
                if (_next == _slots.Length) return false;
                Slot = _slots[_next++];
                _left = (int)_reader.ReadVarint();
                _previous = -1;
            }

            _left--;
            First = _previous + 2 + (long)_reader.ReadVarint();
            _previous = Last = First + (long)_reader.ReadVarint();
            return true;
        }
    }

    /// <summary>Walks the dots in their order, each live one by itself, with its item, and the dead ones between as ranges.</summary>
    internal ref struct PieceReader
    {
        private readonly byte[] _bytes;
        private RangeReader _ranges;
        private int _items;
        private int _offset;
        private long _skip;
        private long _next;
        private bool _inRange;

        public PieceReader(JoinedDelta delta)
        {
            _bytes = delta.Raw;
            _ranges = delta.Ranges;
            _offset = delta._itemsOffset;
            _items = (int)Varint();
            _skip = _items > 0 ? (long)Varint() : long.MaxValue;
        }

        public readonly int Slot => _ranges.Slot;

        public long First { get; private set; }

        public long Last { get; private set; }

        /// <summary>True where this is the dot of a live item.</summary>
        public bool IsLive { get; private set; }

        public ReadOnlyMemory<byte> Path { get; private set; }

        public ReadOnlyMemory<byte> Payload { get; private set; }

        public bool MoveNext()
        {
            if (!_inRange)
            {
                if (!_ranges.MoveNext()) return false;
                (_next, _inRange) = (_ranges.First, true);
            }

            First = _next;
            IsLive = _skip == 0;
            if (IsLive)
            {
                Last = First;
                (Path, Payload) = (Prefixed(), Prefixed());
                _skip = --_items > 0 ? (long)Varint() : long.MaxValue;
            }
            else
            {
                Last = Math.Min(_ranges.Last, First + Math.Min(_skip, _ranges.Last - First + 1) - 1);
                if (_items > 0) _skip -= Last - First + 1;
            }

            _next = Last + 1;
            _inRange = Last < _ranges.Last;
            return true;
        }

        private ulong Varint()
        {
            var reader = new WireReader(_bytes.AsSpan(_offset));
            var value = reader.ReadVarint();
            _offset += reader.Position;
            return value;
        }

        private ReadOnlyMemory<byte> Prefixed()
        {
            var length = (int)Varint();
            _offset += length;
            return _bytes.AsMemory(_offset - length, length);
        }
    }

    /// <summary>Walks the places.</summary>
    internal struct PlaceReader
    {
        private readonly byte[] _bytes;
        private int _offset;
        private int _left;

        public PlaceReader(byte[] bytes, int offset)
        {
            var reader = new WireReader(bytes.AsSpan(offset));
            _bytes = bytes;
            Count = _left = (int)reader.ReadVarint();
            _offset = offset + reader.Position;
        }

        /// <summary>How many there are.</summary>
        public int Count { get; }

        public bool IsBelow { get; private set; }

        public ReadOnlyMemory<byte> Path { get; private set; }

        public bool MoveNext()
        {
            if (_left-- <= 0) return false;
            IsBelow = _bytes[_offset++] == 1;
            var reader = new WireReader(_bytes.AsSpan(_offset));
            var length = (int)reader.ReadVarint();
            Path = _bytes.AsMemory(_offset + reader.Position, length);
            _offset += reader.Position + length;
            return true;
        }
    }
}
