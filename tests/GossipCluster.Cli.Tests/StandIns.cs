using System.Reflection;

namespace GossipCluster.Cli.Tests;

/// <summary>Where the built stand-in and the built command are.</summary>
internal static class StandIns
{
    /// <summary>A process with a node's command line and a few of its answers.</summary>
    public static string Binary => Metadata("StandIn");

    public static string Gossip => Metadata("Gossip");

    private static string Metadata(string key) =>
        typeof(StandIns).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == key).Value!;
}
