namespace GossipCluster.MultiNode.TestKit;

/// <summary>With what the nodes of a cluster are started.</summary>
public sealed record ClusterPlan
{
    /// <summary>Whether links can be cut: <see cref="ProcessCluster.Links"/>. Off, the nodes are as in production.</summary>
    public bool LinkFaults { get; init; }

    /// <summary>A network whose hosts the nodes are, with links of its own that can be cut. Null: all nodes are on loopback.</summary>
    public NamespaceNetwork? Network { get; init; }

    /// <summary>Further arguments for every node.</summary>
    public IReadOnlyList<string> Extra { get; init; } = [];

    /// <summary>Further arguments for one node, by its name.</summary>
    public Func<string, IReadOnlyList<string>>? ExtraOf { get; init; }

    /// <summary>How many of the nodes, the first ones, every node is told of as its seeds. Null: all of them.</summary>
    public int? Seeds { get; init; }

    /// <summary>Nodes that are not started with the others, by name; <see cref="ClusterNode.RestartAsync"/> starts them.</summary>
    public IReadOnlyCollection<string> Later { get; init; } = [];

    /// <summary>Further environment of one node, by its name.</summary>
    public Func<string, IReadOnlyDictionary<string, string>>? EnvironmentOf { get; init; }

    /// <summary>Environment of every node: <c>GOSSIPCLUSTER__MEMBERSHIP__ISLAND_AFTER</c> for <c>gossip-cluster.membership.island-after</c>.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}
