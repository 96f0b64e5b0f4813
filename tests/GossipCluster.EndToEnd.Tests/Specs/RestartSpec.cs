using GossipCluster.Client;
using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.EndToEnd.Tests.Specs;

/// <summary>Nodes that die and come back. What Akka.Cluster makes of it: <see cref="Membership.MembershipTests"/>, <see cref="Membership.IslandTests"/>.</summary>
public sealed class RestartSpec : MultiNodeSpec
{
    private static readonly TimeSpan LoadTime = TimeSpan.FromSeconds(1);

    [Fact(DisplayName = "A node that is killed and started again within a moment, on its ports, on others and on another address, is the same member with the same data")]
    public async Task A_quick_restart()
    {
        TakesLong();
        // Addresses of the loopback range other than 127.0.0.1 are there by themselves on Linux alone.
        Assert.SkipUnless(OperatingSystem.IsLinux(), "127.0.0.2 needs a system whose loopback range is whole.");
        var cluster = await StartCompleteAsync(3, new ClusterPlan { LinkFaults = true });
        for (var round = 1; round <= 3; round++)
        {
            await cluster[1].Client.Counters.IncrementAsync("pages", "home", cancel: Cancel);
            await cluster[1].KillAsync();
            await cluster[1].RestartAsync(otherPorts: round == 2, host: round == 3 ? "127.0.0.2" : null);
            await cluster.WaitRingCompleteAsync(Patience, Cancel);
            await cluster[1].Client.Counters.IncrementAsync("pages", "home", 1, new WriteOptions { PW = Quorum.Of(2) }, Cancel);
            Assert.Equal(2 * round, (await cluster[2].Client.Counters.ReadAsync("pages", "home", new ReadOptions { PR = Quorum.Of(2) }, Cancel)).Value);
            Assert.Equal(3, (await cluster[0].Client.MembersAsync(Cancel)).Count);
        }
    }

    [Fact(DisplayName = "The first seed dies, the others go on and take a new node in, and it comes back to them")]
    public async Task The_first_seed_dies_and_comes_back()
    {
        TakesLong();
        var cluster = await StartCompleteAsync(3, new ClusterPlan { LinkFaults = true });
        await cluster[0].KillAsync();
        await cluster[1].Client.Counters.IncrementAsync("pages", "home", cancel: Cancel);
        var added = cluster.Add();
        await added.WaitReadyAsync(Patience, Cancel);
        await added.Client.Counters.IncrementAsync("pages", "home", cancel: Cancel);

        await cluster[0].RestartAsync();
        await cluster.WaitRingCompleteAsync(Patience, Cancel);
        await Operator.WaitSettledAsync([.. cluster], 4, Patience, Cancel);
        foreach (var node in cluster) Assert.Equal(2, (await node.Client.Counters.ReadAsync("pages", "home", cancel: Cancel)).Value);
    }

    [Fact(DisplayName = "A rolling restart of all nodes under load fails no request of clients that retry once on another node")]
    public async Task A_rolling_restart()
    {
        TakesLong();
        var cluster = await StartCompleteAsync();
        using var load = new RetryingLoad([.. cluster], Cancel);
        await load.RunForAsync(LoadTime);
        foreach (var node in cluster)
        {
            await node.StopAsync();
            await load.RunForAsync(LoadTime);
            await node.RestartAsync();
            await cluster.WaitRingCompleteAsync(Patience, Cancel);
            await load.RunForAsync(LoadTime);
        }

        await load.StopAsync();
        Assert.True(load.Failures.IsEmpty, $"{load.Failures.Count} of {load.Done + load.Failures.Count} requests failed on two nodes, the first: {load.Failures.FirstOrDefault()}");
        Assert.True(load.Done > 500, $"only {load.Done} requests: there was no load");
        await Healing.WaitConvergedAsync(cluster, Patience, Cancel);
        foreach (var node in cluster) await load.AssertNothingLostAsync(node);
    }
}
