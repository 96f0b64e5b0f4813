using System.Runtime.InteropServices;
using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Kernel;

/// <summary>Joins the states of one key as several replicas have them: what a quorum read answers, with the clock that is its context.</summary>
public sealed class KeyReader
{
    private readonly ReplicaTable _table = new();
    private readonly ItemTreeEditor _editor = new();
    private readonly DotSet.Builder _clock = new();
    private ItemTree _tree;
    private Key _key;

    /// <summary>The joined clock: what the token of the answer names.</summary>
    public DotSet Clock => _clock.ToSet();

    /// <summary>The joined value; null where the key does not exist in any of them.</summary>
    public DataValue? Value => ValueReader.Read(_tree, _table);

    /// <summary>The digest of the join, to be compared with <see cref="Replica.DigestOf(Key)"/> of those who were read: who differs lacks something.</summary>
    public UInt128 Digest => StateHash.Of(_key, _tree, _table);

    internal ReplicaTable Table => _table;

    /// <summary>The live dots, for tests and diagnosis.</summary>
    public DotSet LiveDots
    {
        get
        {
            var dots = new DotSet.Builder();
            foreach (ref readonly var item in _tree) dots.Add(_table[item.Slot], item.Counter, item.Counter);
            return dots.ToSet();
        }
    }

    /// <summary>
    /// Takes in what <see cref="Replica.FoldsFor"/> gave for the clocks of the other replicas that are read; before the first join. Without it, a dot that
    /// one replica knows by its old name and another by its new one would count as two.
    /// </summary>
    public bool TryLearn(Record record, out WireError error)
    {
        var reader = new WireReader(record.Bytes.Span);
        var fold = Fold.Read(ref reader);
        error = reader.Error;
        if (reader.Failed) return false;
        var by = _table.SlotOf(fold.By);
        foreach (var id in fold.Ids)
        {
            var (old, to, first) = (_table.SlotOf(id.Old), by, id.FirstNew);
            _table.Resolve(ref to, ref first);
            if (to != old && _table.Find(old, id.First) is null) _table.Rename(new Renaming(old, id.First, id.Last, to, first));
        }

        return true;
    }

    /// <summary>True where the join has seen all that a client has seen, under whatever names.</summary>
    /// <param name="token">The clock of the client's token.</param>
    public bool Covers(DotSet token) => Clock.Dominates(_table.Resolve(token));

    /// <summary>True where a replica with this clock has seen all that a client has seen, under whatever names.</summary>
    /// <param name="clock">The replica's.</param>
    /// <param name="token">The clock of the client's token.</param>
    public bool Covers(DotSet clock, DotSet token) => _table.Resolve(clock).Dominates(_table.Resolve(token));

    /// <summary>Joins what <see cref="Replica.StateOf"/> gave, of one replica alone.</summary>
    public bool TryJoin(Record state, out WireError error) => TryJoin(state, DotSet.Empty, out error);

    /// <summary>Joins what <see cref="Replica.StateOf"/> gave.</summary>
    /// <param name="state">The state.</param>
    /// <param name="seen">
    /// The clocks of all replicas that have this state, as their equal digests say. One may have seen a remove that the one which gave the state has not, so
    /// they count before the state is joined with others.
    /// </param>
    /// <param name="error">Why not.</param>
    public bool TryJoin(Record state, DotSet seen, out WireError error)
    {
        if (!KeyStates.TryRead(state.Bytes, _table, out var states, out error)) return false;
        if (states.Entries.Length != 1)
        {
            error = new WireError("the state of one key", 0);
            return false;
        }

        var clock = states.Clock.Union(_table.Resolve(seen));
        var live = states.Entries[0].Items.Select(item => (item.Slot, item.Counter)).ToHashSet();
        var edits = new List<ItemEdit>();
        foreach (ref readonly var item in _tree)
        {
            if (clock.Contains(_table[item.Slot], item.Counter) && !live.Contains((item.Slot, item.Counter)))
            {
                edits.Add(ItemEdit.Drop(item));
            }
        }

        foreach (var item in states.Entries[0].Items)
        {
            if (!_clock.Contains(_table[item.Slot], item.Counter)) edits.Add(item);
        }

        edits.Sort(static (a, b) => a.Path.Span.SequenceCompareTo(b.Path.Span));
        _tree = _editor.Apply(_tree, CollectionsMarshal.AsSpan(edits));
        _clock.Add(clock);
        _key = states.Entries[0].Key;
        return true;
    }
}
