using GossipCluster.Core.Causality;
using GossipCluster.Core.Kernel;
using GossipCluster.Core.Placement;
using GossipCluster.Core.Replication;

namespace GossipCluster.Simulation.Tests;

/// <summary>One node: the shell around the real protocol and the real coordinators, with a disk that keeps what was durable and nothing else.</summary>
internal sealed partial class SimNode(Simulation world, NodeName name)
{
    public NodeName Name { get; } = name;

    /// <summary>Counts starts and ends of the process; what was meant for an earlier one comes to nothing.</summary>
    public int Life { get; private set; }

    public bool IsAlive { get; private set; }

    public int View { get; private set; }

    public SimProtocol[] Protocols { get; private set; } = [];

    public Ring Ring => world.Rings[View];

    /// <summary>What is durable here, also while the node is down.</summary>
    public DotSet ClockOf(int partition) => ReplicaOf(partition).Clock;

    public Replica ReplicaOf(int partition) => IsAlive ? Protocols[partition].Replica : Disk.Peek(partition, world.Plan.Replica);

    private Mutant Mutant => world.Mutant;

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
        var protocol = Protocols[partition];
        if (Mutant == Mutant.ClockFirst && message is PeerMessage.SyncPart part && protocol.IsPrimary) protocol.Replica.DamageClock(part.Stamp.Clock);
        if (Mutant == Mutant.SupersededForgotten) message = BrokenRecords.In(message, protocol.Replica);
        if (Mutant is Mutant.JoinedWithoutSuperseded or Mutant.JoinedWithoutEvents or Mutant.JoinedWithoutPlaces) message = BrokenJoins.In(message, Mutant, world.Oracles[partition]);
        var isIdleFallback = !protocol.IsPrimary && !protocol.Replica.HasPending;
        protocol.IsRepaired = message is PeerMessage.Repair;
        Run(partition, (_, effects) => protocol.Receive(from, message, effects));
        protocol.IsRepaired = false;
        Check.That(
            !(isIdleFallback && message is PeerMessage.Repair && protocol.Replica.HasPending),
            $"{Name} is a fallback and is filled by read repair");
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

    private void Carry(int partition, ReplicaEffect effect)
    {
        switch (effect)
        {
            case ReplicaEffect.Send send:
                if (send.Message is PeerMessage.Replicated { Counts: true } copy) world.CheckCopy(this, partition, copy.Op);
                Send(send.To, send.Message, other => other.Receive(partition, Name, send.Message));
                break;
            case ReplicaEffect.Persist persist:
                Persist(partition, persist.Batch);
                break;
            case ReplicaEffect.Refused refused:
                Refused(world.Attempts[refused.Op], refused.Error.Problem);
                break;
            case ReplicaEffect.Committed committed:
                Committed(world.Attempts[committed.Op], committed.Delta);
                break;
            case ReplicaEffect.Acknowledged acknowledged:
                Acknowledged(world.Attempts[acknowledged.Op], acknowledged.Peer, acknowledged.Counts);
                break;
            case ReplicaEffect.Synced synced:
                Synced(partition, synced.Peer, synced.Ask);
                break;
            case ReplicaEffect.Repaired repaired:
                world.Repaired(this, partition, repaired);
                break;
            default:
                throw new System.Diagnostics.UnreachableException($"No shell for effect {effect.GetType().Name}.");
        }
    }

    private void NoteSynced(int partition)
    {
        if (IsAlive && Protocols[partition].HasSynced) Disk.SyncedRing[partition] = Protocols[partition].Watermarks.RingVersion;
    }
}
