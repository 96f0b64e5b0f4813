using GossipCluster.Core.Causality;

namespace GossipCluster.Simulation.Tests;

/// <summary>A network that loses, doubles, delays and reorders, and that can be cut, also in one direction.</summary>
internal sealed class SimNet(Simulation world)
{
    private readonly HashSet<(NodeName From, NodeName To)> _cuts = [];

    public bool IsFaulty { get; set; } = true;

    public void Cut(NodeName from, NodeName to) => _cuts.Add((from, to));

    public void HealAll() => _cuts.Clear();

    public bool IsCut(NodeName from, NodeName to) => _cuts.Contains((from, to));

    /// <summary>Sends. A message outlives its sender; it does not outlive its receiver's absence.</summary>
    public void Send(SimNode from, NodeName to, Action<SimNode> deliver)
    {
        if (IsFaulty && world.Chance(world.Plan.Loss)) return;
        Post(from, to, deliver);
        if (IsFaulty && world.Chance(world.Plan.Duplication)) Post(from, to, deliver);
    }

    private void Post(SimNode from, NodeName to, Action<SimNode> deliver) =>
        world.After(world.Delay(IsFaulty ? world.Plan.DelayMax : 3), () =>
        {
            var receiver = world.Node(to);
            if (receiver.IsAlive && !IsCut(from.Name, to)) deliver(receiver);
        });
}
