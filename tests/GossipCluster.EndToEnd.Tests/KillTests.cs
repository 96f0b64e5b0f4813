using GossipCluster.Client;
using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.EndToEnd.Tests;

public sealed class KillTests : ClusterTest
{
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Killing_one_node_under_load_loses_no_acknowledged_write_and_fails_only_its_own_requests()
    {
        var cluster = await StartCompleteAsync();
        using var load = new Load(cluster, Cancel);
        await load.RunUntilAsync(Load.Duration / 3, Cancel);
        var victim = cluster[1];

        await victim.KillAsync();
        await load.RunUntilAsync(Load.Duration, Cancel);
        await load.StopAsync();

        // A connection that the dead node no longer takes is a failure of its own requests too: nothing was sent.
        var others = load.Failures.Where(failure => failure.Node != victim.Name).ToArray();
        Assert.True(others.Length == 0, $"{others.Length} requests to living nodes failed, the first: {others.FirstOrDefault().Failure?.Message}");
        await load.AssertNothingLostAsync(cluster[0], Cancel);
        await load.AssertNothingLostAsync(cluster[2], Cancel);

        await victim.RestartAsync();
        await cluster.WaitRingCompleteAsync(Recovery, Cancel);
        await load.AssertNothingLostAsync(victim, Cancel);
    }

    [Fact]
    public async Task Killing_all_nodes_at_once_under_load_loses_no_acknowledged_write()
    {
        var cluster = await StartCompleteAsync();
        using var load = new Load(cluster, Cancel);
        await load.RunUntilAsync(Load.Duration / 2, Cancel);

        await Task.WhenAll(cluster.Select(node => node.KillAsync()));
        await load.StopAsync();
        foreach (var node in cluster) await node.RestartAsync();
        await cluster.WaitRingCompleteAsync(Recovery, Cancel);

        foreach (var node in cluster) await load.AssertNothingLostAsync(node, Cancel);
    }

    [Fact]
    public async Task A_node_that_was_down_serves_what_was_written_meanwhile_by_itself()
    {
        var cluster = await StartCompleteAsync();
        await cluster[0].Client.Sets.AddAsync("carts", "alice", "milk", new WriteOptions { W = Quorum.All }, Cancel);
        await cluster[2].KillAsync();
        await cluster[0].Client.Sets.AddAsync("carts", "alice", "tea", cancel: Cancel);

        await cluster[2].RestartAsync();
        await cluster[2].WaitReadyAsync(Recovery, Cancel);

        await Eventually.TrueAsync(
            async token =>
            {
                var elements = (await cluster[2].Client.Sets.ReadAsync("carts", "alice", new ReadOptions { R = Quorum.One }, token)).Value!;
                return elements.SequenceEqual(["milk", "tea"], StringComparer.Ordinal) ? null : $"n3 has {string.Join(", ", elements)}";
            },
            TimeSpan.FromSeconds(20),
            Cancel);
    }
}
