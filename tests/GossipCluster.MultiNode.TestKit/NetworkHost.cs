namespace GossipCluster.MultiNode.TestKit;

/// <summary>A host of a <see cref="NamespaceNetwork"/>.</summary>
/// <param name="Namespace">The name of its network namespace.</param>
/// <param name="Address">Its address there.</param>
public sealed record NetworkHost(string Namespace, string Address)
{
    /// <summary>The name of its interface, in its namespace.</summary>
    internal const string Interface = "eth0";

    /// <summary>Starts a process there, by becoming it.</summary>
    internal IReadOnlyList<string> Launcher => ["ip", "netns", "exec", Namespace];
}
