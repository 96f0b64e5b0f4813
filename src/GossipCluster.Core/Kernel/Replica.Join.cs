using System.Runtime.InteropServices;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Kernel;

public sealed partial class Replica
{
    /// <summary>Rule 3: adds each item whose dot is new, drops each superseded item, takes all its dots into the clock.</summary>
    private void Join(Delta delta, ItemTree tree)
    {
        if (IsSeen(delta.WriterSlot, delta.First, delta.Last)) return;
        _edits.Clear();
        _newRanges.Clear();
        var sorted = true;
        var items = delta.Items;
        for (var counter = delta.First; items.MoveNext(); counter++)
        {
            var (slot, present) = (delta.WriterSlot, counter);
            _table.Resolve(ref slot, ref present);
            if (!Seen(_table[slot], present, present)) Edit(ItemEdit.Add(items.Path, slot, present, items.Payload), ref sorted);
        }

        var eventIsNew = delta.HasEvent && !IsSeen(delta.WriterSlot, delta.Last, delta.Last);
        TakeNew(delta.WriterSlot, delta.First, delta.Last);
        if (eventIsNew) DropSuperseded(delta, tree, ref sorted);
        Apply(delta.Key, tree, sorted);
        _gathering.LogEntries.Add(new LogEntry(delta.Key, delta, CollectionsMarshal.AsSpan(_newRanges)));
        _gathering.Add(new Record(RecordKind.Delta, delta.Bytes));
    }

    private void DropSuperseded(Delta delta, ItemTree tree, ref bool sorted)
    {
        var groups = delta.Groups;
        var isOnly = groups.Count == 1;
        HashSet<(int, long)>? dropped = null;
        Span<SlotRange> few = stackalloc SlotRange[8];
        while (groups.MoveNext())
        {
            // Nearly always a handful of ranges: then they are compared one by one; a large remove looks its dots up in a set.
            var count = 0;
            DotSet.Builder? many = null;
            while (groups.MoveNextRun(out var index, out var ranges))
            {
                var slot = delta.Slots[index];
                long previous = -1;
                for (var i = 0; i < ranges; i++)
                {
                    var range = groups.ReadRange(ref previous);
                    foreach (ref readonly var present in Present(new SlotRange(slot, range.First, range.Last)))
                    {
                        TakePresent(present);
                        if (count < few.Length) few[count++] = present;
                        else (many ??= new DotSet.Builder()).Add(_table[present.Slot], present.First, present.Last);
                    }
                }
            }

            foreach (ref readonly var item in groups.IsBelow ? tree.Below(groups.Path) : tree.At(groups.Path))
            {
                var superseded = many is not null && many.Contains(_table[item.Slot], item.Counter);
                foreach (ref readonly var range in few[..count])
                {
                    superseded |= range.Slot == item.Slot && range.First <= item.Counter && item.Counter <= range.Last;
                }

                // A dot that two groups name is dropped, and taken out of the audit, once.
                if (superseded && (isOnly || (dropped ??= []).Add((item.Slot, item.Counter)))) Edit(ItemEdit.Drop(item), ref sorted);
            }
        }
    }

    /// <summary>Rule 3 for several writes at once: adds each live item whose dot is new, drops what is dead, takes all dots into the clock.</summary>
    private void Join(JoinedDelta delta, ItemTree tree)
    {
        if (IsSeen(delta)) return;
        _edits.Clear();
        _newRanges.Clear();
        var sorted = true;
        var dead = new DotSet.Builder();
        var pieces = delta.Pieces;
        while (pieces.MoveNext())
        {
            if (!pieces.IsLive)
            {
                foreach (ref readonly var present in Present(new SlotRange(pieces.Slot, pieces.First, pieces.Last))) dead.Add(_table[present.Slot], present.First, present.Last);
                continue;
            }

            var (slot, counter) = (pieces.Slot, pieces.First);
            _table.Resolve(ref slot, ref counter);
            if (!Seen(_table[slot], counter, counter)) Edit(ItemEdit.Add(pieces.Path, slot, counter, pieces.Payload), ref sorted);
        }

        // Live under an old name and dead under a new one is dead.
        if (_table.HasRenamings) _edits.RemoveAll(edit => dead.Contains(_table[edit.Slot], edit.Counter));
        var ranges = delta.Ranges;
        while (ranges.MoveNext()) TakeNew(ranges.Slot, ranges.First, ranges.Last);
        if (!dead.IsEmpty) DropDead(delta, tree, dead, ref sorted);
        Apply(delta.Key, tree, sorted);
        _gathering.LogEntries.Add(new LogEntry(delta.Key, delta, CollectionsMarshal.AsSpan(_newRanges)));
        _gathering.Add(delta.ToRecord());
    }

    private void DropDead(JoinedDelta delta, ItemTree tree, DotSet.Builder dead, ref bool sorted)
    {
        var places = delta.Places;
        var isOnly = places.Count == 1;
        HashSet<(int, long)>? dropped = null;
        while (places.MoveNext())
        {
            foreach (ref readonly var item in places.IsBelow ? tree.Below(places.Path.Span) : tree.At(places.Path.Span))
            {
                // One place may lie below another: what is in both is dropped, and taken out of the audit, once.
                if (dead.Contains(_table[item.Slot], item.Counter) && (isOnly || (dropped ??= []).Add((item.Slot, item.Counter)))) Edit(ItemEdit.Drop(item), ref sorted);
            }
        }
    }

    private bool IsSeen(JoinedDelta delta)
    {
        var ranges = delta.Ranges;
        while (ranges.MoveNext())
        {
            if (!IsSeen(ranges.Slot, ranges.First, ranges.Last)) return false;
        }

        return true;
    }

    /// <summary>Rule 4: joins the state of one key as a peer with this clock has it.</summary>
    /// <param name="key">Which key.</param>
    /// <param name="peerItems">The items that are live there, sorted by path.</param>
    /// <param name="peerClock">What the peer has seen: own items in it that are not live there are dead.</param>
    /// <param name="dots">What the own clock takes in: all dots of the key that it lacks.</param>
    /// <returns>True where that changed anything.</returns>
    private bool JoinKey(Key key, ReadOnlySpan<ItemEdit> peerItems, DotSet peerClock, DotSet dots)
    {
        _edits.Clear();
        _newRanges.Clear();
        var sorted = true;
        var tree = Staged(key);
        HashSet<(int, long)>? liveThere = null;
        foreach (ref readonly var item in tree)
        {
            if (!peerClock.Contains(_table[item.Slot], item.Counter)) continue;
            if (liveThere is null)
            {
                liveThere = new HashSet<(int, long)>(peerItems.Length);
                foreach (ref readonly var live in peerItems) liveThere.Add((live.Slot, live.Counter));
            }

            if (!liveThere.Contains((item.Slot, item.Counter))) Edit(ItemEdit.Drop(item), ref sorted);
        }

        foreach (ref readonly var item in peerItems)
        {
            if (!Seen(_table[item.Slot], item.Counter, item.Counter)) Edit(item, ref sorted);
        }

        Apply(key, tree, sorted);
        foreach (var range in dots) TakeNew(_table.SlotOf(range.Replica), range.First, range.Last);
        if (_newRanges.Count > 0) _gathering.LogEntries.Add(new LogEntry(key, null, CollectionsMarshal.AsSpan(_newRanges)));
        return _edits.Count > 0 || _newRanges.Count > 0;
    }

    private bool StageKeyStates(Record record, out WireError error)
    {
        if (!KeyStates.TryRead(record.Bytes, _table, out var states, out error)) return false;
        if (!MissingOf(states.Basis).IsEmpty)
        {
            error = new WireError("key states made for a clock that this replica still has", 0);
            return false;
        }

        // An item may not go live without its dot going into the clock (rule 2). A state made for readers lists none.
        foreach (var entry in states.Entries)
        {
            foreach (ref readonly var item in entry.Items.AsSpan())
            {
                var replica = _table[item.Slot];
                if (Seen(replica, item.Counter, item.Counter) || entry.Dots.Contains(replica, item.Counter)) continue;
                error = new WireError("key states that list the dot of every item that is new here", 0);
                return false;
            }
        }

        var changed = false;
        foreach (var entry in states.Entries) changed |= JoinKey(entry.Key, entry.Items, states.Clock, entry.Dots);
        if (changed) _gathering.Add(record);
        return true;
    }

    private void Edit(in ItemEdit edit, ref bool sorted)
    {
        if (sorted && _edits.Count > 0) sorted = _edits[^1].Path.Span.SequenceCompareTo(edit.Path.Span) <= 0;
        _edits.Add(edit);
    }

    private void Apply(Key key, ItemTree tree, bool sorted)
    {
        if (_edits.Count == 0) return;
        var edits = CollectionsMarshal.AsSpan(_edits);
        if (!sorted) edits.Sort(static (a, b) => a.Path.Span.SequenceCompareTo(b.Path.Span));
        _gathering.Trees[key] = _editor.Apply(tree, edits);
        AuditEdits(key, edits);
    }

    /// <summary>Takes those of the dots that are new here into the staged clock, and notes them.</summary>
    private void TakeNew(int slot, long first, long last)
    {
        foreach (ref readonly var present in Present(new SlotRange(slot, first, last))) TakePresent(present);
    }

    private void TakePresent(SlotRange dots)
    {
        var replica = _table[dots.Slot];
        if (!_stagedClock.ContainsAny(replica, dots.First, dots.Last))
        {
            Take(dots);
            return;
        }

        if (_stagedClock.ContainsAll(replica, dots.First, dots.Last)) return;
        foreach (var range in CounterRanges.Except([new CounterRange(dots.First, dots.Last)], _stagedClock.RangesOf(replica)))
        {
            Take(new SlotRange(dots.Slot, range.First, range.Last));
        }
    }

    /// <summary>Dots under their present names. Good until the next call.</summary>
    private ReadOnlySpan<SlotRange> Present(SlotRange dots)
    {
        _present.Clear();
        if (_table.HasRenamings) _table.Resolve(dots, _present);
        else _present.Add(dots);
        return CollectionsMarshal.AsSpan(_present);
    }

    private bool IsSeen(int slot, long first, long last)
    {
        foreach (ref readonly var present in Present(new SlotRange(slot, first, last)))
        {
            if (!Seen(_table[present.Slot], present.First, present.Last)) return false;
        }

        return true;
    }

    private void Take(SlotRange range)
    {
        _newRanges.Add(range);
        _stagedClock.Add(_table[range.Slot], range.First, range.Last);

        // Whatever way an own dot comes back, it is never given again.
        if (range.Slot == _self && range.Last >= _next) _next = range.Last + 1;
    }
}
