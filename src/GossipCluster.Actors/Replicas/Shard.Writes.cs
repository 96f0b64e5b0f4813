using GossipCluster.Actors.Links;
using GossipCluster.Actors.Store;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Coordination;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;
using GossipCluster.Core.Replication;

namespace GossipCluster.Actors.Replicas;

/// <content>Writes: the shell of <see cref="WriteCoordination"/>.</content>
internal sealed partial class Shard
{
    internal static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly Dictionary<ulong, RunningWrite> _writes = [];
    private readonly Stack<List<WriteEffect>> _spareWriteEffects = new();
    private readonly LatencyEstimate _writeLatency = new();
    private int _forwardedCount;

    /// <summary>A client of this node writes.</summary>
    public void Write(WriteTicket ticket, TimeSpan now)
    {
        _now = now;
        if (RequestCount >= _options.RequestsMax)
        {
            ticket.TrySetResult(new WriteReply.Unavailable("This node has as many requests under way as it may. Try again later.", RetryAfter));
            return;
        }

        var command = ticket.Command;
        if (!_view.Serves)
        {
            ticket.TrySetResult(new WriteReply.Unavailable("This node does not know the ring yet. Try again later, or at another node.", RetryAfter));
            return;
        }

        if (OperationValidator.Check(command.Type, command.Operation, _options.Replica.Limits) is { } invalid)
        {
            ticket.TrySetResult(new WriteReply.Refused(invalid));
            return;
        }

        var shell = ShellOf(ticket.Address);
        var write = new RunningWrite(NextNumber(), shell, Coordinate(shell, command.Quorum, command.Operation, command.Timeout, false), command.Key, command.Type, command.Operation)
        {
            Quorum = command.Quorum,
            Observed = command.Observed,
            Ticket = ticket,
            ReturnsState = command.ReturnValue,
            StartedAt = now,
            EndsAt = now + command.Timeout,
        };
        Begin(write);
    }

    /// <summary>Another node wants a write coordinated here.</summary>
    private void Forwarded(NodeName from, ReplicaAddress address, CoordinationMessage.Forward forward, TimeSpan clockAhead)
    {
        if (_forwardedCount >= _options.ForwardedMax || !_view.IsRingKnown || forward.Quorum.N != address.N
            || _view.Ring.PartitionOf(forward.Key.Hash) != address.Partition)
        {
            // Who has left is asked by those who do not know yet: they go on to the next.
            _outbox.Add(from, address, new CoordinationMessage.NotTaken(forward.Call, _view.HasLeft ? RefusalReason.NotAPrimary : RefusalReason.Busy));
            return;
        }

        var shell = ShellOf(address);
        _forwardedCount++;
        Begin(new RunningWrite(NextNumber(), shell, Coordinate(shell, forward.Quorum, forward.Operation, forward.Timeout, true), forward.Key, forward.Type, forward.Operation)
        {
            Quorum = forward.Quorum,
            Observed = forward.Observed,
            Origin = (from, forward.Call),
            ReturnsState = forward.ReturnsState,
            StartedAt = _now,
            EndsAt = _now + forward.Timeout,
            BeginBy = forward.BeginBy - clockAhead,
        });
    }

    private WriteCoordination Coordinate(ReplicaShell shell, WriteQuorum quorum, Operation operation, TimeSpan timeout, bool forwarded) =>
        new(CandidatesOf(shell), quorum, new WriteOptions
        {
            HedgeDelay = _writeLatency.HedgeDelay,
            RequestTimeout = timeout,
            NeedsState = operation.Removes,
            Repeatable = operation.IsRepeatable,
            Forwarded = forwarded,
        });

    private void Begin(RunningWrite write)
    {
        _writes.Add(write.Op, write);
        Feed(write, WriteInput.Start);
    }

    private void Feed(RunningWrite write, in WriteInput input)
    {
        var effects = _spareWriteEffects.TryPop(out var spare) ? spare : [];
        write.Machine.Handle(input, _now, effects);
        foreach (var effect in effects)
        {
            switch (effect.Kind)
            {
                case WriteEffectKind.StageLocally:
                    Stage(write);
                    break;
                case WriteEffectKind.ForwardTo:
                    Forward(write, effect.Node, effect.BeginBy);
                    break;
                case WriteEffectKind.Replicate:
                    Replicate(write, effect.Node);
                    break;
                case WriteEffectKind.Answer:
                    Answer(write, effect.Outcome!);
                    break;
                default:
                    throw new System.Diagnostics.UnreachableException($"No shell for effect {effect.Kind}.");
            }
        }

        effects.Clear();
        _spareWriteEffects.Push(effects);
    }

    private void Stage(RunningWrite write)
    {
        if (_identity is null) Feed(write, WriteInput.Refused(_self, RefusalReason.Busy));
        else if (!_diskTakesWrites) Feed(write, WriteInput.Refused(_self, RefusalReason.StorageUnavailable));
        else if (_view.HasLeft) Feed(write, WriteInput.Refused(_self, RefusalReason.NotAPrimary));
        else if (_now >= write.BeginBy) Feed(write, WriteInput.Refused(_self, RefusalReason.Late));
        else if (RefusesHint(write.Shell, 0)) Feed(write, WriteInput.Refused(_self, RefusalReason.HintsFull));
        else
        {
            var effects = RentEffects();
            write.Shell.Protocol.Write(write.Op, write.Type, write.Key, write.Operation, new WriteContext(_clock.GetUtcNow(), write.Observed), effects);
            Carry(write.Shell, effects);
        }
    }

    private void Forward(RunningWrite write, NodeName to, TimeSpan beginBy)
    {
        var left = write.EndsAt - _now;
        _outbox.Add(to, write.Shell.Address, new CoordinationMessage.Forward(
            write.Op, write.Key, write.Type, write.Operation, write.Quorum, left, beginBy, write.Observed, write.ReturnsState));
    }

    private void Replicate(RunningWrite write, NodeName to)
    {
        var effects = RentEffects();
        if (write.Delta is { } delta) write.Shell.Protocol.ReplicateTo(to, write.Op, delta, effects);
        else write.Shell.Protocol.ReplicateTo(to, write.Op, write.Key, effects);
        Carry(write.Shell, effects);
    }

    private void Committed(ReplicaEffect.Committed committed)
    {
        if (!_writes.TryGetValue(committed.Op, out var write)) return;
        write.Delta = committed.Delta;
        Feed(write, WriteInput.Committed);
    }

    private void Acknowledged(ReplicaEffect.Acknowledged acknowledged)
    {
        if (!_writes.TryGetValue(acknowledged.Op, out var write)) return;
        if (!acknowledged.Counts && write.AskedAgain.Add(acknowledged.Peer))
        {
            // With its answer the peer has named its clock, and perhaps lacks nothing of the past by now.
            Replicate(write, acknowledged.Peer);
            return;
        }

        _writeLatency.Record(_now - write.StartedAt);
        Feed(write, WriteInput.Acked(acknowledged.Peer, durable: true, acknowledged.Counts));
    }

    private void Refused(ReplicaEffect.Refused refused)
    {
        if (!_writes.TryGetValue(refused.Op, out var write)) return;
        switch (refused.Error.Problem)
        {
            case OperationProblem.ContextNotSeen:
                PullContext(write);
                break;
            case OperationProblem.NeedsState:
                Feed(write, WriteInput.Refused(_self, write.Shell.Protocol.IsPrimary ? RefusalReason.NotSynced : RefusalReason.NotAPrimary));
                break;
            default:
                Finish(write, new WriteReply.Refused(refused.Error));
                break;
        }
    }

    private void NotTaken(NodeName from, CoordinationMessage.NotTaken not)
    {
        if (_writes.TryGetValue(not.Call, out var write)) Feed(write, WriteInput.Refused(from, not.Reason));
        else if (_reads.TryGetValue(not.Call, out var read)) Feed(read, ReadInput.Refused(from, not.Reason));
    }

    private void Relayed(NodeName from, CoordinationMessage.Relayed relayed)
    {
        if (!_writes.TryGetValue(relayed.Call, out var write)) return;
        write.Relayed = relayed;
        Feed(write, WriteInput.Relayed(from, relayed.Outcome));
    }

    private void RelayedRefusal(CoordinationMessage.RelayedRefusal refusal)
    {
        if (_writes.TryGetValue(refusal.Call, out var write)) Finish(write, new WriteReply.Refused(refusal.Error));
    }

    private void Answer(RunningWrite write, WriteOutcome outcome)
    {
        if (write.Ticket is null)
        {
            Forget(write);
            var state = write.ReturnsState ? write.Shell.Replica.StateOf(write.Key) : (Record?)null;
            _outbox.Add(write.Origin.Node, write.Shell.Address, new CoordinationMessage.Relayed(write.Origin.Call, outcome, write.Shell.Replica.Clock, state));
            return;
        }

        Finish(write, outcome switch
        {
            WriteOutcome.Written written => new WriteReply.Written(written.Copies, SeenBy(write), ValueAfter(write)),
            WriteOutcome.Unsatisfied unmet => new WriteReply.Unsatisfied(unmet.Sentence),
            WriteOutcome.TimedOut => new WriteReply.Unsatisfied(WriteOutcome.TimedOut.Sentence),
            WriteOutcome.NoCoordinator { LastRefusal: RefusalReason.StorageUnavailable } => new WriteReply.Unavailable($"No disk takes the write. {_diskSentence}".TrimEnd(), RetryAfter),
            WriteOutcome.NoCoordinator { LastRefusal: RefusalReason.NotSynced } => new WriteReply.Unavailable(
                "No reachable primary of the key has seen all that it would have to see for a remove. Try again later.", RetryAfter),
            WriteOutcome.NoCoordinator none => new WriteReply.Unavailable(none.Sentence, RetryAfter),
            _ => throw new System.Diagnostics.UnreachableException(outcome.GetType().Name),
        });
    }

    private static DataValue? ValueAfter(RunningWrite write)
    {
        if (!write.ReturnsState) return null;
        if (write.Relayed is null) return write.Shell.Replica.Read(write.Key);
        var reader = new KeyReader();
        return write.Relayed.State is { } state && reader.TryJoin(state, out _) ? reader.Value : null;
    }

    /// <summary>Ends a write with a reply that no machine had to think about.</summary>
    private void Finish(RunningWrite write, WriteReply reply)
    {
        Forget(write);
        if (write.Ticket is { } ticket)
        {
            _pace.Answered(_now - write.StartedAt);
            ticket.TrySetResult(reply);
        }
        else if (reply is WriteReply.Refused refused) _outbox.Add(write.Origin.Node, write.Shell.Address, new CoordinationMessage.RelayedRefusal(write.Origin.Call, refused.Error));
        else _outbox.Add(write.Origin.Node, write.Shell.Address, new CoordinationMessage.NotTaken(write.Origin.Call, RefusalReason.Busy));
    }

    private void Forget(RunningWrite write)
    {
        if (_writes.Remove(write.Op) && write.Ticket is null) _forwardedCount--;
    }

    /// <summary>The replica asks every ring member for what the context has seen and it has not.</summary>
    private void PullContext(RunningWrite write)
    {
        NodeName[] others = [.. _view.Ring.Members.Select(member => member.Name).Where(name => name != _self)];
        write.Pull = new ContextPull([.. others], write.Shell.Protocol.AsksSoFar, _now + _options.PullTimeout);
        _isUrgent = true;
        foreach (var other in others)
        {
            var effects = RentEffects();
            write.Shell.Protocol.SyncWith(other, effects);
            Carry(write.Shell, effects);
        }

        _isUrgent = false;

        TryPulled(write);
    }

    private void Synced(ReplicaShell shell, ReplicaEffect.Synced synced)
    {
        NoteSynced(shell);
        EndSession(shell, synced.Peer, isComplete: true);
        StartDue();
        if (_writes.Count == 0) return;
        foreach (var write in _writes.Values.Where(write => write.Shell == shell && write.Pull is { } pull && synced.Ask > pull.AsksBefore).ToArray())
        {
            write.Pull!.Open.Remove(synced.Peer);
            TryPulled(write);
        }
    }

    /// <summary>
    /// What the client has seen by now: the coordinator's clock, and what its own token had seen. A remove's coordinator has seen that, or knows that nobody has it;
    /// for all else it does not matter to the write, but it does to the client's next read: it must find what the client read before and wrote before.
    /// </summary>
    private static DotSet SeenBy(RunningWrite write)
    {
        var clock = write.Relayed?.Clock ?? write.Shell.Replica.Clock;
        return write.Observed is { } before && !write.Operation.Removes ? clock.Union(write.Shell.Replica.Resolve(before)) : clock;
    }

    /// <summary>Goes on where the context has been seen, or where every ring member has answered: what nobody has was never observed.</summary>
    private void TryPulled(RunningWrite write)
    {
        var replica = write.Shell.Replica;
        var seen = replica.Clock.Dominates(replica.Resolve(write.Observed!));
        if (!seen && write.Pull!.Open.Count > 0) return;
        if (!seen) write.Observed = replica.Resolve(write.Observed!).Intersect(replica.Clock);
        write.Pull = null;
        Stage(write);
    }

    /// <summary>What is due by now: hedges, ends of requests, contexts that were not seen in time.</summary>
    public void Tick(TimeSpan now)
    {
        _now = now;
        foreach (var write in _writes.Values.Where(write => write.Machine.NextDeadline <= now || write.Pull?.EndsAt <= now).ToArray())
        {
            if (write.Pull?.EndsAt <= now)
            {
                write.Pull = null;
                Feed(write, WriteInput.Refused(_self, RefusalReason.NotSynced));
            }
            else Feed(write, WriteInput.Tick);
        }

        foreach (var read in _reads.Values.Where(read => read.Machine.NextDeadline <= now).ToArray()) Feed(read, ReadInput.Tick);
        TickLists();
        TickReceipts();
        TickHintWaits();
        AskWhatWasHeldBack();
        ContinueHandoff();
        TickAudits();
        TickFeeds(now);
    }

    /// <summary>The shard goes down: nobody waits in vain.</summary>
    public void Abandon()
    {
        foreach (var write in _writes.Values.ToArray()) write.Ticket?.Abandon();
        foreach (var read in _reads.Values.ToArray()) read.Ticket.Abandon();
        foreach (var receipt in _receipts.Values.ToArray()) receipt.Done(receipt);
        foreach (var wait in _hintWaits) wait.Ticket.Abandon();
        foreach (var list in _lists) list.Ticket.Abandon();
        AbandonAudits();
        AbandonFeeds();
    }
}
