using GossipCluster.Core.Causality;

namespace GossipCluster.Core.Audit;

/// <summary>Which of the states that replicas have of one key is the right one: that of more than half of them, if there is one.</summary>
public static class AuditVerdict
{
    /// <summary>The state hash that more than half of the replicas have; null for none.</summary>
    public static UInt128? MajorityOf(IReadOnlyCollection<KeyValuePair<NodeName, UInt128>> votes)
    {
        ArgumentNullException.ThrowIfNull(votes);
        foreach (var same in votes.GroupBy(vote => vote.Value))
        {
            if (2 * same.Count() > votes.Count) return same.Key;
        }

        return null;
    }
}
