using GossipCluster.Core.Causality;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Kernel;

/// <summary>The replica ids that one replica has met, each with a small number, its slot. Slots are never reused and never leave the process.</summary>
/// <remarks>Grows by one entry for each new life of a node in the partition's group: a thousand restarts are some 40 KB.</remarks>
internal sealed class ReplicaTable
{
    private readonly List<ReplicaId> _ids = [];
    private readonly List<int[]> _alone = [];

    public int Count => _ids.Count;

    public ReplicaId this[int slot] => _ids[slot];

    /// <summary>An array of this slot alone, always the same one: what most deltas name. Not to be changed.</summary>
    public int[] Alone(int slot) => _alone[slot];

    /// <summary>The slot of an id; a new one where it was never met.</summary>
    public int SlotOf(ReplicaId id)
    {
        var slot = Find(id);
        if (slot >= 0) return slot;
        _ids.Add(id);
        _alone.Add([_ids.Count - 1]);
        return _ids.Count - 1;
    }

    /// <summary>The slot of an id, -1 where it was never met.</summary>
    public int Find(ReplicaId id)
    {
        // From the newest: the ids in use are the young ones.
        for (var slot = _ids.Count - 1; slot >= 0; slot--)
        {
            if (_ids[slot].Equals(id)) return slot;
        }

        return -1;
    }

    /// <summary>Reads a replica id and gives its slot, without making a string of a name that is known.</summary>
    public int Read(ref WireReader reader)
    {
        var probe = reader;
        var name = probe.ReadBytes(probe.ReadByte());
        var generation = probe.ReadUInt64();
        for (var slot = _ids.Count - 1; slot >= 0; slot--)
        {
            if (_ids[slot].Generation != generation || !IsName(_ids[slot].Node.Text, name)) continue;
            reader = probe;
            return slot;
        }

        var id = ReplicaId.Read(ref reader);
        return reader.Failed ? 0 : SlotOf(id);
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
