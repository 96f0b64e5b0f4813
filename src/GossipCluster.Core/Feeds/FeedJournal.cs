using GossipCluster.Core.Causality;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Core.Feeds;

/// <summary>Which key each of the last dots of a replica belongs to, settled or not: what a feed that is resumed has missed. Bounded; the oldest are forgotten.</summary>
/// <remarks>The delta log forgets what all primaries have, within milliseconds; a reader of a feed that lost its connection comes back later than that.</remarks>
internal sealed class FeedJournal(int entriesMax)
{
    private Entry[] _entries = new Entry[Math.Min(entriesMax, 64)];
    private int _first;
    private int _count;

    public int Count => _count;

    /// <summary>The clock has taken these dots in.</summary>
    /// <param name="key">Whose; the key of no flat form for what belongs to none.</param>
    /// <param name="replica">Their replica id.</param>
    /// <param name="first">The first.</param>
    /// <param name="last">The last.</param>
    public void Add(Key key, ReplicaId replica, long first, long last)
    {
        if (_count == entriesMax)
        {
            _entries[_first] = new Entry(key, replica, first, last);
            _first = (_first + 1) % _entries.Length;
            return;
        }

        if (_count == _entries.Length) Grow();
        _entries[(_first + _count++) % _entries.Length] = new Entry(key, replica, first, last);
    }

    public void Clear()
    {
        Array.Clear(_entries);
        (_first, _count) = (0, 0);
    }

    /// <summary>Adds the keys of some dots.</summary>
    /// <returns>False where not all dots are known.</returns>
    public bool TryFind(DotSet dots, HashSet<Key> keys)
    {
        // Every dot is taken in once, so counting tells when all were found: those that are sought are mostly the last.
        var open = dots.Count;
        for (var i = _count - 1; i >= 0 && open > 0; i--)
        {
            ref readonly var entry = ref _entries[(_first + i) % _entries.Length];
            var found = CounterRanges.CountIn(dots.RangesOf(entry.Replica), entry.First, entry.Last);
            if (found == 0) continue;
            open -= found;
            if (!entry.Key.Flat.IsEmpty) keys.Add(entry.Key);
        }

        return open == 0;
    }

    private void Grow()
    {
        var larger = new Entry[Math.Min(entriesMax, _entries.Length * 2)];
        for (var i = 0; i < _count; i++) larger[i] = _entries[(_first + i) % _entries.Length];
        (_entries, _first) = (larger, 0);
    }

    private readonly record struct Entry(Key Key, ReplicaId Replica, long First, long Last);
}
