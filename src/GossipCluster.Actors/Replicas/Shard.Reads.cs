using System.Collections.Immutable;
using GossipCluster.Actors.Links;
using GossipCluster.Actors.Store;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Coordination;
using GossipCluster.Core.Kernel;
using GossipCluster.Core.Replication;

namespace GossipCluster.Actors.Replicas;

/// <content>Reads: the shell of <see cref="ReadCoordination"/>, and the answers to other nodes' calls.</content>
internal sealed partial class Shard
{
    private readonly Dictionary<ulong, RunningRead> _reads = [];
    private readonly Stack<List<ReadEffect>> _spareReadEffects = new();
    private readonly LatencyEstimate _readLatency = new();

    /// <summary>A client of this node reads.</summary>
    public void Read(ReadTicket ticket, TimeSpan now)
    {
        _now = now;
        var command = ticket.Command;
        if (RequestCount >= _options.RequestsMax)
        {
            ticket.TrySetResult(new ReadReply.Unavailable("This node has as many requests under way as it may. Try again later.", RetryAfter));
            return;
        }

        if (!_view.Serves)
        {
            ticket.TrySetResult(new ReadReply.Unavailable("This node does not know the ring yet. Try again later, or at another node.", RetryAfter));
            return;
        }

        var shell = ShellOf(ticket.Address);
        var options = new ReadOptions { HedgeDelay = _readLatency.HedgeDelay, RequestTimeout = command.Timeout, HasToken = command.AtLeast is not null };
        var read = new RunningRead(NextNumber(), shell, new ReadCoordination(CandidatesOf(shell), command.Quorum, options), ticket) { StartedAt = now };
        _reads.Add(read.Call, read);
        Feed(read, ReadInput.Start);
    }

    private void Feed(RunningRead read, in ReadInput input)
    {
        var effects = _spareReadEffects.TryPop(out var spare) ? spare : [];
        read.Machine.Handle(input, _now, effects);
        foreach (var effect in effects)
        {
            switch (effect.Kind)
            {
                case ReadEffectKind.AskState when effect.Node == _self:
                    AnswerOwn(read);
                    break;
                case ReadEffectKind.AskState:
                    _outbox.Add(effect.Node, read.Shell.Address, new CoordinationMessage.ReadState(read.Call, read.Key));
                    break;
                case ReadEffectKind.AskDigest when effect.Node == _self:
                    AnswerOwn(read);
                    break;
                case ReadEffectKind.AskDigest:
                    _outbox.Add(effect.Node, read.Shell.Address, new CoordinationMessage.ReadDigest(read.Call, read.Key));
                    break;
                case ReadEffectKind.CheckCover:
                    Feed(read, ReadInput.Covers(ClockOf(read, effect.States).Dominates(read.Shell.Replica.Resolve(read.Ticket.Command.AtLeast!))));
                    break;
                case ReadEffectKind.Answer:
                    Answer(read, effect.Outcome!);
                    break;
                case ReadEffectKind.Repair:
                    Repair(read, effect.Nodes);
                    break;
                default:
                    throw new System.Diagnostics.UnreachableException($"No shell for effect {effect.Kind}.");
            }
        }

        effects.Clear();
        _spareReadEffects.Push(effects);
    }

    private void AnswerOwn(RunningRead read)
    {
        var replica = read.Shell.Replica;
        var snapshot = replica.SnapshotOf(read.Key);
        var local = new LocalState(snapshot, snapshot.Digest);
        read.Answers.Add((_self, local.Digest, snapshot.Clock));
        Feed(read, ReadInput.StateRead(_self, local.Digest, snapshot.Exists, IsBehind(read.Shell), local));
    }

    private static bool IsBehind(ReplicaShell shell) => !(shell.Protocol.IsPrimary && shell.Protocol.HasSynced);

    private void ReceiveCall(NodeName from, LinkProtocol.Parcel parcel, TimeSpan clockAhead)
    {
        if (!CoordinationWire.TryRead(parcel.Body.Span, out var message, out _))
        {
            Malformed++;
            return;
        }

        switch (message)
        {
            case CoordinationMessage.ReadDigest ask:
                TellDigest(from, ShellOf(parcel.Replica), ask);
                break;
            case CoordinationMessage.DigestRead told when _reads.TryGetValue(told.Call, out var read):
                read.Answers.Add((from, told.Digest, told.Clock));
                Feed(read, ReadInput.DigestRead(from, told.Digest, told.HasDatum, told.Behind));
                break;
            case CoordinationMessage.ReadState ask:
                TellState(from, ShellOf(parcel.Replica), ask);
                break;
            case CoordinationMessage.StateRead told when _reads.TryGetValue(told.Call, out var read):
                read.Answers.Add((from, told.Digest, told.Clock));
                Feed(read, ReadInput.StateRead(from, told.Digest, told.HasDatum, told.Behind, told));
                break;
            case CoordinationMessage.Forward forward:
                Forwarded(from, parcel.Replica, forward, clockAhead);
                break;
            case CoordinationMessage.Relayed relayed:
                Relayed(from, relayed);
                break;
            case CoordinationMessage.RelayedRefusal refusal:
                RelayedRefusal(refusal);
                break;
            case CoordinationMessage.NotTaken not when FeedNotTaken(from, not.Call):
                break;
            case CoordinationMessage.NotTaken not:
                NotTaken(from, not);
                break;
            case CoordinationMessage.RepairAsk ask when ask.Lacking != _self:
                Repair(ShellOf(parcel.Replica), ask.Key, ask.Lacking, ask.Known);
                break;
            case CoordinationMessage.AskClock ask:
                TellClock(from, ShellOf(parcel.Replica), ask);
                break;
            case CoordinationMessage.ClockTold told:
                TakeClock(from, told);
                break;
            case CoordinationMessage.ListNames list:
                TellNames(from, parcel.Replica, list);
                break;
            case CoordinationMessage.NamesListed listed:
                TakeNames(from, listed);
                break;
            case CoordinationMessage.FeedPart part:
                TakePart(from, part);
                break;
            case CoordinationMessage.FeedAsk ask:
                AskFeed(from, parcel.Replica, ask);
                break;
            case CoordinationMessage.FeedAck ack:
                AckFeed(from, parcel.Replica, ack);
                break;
            case CoordinationMessage.FeedStop stop:
                StopFeed(from, parcel.Replica, stop.Call);
                break;
        }
    }

    private void TellDigest(NodeName from, ReplicaShell shell, CoordinationMessage.ReadDigest ask)
    {
        var snapshot = shell.Replica.SnapshotOf(ask.Key);
        _outbox.Add(from, shell.Address, new CoordinationMessage.DigestRead(ask.Call, snapshot.Digest, snapshot.Exists, IsBehind(shell), shell.Replica.Clock));
    }

    private void TellState(NodeName from, ReplicaShell shell, CoordinationMessage.ReadState ask)
    {
        var snapshot = shell.Replica.SnapshotOf(ask.Key);
        _outbox.Add(from, shell.Address, new CoordinationMessage.StateRead(
            ask.Call, snapshot.Digest, snapshot.Exists, IsBehind(shell), shell.Replica.StateOf(ask.Key), shell.Replica.Clock, shell.Replica.AllFolds()));
    }

    private void Answer(RunningRead read, ReadOutcome outcome)
    {
        var latency = _now - read.StartedAt;
        _readLatency.Record(latency);
        _pace.Answered(latency);
        _reads.Remove(read.Call);
        switch (outcome)
        {
            case ReadOutcome.Found found:
                AnswerFound(read, found.States);
                break;
            case ReadOutcome.NotFound:
                read.Ticket.TrySetResult(new ReadReply.NotFound(ClockOf(read, digest: 0)));
                break;
            case ReadOutcome.Unsatisfied unmet:
                read.Ticket.TrySetResult(new ReadReply.Unsatisfied(unmet.Sentence));
                break;
            case ReadOutcome.TimedOut:
                read.Ticket.TrySetResult(new ReadReply.Unsatisfied(ReadOutcome.TimedOut.Sentence));
                break;
            default:
                throw new System.Diagnostics.UnreachableException(outcome.GetType().Name);
        }
    }

    private void AnswerFound(RunningRead read, ImmutableArray<object> states)
    {
        if (states is [LocalState alone])
        {
            Reply(read, alone.Snapshot.Value, ClockOf(read, states));
            return;
        }

        var reader = new KeyReader();
        foreach (var fold in states.OfType<CoordinationMessage.StateRead>().SelectMany(told => told.Folds).Concat(read.Shell.Replica.AllFolds())) reader.TryLearn(fold, out _);

        foreach (var state in states)
        {
            var (record, seen) = state is CoordinationMessage.StateRead told
                ? (told.State, ClockOf(read, told.Digest))
                : (((LocalState)state).Snapshot.State, ClockOf(read, ((LocalState)state).Digest));
            if (reader.TryJoin(record, seen, out var error)) continue;
            Malformed++;
            read.Ticket.TrySetResult(new ReadReply.Unsatisfied($"A replica's answer could not be read: {error}"));
            return;
        }

        if (!read.Ticket.Command.AwaitRepair) Reply(read, reader.Value, reader.Clock);
        read.Joined = reader.Clock;
        if (states.Length > 1) Feed(read, ReadInput.Joined(reader.Digest));
        if (!read.Ticket.Command.AwaitRepair) return;
        if (read.Lacking.IsEmpty) Reply(read, reader.Value, reader.Clock);
        else AwaitRepair(read, read.Lacking, ReplyOf(reader.Value, reader.Clock));
    }

    private static void Reply(RunningRead read, Core.DataTypes.DataValue? value, DotSet clock) => read.Ticket.TrySetResult(ReplyOf(value, clock));

    private static ReadReply ReplyOf(Core.DataTypes.DataValue? value, DotSet clock) => value is null ? new ReadReply.NotFound(clock) : new ReadReply.Found(value, clock);

    /// <summary>What the states have seen: their clocks, and those of all nodes that answered with an equal state.</summary>
    private static DotSet ClockOf(RunningRead read, ImmutableArray<object> states) =>
        states.Aggregate(DotSet.Empty, (clock, state) => clock.Union(ClockOf(read, state is LocalState local ? local.Digest : ((CoordinationMessage.StateRead)state).Digest)));

    private static DotSet ClockOf(RunningRead read, UInt128 digest)
    {
        DotSet? clock = null;
        foreach (var (_, theirs, seen) in read.Answers)
        {
            if (theirs == digest) clock = clock is null ? seen : clock.Union(seen);
        }

        return clock ?? DotSet.Empty;
    }

    /// <summary>Whoever was seen to have more than a primary that was found behind sends it the key's state.</summary>
    private void Repair(RunningRead read, ImmutableArray<NodeName> nodes)
    {
        read.Lacking = nodes;
        foreach (var (lacking, _, known) in read.Answers.Where(answer => nodes.Contains(answer.Node)))
        {
            foreach (var (node, _, _) in read.Answers.Where(answer => answer.Node != lacking && !known.Dominates(answer.Clock)))
            {
                if (node == _self) Repair(read.Shell, read.Key, lacking, known);
                else _outbox.Add(node, read.Shell.Address, new CoordinationMessage.RepairAsk(read.Call, read.Key, lacking, known));
            }
        }
    }

    private void Repair(ReplicaShell shell, Key key, NodeName lacking, DotSet known)
    {
        var effects = RentEffects();
        shell.Protocol.RepairPeer(lacking, key, known, effects);
        Carry(shell, effects);
    }
}
