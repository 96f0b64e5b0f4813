using GossipCluster.Core.Dissemination;

namespace GossipCluster.Simulation.Tests.Dissemination;

/// <summary>What a network is like in which news is spread.</summary>
internal sealed record SpreadPlan(DisseminationWay Way, int Nodes, double Loss = 0, int Seed = 1)
{
    /// <summary>The least and the greatest time on the way, each message on its own: they overtake each other.</summary>
    public TimeSpan LatencyMin { get; init; } = TimeSpan.FromMilliseconds(5);

    public TimeSpan LatencyMax { get; init; } = TimeSpan.FromMilliseconds(25);

    public int PayloadBytes { get; init; } = 128;

    /// <summary>Each message goes through its bytes.</summary>
    public bool ThroughBytes { get; init; }

    public DisseminationOptions Options { get; init; } = DisseminationOptions.Default;

    public override string ToString() => $"{Way} with {Nodes} nodes, loss {Loss:P0}, seed {Seed}";
}
