using GossipCluster.Core.Kernel;

namespace GossipCluster.Core.Feeds;

/// <summary>The changes that readers of one scope wait for, one log for all of them: each key once, as it was last. Bounded by count and bytes.</summary>
/// <typeparam name="T">An event.</typeparam>
/// <remarks>
/// A reader is a number here: that of the last entry it has read. An entry that is replaced by a newer one of its key moves to the end, so a reader finds it later, and
/// only as it is then. A reader that has read to the end has the state of every key as of then.
/// </remarks>
public sealed class FeedLog<T>(int countMax, long bytesMax)
    where T : class
{
    private readonly List<Entry> _entries = [];
    private readonly Dictionary<Key, Entry> _newest = new(Key.Comparer.Instance);
    private long _last;

    /// <summary>The number of the newest entry; 0 before the first.</summary>
    public long Last => _last;

    /// <summary>Keys in it.</summary>
    public int Count => _newest.Count;

    /// <summary>About how many bytes they take.</summary>
    public long Bytes { get; private set; }

    /// <summary>More in it than may be: <see cref="Forget"/> what everybody has read, then <see cref="Evict"/>.</summary>
    public bool IsOver => _newest.Count > countMax || Bytes > bytesMax;

    /// <summary>Appends what a key is now.</summary>
    public void Add(Key key, T item, int bytes)
    {
        if (_newest.TryGetValue(key, out var older)) Drop(older);
        var entry = new Entry(++_last, key, bytes) { Item = item };
        _newest[key] = entry;
        _entries.Add(entry);
        Bytes += bytes;
        if (_entries.Count > (2 * _newest.Count) + 64) _entries.RemoveAll(gone => gone.Item is null);
    }

    /// <summary>Forgets what every reader has read.</summary>
    /// <param name="read">The least that any has read.</param>
    public void Forget(long read)
    {
        var i = 0;
        for (; i < _entries.Count && _entries[i].Number <= read; i++) Remove(_entries[i]);
        _entries.RemoveRange(0, i);
    }

    /// <summary>Forgets the oldest entries until a quarter of the room is free.</summary>
    /// <returns>Their numbers, ascending: who has not read them has missed them.</returns>
    public IReadOnlyList<long> Evict()
    {
        var evicted = new List<long>();
        var i = 0;
        for (; i < _entries.Count && (_newest.Count > countMax * 3L / 4 || Bytes > bytesMax / 4 * 3); i++)
        {
            if (_entries[i].Item is null) continue;
            evicted.Add(_entries[i].Number);
            Remove(_entries[i]);
        }

        _entries.RemoveRange(0, i);
        return evicted;
    }

    /// <summary>What a reader has not read, oldest first.</summary>
    /// <param name="read">The number of the last entry that it has read.</param>
    /// <param name="wanted">Which of them it wants.</param>
    /// <param name="bytes">Where to end, about; one entry may go beyond.</param>
    /// <param name="into">Where they are put.</param>
    /// <returns>The number of the last entry that it has read now: <see cref="Last"/> where that was all.</returns>
    public long Take(long read, Func<Key, bool> wanted, long bytes, List<T> into)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        ArgumentNullException.ThrowIfNull(into);
        for (var i = FirstAfter(read); i < _entries.Count; i++)
        {
            var entry = _entries[i];
            if (entry.Item is not { } item || !wanted(entry.Key)) continue;
            if (bytes <= 0) return entry.Number - 1;
            into.Add(item);
            bytes -= entry.Bytes;
        }

        return _last;
    }

    private int FirstAfter(long number)
    {
        int low = 0, high = _entries.Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_entries[middle].Number > number) high = middle;
            else low = middle + 1;
        }

        return low;
    }

    private void Remove(Entry entry)
    {
        if (entry.Item is null) return;
        _newest.Remove(entry.Key);
        Drop(entry);
    }

    private void Drop(Entry entry)
    {
        entry.Item = null;
        Bytes -= entry.Bytes;
    }

    private sealed class Entry(long number, Key key, int bytes)
    {
        public long Number { get; } = number;

        public Key Key { get; } = key;

        public int Bytes { get; } = bytes;

        /// <summary>Null where a newer entry of the key has taken its place.</summary>
        public T? Item { get; set; }
    }
}
