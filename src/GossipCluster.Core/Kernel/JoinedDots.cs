using System.Runtime.InteropServices;
using GossipCluster.Core.Causality;

namespace GossipCluster.Core.Kernel;

/// <summary>The dots of one replica id in deltas that are being joined: all of them, those that are dead, and the items. Used again and again.</summary>
internal sealed class JoinedDots
{
    // Lists that once held a flood are left to the collector.
    private const int KeptMax = 4096;

    private List<CounterRange> _dots = [];
    private List<CounterRange> _dead = [];
    private List<Item> _items = [];
    private bool _isDotsSorted = true;
    private bool _isDeadSorted = true;
    private bool _isItemsSorted = true;

    public int Slot { get; set; }

    /// <summary>After <see cref="Settle"/>: all dots, sorted.</summary>
    public List<CounterRange> Dots => _dots;

    /// <summary>After <see cref="Settle"/>: the live items, by their dots.</summary>
    public List<Item> Items => _items;

    public void Clear()
    {
        Clear(ref _dots);
        Clear(ref _dead);
        Clear(ref _items);
        (_isDotsSorted, _isDeadSorted, _isItemsSorted) = (true, true, true);
    }

    public void AddDots(long first, long last) => Add(_dots, first, last, ref _isDotsSorted);

    public void AddDead(long first, long last) => Add(_dead, first, last, ref _isDeadSorted);

    public void AddItem(long counter, ReadOnlyMemory<byte> path, ReadOnlyMemory<byte> payload)
    {
        if (_items.Count > 0) _isItemsSorted &= _items[^1].Counter < counter;
        _items.Add(new Item(counter, path, payload));
    }

    /// <summary>Leaves of the items those that no dead dot names and that the receiver is not known to have; the dots of the latter go too.</summary>
    public void Settle(ReplicaTable table, DotSet known)
    {
        Normalize(_dots, ref _isDotsSorted);
        Normalize(_dead, ref _isDeadSorted);
        if (!_isItemsSorted) _items.Sort(static (one, other) => one.Counter.CompareTo(other.Counter));
        _isItemsSorted = true;
        List<CounterRange>? left = null;
        int kept = 0, dead = 0;
        long before = 0;
        var items = CollectionsMarshal.AsSpan(_items);
        foreach (ref readonly var item in items)
        {
            // The same item may be in several of the deltas, where some were joined before.
            if (item.Counter == before) continue;
            before = item.Counter;
            while (dead < _dead.Count && _dead[dead].Last < item.Counter) dead++;
            if (dead < _dead.Count && _dead[dead].First <= item.Counter) continue;
            if (IsKnown(table, known, item.Counter)) (left ??= []).Add(new CounterRange(item.Counter, item.Counter));
            else items[kept++] = item;
        }

        _items.RemoveRange(kept, _items.Count - kept);
        if (left is null) return;
        var without = CounterRanges.Except(CollectionsMarshal.AsSpan(_dots), CollectionsMarshal.AsSpan(left));
        _dots.Clear();
        _dots.AddRange(without);
    }

    private bool IsKnown(ReplicaTable table, DotSet known, long counter)
    {
        if (known.IsEmpty) return false;
        var slot = Slot;
        table.Resolve(ref slot, ref counter);
        return known.Contains(table[slot], counter);
    }

    private static void Add(List<CounterRange> ranges, long first, long last, ref bool isSorted)
    {
        // What a write supersedes is most often the item of the write before, which is in the last range or the one before it.
        for (var i = ranges.Count - 1; i >= 0 && i >= ranges.Count - 2; i--)
        {
            if (ranges[i].First <= first && last <= ranges[i].Last) return;
        }

        if (ranges.Count > 0)
        {
            var end = ranges[^1];
            if (end.First <= first && first <= end.Last + 1)
            {
                ranges[^1] = end with { Last = last };
                return;
            }

            isSorted &= end.Last < first;
        }

        ranges.Add(new CounterRange(first, last));
    }

    private static void Normalize(List<CounterRange> ranges, ref bool isSorted)
    {
        if (isSorted) return;
        isSorted = true;
        ranges.Sort(static (one, other) => one.First.CompareTo(other.First));
        var kept = 0;
        for (var i = 1; i < ranges.Count; i++)
        {
            if (ranges[i].First <= ranges[kept].Last + 1) ranges[kept] = ranges[kept] with { Last = Math.Max(ranges[kept].Last, ranges[i].Last) };
            else ranges[++kept] = ranges[i];
        }

        ranges.RemoveRange(kept + 1, ranges.Count - kept - 1);
    }

    private static void Clear<T>(ref List<T> list)
    {
        if (list.Count > KeptMax) list = [];
        else list.Clear();
    }

    /// <param name="Counter">Of its dot.</param>
    /// <param name="Path">Where it lies.</param>
    /// <param name="Payload">What it holds.</param>
    public readonly record struct Item(long Counter, ReadOnlyMemory<byte> Path, ReadOnlyMemory<byte> Payload);
}
