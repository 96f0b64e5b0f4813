using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.EndToEnd.Tests.Specs;

/// <summary>Links on loopback that Akka.Remote's adapter cuts: wherever tests run.</summary>
public sealed class AdapterSplitSpec : SplitSpec
{
    /// <inheritdoc/>
    protected override ClusterPlan Plan { get; } = new() { LinkFaults = true };
}
