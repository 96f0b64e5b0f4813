using System.Globalization;

namespace GossipCluster.MultiNode.TestKit;

/// <summary>A bound for one node's commit log: to that node its disk is full when the log has so many pages. Nobody must be root; with SQLite only.</summary>
/// <remarks>The node reads it at its start: to make room, <see cref="Lift"/> the bound and start the node again. <see cref="SmallDisk"/> gives room back without.</remarks>
/// <param name="node">Whose, by name.</param>
/// <param name="pages">Of 4 KiB. A new cluster's log has some ten of its own.</param>
public sealed class BoundedLog(string node, int pages)
{
    private volatile bool _isLifted;

    /// <summary>From the next start on there is no bound.</summary>
    public void Lift() => _isLifted = true;

    /// <summary>For <see cref="ClusterPlan.EnvironmentOf"/>.</summary>
    public IReadOnlyDictionary<string, string> EnvironmentOf(string name) => name != node || _isLifted
        ? new Dictionary<string, string>(StringComparer.Ordinal)
        : new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["GOSSIPCLUSTER_TESTING"] = "1",
            ["GOSSIPCLUSTER__TESTING__LOG_PAGES_MAX"] = pages.ToString(CultureInfo.InvariantCulture),
        };
}
