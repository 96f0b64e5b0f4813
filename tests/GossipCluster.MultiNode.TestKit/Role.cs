namespace GossipCluster.MultiNode.TestKit;

/// <summary>A part in a spec: one node process. Akka's <c>RoleName</c>.</summary>
/// <param name="Name">The node's name in the ring: n1, n2, ...</param>
public sealed record Role(string Name)
{
    /// <inheritdoc/>
    public override string ToString() => Name;
}
