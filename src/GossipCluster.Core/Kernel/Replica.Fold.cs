using GossipCluster.Core.Causality;

namespace GossipCluster.Core.Kernel;

/// <summary>Abandoned ids are folded into the present one (rule 6), so that clocks, tokens and counters do not grow with restarts.</summary>
public sealed partial class Replica
{
    // The latest fold by each id, by its event's counter.
    private readonly Dictionary<int, long> _foldEvents = [];

    /// <summary>The ids under which this node named dots in earlier lives and whose dots still go by those names.</summary>
    public IReadOnlyList<ReplicaId> AbandonedIds => [.. Clock.Replicas.Where(replica => replica.Node == Self.Node && replica != Self)];

    /// <summary>
    /// Gives the dots of the abandoned ids new names under the present one. The caller has made sure that every ring member has the same dots of them and
    /// that no message is under way that has others: from here on the shares that they hold of counters count as the present id's own, to be summed into
    /// one by the next increment, and a share must not be summed twice.
    /// </summary>
    /// <returns>False where there is nothing to fold.</returns>
    public bool TryStageFold()
    {
        var ids = new List<FoldedId>();
        var next = _next;
        foreach (var old in AbandonedIds)
        {
            var count = Clock.LastOf(old);
            ids.Add(new FoldedId(old, 1, count, next));
            next += count;
        }

        if (ids.Count == 0) return false;
        var record = new Fold(Self, next, ids).ToRecord();
        return StageAlone(record, out _);
    }

    /// <summary>A set of dots under the names that they have here now. What comes from elsewhere may use older ones.</summary>
    public DotSet Resolve(DotSet dots) => _table.Resolve(dots);

    /// <summary>The folds that a peer with this clock may not know: they go ahead of whatever else it is sent.</summary>
    public IEnumerable<Record> FoldsUnknownTo(DotSet known)
    {
        for (var entry = _log.NewestOf(default); entry is not null; entry = entry.OlderOfKey)
        {
            if (entry.Fold is { } fold && !IsKnown(entry, known) && !IsKnown(entry, _stable.ToSet())) yield return fold;
        }
    }

    /// <summary>True where the record is a fold that this replica knows, or is none that could be read.</summary>
    internal bool KnowsFold(Record record)
    {
        var reader = new Wire.WireReader(record.Bytes.Span);
        var fold = Fold.Read(ref reader);
        return reader.Failed || IsSeen(_table.SlotOf(fold.By), fold.Event, fold.Event);
    }

    /// <summary>
    /// All renamings as folds, one for each id that others were folded into, however many folds it took. They go with a key's state to a reader that joins
    /// it with states of replicas which this one knows nothing of (<see cref="KeyReader.TryLearn"/>).
    /// </summary>
    public IReadOnlyList<Record> AllFolds() => FoldsOf(_ => true);

    /// <summary>
    /// The renamings that a reader needs to understand a clock of another replica, which may not know them yet: those of the old ids in it.
    /// </summary>
    public IReadOnlyList<Record> FoldsFor(DotSet clock) => _table.HasRenamings ? FoldsOf(old => !clock.RangesOf(old).IsEmpty) : [];

    private List<Record> FoldsOf(Func<ReplicaId, bool> wanted) =>
    [
        .. from renaming in _table.Renamings
           where renaming.From != renaming.To
           group new FoldedId(_table[renaming.From], renaming.First, renaming.Last - renaming.First + 1, renaming.ToFirst) by renaming.To into folded

           // Whole or not at all: who has the event is taken to know every name that came with it.
           where folded.Any(id => wanted(id.Old))
           let happened = Math.Max(_foldEvents.GetValueOrDefault(folded.Key), folded.Max(id => id.FirstNew + id.Count))
           select new Fold(_table[folded.Key], happened, [.. folded]).ToRecord(),
    ];

    /// <summary>Takes a fold in: its names, and its event.</summary>
    private void Apply(Fold fold, Record record)
    {
        var happened = Learn(fold);
        if (_clock.Contains(_table[happened.Slot], happened.First)) return;
        _clock.Add(_table[happened.Slot], happened.First, happened.Last);
        _stagedClock.Add(_table[happened.Slot], happened.First, happened.Last);
        _log.Append(new FoldEntry(record, happened), _table, _unlogged);
        _journal?.Add(default, _table[happened.Slot], happened.First, happened.Last);
    }

    /// <summary>Takes the names of a fold in; gives its event under its present name.</summary>
    private SlotRange Learn(Fold fold)
    {
        var by = _table.SlotOf(fold.By);
        foreach (var id in fold.Ids)
        {
            // The folding id may itself have been folded since: then the new names have newer ones, not necessarily in one piece.
            var old = _table.SlotOf(id.Old);
            var parts = new List<SlotRange>();
            _table.Resolve(new SlotRange(by, id.FirstNew, id.FirstNew + id.Count - 1), parts);

            // Names that lead back to themselves are nobody's; to follow them would never end.
            if (parts.Exists(part => part.Slot == old)) continue;
            var next = id.First;
            foreach (var part in parts)
            {
                var count = part.Last - part.First + 1;
                Rename(new Renaming(old, next, next + count - 1, part.Slot, part.First));
                next += count;
            }
        }

        if (by == _self) _next = Math.Max(_next, fold.Event + 1);
        var (slot, happened) = (by, fold.Event);
        _table.Resolve(ref slot, ref happened);
        _foldEvents[slot] = Math.Max(happened, _foldEvents.GetValueOrDefault(slot));
        return new SlotRange(slot, happened, happened);
    }

    private void Rename(Renaming renaming)
    {
        // Folded twice, by two lives that did not know of each other: the lesser of the two new names stays, and the other becomes an old name of it.
        if (_table.Find(renaming.From, renaming.First) is { } earlier)
        {
            if (renaming.Last > earlier.Last) Rename(renaming with { First = earlier.Last + 1, ToFirst = renaming.NewNameOf(earlier.Last + 1) });
            var length = Math.Min(earlier.Last, renaming.Last) - renaming.First;
            var mine = new SlotRange(earlier.To, earlier.NewNameOf(renaming.First), earlier.NewNameOf(renaming.First) + length);
            var other = new SlotRange(renaming.To, renaming.ToFirst, renaming.ToFirst + length);
            if (mine == other || other.Slot == renaming.From || _table.Find(other.Slot, other.First) is not null) return;
            var keep = new Dot(_table[mine.Slot], mine.First) < new Dot(_table[other.Slot], other.First);
            var (winner, loser) = keep ? (mine, other) : (other, mine);
            renaming = new Renaming(loser.Slot, loser.First, loser.Last, winner.Slot, winner.First);
            if (_table.Find(renaming.From, renaming.First) is not null) return;
        }

        var clock = Clock;
        var seenOld = clock.Intersect(DotSet.Of(_table[renaming.From], renaming.First, renaming.Last));
        var seenNew = clock.Intersect(DotSet.Of(_table[renaming.To], renaming.ToFirst, renaming.NewNameOf(renaming.Last)));
        RenameItems(renaming, seenOld, seenNew);
        _table.Rename(renaming);
        _journal?.Clear();
        _log.Rename(renaming, _table, _unlogged);
        foreach (var dots in (DotSet.Builder[])[_clock, _stagedClock, _unlogged, _stable])
        {
            var resolved = _table.Resolve(dots.ToSet());
            dots.Clear();
            dots.Add(resolved);
        }

        if (_incoming is null) return;
        foreach (var key in _incoming.Keys.ToArray()) _incoming[key] = [.. _incoming[key].Select(Resolved)];
    }

    /// <summary>
    /// The items under their new names. A dot may be known under both, where news of the fold came late: then it is one dot, live only if both say so.
    /// </summary>
    private void RenameItems(Renaming renaming, DotSet seenOld, DotSet seenNew)
    {
        if (seenOld.IsEmpty && seenNew.IsEmpty) return;
        var back = renaming.Inverse;
        _gathering = new Batch(_gathering.Number, new BatchContents());
        foreach (var (key, tree) in _trees)
        {
            _edits.Clear();
            HashSet<long>? liveOld = null;
            foreach (ref readonly var item in tree)
            {
                if (item.Slot != renaming.From || !renaming.Contains(item.Counter)) continue;
                (liveOld ??= []).Add(item.Counter);
                _edits.Add(ItemEdit.Drop(item));
                var present = renaming.NewNameOf(item.Counter);
                if (!seenNew.Contains(_table[renaming.To], present)) _edits.Add(ItemEdit.Add(item.PathMemory, renaming.To, present, item.PayloadMemory));
            }

            foreach (ref readonly var item in tree)
            {
                if (item.Slot != renaming.To || !back.Contains(item.Counter)) continue;
                var former = back.NewNameOf(item.Counter);
                if (seenOld.Contains(_table[renaming.From], former) && liveOld?.Contains(former) != true) _edits.Add(ItemEdit.Drop(item));
            }

            Apply(key, tree, sorted: false);
        }

        var done = _gathering;
        _gathering = new Batch(done.Number, new BatchContents());
        ApplyTrees(done);
    }

    private ItemEdit Resolved(ItemEdit item)
    {
        var (slot, counter) = (item.Slot, item.Counter);
        _table.Resolve(ref slot, ref counter);
        return ItemEdit.Add(item.Path, slot, counter, item.Payload);
    }
}
