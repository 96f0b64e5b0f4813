using GossipCluster.Actors.Store;
using GossipCluster.Core.Audit;

namespace GossipCluster.Actors.Replicas;

/// <summary>The audit of one replica, and what the shard remembers about it.</summary>
internal sealed class ReplicaAudit(Auditor auditor, TimeSpan dueAt)
{
    public Auditor Auditor { get; } = auditor;

    /// <summary>When it is to be audited next; a peer's audit counts.</summary>
    public TimeSpan DueAt { get; set; } = dueAt;

    /// <summary>Somebody waits for it.</summary>
    public bool IsAskedFor { get; set; }

    /// <summary>True where it waits for its next step.</summary>
    public bool IsInTurn { get; set; }

    /// <summary>Bytes of the audit that is under way, or was last, in both directions.</summary>
    public long Bytes { get; set; }

    /// <summary>How the last one ended; null before it.</summary>
    public (DateTimeOffset At, AuditReport Report, long Bytes)? Last { get; set; }

    /// <summary>Keys that differed, since the start, in audits that were started here.</summary>
    public long Differences { get; set; }

    /// <summary>How many of them were repaired everywhere.</summary>
    public long Repaired { get; set; }

    public AuditStatus StatusOf(ReplicaAddress address) => new(address.N, address.Partition, Auditor.IsRunning || IsAskedFor)
    {
        At = Last?.At,
        Result = Last?.Report.Result,
        With = [.. (Last?.Report.Peers ?? []).Select(peer => peer.Text)],
        Keys = Last?.Report.Keys ?? 0,
        Differences = Last?.Report.Differences ?? 0,
        Repaired = Last?.Report.Repaired ?? 0,
        Bytes = Last?.Bytes ?? 0,
        Took = Last?.Report.Took ?? TimeSpan.Zero,
        DifferencesTotal = Differences,
        RepairedTotal = Repaired,
    };
}
