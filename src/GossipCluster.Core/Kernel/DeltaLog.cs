using GossipCluster.Core.Causality;

namespace GossipCluster.Core.Kernel;

/// <summary>Which delta, or at least which key, each dot belongs to, for the dots that some primary may lack. Bounded.</summary>
/// <remarks>
/// Found by dot (per replica id a sorted list, mostly appended to), by key (a chain), and by age. Beyond <see cref="DeltaBytesMax"/> the oldest entries
/// lose their deltas and keep their keys: a peer that lacks them is sent the key's state. Beyond <see cref="EntriesMax"/> the oldest are forgotten: a peer
/// that lacks those is sent everything.
/// </remarks>
internal sealed class DeltaLog(int deltaBytesMax, int entriesMax)
{
    /// <summary>What an entry costs besides its delta, about.</summary>
    public const int EntryBytes = 120;

    // A range of dots takes half of what an entry takes; an entry nearly always has one.
    private const long RangesPerEntryMax = 2;

    private readonly List<SlotLog> _slots = [];
    private readonly Dictionary<Key, LogEntry> _newestOfKey = new(Key.Comparer.Instance);
    private readonly int[] _countOfPriority = new int[Replica.PriorityMax + 1];
    private Func<Key, int>? _priorityOf;
    private LogEntry? _oldest;
    private LogEntry? _newest;
    private LogEntry? _oldestWithDelta;

    public int DeltaBytesMax { get; } = deltaBytesMax;

    public int EntriesMax { get; } = entriesMax;

    public int EntryCount { get; private set; }

    /// <summary>Ranges of dots in all entries, at most twice <see cref="EntriesMax"/>: a joined delta, or a key's state, may bring many.</summary>
    public long RangeCount { get; private set; }

    public long DeltaBytes { get; private set; }

    /// <summary>Entries that lost their delta to the bound, since the start.</summary>
    public long DeltasShed { get; private set; }

    /// <summary>Entries forgotten because of the bound, since the start.</summary>
    public long EntriesShed { get; private set; }

    public LogEntry? Oldest => _oldest;

    /// <summary>From here on entries count as important as this says; null for all alike.</summary>
    public void Prioritize(Func<Key, int>? priorityOf)
    {
        _priorityOf = priorityOf;
        Array.Clear(_countOfPriority);
        for (var entry = _oldest; entry is not null; entry = entry.Newer) CountIn(entry);
    }

    /// <summary>The priorities that entries have, the greatest first.</summary>
    public IEnumerable<int> Priorities()
    {
        for (var priority = Replica.PriorityMax; priority >= 0; priority--)
        {
            if (_countOfPriority[priority] > 0) yield return priority;
        }
    }

    /// <summary>The newest entry of a key; from there <see cref="LogEntry.OlderOfKey"/> leads back.</summary>
    public LogEntry? NewestOf(Key key) => _newestOfKey.GetValueOrDefault(key);

    /// <summary>Appends an entry; gives the dots of those that had to be forgotten for it.</summary>
    public void Append(LogEntry entry, ReplicaTable table, DotSet.Builder forgotten)
    {
        foreach (var range in entry.Ranges) Slot(range.Slot).Add(range.First, range.Last, entry);
        entry.AliveRanges = entry.Ranges.Length;

        entry.Older = _newest;
        if (_newest is not null) _newest.Newer = entry;
        _newest = entry;
        _oldest ??= entry;
        EntryCount++;
        RangeCount += entry.Ranges.Length;
        CountIn(entry);

        if (_newestOfKey.TryGetValue(entry.Key, out var sameKey))
        {
            entry.OlderOfKey = sameKey;
            sameKey.NewerOfKey = entry;
        }

        _newestOfKey[entry.Key] = entry;
        if (entry.Delta is not null)
        {
            DeltaBytes += entry.Delta.Bytes.Length;
            _oldestWithDelta ??= entry;
        }

        while (DeltaBytes > DeltaBytesMax) ShedDelta();
        while (EntryCount > EntriesMax || RangeCount > RangesPerEntryMax * EntriesMax) Forget(_oldest!, table, forgotten);
    }

    /// <summary>The entry of a dot and where its range ends; null where the log does not know it.</summary>
    public LogEntry? Find(int slot, long counter, out long last)
    {
        last = 0;
        return slot < _slots.Count ? _slots[slot].Find(counter, out last) : null;
    }

    /// <summary>Forgets the entries all of whose dots are in a set, such as what every primary has.</summary>
    public void Trim(DotSet known, ReplicaTable table)
    {
        for (var slot = 0; slot < _slots.Count; slot++)
        {
            var log = _slots[slot];
            if (log.Count == 0) continue;
            log.Trim(known.RangesOf(table[slot]), entry =>
            {
                if (--entry.AliveRanges == 0) Unlink(entry);
            });
        }
    }

    /// <summary>Dots have new names: finds their entries under those.</summary>
    public void Rename(Renaming renaming, ReplicaTable table, DotSet.Builder forgotten)
    {
        if (renaming.From >= _slots.Count) return;
        foreach (var (first, last, entry) in _slots[renaming.From].Take(renaming.First, renaming.Last))
        {
            var to = new SlotRange(renaming.To, renaming.NewNameOf(first), renaming.NewNameOf(last));
            var isWhole = renaming.Contains(first) && renaming.Contains(last);
            if (isWhole) entry.Rename(new SlotRange(renaming.From, first, last), to);
            if (isWhole && Slot(to.Slot).IsFree(to.First, to.Last))
            {
                Slot(to.Slot).Add(to.First, to.Last, entry);
                continue;
            }

            // Known under both names: the entry that had the new name keeps it; what is known in part only is unlogged.
            if (!isWhole || Find(to.Slot, to.First, out var end) is null || end < to.Last) forgotten.Add(table[renaming.From], first, last);
            if (--entry.AliveRanges == 0) Unlink(entry);
        }
    }

    /// <summary>Takes out all entries of a key.</summary>
    public void RemoveKey(Key key, ReplicaTable table)
    {
        while (_newestOfKey.TryGetValue(key, out var entry)) Forget(entry, table, null);
    }

    public void Clear()
    {
        _slots.Clear();
        _newestOfKey.Clear();
        (_oldest, _newest, _oldestWithDelta) = (null, null, null);
        (EntryCount, RangeCount, DeltaBytes) = (0, 0, 0);
        Array.Clear(_countOfPriority);
    }

    private void CountIn(LogEntry entry)
    {
        // A fold belongs to no key, and goes before everything else anyway.
        entry.Priority = _priorityOf is null || entry.Fold is not null ? 0 : Math.Clamp(_priorityOf(entry.Key), 0, Replica.PriorityMax);
        _countOfPriority[entry.Priority]++;
    }

    private void ShedDelta()
    {
        while (_oldestWithDelta!.Delta is null) _oldestWithDelta = _oldestWithDelta.Newer;
        DeltaBytes -= _oldestWithDelta.Delta.Bytes.Length;
        _oldestWithDelta.Delta = null;
        _oldestWithDelta = _oldestWithDelta.Newer;
        DeltasShed++;
    }

    private void Forget(LogEntry entry, ReplicaTable table, DotSet.Builder? forgotten)
    {
        foreach (var range in entry.Ranges)
        {
            if (_slots[range.Slot].Remove(range.First, entry)) forgotten?.Add(table[range.Slot], range.First, range.Last);
        }

        if (forgotten is not null) EntriesShed++;
        Unlink(entry);
    }

    private void Unlink(LogEntry entry)
    {
        if (entry.Delta is not null) DeltaBytes -= entry.Delta.Bytes.Length;
        if (ReferenceEquals(_oldestWithDelta, entry)) _oldestWithDelta = entry.Newer;
        if (entry.Older is null) _oldest = entry.Newer;
        else entry.Older.Newer = entry.Newer;
        if (entry.Newer is null) _newest = entry.Older;
        else entry.Newer.Older = entry.Older;

        if (entry.OlderOfKey is not null) entry.OlderOfKey.NewerOfKey = entry.NewerOfKey;
        if (entry.NewerOfKey is not null) entry.NewerOfKey.OlderOfKey = entry.OlderOfKey;
        else if (entry.OlderOfKey is not null) _newestOfKey[entry.Key] = entry.OlderOfKey;
        else _newestOfKey.Remove(entry.Key);
        (entry.Older, entry.Newer, entry.OlderOfKey, entry.NewerOfKey) = (null, null, null, null);
        EntryCount--;
        RangeCount -= entry.Ranges.Length;
        _countOfPriority[entry.Priority]--;
    }

    private SlotLog Slot(int slot)
    {
        while (_slots.Count <= slot) _slots.Add(new SlotLog());
        return _slots[slot];
    }

    /// <summary>The ranges of one replica id, sorted.</summary>
    private sealed class SlotLog
    {
        private readonly List<(long First, long Last, LogEntry Entry)> _ranges = [];

        public int Count => _ranges.Count;

        public void Add(long first, long last, LogEntry entry)
        {
            if (_ranges.Count == 0 || _ranges[^1].Last < first) _ranges.Add((first, last, entry));
            else _ranges.Insert(IndexOf(first), (first, last, entry));
        }

        public LogEntry? Find(long counter, out long last)
        {
            var i = IndexOf(counter);
            last = 0;
            if (i == _ranges.Count || _ranges[i].First > counter) return null;
            last = _ranges[i].Last;
            return _ranges[i].Entry;
        }

        public bool IsFree(long first, long last)
        {
            var i = IndexOf(first);
            return i == _ranges.Count || _ranges[i].First > last;
        }

        public bool Remove(long first, LogEntry entry)
        {
            var i = IndexOf(first);
            if (i == _ranges.Count || _ranges[i].First != first || !ReferenceEquals(_ranges[i].Entry, entry)) return false;
            _ranges.RemoveAt(i);
            return true;
        }

        public void Trim(ReadOnlySpan<CounterRange> known, Action<LogEntry> trimmed)
        {
            if (known.IsEmpty) return;
            int kept = 0, i = 0;
            var end = known[^1].Last;
            for (; i < _ranges.Count && _ranges[i].First <= end; i++)
            {
                var (first, last, entry) = _ranges[i];
                if (CounterRanges.ContainsAll(known, first, last)) trimmed(entry);
                else _ranges[kept++] = _ranges[i];
            }

            _ranges.RemoveRange(kept, i - kept);
        }

        /// <summary>Takes out the ranges that lie within two counters, both included.</summary>
        public List<(long First, long Last, LogEntry Entry)> Take(long first, long last)
        {
            var from = IndexOf(first);
            var to = from;
            while (to < _ranges.Count && _ranges[to].First <= last) to++;
            var taken = _ranges.GetRange(from, to - from);
            _ranges.RemoveRange(from, to - from);
            return taken;
        }

        /// <summary>The first range that ends at or after a counter.</summary>
        private int IndexOf(long counter)
        {
            int low = 0, high = _ranges.Count;
            while (low < high)
            {
                var middle = (low + high) >>> 1;
                if (_ranges[middle].Last >= counter) high = middle;
                else low = middle + 1;
            }

            return low;
        }
    }
}

/// <summary>Consecutive dots by slot.</summary>
internal readonly record struct SlotRange(int Slot, long First, long Last);

/// <summary>What the log knows of some dots: their key, and their delta as long as there is room.</summary>
internal class LogEntry
{
    // Nearly always there is one range; only more of them take an array.
    private readonly SlotRange[]? _ranges;
    private SlotRange _range;

    public LogEntry(Key key, LoggedDelta? delta, ReadOnlySpan<SlotRange> ranges)
    {
        Key = key;
        Delta = delta;
        if (ranges.Length == 1) _range = ranges[0];
        else _ranges = ranges.ToArray();
    }

    public Key Key { get; }

    public LoggedDelta? Delta { get; set; }

    /// <summary>The record of a fold, which belongs to no key; null in all other entries.</summary>
    public virtual Record? Fold => null;

    /// <summary>The dots that this entry brought into the clock.</summary>
    public ReadOnlySpan<SlotRange> Ranges => _ranges ?? new ReadOnlySpan<SlotRange>(in _range);

    public int AliveRanges { get; set; }

    /// <summary>How early it is sent to who lacks it.</summary>
    public int Priority { get; set; }

    /// <summary>The last walk that took this entry.</summary>
    public int Mark { get; set; }

    /// <summary>One of the ranges has a new name.</summary>
    public void Rename(SlotRange from, SlotRange to)
    {
        if (_range == from) _range = to;
        for (var i = 0; i < _ranges?.Length; i++)
        {
            if (_ranges[i] == from) _ranges[i] = to;
        }
    }

    public LogEntry? Older { get; set; }

    public LogEntry? Newer { get; set; }

    public LogEntry? OlderOfKey { get; set; }

    public LogEntry? NewerOfKey { get; set; }
}

/// <summary>The entry of a fold.</summary>
internal sealed class FoldEntry(Record fold, SlotRange happened) : LogEntry(default, null, [happened])
{
    public override Record? Fold => fold;
}
