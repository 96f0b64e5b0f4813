using GossipCluster.Core.Causality;
using GossipCluster.Core.Replication;

namespace GossipCluster.Simulation.Tests;

/// <content>How a node starts and ends, and under which id it names dots (rule 6).</content>
internal sealed partial class SimNode
{
    private IdentityCheck? _identity;

    /// <summary>False until it is decided under which id this life names dots.</summary>
    public bool MayName { get; private set; }

    public void Start()
    {
        if (IsAlive) return;
        IsAlive = true;
        Life++;
        MayName = false;
        Forget();
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
        Forget();
        world.Interrupt(this);
    }

    /// <summary>Stops with everything durable and says so on disk.</summary>
    public void StopCleanly()
    {
        if (!IsAlive || Protocols.Any(protocol => protocol.Replica.HasPending)) return;
        Disk.StoppedCleanly = MayName;
        Crash("stops cleanly");
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
}

/// <summary>From a node that starts: may I go on under this id? Answered by <see cref="IdentityAnswer"/>.</summary>
internal sealed record IdentityAsk(ReplicaId Id, NodeStart Start, long[] Next);

internal sealed record IdentityAnswer(ReplicaId Id, bool KnowsMore);
