using GossipCluster.Core.Causality;
using GossipCluster.Core.Coordination;

namespace GossipCluster.Simulation.Tests;

internal sealed partial class Simulation
{
    /// <summary>
    /// Rule 8: a copy counts only where what the write builds on would outlive its coordinator's disk: it is here too, or with somebody else.
    /// </summary>
    public void CheckCopy(SimNode holder, int partition, ulong number)
    {
        var attempt = Attempts[number];
        var replica = holder.ReplicaOf(partition);
        Check.That(
            attempt.Write is null || IsIn(attempt.Write, replica, partition),
            $"{holder.Name} acknowledges op {attempt.Op.Number} and does not have it");

        // Once a disk was lost, what its node had said before is no proof any more.
        if (Plan.W < 2 || DiskLosses > 0) return;
        CheckPast(attempt, holder: replica.Clock);
    }

    /// <summary>
    /// A coordinator answers that it is written: as many nodes as it says, each counted once, have it on disk, or have had it and let go of it rightly.
    /// </summary>
    public void CheckWritten(WriteAttempt attempt, WriteOutcome.Written written)
    {
        var (op, partition) = (attempt.Op, attempt.Op.Partition);
        var text = $"op {op.Number} is answered by {attempt.At.Name} as {written}";
        Check.That(attempt.IsCommitted, $"{text} before it is durable there");
        Check.That(
            written.Copies == attempt.Copies.Count && written.Durable == written.Copies,
            $"{text}, and {string.Join(' ', attempt.Copies)} have acknowledged it");
        Check.That(
            written.Primaries == attempt.Copies.Count(attempt.Primaries.Contains),
            $"{text}, and the primaries are {string.Join(' ', attempt.Primaries)}");
        Check.That(written.Short == (written.Copies < op.Quorum.W || written.Durable < op.Quorum.Dw), $"{text}, asked for {op.Quorum}");
        Check.That(written.Primaries >= op.Quorum.Pw && written.Copies >= op.Quorum.NodeConfirms, $"{text}, asked for {op.Quorum}");
        foreach (var name in attempt.Copies)
        {
            var node = Node(name);
            var everHad = node.ClockOf(partition).Union(node.Forgotten[partition]);
            Check.That(attempt.Write is null || node.EverLostDisk || attempt.Write.IsIn(everHad, Oracles[partition]), $"{text}, and {name} does not have it");
        }

        if (written.Short) CheckNobodyElse(attempt, text);
        if (written.Copies > 1 && Plan.W > 1 && DiskLosses == 0) CheckPast(attempt, holder: DotSet.Empty);
        Trace($"op {op.Number} is acknowledged by {string.Join(' ', attempt.Copies)}");
        attempt.IsAcknowledged = true;
        if (attempt.Write is null) _nothingToDo.Add(attempt);
        else attempt.Write.IsAcknowledged = true;
    }

    /// <summary>Fewer copies than asked for are enough only where nobody else could be reached; slowness is no reason.</summary>
    private void CheckNobodyElse(WriteAttempt attempt, string text)
    {
        foreach (var member in attempt.Members)
        {
            var isThere = !attempt.At.Suspects(member) && !attempt.Shut.Contains(member);
            Check.That(!isThere || attempt.Copies.Contains(member), $"{text}, and {member} is there");
        }
    }

    /// <summary>What it builds on, or what it found where it made no delta, has to outlive its coordinator's disk.</summary>
    private void CheckPast(WriteAttempt attempt, DotSet holder)
    {
        var oracle = Oracles[attempt.Op.Partition];
        var others = _nodes.Where(node => node != attempt.At).Select(node => oracle.Present(node.ClockOf(attempt.Op.Partition))).ToList();
        holder = oracle.Present(holder);

        // Mostly somebody has everything, and it need not be looked at one by one.
        var before = oracle.Present(attempt.Before);
        if (holder.Dominates(before) || others.Exists(clock => clock.Dominates(before))) return;
        foreach (var write in oracle.WritesOf(attempt.Op.Key, before))
        {
            var own = oracle.Present(write);
            Check.That(
                holder.Dominates(own) || others.Exists(clock => clock.Dominates(own)),
                $"op {attempt.Op.Number} is acknowledged, and only {attempt.At.Name} has {write.Own}, on which it may build");
        }
    }

    /// <summary>A fallback forgets only what every primary has, in the ring that they both see.</summary>
    public void CheckForgotten(SimNode fallback, int partition)
    {
        var forgotten = fallback.ReplicaOf(partition);
        List<string> lacks = [];
        var primaries = fallback.Ring.PreferenceList(partition).Primaries(Plan.N);
        foreach (var name in primaries)
        {
            var primary = Node(name);
            if (primary.EverLostDisk || primary.View != fallback.View) continue;
            var kept = primary.ReplicaOf(partition);
            var lacking = kept.Resolve(forgotten.Clock).Except(forgotten.Resolve(kept.Clock)).Except(kept.Clock);
            if (!lacking.IsEmpty) lacks.Add($"the primary {name} lacks {lacking}");
        }

        // Hints that cannot be told apart by key are dropped as a whole, once a write quorum has them (4.4).
        if (forgotten.CannotAttribute && primaries.Length - lacks.Count >= Plan.W) return;
        Check.That(lacks.Count == 0, $"{fallback.Name} empties itself, and {string.Join(", ", lacks)}");
    }
}
