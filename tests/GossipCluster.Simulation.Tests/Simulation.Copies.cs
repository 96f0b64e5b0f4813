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
        var clock = holder.ClockOf(partition);
        foreach (var past in op.Past)
        {
            if (past.IsIn(clock)) continue;
            Check.That(
                Array.Exists(_nodes, node => node.Name != coordinator && past.IsIn(node.ClockOf(partition))),
                $"{holder.Name} acknowledges op {number}, and only {coordinator} has {past.Own}, on which it may build");
        }
    }

    /// <summary>A fallback forgets only what every primary has, in the ring that they both see.</summary>
    public void CheckForgotten(SimNode fallback, int partition)
    {
        var forgotten = fallback.ClockOf(partition);
        foreach (var name in fallback.Ring.PreferenceList(partition).Primaries(Plan.N))
        {
            var primary = Node(name);
            if (primary.EverLostDisk || primary.View != fallback.View) continue;
            Check.That(primary.ClockOf(partition).Dominates(forgotten), $"{fallback.Name} empties itself, and the primary {name} lacks {forgotten.Except(primary.ClockOf(partition))}");
        }
    }
}
