using Record = GossipCluster.Core.Kernel.Record;
using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;
using GossipCluster.Core.Placement;
using GossipCluster.Core.Replication;

namespace GossipCluster.Simulation.Tests;

/// <summary>One node: the shell around the real protocol, with a disk that keeps what was durable and nothing else.</summary>
internal sealed class SimNode(Simulation world, NodeName name)
{
    private readonly Dictionary<ulong, ClientOp> _ops = [];
    private IdentityCheck? _identity;
    private DotSet? _beforeDrop;

    public NodeName Name { get; } = name;

    public SimDisk Disk { get; set; } = new(world.Plan.Partitions);

    public SimDisk? Backup { get; set; }

    public bool EverLostDisk { get; set; }

    /// <summary>Counts starts of the process; what was meant for an earlier one comes to nothing.</summary>
    public int Life { get; private set; }

    public bool IsAlive { get; private set; }

    /// <summary>False until it is decided under which id this life names dots.</summary>
    public bool MayName { get; private set; }

    public int View { get; private set; }

    public SimProtocol[] Protocols { get; private set; } = [];

    public Ring Ring => world.Rings[View];

    /// <summary>What is durable here, also while the node is down.</summary>
    public DotSet ClockOf(int partition) => ReplicaOf(partition).Clock;

    public Replica ReplicaOf(int partition) => IsAlive ? Protocols[partition].Replica : Disk.Recover(partition, world.Plan.Replica);

    private Mutant Mutant => world.Mutant;

    public void Start()
    {
        if (IsAlive) return;
        IsAlive = true;
        Life++;
        MayName = false;
        _ops.Clear();
        Protocols = [.. Enumerable.Range(0, world.Plan.Partitions).Select(partition =>
            new SimProtocol(Name, Disk.Recover(partition, world.Plan.Replica), world.Random64, () => Mutant, world.Plan))];
        var former = Disk.Id;
        var clean = Disk.StoppedCleanly || (Mutant is Mutant.KeptId or Mutant.TrustDisk or Mutant.SpeakFirst);
        Disk.StoppedCleanly = false;
        Disk.Starts++;
        See(View);
        for (var i = 0; i < Protocols.Length; i++) Protocols[i].ResumeSynced(Disk.SyncedRing[i]);
        world.Trace($"{Name} starts, was {former}");
        if (former is null)
        {
            NameUnder(NewId());
            return;
        }

        if (Mutant == Mutant.TrustDisk || (Mutant == Mutant.LoneWitness && clean && Ring.Members.Length == 1))
        {
            MayName = true;
            return;
        }

        _identity = new IdentityCheck(clean, Ring.Members.Select(member => member.Name).Where(member => member != Name), world.Now);
        var life = Life;
        var ask = new IdentityAsk(former.Value, new NodeStart(Disk.Starts, world.Random64()), [.. Protocols.Select(protocol => protocol.Replica.NextCounter)]);
        foreach (var member in Ring.Members)
        {
            if (member.Name != Name) Send(member.Name, ask, other => other.AnswerIdentity(this, life, ask));
        }

        world.After(IdentityCheck.Deadline, () =>
        {
            if (Life == life && IsAlive && _identity?.Tick(world.Now) is { } decision) DecideIdentity(decision);
        });
        DecideIdentity(_identity.Decision);
    }

    public void Crash(string how)
    {
        if (!IsAlive) return;
        world.Trace($"{Name} {how}");
        IsAlive = false;
        Life++;
        Protocols = [];
        _identity = null;
    }

    /// <summary>Stops with everything durable and says so on disk.</summary>
    public void StopCleanly()
    {
        if (!IsAlive || Protocols.Any(protocol => protocol.Replica.HasPending)) return;
        Disk.StoppedCleanly = MayName;
        Crash("stops cleanly");
    }

    /// <summary>Hears of a newer ring.</summary>
    public void See(int view)
    {
        View = view;
        world.Trace($"{Name} sees ring {Ring.Version}");
        for (var i = 0; i < Protocols.Length; i++)
        {
            var primaries = Ring.PreferenceList(i).Primaries(world.Plan.N).ToArray();
            Protocols[i].ChangeRing(Ring.Version, primaries, [.. Ring.Members.Select(member => member.Name)]);
            NoteSynced(i);
        }
    }

    public void Receive(int partition, NodeName from, PeerMessage message)
    {
        if (Mutant == Mutant.ClockFirst && message is PeerMessage.SyncPart { Stamp: var stamp } && Protocols[partition].IsPrimary) Protocols[partition].Replica.DamageClock(stamp.Clock);
        Run(partition, (protocol, effects) => protocol.Receive(from, message, effects));
    }

    /// <summary>A client's write, coordinated here.</summary>
    public void Write(ClientOp op)
    {
        if (!MayName) return;
        _ops[op.Number] = op;
        op.Before = Protocols[op.Partition].Replica.StagedClock;
        var context = new WriteContext(world.Clock(this), op.Observed);
        if (op.Observed is not null && Mutant == Mutant.NoPull) context = context with { Observed = op.Observed.Intersect(Protocols[op.Partition].Replica.StagedClock) };
        Run(op.Partition, (protocol, effects) => protocol.Write(op.Number, op.Type, op.Key, op.Operation, context, effects));
    }

    /// <summary>Lets the protocol work and carries out what it wants, until it wants no more or the node dies in the middle.</summary>
    public void Run(int partition, Action<SimProtocol, List<ReplicaEffect>> input)
    {
        if (!IsAlive) return;
        var life = Life;
        var effects = new List<ReplicaEffect>();
        input(Protocols[partition], effects);
        foreach (var effect in effects)
        {
            if (world.CrashesHere()) Crash("crashes between two effects");
            if (Life != life) return;
            Carry(partition, effect);
        }

        NoteSynced(partition);
    }

    /// <summary>Replaces each log by a snapshot and cuts what came before.</summary>
    public void SaveSnapshots()
    {
        for (var i = 0; i < Protocols.Length; i++)
        {
            Disk.Log[i].Clear();
            foreach (var record in Protocols[i].Replica.Snapshot(300)) Disk.Log[i].Add([record]);
        }
    }

    /// <summary>For a broken rule: what was dropped as hints stays in the clock.</summary>
    public void KeepDropped(int partition)
    {
        if (!IsAlive) return;
        var replica = Protocols[partition].Replica;
        var before = _beforeDrop;
        _beforeDrop = replica.Clock;
        if (before is not null && !replica.Clock.IsEmpty) replica.DamageClock(before.Except(replica.Clock));
    }

    private void AskForMissing(ClientOp op)
    {
        var others = Ring.Members.Select(member => member.Name).Where(member => member != Name).ToList();
        op.PullsOpen = [.. others];
        op.PullsFrom = Protocols[op.Partition].AsksSoFar;
        foreach (var other in others) Run(op.Partition, (protocol, effects) => protocol.SyncWith(other, effects));
        var life = Life;
        world.After(TimeSpan.FromSeconds(1), () =>
        {
            if (Life == life && op.PullsOpen is not null) Refuse(op, "the context was not seen in time");
        });
        if (others.Count == 0) PullsDone(op);
    }

    private void Carry(int partition, ReplicaEffect effect)
    {
        switch (effect)
        {
            case ReplicaEffect.Send send:
                if (send.Message is PeerMessage.Replicated { Counts: true } copy) world.CheckCopy(this, partition, send.To, copy.Op);
                Send(send.To, send.Message, other => other.Receive(partition, Name, send.Message));
                break;
            case ReplicaEffect.Persist persist:
                Persist(partition, persist.Batch);
                break;
            case ReplicaEffect.Refused refused:
                Refused(_ops[refused.Op], refused);
                break;
            case ReplicaEffect.Committed committed:
                Committed(_ops[committed.Op], committed.Delta);
                break;
            case ReplicaEffect.Acknowledged acknowledged:
                if (_ops.TryGetValue(acknowledged.Op, out var op) && acknowledged.Counts) Count(op, acknowledged.Peer);
                break;
            case ReplicaEffect.Synced synced:
                foreach (var waiting in _ops.Values.Where(o => o.Partition == partition && o.PullsOpen is not null && synced.Ask > o.PullsFrom).ToList())
                {
                    waiting.PullsOpen!.Remove(synced.Peer);
                    TryPulled(waiting);
                }

                break;
            default:
                throw new System.Diagnostics.UnreachableException($"No shell for effect {effect.GetType().Name}.");
        }
    }

    private void Persist(int partition, Batch batch)
    {
        if (Mutant == Mutant.SpeakFirst)
        {
            // Says that it is on disk, and puts it there later, if at all.
            foreach (var record in batch.Records) Register(partition, record);
            var speaker = Life;
            Record[] records = [.. batch.Records];
            world.After(TimeSpan.FromMilliseconds(40), () =>
            {
                if (Life == speaker) Disk.Log[partition].Add(records);
            });
            world.After(TimeSpan.Zero, () =>
            {
                if (Life == speaker) Run(partition, (protocol, effects) => protocol.Durable(batch, effects));
            });
            return;
        }

        var life = Life;
        var disk = Disk;
        var lands = world.Chance(.5);
        world.After(world.Delay(2), () =>
        {
            if (Life == life && IsAlive)
            {
                if (world.WritesFail())
                {
                    world.Trace($"{Name} cannot write batch {batch.Number} of {partition}");
                    Run(partition, (protocol, effects) => protocol.Lost(effects));
                    return;
                }

                Land(partition, batch, disk);
                Run(partition, (protocol, effects) => protocol.Durable(batch, effects));
                if (IsAlive) world.Oracles[partition].CheckState(Protocols[partition].Replica, Name.Text, batch.IsAlone || world.Chance(.05) ? null : batch.ChangedKeys);
            }
            else if (lands && Life == life + 1 && ReferenceEquals(disk, Disk))
            {
                // The process died while the batch was on its way to the platter, and it got there.
                Land(partition, batch, disk);
            }
        });
    }

    private void Land(int partition, Batch batch, SimDisk disk)
    {
        if (IsAlive && batch.Records is [{ Kind: RecordKind.Emptied }]) world.CheckForgotten(this, partition);
        foreach (var record in batch.Records) Register(partition, record);
        disk.Log[partition].Add([.. batch.Records]);
    }

    /// <summary>A write of this node has become a fact.</summary>
    private void Register(int partition, Record record)
    {
        if (record.Kind == RecordKind.Identity)
        {
            var reader = new Core.Wire.WireReader(record.Bytes.Span);
            reader.ReadByte();
            Disk.Id = ReplicaId.Read(ref reader);
            return;
        }

        if (record.Kind is RecordKind.Emptied or RecordKind.HintsDropped)
        {
            world.Trace($"{Name} forgets ({record.Kind}) in partition {partition}, ring {Ring.Version}");
            return;
        }

        if (record.Kind == RecordKind.Fold)
        {
            var reader = new Core.Wire.WireReader(record.Bytes.Span);
            var fold = Fold.Read(ref reader);
            if (fold.By.Node == Name) world.Oracles[partition].Register(fold);
            if (fold.By.Node == Name) world.Trace($"{Name} folds {fold.Ids.Count} ids, event {fold.Event}");
            return;
        }

        if (record.Kind != RecordKind.Delta) return;
        var table = new ReplicaTable();
        Check.That(Delta.TryRead(record.Bytes, table, null, out var delta, out var error), error.ToString());
        if (table[delta!.WriterSlot].Node != Name) return;
        var write = world.Oracles[partition].Register(delta, table, out var isNew);
        if (!isNew) return;
        world.Trace($"{Name} made {write.Own} of {write.Key}: {write.Items.Length} items, supersedes {write.Superseded}");
        if (Mutant == Mutant.OneDot && write.Event is { } happened) world.EverybodyKnows(partition, DotSet.Of(happened));
    }

    private void Refused(ClientOp op, ReplicaEffect.Refused refused)
    {
        if (refused.Error.Problem == OperationProblem.ContextNotSeen && op.PullsOpen is null && IsAlive) AskForMissing(op);
        else Refuse(op, refused.Error.Problem.ToString());
    }

    private void TryPulled(ClientOp op)
    {
        if (op.PullsOpen is null || !IsAlive) return;
        if (Protocols[op.Partition].Replica.Clock.Dominates(op.Observed!)) Retry(op);
        else if (op.PullsOpen.Count == 0) PullsDone(op);
    }

    /// <summary>Every ring member has answered: what is still missing is nowhere, and was never observed.</summary>
    private void PullsDone(ClientOp op)
    {
        if (Mutant == Mutant.GateForever)
        {
            Refuse(op, "waits for ever");
            return;
        }

        op.Observed = op.Observed!.Intersect(Protocols[op.Partition].Replica.Clock);
        Retry(op);
    }

    private void Retry(ClientOp op)
    {
        op.PullsOpen = null;
        Write(op);
    }

    private void Refuse(ClientOp op, string why)
    {
        world.Trace($"{Name} refuses op {op.Number}: {why}");
        op.PullsOpen = null;
        op.IsRefused = true;
        _ops.Remove(op.Number);
    }

    private void Committed(ClientOp op, Delta? delta)
    {
        var replica = Protocols[op.Partition].Replica;
        Check.That(op.Observed is null || replica.Clock.Dominates(replica.Resolve(op.Observed)), $"{Name} has done op {op.Number} without having seen its context {op.Observed}");
        op.Past = [.. world.Oracles[op.Partition].WritesOf(op.Key).Where(write => write.IsIn(op.Before!, world.Oracles[op.Partition]))];
        op.Delta = delta;
        if (delta is not null)
        {
            op.Write = world.Oracles[op.Partition].Of(replica.Table[delta.WriterSlot], delta.First);
            op.Write.Op = op;
        }
        else if (Mutant == Mutant.NothingToSend)
        {
            op.CopiesNeeded = world.Plan.W;
            op.IsAcknowledged = true;
            world.NothingToDo(op, Name);
            return;
        }

        var list = Ring.PreferenceList(op.Partition);
        var fallbacks = new Queue<NodeName>(list.Fallbacks(world.Plan.N).ToArray().Where(node => node != Name && world.Reaches(this, node)));
        var targets = new List<NodeName>();
        foreach (var primary in list.Primaries(world.Plan.N))
        {
            if (primary == Name) continue;
            if (world.Reaches(this, primary)) targets.Add(primary);
            else if (fallbacks.TryDequeue(out var fallback)) targets.Add(fallback);
        }

        op.IsShort = targets.Count + 1 < world.Plan.W;
        op.CopiesNeeded = Math.Min(world.Plan.W, targets.Count + 1);
        foreach (var target in targets) Ask(op, target);
        Count(op, Name);
        var life = Life;
        world.After(TimeSpan.FromMilliseconds(50), () =>
        {
            // Late is not down: one more copy, on the next node.
            if (Life == life && !op.IsAcknowledged && fallbacks.TryDequeue(out var fallback)) Ask(op, fallback);
        });
    }

    private void Ask(ClientOp op, NodeName target)
    {
        if (!op.Asked.Add(target)) return;
        Run(op.Partition, (protocol, effects) =>
        {
            if (op.Delta is { } delta) protocol.ReplicateTo(target, op.Number, delta, effects);
            else protocol.ReplicateTo(target, op.Number, op.Key, effects);
        });
    }

    private void Count(ClientOp op, NodeName holder)
    {
        op.Copies.Add(holder);
        if (op.Copies.Count < op.CopiesNeeded || op.IsAcknowledged) return;
        op.IsAcknowledged = true;
        if (op.Write is null) world.NothingToDo(op, Name);
        else op.Write.IsAcknowledged = true;
        world.Trace($"op {op.Number} is acknowledged by {string.Join(' ', op.Copies)}");
    }

    private void AnswerIdentity(SimNode asker, int life, IdentityAsk ask)
    {
        var knowsMore = Mutant != Mutant.StartsForgotten && Disk.StartsSeen.TryGetValue(ask.Id, out var seen) && seen.Contradicts(ask.Start);
        for (var i = 0; i < Protocols.Length && i < ask.Next.Length; i++) knowsMore |= Protocols[i].Replica.Clock.LastOf(ask.Id) >= ask.Next[i];
        if (Disk.StartsSeen.GetValueOrDefault(ask.Id).Number <= ask.Start.Number) Disk.StartsSeen[ask.Id] = ask.Start;
        Send(asker.Name, new IdentityAnswer(ask.Id, knowsMore), node =>
        {
            if (node.Life == life && node._identity?.Answered(Name, knowsMore) is { } decision) node.DecideIdentity(decision);
        });
    }

    private void Send(NodeName to, object content, Action<SimNode> deliver) => world.Net.Send(new SimMessage(Name, to, content, deliver));

    private void DecideIdentity(IdentityDecision decision)
    {
        if (MayName || decision == IdentityDecision.Undecided) return;
        _identity = null;
        if (decision == IdentityDecision.TakeNew) NameUnder(NewId());
        else MayName = true;
    }

    private ReplicaId NewId()
    {
        var generation = Mutant == Mutant.GenIncrement ? (Disk.Id?.Generation ?? 0) + 1 : world.Random64();
        return new ReplicaId(Name, generation);
    }

    private void NameUnder(ReplicaId id)
    {
        MayName = true;
        for (var i = 0; i < Protocols.Length; i++) Run(i, (protocol, effects) => protocol.AssumeIdentity(id, effects));
    }

    private void NoteSynced(int partition)
    {
        if (IsAlive && Protocols[partition].HasSynced) Disk.SyncedRing[partition] = Protocols[partition].Watermarks.RingVersion;
    }
}

/// <summary>From a node that starts: may I go on under this id? Answered by <see cref="IdentityAnswer"/>.</summary>
internal sealed record IdentityAsk(ReplicaId Id, NodeStart Start, long[] Next);

internal sealed record IdentityAnswer(ReplicaId Id, bool KnowsMore);
