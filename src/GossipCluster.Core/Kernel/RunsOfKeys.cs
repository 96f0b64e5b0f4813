using System.Runtime.InteropServices;

namespace GossipCluster.Core.Kernel;

/// <summary>Log entries that go into one part of a sync, by their keys, those first that were first met. Used again and again; one owner, one thread.</summary>
internal sealed class RunsOfKeys
{
    // What a write that supersedes another adds to their join, about: its dots.
    private const int SupersedingBytes = 4;

    // Joining costs time, which a part bounds as it bounds bytes: so many bytes to be joined count as one to be sent.
    private const int JoinedBytesPerByte = 16;

    // What once held a flood is left to the collector.
    private const int KeptMax = 4096;

    private List<(LogEntry Entry, int Next)> _entries = [];
    private List<Run> _runs = [];
    private Dictionary<Key, int> _runOf = new(Key.Comparer.Instance);
    private int _bytesMax;
    private long _bytes;
    private long _joined;

    public int Count => _runs.Count;

    /// <summary>True where the part has all it is to have, as far as can be told before the runs are joined.</summary>
    public bool IsFull => Math.Max(_bytes, _joined / JoinedBytesPerByte) >= Math.Max(1, _bytesMax);

    /// <param name="bytesMax">Where the part ends.</param>
    public void Start(int bytesMax)
    {
        if (_entries.Count > KeptMax) (_entries, _runs, _runOf) = ([], [], new Dictionary<Key, int>(Key.Comparer.Instance));
        _entries.Clear();
        _runs.Clear();
        if (_runOf.Count > 0) _runOf.Clear();
        (_bytesMax, _bytes, _joined) = (bytesMax, 0, 0);
    }

    /// <summary>Adds an entry that has its delta.</summary>
    public void Add(LogEntry entry)
    {
        var delta = entry.Delta!;
        _entries.Add((entry, -1));
        var isAlone = entry.OlderOfKey is null && entry.NewerOfKey is null;
        if (!isAlone && _runOf.TryGetValue(entry.Key, out var number))
        {
            ref var run = ref CollectionsMarshal.AsSpan(_runs)[number];
            if (run.BodyBytes + delta.BodyBytes <= Math.Min(_bytesMax, Replica.JoinedBytesMax))
            {
                CollectionsMarshal.AsSpan(_entries)[run.Last].Next = _entries.Count - 1;
                run.Last = _entries.Count - 1;
                run.BodyBytes += delta.BodyBytes;
                _bytes += delta is Delta { HasEvent: true } ? SupersedingBytes : delta.BodyBytes;
                _joined += delta.Bytes.Length;
                return;
            }
        }

        var before = isAlone ? -1 : _runOf.GetValueOrDefault(entry.Key, -1);
        _runs.Add(new Run { First = _entries.Count - 1, Last = _entries.Count - 1, BodyBytes = delta.BodyBytes, Before = before });
        if (!isAlone) _runOf[entry.Key] = _runs.Count - 1;
        _bytes += delta.ToRecord().WireBytes;
    }

    /// <summary>A key is sent as its state, of so many bytes: then none of its entries is.</summary>
    public void Replace(Key key, int bytes)
    {
        _bytes += bytes;
        if (!_runOf.Remove(key, out var number)) return;
        for (; number >= 0; number = _runs[number].Before) CollectionsMarshal.AsSpan(_runs)[number].First = -1;
    }

    /// <summary>The entries of a run.</summary>
    /// <returns>False where the run's key is sent as its state.</returns>
    public bool TryTake(int number, List<LogEntry> into)
    {
        into.Clear();
        for (var i = _runs[number].First; i >= 0; i = _entries[i].Next) into.Add(_entries[i].Entry);
        return into.Count > 0;
    }

    private struct Run
    {
        public int First;
        public int Last;

        /// <summary>The run of the same key before this one, which had become too long; -1 where there is none.</summary>
        public int Before;
        public int BodyBytes;
    }
}
