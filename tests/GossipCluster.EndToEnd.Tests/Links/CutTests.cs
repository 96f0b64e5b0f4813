using GossipCluster.Client;
using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.EndToEnd.Tests.Links;

public sealed class CutTests : ClusterTest
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly ClusterPlan Plan = new() { LinkFaults = true };

    [Fact(DisplayName = "A cut with writes to every type on both sides heals: all replicas equal within seconds, nothing lost, no process and no ActorSystem restarted")]
    public async Task A_cut_heals()
    {
        var cluster = await StartCompleteAsync(3, Plan);
        var processes = cluster.Select(node => node.ProcessId).ToArray();
        await WriteAllTypesAsync(cluster[0].Client, "before", new WriteOptions { W = Quorum.All });
        using var load = new Load([.. cluster], Cancel);
        await load.RunUntilAsync(TimeSpan.FromSeconds(1), Cancel);

        await cluster.Links.PartitionAsync([cluster[0]], [cluster[1], cluster[2]]);
        await Eventually.TrueAsync(
            async token => (await cluster[0].Client.MembersAsync(token)).Any(member => member.Reachable && member.Name != "n1") ? "the cut is not noticed" : null, Patience, Cancel);
        await WriteAllTypesAsync(cluster[0].Client, "one");
        await WriteAllTypesAsync(cluster[2].Client, "other");
        await load.RunUntilAsync(load.Elapsed + TimeSpan.FromSeconds(2), Cancel);

        await cluster.Links.HealAllAsync();
        await cluster.WaitRingCompleteAsync(TimeSpan.FromSeconds(15), Cancel);
        await load.StopAsync();

        await Eventually.TrueAsync(token => DifferenceAsync(cluster, token), TimeSpan.FromSeconds(10), Cancel);
        foreach (var node in cluster) await load.AssertNothingLostAsync(node, Cancel);
        Assert.Equal(processes, cluster.Select(node => node.ProcessId));
        foreach (var node in cluster)
        {
            Assert.Equal(0, (await cluster.Links.MembershipAsync(node, Cancel)).Restarts);
            await AssertNothingQuarantinedAsync(node);
        }
    }

    [Fact(DisplayName = "A link that is cut one way, and one that flaps, cost no request and lose nothing")]
    public async Task A_cut_one_way_and_a_link_that_flaps()
    {
        TakesLong();
        var cluster = await StartCompleteAsync(3, Plan);
        using var load = new Load([.. cluster], Cancel);

        await cluster.Links.CutOneWayAsync(cluster[0], cluster[1]);
        await Eventually.TrueAsync(
            async token => (await cluster[1].Client.MembersAsync(token)).Any(member => member is { Name: "n1", Reachable: true }) ? "n2 does not miss n1" : null, Patience, Cancel);
        await load.RunUntilAsync(load.Elapsed + TimeSpan.FromSeconds(1), Cancel);
        await cluster.Links.HealAsync(cluster[0], cluster[1]);

        for (var flap = 0; flap < 3; flap++)
        {
            await cluster.Links.CutAsync(cluster[1], cluster[2]);
            await load.RunUntilAsync(load.Elapsed + TimeSpan.FromSeconds(flap), Cancel);
            await cluster.Links.HealAsync(cluster[1], cluster[2]);
            await load.RunUntilAsync(load.Elapsed + TimeSpan.FromMilliseconds(500), Cancel);
        }

        await cluster.Links.DisconnectAsync(cluster[0], cluster[2]);
        await cluster.WaitRingCompleteAsync(TimeSpan.FromSeconds(15), Cancel);
        await load.StopAsync();

        Assert.True(!load.Failures.Any(), $"{load.Failures.Count()} requests failed, the first: {load.Failures.FirstOrDefault().Failure?.Message}");
        foreach (var node in cluster)
        {
            await load.AssertNothingLostAsync(node, Cancel);
            await AssertNothingQuarantinedAsync(node);
        }
    }

    private static async Task AssertNothingQuarantinedAsync(ClusterNode node)
    {
        var log = await node.LogAsync(Cancel);
        Assert.DoesNotContain("quarantin", log, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("irrecoverably", log, StringComparison.OrdinalIgnoreCase);
    }

    private static async Task WriteAllTypesAsync(GossipClusterClient client, string side, WriteOptions? options = null)
    {
        await client.Counters.IncrementAsync("pages", "home", 5, options, Cancel);
        await client.Sets.AddAsync("carts", "alice", side, options, Cancel);
        await client.GrowOnlySets.AddAsync("tags", "post", [side], options, Cancel);
        await client.Hlls.AddAsync("visitors", "today", [side], options, Cancel);
        await client.Registers.AssignAsync("names", "alice", side, options, Cancel);
        await client.Flags.SetAsync("features", "dark", enabled: true, options, Cancel);
        await client.Maps.UpdateAsync("users", "alice", Operation.Map().Counter("visits", 2).Register("name", side).Set("tags", Operation.Add(side)), options, Cancel);
    }

    /// <summary>Null where every node, asked for its own replica alone, has all that either side has written.</summary>
    private static async Task<string?> DifferenceAsync(ProcessCluster cluster, CancellationToken cancel)
    {
        var own = new ReadOptions { R = Quorum.One };
        string[] all = ["before", "one", "other"];
        string? register = null;
        foreach (var node in cluster)
        {
            var client = node.Client;
            var counter = (await client.Counters.ReadAsync("pages", "home", own, cancel)).Value;
            if (counter != 15) return $"{node.Name}: the counter is {counter}";
            if (!(await client.Sets.ReadAsync("carts", "alice", own, cancel)).Value!.Order(StringComparer.Ordinal).SequenceEqual(all)) return $"{node.Name}: the set";
            if (!(await client.GrowOnlySets.ReadAsync("tags", "post", own, cancel)).Value!.Order(StringComparer.Ordinal).SequenceEqual(all)) return $"{node.Name}: the gset";
            var hll = (await client.Hlls.ReadAsync("visitors", "today", own, cancel)).Value;
            if (hll != 3) return $"{node.Name}: the hll is {hll}";
            if (!(await client.Flags.ReadAsync("features", "dark", own, cancel)).Value) return $"{node.Name}: the flag";
            var name = (await client.Registers.ReadAsync("names", "alice", own, cancel)).Value;
            if ((register ??= name) != name) return $"{node.Name}: the register is {name}, elsewhere {register}";
            var user = (await client.Maps.ReadAsync("users", "alice", own, cancel)).Value!;
            if (user.Counters["visits"] != 6 || !user.Sets["tags"].Order(StringComparer.Ordinal).SequenceEqual(all)) return $"{node.Name}: the map";
        }

        return null;
    }
}
