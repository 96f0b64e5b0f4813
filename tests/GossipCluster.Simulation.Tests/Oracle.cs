using GossipCluster.Core.Causality;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Simulation.Tests;

/// <summary>What became durable anywhere in one partition, remembered by somebody who never forgets: the dumb check beside the clever code.</summary>
internal sealed class Oracle
{
    private readonly List<Write> _writes = [];
    private readonly Dictionary<(ReplicaId, long), Write> _byFirst = [];
    private readonly Dictionary<Dot, List<Dot>> _killers = [];
    private readonly Dictionary<Key, List<Write>> _byKey = [];
    private readonly HashSet<Dot> _dots = [];
    private readonly HashSet<Dot> _events = [];

    // What every dot is called once all news of folds is everywhere.
    private readonly ReplicaTable _names = new();
    private readonly HashSet<(ReplicaId, long)> _folds = [];

    public IReadOnlyList<Write> Writes => _writes;

    /// <summary>A delta is durable on the node that made it; the first time, it becomes a fact.</summary>
    public Write Register(Delta delta, ReplicaTable table, out bool isNew)
    {
        isNew = false;
        var writer = table[delta.WriterSlot];
        if (_byFirst.TryGetValue((writer, delta.First), out var known) && known.Bytes.Span.SequenceEqual(delta.Bytes.Span)) return known;
        isNew = true;
        var write = Write.Of(delta, table);
        foreach (var dot in write.Own.Dots()) Check.That(_dots.Add(dot), $"the dot {dot} was given twice");
        _writes.Add(write);
        _byFirst[(writer, delta.First)] = write;
        if (!_byKey.TryGetValue(write.Key, out var ofKey)) _byKey[write.Key] = ofKey = [];
        ofKey.Add(write);
        if (write.Event is not { } happened) return write;
        _events.Add(happened);
        foreach (var superseded in write.Superseded.Dots())
        {
            var dot = Present(superseded);
            if (!_killers.TryGetValue(dot, out var killers)) _killers[dot] = killers = [];
            killers.Add(happened);
        }

        return write;
    }

    /// <summary>The write that gave these dots.</summary>
    public Write Of(ReplicaId writer, long first) => _byFirst[(writer, first)];

    /// <summary>True for the dot of a write's superseding.</summary>
    public bool IsEvent(Dot dot) => _events.Contains(dot);

    public IReadOnlyList<Write> WritesOf(Key key) => _byKey.GetValueOrDefault(key, []);

    /// <summary>The writes of a key that a clock names.</summary>
    public IEnumerable<Write> WritesOf(Key key, DotSet clock)
    {
        var present = Present(clock);
        return WritesOf(key).Where(write => present.Dominates(Present(write)));
    }

    /// <summary>Rule 2: the live items are a function of the clock.</summary>
    /// <param name="clock">The clock, under whatever names.</param>
    /// <param name="only">Some keys, or null for all.</param>
    /// <returns>The items by the names that their dots have now.</returns>
    public Dictionary<Dot, LiveItem> StateAt(DotSet clock, IReadOnlyCollection<Key>? only = null)
    {
        var known = _names.Resolve(clock);
        bool Knows(Dot dot) => known.Contains(Present(dot));
        var live = new Dictionary<Dot, LiveItem>();
        foreach (var key in only ?? _byKey.Keys)
        {
            if (!_byKey.TryGetValue(key, out var writes)) continue;
            foreach (var write in writes)
            {
                foreach (var item in write.Items)
                {
                    if (Knows(item.Dot) && !(_killers.TryGetValue(Present(item.Dot), out var killers) && killers.Exists(Knows))) live[Present(item.Dot)] = item;
                }
            }
        }

        return live;
    }

    /// <summary>Checks that a replica's durable items, of all keys or of some, are what its clock names.</summary>
    public void CheckState(Replica replica, string who, IReadOnlyCollection<Key>? only = null)
    {
        var expected = StateAt(replica.Clock, only);
        var count = 0;
        foreach (var key in only ?? replica.Trees.Keys)
        {
            if (!replica.Trees.TryGetValue(key, out var tree)) continue;
            Check.That(!tree.IsEmpty, $"{who} keeps an empty key");
            foreach (ref readonly var item in tree)
            {
                count++;
                var dot = Present(new Dot(replica.Table[item.Slot], item.Counter));
                Check.That(
                    expected.TryGetValue(dot, out var live) && live.Key == key && item.Path.SequenceEqual(live.Path) && item.Payload.SequenceEqual(live.Payload),
                    $"{who} has {dot} of {key} live, which its clock {replica.Clock} does not name");
            }
        }

        Check.That(count == expected.Count, $"{who} has {count} items live, its clock names {expected.Count}: {replica.Clock}");
    }

    /// <summary>Dots by the names that they have now.</summary>
    public DotSet Present(DotSet dots) => _names.Resolve(dots);

    /// <summary>A write's own dots by the names that they have now.</summary>
    public DotSet Present(Write write)
    {
        if (write.Present.Folds != _folds.Count) write.Present = (_folds.Count, Present(write.Own));
        return write.Present.Own;
    }

    /// <summary>The name that a dot has now.</summary>
    public Dot Present(Dot dot)
    {
        if (!_names.HasRenamings) return dot;
        var (slot, counter) = (_names.SlotOf(dot.Replica), dot.Counter);
        _names.Resolve(ref slot, ref counter);
        return new Dot(_names[slot], counter);
    }

    /// <summary>Dots are set aside as new names.</summary>
    public void Register(Fold fold)
    {
        if (!_folds.Add((fold.By, fold.Event))) return;
        foreach (var id in fold.Ids)
        {
            _names.Rename(new Renaming(_names.SlotOf(id.Old), id.First, id.Last, _names.SlotOf(fold.By), id.FirstNew));
            for (var i = 0L; i < id.Count; i++) Check.That(_dots.Add(new Dot(fold.By, id.FirstNew + i)), $"the dot {fold.By}:{id.FirstNew + i} was given twice");
        }

        foreach (var (dot, killers) in _killers.ToArray())
        {
            var present = Present(dot);
            if (present == dot) continue;
            _killers.Remove(dot);
            if (_killers.TryGetValue(present, out var others)) others.AddRange(killers);
            else _killers[present] = killers;
        }

        Check.That(_dots.Add(new Dot(fold.By, fold.Event)), $"the dot {fold.By}:{fold.Event} was given twice");
    }

    /// <param name="Dot">Its name.</param>
    /// <param name="Key">Of which key.</param>
    /// <param name="Path">Where in the key.</param>
    /// <param name="Payload">What it holds.</param>
    internal sealed record LiveItem(Dot Dot, Key Key, byte[] Path, byte[] Payload);
}

/// <summary>One write as the oracle remembers it.</summary>
internal sealed record Write(ReplicaId Writer, long First, Key Key, ReadOnlyMemory<byte> Bytes, Oracle.LiveItem[] Items, DotSet Superseded, Dot? Event, DotSet Own)
{
    /// <summary>The dots that say that the write is there: its own. What it supersedes may be known by other ways.</summary>
    public bool IsIn(DotSet clock, Oracle oracle) => oracle.Present(clock).Dominates(oracle.Present(this));

    /// <summary>Its own dots by the names that they had when there were so many folds.</summary>
    public (int Folds, DotSet Own) Present { get; set; } = (0, Own);

    public bool IsAcknowledged { get; set; }

    /// <summary>True once a disk was lost that was the only one to have it.</summary>
    public bool IsExcused { get; set; }

    /// <summary>The coordination that made it; null where its node died before it heard that it was durable.</summary>
    public WriteAttempt? Attempt { get; set; }

    /// <summary>What the client had asked for.</summary>
    public ClientOp? Op => Attempt?.Op;

    public static Write Of(Delta delta, ReplicaTable table)
    {
        var writer = table[delta.WriterSlot];
        var items = new List<Oracle.LiveItem>();
        var reader = delta.Items;
        for (var counter = delta.First; reader.MoveNext(); counter++)
        {
            items.Add(new Oracle.LiveItem(new Dot(writer, counter), delta.Key, reader.Path.ToArray(), reader.Payload.ToArray()));
        }

        var superseded = new DotSet.Builder();
        var groups = delta.Groups;
        while (groups.MoveNext())
        {
            while (groups.MoveNextRun(out var index, out var ranges))
            {
                long previous = -1;
                for (var i = 0; i < ranges; i++)
                {
                    var range = groups.ReadRange(ref previous);
                    superseded.Add(table[delta.Slots[index]], range.First, range.Last);
                }
            }
        }

        return new Write(
            writer, delta.First, delta.Key, delta.Bytes, [.. items], superseded.ToSet(), delta.HasEvent ? new Dot(writer, delta.Last) : null, DotSet.Of(writer, delta.First, delta.Last));
    }
}

/// <summary>A broken invariant of a simulated run.</summary>
internal sealed class InvariantException(string message) : Exception(message);

internal static class Check
{
    public static void That(bool condition, string otherwise)
    {
        if (!condition) throw new InvariantException(otherwise);
    }
}
