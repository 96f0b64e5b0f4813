using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.EndToEnd.Tests.Specs;

/// <summary>The same between hosts of a network of the test's own, without any switch in the nodes: as in production. And what only a network does.</summary>
public sealed class NetworkSplitSpec : SplitSpec
{
    private NamespaceNetwork? _network;

    /// <inheritdoc/>
    protected override ClusterPlan Plan => field ??= new() { Network = _network };

    /// <inheritdoc/>
    public override ValueTask InitializeAsync()
    {
        NamespaceNetwork.Require();
        TakesLong();
        _network = NamespaceNetwork.Create();
        return base.InitializeAsync();
    }

    [Fact(DisplayName = "A host whose cable is pulled for ten seconds under load: the others' clients lose nothing, and it has everything soon after")]
    public async Task A_pulled_cable()
    {
        var cluster = await StartCompleteAsync(3, Plan);
        ClusterNode[] reached = [cluster[0], cluster[1]];
        using var load = new Load(reached, Cancel);
        await load.RunUntilAsync(TimeSpan.FromSeconds(2), Cancel);
        _network!.PullCable(cluster[2]);
        await load.RunUntilAsync(load.Elapsed + TimeSpan.FromSeconds(10), Cancel);
        _network.PlugCable(cluster[2]);
        await load.StopAsync();

        Assert.True(!load.Failures.Any(), $"{load.Failures.Count()} requests failed, the first: {load.Failures.FirstOrDefault().Failure?.Message}");
        await cluster.WaitRingCompleteAsync(Patience, Cancel);
        await Healing.WaitConvergedAsync(cluster, Patience, Cancel);
        foreach (var node in cluster) await load.AssertNothingLostAsync(node, Cancel);
    }

    [Fact(DisplayName = "A network that loses a tenth of all packets slows everything and loses nothing")]
    public async Task A_lossy_network()
    {
        var cluster = await StartCompleteAsync(3, Plan);
        foreach (var node in cluster) _network!.Lose(node, 0.1);
        using var load = new Load([.. cluster], Cancel);
        await load.RunUntilAsync(TimeSpan.FromSeconds(8), Cancel);
        await load.StopAsync();
        await _network!.HealAsync();
        await cluster.WaitRingCompleteAsync(Patience, Cancel);
        await Healing.WaitConvergedAsync(cluster, Patience, Cancel);
        foreach (var node in cluster) await load.AssertNothingLostAsync(node, Cancel);
    }

    /// <inheritdoc/>
    protected override ValueTask CleanUpAsync()
    {
        _network?.Dispose();
        return base.CleanUpAsync();
    }
}
