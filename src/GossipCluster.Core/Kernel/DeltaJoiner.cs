using System.Runtime.InteropServices;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Kernel;

/// <summary>Joins deltas of one key into one of the same effect (DESIGN 4.4). Keeps its scratch space; one owner, one thread.</summary>
/// <remarks>
/// Dots go by the names that the deltas use, whether or not newer ones are known here: what one delta calls by its old name and another by its new one
/// stays two dots, as it would be one by one. Costs one pass over what the deltas hold; a sort only where they come out of the order of their dots.
/// </remarks>
internal sealed class DeltaJoiner(ReplicaTable table)
{
    // Sets of more than this are not cleared and used again, but left to the collector.
    private const int KeptPlacesMax = 1024;

    private readonly List<JoinedDots> _ids = [];
    private readonly List<Place> _places = [];
    private readonly WireWriter _whole = new(512);
    private readonly WireWriter _items = new(256);
    private HashSet<Place> _seenPlaces = [];
    private JoinedDots? _last;
    private int _idCount;
    private bool _isWholeKey;

    public void Start()
    {
        for (var i = 0; i < _idCount; i++) _ids[i].Clear();
        _places.Clear();
        if (_seenPlaces.Count > KeptPlacesMax) _seenPlaces = [];
        else if (_seenPlaces.Count > 0) _seenPlaces.Clear();
        (_idCount, _last, _isWholeKey) = (0, null, false);
    }

    public void Add(LoggedDelta delta)
    {
        if (delta is Delta one) Add(one);
        else Add((JoinedDelta)delta);
    }

    /// <summary>What was added since <see cref="Start"/>, as one.</summary>
    /// <param name="key">The key of all of it.</param>
    /// <param name="known">
    /// What the receiver is known to have, under present names: live items of it are left out, dots and all. The rest is good for everybody; it only says
    /// less.
    /// </param>
    /// <returns>Null where nothing is left to say.</returns>
    public JoinedDelta? Build(Key key, DotSet known)
    {
        var ids = CollectionsMarshal.AsSpan(_ids)[.._idCount];
        ids.Sort((one, other) => table[one.Slot].CompareTo(table[other.Slot]));
        var count = 0;
        foreach (var id in ids)
        {
            id.Settle(table, known);
            count += id.Dots.Count > 0 ? 1 : 0;
        }

        if (count == 0) return null;
        var slots = new int[count];
        count = 0;
        _whole.Clear();
        _whole.WriteByte(JoinedDelta.Version);
        _whole.WritePrefixed(key.Flat);
        _whole.WriteCount(slots.Length);
        foreach (var id in ids)
        {
            if (id.Dots.Count == 0) continue;
            table[id.Slot].Write(_whole);
            slots[count++] = id.Slot;
        }

        var dotsOffset = _whole.Length;
        foreach (var id in ids)
        {
            if (id.Dots.Count > 0) DotSet.WriteRanges(_whole, CollectionsMarshal.AsSpan(id.Dots));
        }

        var itemsOffset = _whole.Length;
        WriteItems(ids);
        var placesOffset = _whole.Length;
        WritePlaces();
        return new JoinedDelta(_whole.ToArray(), key, slots.Length == 1 ? table.Alone(slots[0]) : slots, dotsOffset, itemsOffset, placesOffset);
    }

    private void Add(Delta delta)
    {
        var writer = Of(delta.WriterSlot);
        writer.AddDots(delta.First, delta.Last);
        var items = delta.Items;
        for (var counter = delta.First; items.MoveNext(); counter++) writer.AddItem(counter, items.Path, items.Payload);
        if (!delta.HasEvent) return;
        var groups = delta.Groups;
        while (groups.MoveNext())
        {
            while (groups.MoveNextRun(out var index, out var ranges))
            {
                var dots = Of(delta.Slots[index]);
                long previous = -1;
                for (var i = 0; i < ranges; i++)
                {
                    var range = groups.ReadRange(ref previous);
                    dots.AddDots(range.First, range.Last);
                    dots.AddDead(range.First, range.Last);
                }
            }

            AddPlace(groups.IsBelow, groups.PathMemory);
        }
    }

    private void Add(JoinedDelta delta)
    {
        var ranges = delta.Ranges;
        while (ranges.MoveNext()) Of(ranges.Slot).AddDots(ranges.First, ranges.Last);
        var pieces = delta.Pieces;
        while (pieces.MoveNext())
        {
            if (pieces.IsLive) Of(pieces.Slot).AddItem(pieces.First, pieces.Path, pieces.Payload);
            else Of(pieces.Slot).AddDead(pieces.First, pieces.Last);
        }

        var places = delta.Places;
        while (places.MoveNext()) AddPlace(places.IsBelow, places.Path);
    }

    private void AddPlace(bool isBelow, ReadOnlyMemory<byte> path)
    {
        // No item has the empty path: it is the place of dots that stand for nothing. Below it lies all of the key.
        if (_isWholeKey || (path.IsEmpty && !isBelow)) return;
        if (path.IsEmpty)
        {
            _isWholeKey = true;
            _places.Clear();
        }

        var place = new Place(isBelow, path);
        if (_places.Count > 0 && place.Equals(_places[^1])) return;

        // Nearly always there is one, again and again: then it is never hashed.
        if (_places.Count == 1) _seenPlaces.Add(_places[0]);
        if (_places.Count == 0 || _seenPlaces.Add(place)) _places.Add(place);
    }

    private void WriteItems(ReadOnlySpan<JoinedDots> ids)
    {
        _items.Clear();
        var count = 0;
        long skipped = 0;
        foreach (var id in ids)
        {
            var next = 0;
            var items = CollectionsMarshal.AsSpan(id.Items);
            foreach (var range in id.Dots)
            {
                var from = range.First;
                for (; next < items.Length && items[next].Counter <= range.Last; next++)
                {
                    ref readonly var item = ref items[next];
                    _items.WriteVarint((ulong)(skipped + (item.Counter - from)));
                    _items.WritePrefixed(item.Path.Span);
                    _items.WritePrefixed(item.Payload.Span);
                    (skipped, from) = (0, item.Counter + 1);
                    count++;
                }

                skipped += range.Last - from + 1;
            }
        }

        _whole.WriteCount(count);
        _whole.WriteBytes(_items.Written);
    }

    private void WritePlaces()
    {
        _whole.WriteCount(_places.Count);
        foreach (var place in _places)
        {
            _whole.WriteByte(place.IsBelow ? (byte)1 : (byte)0);
            _whole.WritePrefixed(place.Path.Span);
        }
    }

    private JoinedDots Of(int slot)
    {
        if (_last?.Slot == slot) return _last;
        for (var i = 0; i < _idCount; i++)
        {
            if (_ids[i].Slot == slot) return _last = _ids[i];
        }

        if (_idCount == _ids.Count) _ids.Add(new JoinedDots());
        _last = _ids[_idCount++];
        _last.Slot = slot;
        return _last;
    }

    /// <summary>Where items that were superseded lie: at a path, or below it.</summary>
    private readonly struct Place(bool isBelow, ReadOnlyMemory<byte> path) : IEquatable<Place>
    {
        public bool IsBelow { get; } = isBelow;

        public ReadOnlyMemory<byte> Path { get; } = path;

        public bool Equals(Place other) => IsBelow == other.IsBelow && Path.Span.SequenceEqual(other.Path.Span);

        public override bool Equals(object? obj) => obj is Place other && Equals(other);

        public override int GetHashCode() => (int)Key.HashOf(Path.Span);
    }
}
