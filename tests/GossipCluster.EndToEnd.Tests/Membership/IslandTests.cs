using GossipCluster.Client;
using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.EndToEnd.Tests.Membership;

/// <summary>Nodes restart inside a cut and make an Akka.Cluster of their own. The cut heals, and the islands become one by themselves.</summary>
public sealed class IslandTests : ClusterTest
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly ClusterPlan Plan = new()
    {
        LinkFaults = true,
        Environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["GOSSIPCLUSTER__MEMBERSHIP__DOWN_AFTER"] = "1s",
            ["GOSSIPCLUSTER__MEMBERSHIP__ISLAND_AFTER"] = "2s",

            // A slow start may make islands of its own, which are mended before the test begins.
            ["GOSSIPCLUSTER__MEMBERSHIP__RESTART_INTERVAL_MIN"] = "1s",
        },
    };

    // Explicit: on a loaded machine one direction of a link behind the adapter stays silent for up to a minute after such restarts; see docs/progress.md.
    [Fact(Explicit = true, DisplayName = "The first seed and another restart inside a cut: data converge at once after the heal, then the smaller island comes over in its process")]
    public Task Two_of_three_restart() => RestartInsideACutAsync(nodes: 3, restarted: 2, moving: [2]);

    [Fact(Explicit = true, DisplayName = "Half of four restart inside a cut: of two islands of one size one comes over, a node at a time")]
    public Task Two_of_four_restart() => RestartInsideACutAsync(nodes: 4, restarted: 2, moving: [2, 3]);

    [Fact(Explicit = true, DisplayName = "Two of five restart inside a cut: it is they who come over, to members that still hold their former ones")]
    public Task Two_of_five_restart() => RestartInsideACutAsync(nodes: 5, restarted: 2, moving: [0, 1]);

    private async Task RestartInsideACutAsync(int nodes, int restarted, int[] moving)
    {
        var cluster = await StartCompleteAsync(nodes, Plan);
        var (there, here) = (cluster.Take(restarted).ToArray(), cluster.Skip(restarted).ToArray());
        await Eventually.TrueAsync(token => cluster.Links.NotOneClusterAsync([.. cluster], token), Patience, Cancel);
        using var load = new Load(here, Cancel);

        await cluster.Links.PartitionAsync(there, here);
        await Task.WhenAll(there.Select(node => node.KillAsync()));
        await Task.WhenAll(there.Select(node => node.RestartAsync()));
        await Eventually.TrueAsync(token => cluster.Links.NotOneClusterAsync(there, token), Patience, Cancel);
        await there[0].Client.Sets.AddAsync("islands", "both", "there", cancel: Cancel);
        await here[0].Client.Sets.AddAsync("islands", "both", "here", cancel: Cancel);
        var processes = cluster.Select(node => node.ProcessId).ToArray();

        await cluster.Links.HealAllAsync();

        // Data go over the links, whatever Akka.Cluster thinks of whom.
        foreach (var node in new[] { there[0], here[^1] })
        {
            await Eventually.TrueAsync(
                async token => (await node.Client.Sets.ReadAsync("islands", "both", cancel: token)).Value is { Count: 2 } ? null : $"{node.Name} has not both",
                TimeSpan.FromSeconds(45),
                Cancel);
        }

        await Eventually.TrueAsync(token => cluster.Links.NotOneClusterAsync([.. cluster], token), TimeSpan.FromSeconds(60), Cancel);
        await cluster.WaitRingCompleteAsync(Patience, Cancel);
        await load.StopAsync();

        Assert.Equal(processes, cluster.Select(node => node.ProcessId));
        for (var node = 0; node < nodes; node++)
            Assert.Equal(moving.Contains(node) ? 1 : 0, (await cluster.Links.MembershipAsync(cluster[node], Cancel)).Restarts);
        Assert.All(load.Failures, failure => Assert.Equal(Failure.Unavailable, failure.Failure.Failure));
        foreach (var node in cluster) await load.AssertNothingLostAsync(node, Cancel);
    }
}
