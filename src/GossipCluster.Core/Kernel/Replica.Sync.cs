using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;

namespace GossipCluster.Core.Kernel;

/// <summary>What a replica tells its peers. Durable state only (rule 5).</summary>
public sealed partial class Replica
{
    private int _mark;

    /// <summary>Dots that were neither in the log nor known to be out of it, since the start: a bug, if not 0.</summary>
    public long LogHoles { get; private set; }

    /// <summary>The greatest priority that a key may have.</summary>
    public const int PriorityMax = 9;

    /// <summary>From here on what peers lack is sent to them in this order.</summary>
    /// <param name="priorityOf">0 to <see cref="PriorityMax"/> for a key, greater first; null for all alike, which costs nothing.</param>
    public void Prioritize(Func<Key, int>? priorityOf) => _log.Prioritize(priorityOf);

    /// <summary>What a peer with this clock lacks: deltas, else key states, else everything. Costs what the difference costs.</summary>
    /// <param name="peer">The peer's durable clock, and the dots of earlier parts that are still under way to it.</param>
    /// <param name="bytesMax">Where to end this part, about: it may become twice as long, and one record may go beyond.</param>
    public SyncAnswer Missing(DotSet peer, int bytesMax)
    {
        peer = _table.Resolve(peer);
        var clock = Clock;
        var missing = clock.Except(peer);
        if (missing.IsEmpty) return SyncAnswer.Nothing;
        if (_unlogged.ToSet().Overlaps(missing)) return SyncAnswer.Full;

        _mark++;
        _runs.Start(bytesMax);
        var records = new List<Record>();
        var covered = new DotSet.Builder();
        KeyStates.Builder? states = null;

        // Folds first, and in the first part: what follows uses the new names.
        for (var folded = _log.NewestOf(default); folded is not null; folded = folded.OlderOfKey)
        {
            if (folded.Fold is not { } news || IsKnown(folded, peer)) continue;
            folded.Mark = _mark;
            records.Insert(0, news);
            CoverEntry(folded);
        }

        if (Collect() is not { } isComplete) return SyncAnswer.Full;
        var bytes = 0L;
        for (var i = 0; i < _runs.Count; i++)
        {
            if (!_runs.TryTake(i, _run)) continue;
            if (bytes >= 2L * Math.Max(1, bytesMax))
            {
                // The runs have turned out longer than they looked: the rest waits for the next part.
                isComplete = false;
                break;
            }

            records.Add(RecordOfRun(peer));
            bytes += records[^1].WireBytes;
            foreach (var entry in _run) CoverEntry(entry);
        }

        if (states is not null) records.Add(states.Build());
        return new SyncAnswer(SyncNeed.Records, records, covered.ToSet(), isComplete);

        // The part is the first of the missing dots, so that it leaves the peer's clock without more holes than it had. True where that is all of them,
        // null where the log has a hole. A walk for each priority; where all are alike, and that is nearly always, one.
        bool? Collect()
        {
            foreach (var priority in _log.Priorities().DefaultIfEmpty())
            {
                foreach (var range in missing)
                {
                    var slot = _table.Find(range.Replica);
                    for (var counter = range.First; counter <= range.Last;)
                    {
                        if (_runs.IsFull) return false;
                        if (_log.Find(slot, counter, out var last) is not { } entry)
                        {
                            // Must not be; if it is, it costs a transfer, and not the ability to sync.
                            LogHoles++;
                            return null;
                        }

                        counter = last + 1;
                        if (entry.Mark == _mark || entry.Priority != priority) continue;
                        entry.Mark = _mark;
                        if (entry.Delta is null) TakeState(entry.Key);
                        else _runs.Add(entry);
                    }
                }
            }

            return true;
        }

        void TakeState(Key key)
        {
            states ??= new KeyStates.Builder(_table, clock, peer);
            var before = states.BodyBytes;
            var dots = DotsOf(key, missing, _mark);
            states.Add(key, _trees.GetValueOrDefault(key), dots);
            _runs.Replace(key, states.BodyBytes - before);
            covered.Add(dots);
        }

        void CoverEntry(LogEntry entry)
        {
            foreach (var range in entry.Ranges) covered.Add(_table[range.Slot], range.First, range.Last);
        }
    }

    /// <summary>One key's state for a peer that was found behind while it was read (rule 4).</summary>
    /// <returns>Null where the peer lacks no dot of the key, or where it cannot be told which of the missing dots are the key's: sync does it.</returns>
    public Record? RepairOf(Key key, DotSet peer)
    {
        peer = _table.Resolve(peer);
        var clock = Clock;
        var missing = clock.Except(peer);
        if (!DotsOf(default, missing, mark: 0).IsEmpty) return null;
        if (missing.IsEmpty || _unlogged.ToSet().Overlaps(missing)) return null;
        var dots = DotsOf(key, missing, mark: 0);
        if (dots.IsEmpty) return null;
        var states = new KeyStates.Builder(_table, clock, peer);
        states.Add(key, _trees.GetValueOrDefault(key), dots);
        return states.Build();
    }

    /// <summary>One key's state for a reader: to be joined with others' in a <see cref="KeyReader"/>.</summary>
    public Record StateOf(Key key) => SnapshotOf(key).State;

    /// <summary>The deltas that must travel with this one to a peer (rule 8): the logged past of its key that the peer may lack.</summary>
    /// <param name="delta">A durable delta of this replica.</param>
    /// <param name="known">What the peer is known to have, or what is travelling ahead of this on the same ordered link.</param>
    /// <param name="past">Where they are put, oldest first.</param>
    /// <returns>False where it cannot be told whether that is all: then the peer's answer is no acknowledgement.</returns>
    public bool TryPast(Delta delta, DotSet known, List<Record> past)
    {
        // The delta itself may be known to every primary and forgotten here while what it builds on is not.
        var own = _log.Find(delta.WriterSlot, delta.First, out _);
        return TryPast(own is null ? _log.NewestOf(delta.Key) : own.OlderOfKey, known, past);
    }

    /// <summary>
    /// The same for a write that found everything as it asks for, and made no delta: what it found may be here alone, and must be with those who
    /// acknowledge it.
    /// </summary>
    public bool TryPast(Key key, DotSet known, List<Record> past) => TryPast(_log.NewestOf(key), known, past);

    private bool TryPast(LogEntry? newest, DotSet known, List<Record> past)
    {
        var whole = IsCovered(known);
        _run.Clear();
        for (var entry = newest; entry is not null; entry = entry.OlderOfKey)
        {
            if (IsKnown(entry, known)) continue;
            if (entry.Delta is null) whole = false;
            else _run.Add(entry);
        }

        _run.Reverse();
        AddPast(known, past);
        return whole;
    }

    /// <summary>
    /// Every primary is known to have these dots: their deltas need not be kept, and what builds on them may travel without them.
    /// </summary>
    public void Trim(DotSet knownToAll)
    {
        var settled = _clock.ToSet().Intersect(knownToAll);
        if (_stable.ToSet().Dominates(settled)) return;
        _stable.Add(settled);
        _unlogged.Add(settled);
        _log.Trim(settled, _table);
    }

    /// <summary>True where every dot that the log does not know is known to the peer, or to every primary.</summary>
    private bool IsCovered(DotSet known)
    {
        foreach (var range in _unlogged.ToSet())
        {
            if (_stable.ContainsAll(range.Replica, range.First, range.Last) || known.ContainsAll(range.Replica, range.First, range.Last)) continue;
            return known.Union(_stable.ToSet()).Dominates(_unlogged.ToSet());
        }

        return true;
    }

    private bool IsKnown(LogEntry entry, DotSet known)
    {
        foreach (var range in entry.Ranges)
        {
            if (!known.ContainsAll(_table[range.Slot], range.First, range.Last)) return false;
        }

        return true;
    }

    /// <summary>The dots of a key among those that are missing, as the log attributes them.</summary>
    private DotSet DotsOf(Key key, DotSet missing, int mark)
    {
        var dots = new DotSet.Builder();
        for (var entry = _log.NewestOf(key); entry is not null; entry = entry.OlderOfKey)
        {
            if (mark != 0) entry.Mark = mark;
            foreach (var range in entry.Ranges) dots.Add(_table[range.Slot], range.First, range.Last);
        }

        return dots.ToSet().Intersect(missing);
    }
}
