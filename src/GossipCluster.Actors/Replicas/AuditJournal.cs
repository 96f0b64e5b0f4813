using Akka.Event;
using GossipCluster.Core.Audit;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Actors.Replicas;

/// <summary>Who is told what audits find.</summary>
internal interface IAuditJournal
{
    /// <summary>Items of these leaves were not what the replica was told when they were written.</summary>
    void Rot(ReplicaAddress replica, IReadOnlyList<int> leaves);

    /// <summary>A key differed.</summary>
    void Found(ReplicaAddress replica, AuditFinding finding);

    /// <summary>A peer's audit has had a key repaired here.</summary>
    void RepairedForPeer(ReplicaAddress replica, NodeName peer, Key key, RepairResult result);

    /// <summary>An audit is over.</summary>
    void Ended(ReplicaAddress replica, AuditReport report, long bytes);
}

/// <summary>Counts what audits find, and says it in words.</summary>
internal sealed class AuditJournal(ILoggingAdapter log, NodeName self) : IAuditJournal
{
    /// <summary>Tells nobody.</summary>
    public static readonly IAuditJournal Silent = new SilentJournal();

    public void Rot(ReplicaAddress replica, IReadOnlyList<int> leaves)
    {
        AuditMetrics.RottenLeaves.Add(leaves.Count);
        log.Error(
            "Partition {Partition} on {Node}: items in {Count} of the audit tree's leaves are not what was written, the first being leaf {Leaf}. Memory has rotted, or there is a bug. The comparison with the other replicas names the keys",
            replica.Partition, self, leaves.Count, leaves[0]);
    }

    public void Found(ReplicaAddress replica, AuditFinding finding)
    {
        AuditMetrics.Differences.Add(1);
        if (finding.IsRepaired) AuditMetrics.Repaired.Add(1);
        else AuditMetrics.NotRepaired.Add(1);
        var odd = string.Join(", ", finding.Odd);
        var outcome = finding.IsRepaired ? "repaired" : $"not repaired on {string.Join(", ", finding.NotRepaired)} (silent, or written meanwhile): the next audit tries again";
        if (finding.HasMajority)
        {
            log.Error(
                "Partition {Partition}, key {Key}: the replica on {Odd} had other items than the majority though the clocks were equal. The majority's state was taken; {Outcome}",
                replica.Partition, finding.Key, odd, outcome);
        }
        else
        {
            log.Error(
                "Partition {Partition}, key {Key}: the replicas on {Odd} had different items though the clocks were equal, and there is no majority. What was live on any of them was kept; {Outcome}",
                replica.Partition, finding.Key, odd, outcome);
        }
    }

    public void RepairedForPeer(ReplicaAddress replica, NodeName peer, Key key, RepairResult result)
    {
        AuditMetrics.RepairedForPeers.Add(1);
        if (result == RepairResult.Staged) log.Warning("Partition {Partition}, key {Key}: repaired here after an audit by {Peer}", replica.Partition, key, peer);
        else log.Warning("Partition {Partition}, key {Key}: a repair after an audit by {Peer} was not done here: {Result}", replica.Partition, key, peer, result);
    }

    public void Ended(ReplicaAddress replica, AuditReport report, long bytes)
    {
        AuditMetrics.Audits.Add(1, new KeyValuePair<string, object?>("result", report.Result.ToString()));
        AuditMetrics.Keys.Add(report.Keys);
        AuditMetrics.Bytes.Add(bytes);
        if (report.Unexplained > 0)
        {
            log.Error(
                "Partition {Partition}: {Count} nodes of the audit trees differ over nothing that differs. Report this: one of the trees is not that of its items",
                replica.Partition, report.Unexplained);
        }

        log.Debug("Partition {Partition} audited: {Report}, {Bytes} bytes", replica.Partition, report, bytes);
    }

    private sealed class SilentJournal : IAuditJournal
    {
        public void Rot(ReplicaAddress replica, IReadOnlyList<int> leaves)
        {
        }

        public void Found(ReplicaAddress replica, AuditFinding finding)
        {
        }

        public void RepairedForPeer(ReplicaAddress replica, NodeName peer, Key key, RepairResult result)
        {
        }

        public void Ended(ReplicaAddress replica, AuditReport report, long bytes)
        {
        }
    }
}
