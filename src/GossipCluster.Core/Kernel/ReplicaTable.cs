using GossipCluster.Core.Causality;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Kernel;

/// <summary>The replica ids that one replica has met, each with a small number, its slot. Slots are never reused and never leave the process.</summary>
/// <remarks>
/// Also knows which dots of abandoned ids have new names (<see cref="Fold"/>), so that whatever comes in under an old name is understood. Grows by one
/// entry for each new life of a node in the partition's group: a thousand restarts are some 60 KB.
/// </remarks>
internal sealed class ReplicaTable
{
    private readonly List<ReplicaId> _ids = [];
    private readonly Dictionary<ReplicaId, int> _slots = [];
    private readonly Dictionary<ulong, int> _byGeneration = [];
    private readonly Dictionary<int, List<Renaming>> _renamings = [];
    private readonly Dictionary<int, HashSet<int>> _sources = [];
    private readonly List<int[]> _alone = [];

    public int Count => _ids.Count;

    public ReplicaId this[int slot] => _ids[slot];

    /// <summary>An array of this slot alone, always the same one: what most deltas name. Not to be changed.</summary>
    public int[] Alone(int slot) => _alone[slot];

    /// <summary>The slot of an id; a new one where it was never met.</summary>
    public int SlotOf(ReplicaId id)
    {
        if (_slots.TryGetValue(id, out var slot)) return slot;
        _ids.Add(id);
        slot = _ids.Count - 1;
        _alone.Add([slot]);
        _slots.Add(id, slot);
        _byGeneration.TryAdd(id.Generation, slot);
        return slot;
    }

    /// <summary>The slot of an id, -1 where it was never met.</summary>
    public int Find(ReplicaId id) => _slots.GetValueOrDefault(id, -1);

    /// <summary>Reads a replica id and gives its slot, without making a string of a name that is known.</summary>
    public int Read(ref WireReader reader)
    {
        var probe = reader;
        var name = probe.ReadBytes(probe.ReadByte());
        var generation = probe.ReadUInt64();
        if (_byGeneration.TryGetValue(generation, out var slot) && IsName(_ids[slot].Node.Text, name))
        {
            reader = probe;
            return slot;
        }

        var id = ReplicaId.Read(ref reader);
        return reader.Failed ? 0 : SlotOf(id);
    }

    /// <summary>True where some dots have new names.</summary>
    public bool HasRenamings => _renamings.Count > 0;

    /// <summary>Dots of an id have new names from here on. Names that led to the old ones lead to the new ones at once.</summary>
    public void Rename(Renaming renaming)
    {
        if (_sources.TryGetValue(renaming.From, out var sources))
        {
            foreach (var source in sources.ToArray()) LeadOn(source, renaming);
        }

        if (!_renamings.TryGetValue(renaming.From, out var list)) _renamings[renaming.From] = list = [];
        list.Add(renaming);
        SourcesOf(renaming.To).Add(renaming.From);
    }

    /// <summary>All renamings, each to a name that is present.</summary>
    public IEnumerable<Renaming> Renamings => _renamings.Values.SelectMany(list => list);

    /// <summary>The present name of a dot.</summary>
    public void Resolve(ref int slot, ref long counter)
    {
        while (_renamings.Count > 0 && Find(slot, counter) is { } renaming) (slot, counter) = (renaming.To, renaming.NewNameOf(counter));
    }

    /// <summary>The present names of consecutive dots, as ranges.</summary>
    public void Resolve(SlotRange range, List<SlotRange> into)
    {
        if (!_renamings.TryGetValue(range.Slot, out var list))
        {
            into.Add(range);
            return;
        }

        for (var first = range.First; first <= range.Last;)
        {
            var next = range.Last + 1;
            Renaming? here = null;
            foreach (var renaming in list)
            {
                if (renaming.Contains(first)) here = renaming;
                else if (renaming.First > first) next = Math.Min(next, renaming.First);
            }

            if (here is { } found)
            {
                var last = Math.Min(range.Last, found.Last);
                Resolve(new SlotRange(found.To, found.NewNameOf(first), found.NewNameOf(last)), into);
                first = last + 1;
            }
            else
            {
                into.Add(new SlotRange(range.Slot, first, next - 1));
                first = next;
            }
        }
    }

    /// <summary>A set under present names.</summary>
    public DotSet Resolve(DotSet dots)
    {
        if (_renamings.Count == 0 || !dots.Replicas.Any(replica => Find(replica) is >= 0 and var slot && _renamings.ContainsKey(slot))) return dots;
        var resolved = new DotSet.Builder();
        var parts = new List<SlotRange>();
        foreach (var range in dots)
        {
            var slot = Find(range.Replica);
            if (slot < 0)
            {
                resolved.Add(range.Replica, range.First, range.Last);
                continue;
            }

            parts.Clear();
            Resolve(new SlotRange(slot, range.First, range.Last), parts);
            foreach (var part in parts) resolved.Add(_ids[part.Slot], part.First, part.Last);
        }

        return resolved.ToSet();
    }

    /// <summary>The renaming that covers a dot; null where it has kept its name.</summary>
    public Renaming? Find(int slot, long counter)
    {
        if (!_renamings.TryGetValue(slot, out var list)) return null;
        foreach (var renaming in list)
        {
            if (renaming.Contains(counter)) return renaming;
        }

        return null;
    }

    private void LeadOn(int source, Renaming renaming)
    {
        var list = _renamings[source];
        for (var i = 0; i < list.Count; i++)
        {
            var earlier = list[i];
            if (earlier.To != renaming.From || !renaming.Contains(earlier.ToFirst) || !renaming.Contains(earlier.NewNameOf(earlier.Last))) continue;
            list[i] = earlier with { To = renaming.To, ToFirst = renaming.NewNameOf(earlier.ToFirst) };
            SourcesOf(renaming.To).Add(source);
        }

        if (!list.Exists(left => left.To == renaming.From)) SourcesOf(renaming.From).Remove(source);
    }

    private HashSet<int> SourcesOf(int slot)
    {
        if (!_sources.TryGetValue(slot, out var sources)) _sources[slot] = sources = [];
        return sources;
    }

    private static bool IsName(string text, ReadOnlySpan<byte> ascii)
    {
        if (text.Length != ascii.Length) return false;
        for (var i = 0; i < ascii.Length; i++)
        {
            if (text[i] != ascii[i]) return false;
        }

        return true;
    }
}

/// <summary>Consecutive dots of one id and what they are called now.</summary>
/// <param name="From">The slot of the old id.</param>
/// <param name="First">The first old counter.</param>
/// <param name="Last">The last old counter.</param>
/// <param name="To">The slot of the new id.</param>
/// <param name="ToFirst">The new counter of the first.</param>
internal readonly record struct Renaming(int From, long First, long Last, int To, long ToFirst)
{
    public bool Contains(long counter) => First <= counter && counter <= Last;

    public long NewNameOf(long counter) => counter - First + ToFirst;

    public Renaming Inverse => new(To, ToFirst, NewNameOf(Last), From, First);
}
