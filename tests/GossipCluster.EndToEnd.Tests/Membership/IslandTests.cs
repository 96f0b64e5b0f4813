using GossipCluster.Client;
using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.EndToEnd.Tests.Membership;

/// <summary>Nodes restart inside a cut and make an Akka.Cluster of their own. The cut heals, and the islands become one by themselves.</summary>
public sealed class IslandTests : ClusterTest
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(45);

    // Up to two nodes after one another, each with a stop, a start and a look at the islands for as long as island-after; several times as long on a busy machine.
    private static readonly TimeSpan Mending = TimeSpan.FromSeconds(120);
    private static readonly ClusterPlan Plan = new()
    {
        LinkFaults = true,
        Environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["GOSSIPCLUSTER__MEMBERSHIP__DOWN_AFTER"] = "1s",
            ["GOSSIPCLUSTER__MEMBERSHIP__ISLAND_AFTER"] = "2s",

            // A start so slow that nodes do not find the first seed in time makes islands of its own, which are mended before the test begins.
            ["GOSSIPCLUSTER__MEMBERSHIP__RESTART_INTERVAL_MIN"] = "1s",
        },
    };

    [Fact(DisplayName = "The first seed and another restart inside a cut: data converge at once after the heal, then the smaller island comes over in its process")]
    public Task Two_of_three_restart() => RestartInsideACutAsync(nodes: 3, restarted: 2, moving: [2]);

    [Fact(DisplayName = "Half of four restart inside a cut: of two islands of one size one comes over, a node at a time")]
    public Task Two_of_four_restart() => RestartInsideACutAsync(nodes: 4, restarted: 2, moving: [2, 3]);

    [Fact(DisplayName = "Two of five restart inside a cut: it is they who come over, to members that still hold their former ones")]
    public Task Two_of_five_restart() => RestartInsideACutAsync(nodes: 5, restarted: 2, moving: [0, 1]);

    private async Task RestartInsideACutAsync(int nodes, int restarted, int[] moving)
    {
        TakesLong();
        var cluster = await StartCompleteAsync(nodes, Plan);
        var (there, here) = (cluster.Take(restarted).ToArray(), cluster.Skip(restarted).ToArray());
        await WaitOneClusterAsync(cluster, [.. cluster]);
        using var load = new Load(here, Cancel);

        await cluster.Links.PartitionAsync(there, here);
        await Task.WhenAll(there.Select(node => node.KillAsync()));
        await Task.WhenAll(there.Select(node => node.RestartAsync()));
        await WaitOneClusterAsync(cluster, there);
        await WaitOneClusterAsync(cluster, here);
        await there[0].WaitReadyAsync(Patience, Cancel);
        await there[0].Client.Sets.AddAsync("islands", "both", "there", cancel: Cancel);
        await here[0].Client.Sets.AddAsync("islands", "both", "here", cancel: Cancel);
        var (processes, restarts) = (cluster.Select(node => node.ProcessId).ToArray(), await RestartsAsync(cluster));

        await cluster.Links.HealAllAsync();

        // Data go over the links, whatever Akka.Cluster thinks of whom.
        foreach (var node in new[] { there[0], here[^1] })
        {
            await Eventually.TrueAsync(
                async token => (await node.Client.Sets.ReadAsync("islands", "both", cancel: token)).Value is { Count: 2 } ? null : $"{node.Name} has not both",
                Patience,
                Cancel);
        }

        await WaitOneClusterAsync(cluster, [.. cluster]);
        await cluster.WaitRingCompleteAsync(Patience, Cancel);
        await load.StopAsync();

        // Who stays is not touched. Who comes over does so once, or once more where it did not get in at the first try, and never with its process.
        Assert.Equal(processes, cluster.Select(node => node.ProcessId));
        foreach (var (node, more) in (await RestartsAsync(cluster)).Zip(restarts, (after, before) => after - before).Index())
            Assert.True(moving.Contains(node) ? more is 1 or 2 : more == 0, $"{cluster[node].Name} restarted its ActorSystem {more} times");
        Assert.All(load.Failures, failure => Assert.Equal(Failure.Unavailable, failure.Failure.Failure));
        foreach (var node in cluster) await load.AssertNothingLostAsync(node, Cancel);
    }

    private static Task WaitOneClusterAsync(ProcessCluster cluster, ClusterNode[] nodes) =>
        Eventually.TrueAsync(token => cluster.Links.NotOneClusterAsync(nodes, token), Mending, Cancel);

    private static async Task<int[]> RestartsAsync(ProcessCluster cluster) =>
        await Task.WhenAll(cluster.Select(async node => (await cluster.Links.MembershipAsync(node, Cancel)).Restarts));
}
