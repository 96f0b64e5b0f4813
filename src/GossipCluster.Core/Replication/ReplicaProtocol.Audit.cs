using GossipCluster.Core.Kernel;

namespace GossipCluster.Core.Replication;

public partial class ReplicaProtocol
{
    /// <summary>A repair that an audit has decided on, here or elsewhere. Answered by <see cref="ReplicaEffect.Repaired"/>; not at all where it is lost on its way to the disk.</summary>
    /// <param name="op">The caller's number for it.</param>
    /// <param name="repair">Of <see cref="Kernel.Replica.RepairOf(Key, IReadOnlyList{Record}, out Wire.WireError)"/>.</param>
    /// <param name="expected">The key's state hash when it was compared.</param>
    /// <param name="effects">What is to be done.</param>
    public void Repair(ulong op, Record repair, UInt128 expected, List<ReplicaEffect> effects)
    {
        if (Defers(later => Repair(op, repair, expected, later), out var isDropped))
        {
            if (isDropped) effects.Add(new ReplicaEffect.Repaired(op, RepairResult.Changed));
            return;
        }

        var result = Replica.StageRepair(repair, expected);
        if (result == RepairResult.Staged) WhenDurable(new Waiting(WaitingKind.Repaired, op, default, null, false), effects);
        else effects.Add(new ReplicaEffect.Repaired(op, result));
        Persist(effects);
    }

    /// <summary>For the test door: writes a key as it is in memory, spoiled as it may be.</summary>
    public void WriteAsIs(Key key, List<ReplicaEffect> effects)
    {
        if (Defers(later => WriteAsIs(key, later))) return;
        DamageDoor.StageAsIs(Replica, key);
        Persist(effects);
    }
}
