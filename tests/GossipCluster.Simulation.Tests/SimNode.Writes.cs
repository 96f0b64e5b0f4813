using GossipCluster.Core.Causality;
using GossipCluster.Core.Coordination;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Simulation.Tests;

/// <content>Writes: <see cref="WriteCoordination"/> decides, this carries out.</content>
internal sealed partial class SimNode
{
    private readonly Dictionary<ulong, WriteAttempt> _writes = [];

    /// <summary>How many writes wait for their answer here.</summary>
    public int WritesOpen => _writes.Count;

    /// <summary>A client's write.</summary>
    /// <param name="op">What the client asks for.</param>
    /// <param name="isChosen">As if another node, with another ring, had chosen this one to coordinate it.</param>
    public void Write(ClientOp op, bool isChosen = false) => Begin(op, origin: null, isChosen);

    /// <summary>Another node's write, if there is still time.</summary>
    private void BeginForwarded(WriteAttempt origin, int asked, TimeSpan beginBy)
    {
        if (world.Now < beginBy || Mutant == Mutant.BeginsLate)
        {
            Check.That(asked > origin.LastBegun, $"{Name} begins op {origin.Op.Number}, which another was asked for after it and has begun");
            origin.LastBegun = asked;
            Begin(origin.Op, origin, isChosen: true);
        }
        else Send(origin.At.Name, new WriteAnswer(origin.Op.Number), node => node.RefusedLate(origin, asked, Name));
    }

    /// <summary>Links double nothing: of each time that a node was asked this is heard once, or never. A second one would be taken for the answer to the next time.</summary>
    private void RefusedLate(WriteAttempt attempt, int asked, NodeName by)
    {
        if (attempt.Life == Life && attempt.RefusedLate.Add(asked)) Handle(attempt, WriteInput.Refused(by, RefusalReason.Late));
    }

    private void Begin(ClientOp op, WriteAttempt? origin, bool isChosen)
    {
        if (!IsAlive) return;
        var list = Ring.PreferenceList(op.Partition);
        var attempt = new WriteAttempt(world.NextNumber(), op, this, origin)
        {
            Life = Life,
            Members = list.Members,
            Machine = new WriteCoordination(
                Candidates.Of(Name, list.Members, op.Quorum.N, _unreachable),
                op.Quorum,
                new WriteOptions
                {
                    HedgeDelay = Mutant == Mutant.NoHedge ? TimeSpan.FromHours(1) : world.Plan.HedgeDelay,
                    RequestTimeout = op.Timeout,
                    NeedsState = op.Operation.Removes && Mutant != Mutant.FallbackRemoves,
                    Repeatable = op.IsRepeatable || Mutant == Mutant.Repeats,
                    Forwarded = isChosen,
                }),
        };
        world.Attempts.Add(attempt.Number, attempt);
        op.Attempts.Add(attempt);
        _writes.Add(attempt.Number, attempt);
        Handle(attempt, WriteInput.Start);
    }

    private void Handle(WriteAttempt attempt, WriteInput input)
    {
        if (!_writes.ContainsKey(attempt.Number)) return;
        if (input.Kind == WriteInputKind.Refused) world.Count($"write: refused by {input.Reason}");
        if (input is { Kind: WriteInputKind.Refused, Reason: RefusalReason.ConnectionRefused }) attempt.Shut.Add(input.Node);
        var effects = new List<WriteEffect>();
        attempt.Machine.Handle(input, world.Now, effects);
        foreach (var effect in effects)
        {
            if (world.CrashesHere()) Crash("crashes between two effects");
            if (!_writes.ContainsKey(attempt.Number)) return;
            Carry(attempt, effect);
        }

        Wake(attempt);
    }

    private void Wake(WriteAttempt attempt)
    {
        var next = attempt.Machine.NextDeadline;
        if (attempt.Machine.IsAnswered || next >= attempt.TickAt) return;
        attempt.TickAt = next;
        world.At(next, () =>
        {
            if (attempt.TickAt != next) return;
            attempt.TickAt = TimeSpan.MaxValue;
            if (Mutant == Mutant.LateIsGone)
            {
                foreach (var late in attempt.Asked.Keys.Except(attempt.Copies).ToList()) Handle(attempt, WriteInput.ReachabilityChanged(late, false));
            }

            Handle(attempt, WriteInput.Tick);
        });
    }

    private void Carry(WriteAttempt attempt, WriteEffect effect)
    {
        if (effect.Kind != WriteEffectKind.Answer) world.Count($"write: {effect.Kind}{(effect.OnBehalfOf is null ? "" : " for another")}");
        switch (effect.Kind)
        {
            case WriteEffectKind.StageLocally:
                Stage(attempt);
                break;
            case WriteEffectKind.ForwardTo:
                var asked = ++attempt.TimesAsked;
                Request(
                    effect.Node,
                    new ForwardedWrite(attempt.Op.Number),
                    node => node.BeginForwarded(attempt, asked, effect.BeginBy),
                    () => Handle(attempt, WriteInput.Refused(effect.Node, RefusalReason.ConnectionRefused)));
                break;
            case WriteEffectKind.Replicate:
                attempt.Asked[effect.Node] = effect.OnBehalfOf;
                Replicate(attempt, effect.Node);
                break;
            case WriteEffectKind.Answer:
                if (effect.Outcome is WriteOutcome.Written written && (attempt.IsStaging || attempt.IsCommitted)) world.CheckWritten(attempt, written);
                Finish(attempt, effect.Outcome, null);
                break;
            default:
                throw new System.Diagnostics.UnreachableException($"No shell for effect {effect.Kind}.");
        }
    }

    private void Stage(WriteAttempt attempt)
    {
        if (!MayName)
        {
            Handle(attempt, WriteInput.Refused(Name, RefusalReason.Busy));
            return;
        }

        var op = attempt.Op;
        attempt.Before = Protocols[op.Partition].Replica.StagedClock;
        attempt.IsStaging = true;
        var context = new WriteContext(world.Clock(this), attempt.Observed);
        if (Mutant == Mutant.NoPull && attempt.Observed is not null) context = context with { Observed = attempt.Observed.Intersect(attempt.Before) };
        Run(op.Partition, (protocol, effects) => protocol.Write(attempt.Number, op.Type, op.Key, op.Operation, context, effects));
        if (Mutant == Mutant.AnswersFirst && attempt.IsStaging) Handle(attempt, WriteInput.Committed);
    }

    private void Replicate(WriteAttempt attempt, NodeName node)
    {
        if (ConnectionRefused(world.Node(node), () => Handle(attempt, WriteInput.Refused(node, RefusalReason.ConnectionRefused)))) return;
        Run(attempt.Op.Partition, (protocol, effects) =>
        {
            if (attempt.Delta is { } delta) protocol.ReplicateTo(node, attempt.Number, delta, effects);
            else protocol.ReplicateTo(node, attempt.Number, attempt.Op.Key, effects);
        });
    }

    /// <summary>The own replica will not do it.</summary>
    private void Refused(WriteAttempt attempt, OperationProblem problem)
    {
        attempt.IsStaging = false;
        var protocol = Protocols[attempt.Op.Partition];
        if (problem == OperationProblem.NeedsState)
        {
            var reason = !protocol.IsPrimary ? RefusalReason.NotAPrimary : protocol.HasSynced ? RefusalReason.Busy : RefusalReason.NotSynced;
            Handle(attempt, WriteInput.Refused(Name, reason));
        }
        else if (problem == OperationProblem.ContextNotSeen)
        {
            if (_writes.ContainsKey(attempt.Number)) AskForMissing(attempt);
        }
        else
        {
            Finish(attempt, null, problem);
        }
    }

    /// <summary>What was to become durable is not, for certain: nothing of it was done.</summary>
    private void RefuseStaged(int partition)
    {
        foreach (var attempt in _writes.Values.Where(attempt => attempt.IsStaging && attempt.Op.Partition == partition).ToList())
        {
            attempt.IsStaging = false;
            Handle(attempt, WriteInput.Refused(Name, RefusalReason.StorageUnavailable));
        }
    }

    private void Committed(WriteAttempt attempt, Delta? delta)
    {
        var op = attempt.Op;
        var (oracle, replica) = (world.Oracles[op.Partition], Protocols[op.Partition].Replica);
        Check.That(
            attempt.Observed is null || replica.Clock.Dominates(replica.Resolve(attempt.Observed)),
            $"{Name} has done op {op.Number} without having seen its context {attempt.Observed}");
        attempt.IsStaging = false;
        attempt.IsCommitted = true;
        attempt.Copies.Add(Name);
        attempt.Delta = delta;
        if (delta is not null)
        {
            attempt.Write = oracle.Of(replica.Table[delta.WriterSlot], delta.First);
            attempt.Write.Attempt = attempt;
            Check.That(
                op.IsRepeatable || op.Attempts.Count(other => other.Write is not null) == 1,
                $"op {op.Number} cannot be repeated, and is done twice");
        }
        else if (Mutant == Mutant.NothingToSend)
        {
            // As if everybody had it.
            Handle(attempt, WriteInput.Committed);
            foreach (var other in attempt.Asked.Keys.ToList()) Acknowledged(attempt, other, counts: true);
            return;
        }

        Handle(attempt, WriteInput.Committed);
    }

    private void Acknowledged(WriteAttempt attempt, NodeName peer, bool counts)
    {
        if (attempt.At != this || attempt.Life != Life) return;
        counts |= Mutant == Mutant.UncountedCounts;

        // With its answer the peer has said what it has: perhaps it lacks nothing of the past after all.
        if (!counts && attempt.AskedAgain.Add(peer) && _writes.ContainsKey(attempt.Number))
        {
            Replicate(attempt, peer);
            return;
        }

        if (counts) attempt.Copies.Add(peer);
        Handle(attempt, WriteInput.Acked(peer, durable: true, counts));

        // The one copy passes for that of the primary as well.
        if (Mutant != Mutant.CountedTwice || attempt.Asked.GetValueOrDefault(peer) is not { } primary) return;
        Handle(attempt, WriteInput.Acked(primary, durable: true, counts));
    }

    /// <summary>The answer goes to the client, or to the node that had forwarded it.</summary>
    private void Finish(WriteAttempt attempt, WriteOutcome? outcome, OperationProblem? problem)
    {
        if (!_writes.Remove(attempt.Number)) return;
        attempt.PullsOpen = null;
        var op = attempt.Op;
        if (attempt.Origin is { } origin)
        {
            Send(origin.At.Name, new WriteAnswer(op.Number), node => node.Relayed(origin, Name, outcome, problem));
            return;
        }

        world.Trace($"{Name} answers op {op.Number}: {problem?.ToString() ?? outcome!.ToString()}");
        world.Count($"write ends: {problem?.ToString() ?? EndingOf(outcome!)}");
        (op.Outcome, op.Problem) = (outcome, problem);
        Check.That(
            outcome is not WriteOutcome.Written || op.IsAcknowledged,
            $"the client of op {op.Number} is told {outcome}, and no coordinator has said so");
    }

    private static string EndingOf(WriteOutcome outcome) => outcome switch
    {
        WriteOutcome.Written { Short: true } => "Written, short",
        WriteOutcome.Unsatisfied unmet => $"Unsatisfied {unmet.Kind}",
        WriteOutcome.NoCoordinator none => $"NoCoordinator {none.Reason} {none.LastRefusal}",
        _ => outcome.GetType().Name,
    };

    private void Relayed(WriteAttempt attempt, NodeName by, WriteOutcome? outcome, OperationProblem? problem)
    {
        if (attempt.Life != Life) return;
        if (outcome is null)
        {
            Finish(attempt, null, problem);
            return;
        }

        Handle(attempt, WriteInput.Relayed(by, outcome));
    }

    private void AskForMissing(WriteAttempt attempt)
    {
        var partition = attempt.Op.Partition;
        var others = Ring.Members.Select(member => member.Name).Where(member => member != Name).ToList();
        attempt.PullsOpen = [.. others];
        attempt.PullsFrom = Protocols[partition].AsksSoFar;
        foreach (var other in others) Run(partition, (protocol, effects) => protocol.SyncWith(other, effects));
        var life = Life;
        world.After(TimeSpan.FromSeconds(1), () =>
        {
            if (Life == life && attempt.PullsOpen is not null) CannotPull(attempt);
        });
        if (others.Count == 0) PullsDone(attempt);
    }

    private void Synced(int partition, NodeName peer, long ask)
    {
        foreach (var attempt in _writes.Values.Where(a => a.Op.Partition == partition && a.PullsOpen is not null && ask > a.PullsFrom).ToList())
        {
            if (attempt.PullsOpen is null || !IsAlive) continue;
            attempt.PullsOpen.Remove(peer);
            if (Protocols[partition].Replica.Clock.Dominates(attempt.Observed!)) Retry(attempt);
            else if (attempt.PullsOpen.Count == 0) PullsDone(attempt);
        }
    }

    /// <summary>Every ring member has answered: what is still missing is nowhere, and was never observed.</summary>
    private void PullsDone(WriteAttempt attempt)
    {
        if (!IsAlive) return;
        if (Mutant == Mutant.GateForever)
        {
            CannotPull(attempt);
            return;
        }

        attempt.Observed = attempt.Observed!.Intersect(Protocols[attempt.Op.Partition].Replica.Clock);
        Retry(attempt);
    }

    /// <summary>Another node may have seen it.</summary>
    private void CannotPull(WriteAttempt attempt)
    {
        attempt.PullsOpen = null;
        Handle(attempt, WriteInput.Refused(Name, RefusalReason.NotSynced));
    }

    private void Retry(WriteAttempt attempt)
    {
        attempt.PullsOpen = null;
        Stage(attempt);
    }
}

/// <summary>To the node that is to coordinate a write. Answered by <see cref="WriteAnswer"/>.</summary>
internal sealed record ForwardedWrite(ulong Op);

internal sealed record WriteAnswer(ulong Op);
