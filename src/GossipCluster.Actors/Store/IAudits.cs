using System.Collections.Immutable;
using GossipCluster.Core.Audit;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Actors.Store;

/// <summary>What an operator may know and order about audits. Every method is about this node's replicas.</summary>
public interface IAudits
{
    /// <summary>How the audits of this node are; null while it starts.</summary>
    ValueTask<NodeAudits?> AuditsAsync(CancellationToken cancel);

    /// <summary>Starts an audit of every partition of which this node is a primary, within the bounds of audits; null while the node starts.</summary>
    /// <param name="wait">How long to wait for their end, 0 or more.</param>
    /// <param name="cancel">Ends the wait; the audits go on.</param>
    ValueTask<NodeAudits?> AuditNowAsync(TimeSpan wait, CancellationToken cancel);

    /// <summary>The test door: spoils a key of this node's replica. True where there was something to spoil.</summary>
    /// <param name="key">Which key.</param>
    /// <param name="n">Its bucket type's n_val.</param>
    /// <param name="kind">In which way; null remembers its state, to be resurrected later.</param>
    /// <param name="onDisk">Writes the damage, too.</param>
    ValueTask<bool> DamageAsync(Key key, int n, DamageKind? kind, bool onDisk);
}

/// <summary>The audits of a node.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Partitions">By n_val and number.</param>
public sealed record NodeAudits(string Node, ImmutableArray<AuditStatus> Partitions)
{
    /// <summary>True where an audit is under way, or was asked for.</summary>
    public bool IsRunning => Partitions.Any(partition => partition.IsRunning);
}

/// <summary>The audit of one replica.</summary>
/// <param name="N">The n_val of its keys.</param>
/// <param name="Partition">Which partition.</param>
/// <param name="IsRunning">One is under way here, or was asked for.</param>
public sealed record AuditStatus(int N, int Partition, bool IsRunning)
{
    /// <summary>When the last one that was started here ended; null for none since the node started.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>How it ended.</summary>
    public AuditResult? Result { get; init; }

    /// <summary>With whom this replica was compared.</summary>
    public ImmutableArray<string> With { get; init; } = [];

    /// <summary>Keys that were looked at.</summary>
    public long Keys { get; init; }

    /// <summary>Keys that differed.</summary>
    public long Differences { get; init; }

    /// <summary>Of those, repaired everywhere.</summary>
    public long Repaired { get; init; }

    /// <summary>Bytes of its messages, both ways.</summary>
    public long Bytes { get; init; }

    /// <summary>From its start to its end.</summary>
    public TimeSpan Took { get; init; }

    /// <summary>Keys that differed, in all audits that were started here since the node started.</summary>
    public long DifferencesTotal { get; init; }

    /// <summary>Of those, repaired everywhere.</summary>
    public long RepairedTotal { get; init; }
}
