using System.Runtime.InteropServices;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Kernel;

/// <summary>What a repair after an audit has done here.</summary>
public enum RepairResult
{
    /// <summary>It is staged, or there was nothing to change.</summary>
    Staged = 1,

    /// <summary>The key has changed since it was compared: what was found may be true no more. The next audit will tell.</summary>
    Changed = 2,

    /// <summary>The record is malformed, or has items that this replica has never seen.</summary>
    Refused = 3,
}

/// <summary>Repair of what an audit has found: a key's items are replaced. Clocks and logs have nothing to do with it, for by them nothing was missing.</summary>
public sealed partial class Replica
{
    /// <summary>
    /// The state that a key is to have where these are the ones that replicas of this clock have: that of one, or, of several, whatever is live in any of them.
    /// </summary>
    /// <param name="key">Which key.</param>
    /// <param name="states">As <see cref="AuditView.StateOf"/> gave them.</param>
    /// <param name="error">Why not.</param>
    /// <returns>For <see cref="StageRepair"/>, here and elsewhere; null where a state is malformed.</returns>
    /// <remarks>
    /// One dot with two payloads, which without a majority nobody can tell apart, keeps the one that is greater byte by byte: the same wherever it is decided. An item
    /// whose dot this clock has not is no item: the rot is in the dot.
    /// </remarks>
    public Record? RepairOf(Key key, IReadOnlyList<Record> states, out WireError error)
    {
        ArgumentNullException.ThrowIfNull(states);
        error = default;
        var live = new Dictionary<(int Slot, long Counter), ItemEdit>();
        foreach (var state in states)
        {
            if (!KeyStates.TryRead(state.Bytes, _table, out var read, out error)) return null;
            if (read.Entries.Length != 1 || read.Entries[0].Key != key)
            {
                error = new WireError("the state of the key that is repaired", 0);
                return null;
            }

            foreach (var item in read.Entries[0].Items)
            {
                if (!_clock.Contains(_table[item.Slot], item.Counter)) continue;
                ref var kept = ref CollectionsMarshal.GetValueRefOrAddDefault(live, (item.Slot, item.Counter), out var exists);
                if (!exists || Order(item, kept) > 0) kept = item;
            }
        }

        var items = live.Values.ToList();
        items.Sort(Order);
        var tree = _editor.Apply(ItemTree.Empty, CollectionsMarshal.AsSpan(items));
        var ids = new LocalIds(_table);
        var body = new WireWriter(256);
        body.WritePrefixed(key.Flat);
        ItemCodec.Write(body, tree, ids);
        var whole = new WireWriter(body.Length + 64);
        whole.WriteByte(Version);
        ids.Write(whole);
        whole.WriteBytes(body.Written);
        return new Record(RecordKind.AuditRepair, whole.ToArray());
    }

    /// <summary>Stages a repair, where the key is still as it was when it was compared.</summary>
    /// <param name="repair">From <see cref="RepairOf(Key, IReadOnlyList{Record}, out WireError)"/>, perhaps of a peer.</param>
    /// <param name="expected">The key's state hash then.</param>
    public RepairResult StageRepair(Record repair, UInt128 expected)
    {
        RequireNothingAlone();
        if (repair.Kind != RecordKind.AuditRepair || !TryReadRepair(repair, out var key, out var items, out _)) return RepairResult.Refused;
        var present = StateHash.Of(key, Staged(key), _table);

        // Told twice: done already.
        if (present == HashOf(key, items)) return RepairResult.Staged;
        if (present != expected) return RepairResult.Changed;
        Replace(repair, key, items);
        return RepairResult.Staged;
    }

    private UInt128 HashOf(Key key, ItemEdit[] items)
    {
        UInt128 sum = 0;
        foreach (var item in items) sum = unchecked(sum + StateHash.OfItem(key, item.Path.Span, _table[item.Slot], item.Counter, item.Payload.Span));
        return sum;
    }

    /// <summary>The key that a repair is about; false where it is malformed.</summary>
    public bool TryReadRepaired(Record repair, out Key key) => TryReadRepair(repair, out key, out _, out _);

    private bool StageRepairAgain(Record record, out WireError error)
    {
        if (!TryReadRepair(record, out var key, out var items, out error)) return false;
        Replace(record, key, items);
        return true;
    }

    private void Replace(Record record, Key key, ItemEdit[] items)
    {
        var tree = Staged(key);
        var wanted = items.ToDictionary(item => (item.Slot, item.Counter));
        _edits.Clear();
        foreach (ref readonly var item in tree)
        {
            if (wanted.TryGetValue((item.Slot, item.Counter), out var same) && same.Path.Span.SequenceEqual(item.Path) && same.Payload.Span.SequenceEqual(item.Payload)) wanted.Remove((item.Slot, item.Counter));
            else _edits.Add(ItemEdit.Drop(item));
        }

        // A dot under one path with two payloads is dropped and added at one place: the editor drops what was there before.
        _edits.AddRange(wanted.Values);
        if (_edits.Count == 0) return;
        Apply(key, tree, sorted: false);
        _gathering.Add(record);
    }

    private bool TryReadRepair(Record record, out Key key, out ItemEdit[] items, out WireError error)
    {
        var reader = new WireReader(record.Bytes.Span);
        ReadVersion(ref reader);
        var slots = LocalIds.Read(ref reader, _table);
        key = ItemCodec.ReadKey(ref reader);
        items = ItemCodec.Read(ref reader, record.Bytes, slots, _table);
        if (!reader.Failed && reader.Remaining > 0) reader.Fail("the end of a repair");
        var dots = new HashSet<(int, long)>();
        foreach (var item in items)
        {
            if (!Seen(_table[item.Slot], item.Counter, item.Counter)) reader.Fail("items that were seen here before");
            if (!dots.Add((item.Slot, item.Counter))) reader.Fail("each dot once");
        }

        error = reader.Error;
        return !reader.Failed;
    }

    private static int Order(ItemEdit left, ItemEdit right)
    {
        var paths = left.Path.Span.SequenceCompareTo(right.Path.Span);
        return paths != 0 ? paths : left.Payload.Span.SequenceCompareTo(right.Payload.Span);
    }
}
