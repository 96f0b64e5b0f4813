using System.Collections.Immutable;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Core.Audit;

/// <summary>What an <see cref="Auditor"/> wants done. A closed set.</summary>
public abstract record AuditorEffect
{
    private AuditorEffect()
    {
    }

    /// <summary>Send a message to the auditor of the same partition on another node.</summary>
    public sealed record Send(NodeName To, AuditProtocol.Message Message) : AuditorEffect;

    /// <summary>Repair the own replica (<see cref="Replication.ReplicaProtocol.Repair"/>), then call <see cref="Auditor.Repaired"/>.</summary>
    public sealed record Repair(ulong Op, Record Record, UInt128 Expected) : AuditorEffect;

    /// <summary>Log and count: items of these leaves were not what this replica was told when they were written. Peers will say which.</summary>
    public sealed record Rot(IReadOnlyList<int> Leaves) : AuditorEffect;

    /// <summary>Log and count: a key differed, and this was done about it.</summary>
    public sealed record Found(AuditFinding Finding) : AuditorEffect;

    /// <summary>Log and count: a peer's audit has had a key repaired here.</summary>
    public sealed record RepairedForPeer(NodeName Peer, Key Key, RepairResult Result) : AuditorEffect;

    /// <summary>An audit that was started here is over.</summary>
    public sealed record Ended(AuditReport Report) : AuditorEffect;
}

/// <summary>A key that differed under equal clocks.</summary>
/// <param name="Key">Which key.</param>
/// <param name="HasMajority">True where more than half of the replicas compared had the same state; else what was live anywhere was kept.</param>
/// <param name="Odd">Who had another state than the one that was kept; without a majority all that took part.</param>
/// <param name="NotRepaired">Who of them was not repaired: silent, or the key has been written since. The next audit will see.</param>
public sealed record AuditFinding(Key Key, bool HasMajority, ImmutableArray<NodeName> Odd, ImmutableArray<NodeName> NotRepaired)
{
    /// <summary>True where all that were odd have the right state, durably.</summary>
    public bool IsRepaired => NotRepaired.IsEmpty;
}

/// <summary>How an audit ended.</summary>
public enum AuditResult
{
    /// <summary>All replicas compared are equal.</summary>
    Equal = 1,

    /// <summary>Differences were found, and all are repaired.</summary>
    Repaired = 2,

    /// <summary>Differences were found, and not all are repaired: the next audit goes on.</summary>
    Differs = 3,

    /// <summary>The clocks were equal at no moment that was tried: too busy, or a sync is due.</summary>
    ClocksDiffer = 4,

    /// <summary>Nobody answered, or there is nobody to compare with.</summary>
    NoPeer = 5,

    /// <summary>The replica changed faster than it was audited, here or there, or forgot its state as a whole.</summary>
    ViewLost = 6,
}

/// <summary>What an audit has done.</summary>
/// <param name="Result">How it ended.</param>
/// <param name="Peers">With whom the comparison was completed.</param>
/// <param name="Keys">How many keys were looked at here.</param>
/// <param name="Differences">How many keys differed.</param>
/// <param name="Repaired">How many of them are repaired everywhere.</param>
/// <param name="RottenLeaves">How many leaves here did not have what was told of them.</param>
/// <param name="Unexplained">How many nodes of the tree differed over nothing that differs: a bug.</param>
/// <param name="Took">From the start to the end.</param>
public sealed record AuditReport(
    AuditResult Result, ImmutableArray<NodeName> Peers, long Keys, long Differences, long Repaired, int RottenLeaves, long Unexplained, TimeSpan Took);
