namespace GossipCluster.Client;

/// <summary>Settings of a client.</summary>
public sealed record GossipClusterClientOptions
{
    /// <summary>Base addresses of nodes, any of them, at least one. The client stays with one until it does not take connections, then goes on to the next.</summary>
    public required IReadOnlyList<Uri> Nodes { get; init; }

    /// <summary>The longest that a request may take.</summary>
    /// <value>Default: 10 s, above the 5 s for which a node waits for its replicas, so that the node's own answer comes first.</value>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest that opening a connection may take.</summary>
    /// <value>Default: 2 s; after that the next node is tried.</value>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(2);
}
