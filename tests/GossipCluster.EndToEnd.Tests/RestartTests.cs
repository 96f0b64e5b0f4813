using GossipCluster.Client;
using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.EndToEnd.Tests;

public sealed class RestartTests : ClusterTest
{
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task All_types_survive_a_clean_restart_of_all_nodes()
    {
        TakesLong();
        var cluster = await StartCompleteAsync();
        var client = cluster.Client;
        await client.Counters.IncrementAsync("pages", "home", 5, cancel: Cancel);
        await client.Sets.AddAsync("carts", "alice", "milk", cancel: Cancel);
        await client.GrowOnlySets.AddAsync("tags", "post", ["a", "b"], cancel: Cancel);
        await client.Hlls.AddAsync("visitors", "today", ["x", "y", "z"], cancel: Cancel);
        await client.Registers.AssignAsync("names", "alice", "Alice", cancel: Cancel);
        await client.Flags.SetAsync("features", "dark", enabled: true, cancel: Cancel);
        await client.Maps.UpdateAsync("users", "alice", Operation.Map().Counter("visits", 2).Register("name", "Alice").Set("tags", Operation.Add("new")), cancel: Cancel);

        foreach (var node in cluster) await node.StopAsync();
        foreach (var node in cluster) await node.RestartAsync();
        await cluster.WaitRingCompleteAsync(Recovery, Cancel);

        foreach (var node in cluster)
        {
            Assert.Equal(5, (await node.Client.Counters.ReadAsync("pages", "home", cancel: Cancel)).Value);
            Assert.Equal(["milk"], (await node.Client.Sets.ReadAsync("carts", "alice", cancel: Cancel)).Value!);
            Assert.Equal(["a", "b"], (await node.Client.GrowOnlySets.ReadAsync("tags", "post", cancel: Cancel)).Value!);
            Assert.Equal(3, (await node.Client.Hlls.ReadAsync("visitors", "today", cancel: Cancel)).Value);
            Assert.Equal("Alice", (await node.Client.Registers.ReadAsync("names", "alice", cancel: Cancel)).Value);
            Assert.True((await node.Client.Flags.ReadAsync("features", "dark", cancel: Cancel)).Value);
            var user = (await node.Client.Maps.ReadAsync("users", "alice", cancel: Cancel)).Value!;
            Assert.Equal(2, user.Counters["visits"]);
            Assert.Equal("Alice", user.Registers["name"]);
            Assert.Equal(["new"], user.Sets["tags"]);
        }
    }

    [Fact]
    public async Task A_node_comes_back_under_another_address_with_its_data_and_its_place_in_the_ring()
    {
        TakesLong();
        var cluster = await StartCompleteAsync();
        await cluster[2].Client.Counters.IncrementAsync("pages", "home", 7, new WriteOptions { W = Quorum.All }, Cancel);
        await cluster[2].KillAsync();

        await cluster[2].RestartAsync(otherPorts: true);
        await cluster.WaitRingCompleteAsync(Recovery, Cancel);

        Assert.Equal(3, (await cluster[0].Client.MembersAsync(Cancel)).Count);
        await cluster[2].Client.Counters.IncrementAsync("pages", "home", cancel: Cancel);
        await Eventually.TrueAsync(
            async token =>
            {
                // Primaries only, all of them: the node that moved is one of three and must answer.
                var value = (await cluster[0].Client.Counters.ReadAsync("pages", "home", new ReadOptions { PR = Quorum.All }, token)).Value;
                return value == 8 ? null : $"the counter is {value}, not 8";
            },
            TimeSpan.FromSeconds(20),
            Cancel);
    }
}
