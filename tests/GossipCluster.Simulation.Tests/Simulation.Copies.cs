using GossipCluster.Core.Causality;

namespace GossipCluster.Simulation.Tests;

internal sealed partial class Simulation
{
    /// <summary>
    /// Rule 8: a copy counts only where what the write builds on would outlive its coordinator's disk: it is here too, or with somebody else.
    /// </summary>
    public void CheckCopy(SimNode holder, int partition, NodeName coordinator, ulong number)
    {
        // Once a disk was lost, what its node had said before is no proof any more.
        if (Plan.W < 2 || DiskLosses > 0 || !_ops.TryGetValue(number, out var op)) return;
        var replica = holder.ReplicaOf(partition);
        CheckPast(op, coordinator, op.Past.Where(past => !IsIn(past, replica, partition)));
    }

    /// <summary>A write was acknowledged without a delta: what it asked for was so already, and has to outlive its coordinator's disk all the same.</summary>
    public void NothingToDo(ClientOp op, NodeName coordinator)
    {
        _nothingToDo.Add(op);
        if (op.CopiesNeeded > 1 && DiskLosses == 0) CheckPast(op, coordinator, op.Past);
    }

    private void CheckPast(ClientOp op, NodeName coordinator, IEnumerable<Write> past)
    {
        foreach (var write in past)
        {
            Check.That(
                Array.Exists(_nodes, node => node.Name != coordinator && IsIn(write, node.ReplicaOf(op.Partition), op.Partition)),
                $"op {op.Number} is acknowledged, and only {coordinator} has {write.Own}, on which it may build");
        }
    }

    /// <summary>A fallback forgets only what every primary has, in the ring that they both see.</summary>
    public void CheckForgotten(SimNode fallback, int partition)
    {
        var forgotten = fallback.ReplicaOf(partition);
        foreach (var name in fallback.Ring.PreferenceList(partition).Primaries(Plan.N))
        {
            var primary = Node(name);
            if (primary.EverLostDisk || primary.View != fallback.View) continue;
            var kept = primary.ReplicaOf(partition);
            var lacking = kept.Resolve(forgotten.Clock).Except(forgotten.Resolve(kept.Clock)).Except(kept.Clock);
            Check.That(lacking.IsEmpty, $"{fallback.Name} empties itself, and the primary {name} lacks {lacking}");
        }
    }
}
