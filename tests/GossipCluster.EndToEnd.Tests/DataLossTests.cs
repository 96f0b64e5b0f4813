using System.Globalization;
using GossipCluster.Client;
using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.EndToEnd.Tests;

/// <summary>
/// Disks that are lost between writes and deletes: the family of histories known from Riak as kv679, in which a node that begins anew reuses a name and an old write
/// or an old delete takes a new one along.
/// </summary>
public sealed class DataLossTests : ClusterTest
{
    private const int Keys = 40;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_primary_that_loses_its_disk_between_a_write_a_delete_and_a_write_takes_nothing_along_and_brings_nothing_back()
    {
        TakesLong();
        var cluster = await StartCompleteAsync();
        for (var round = 0; round < 2; round++)
        {
            await EachKeyAsync(key => Sets(cluster, 2).AddAsync("b", key, $"first-{round}", new WriteOptions { W = Quorum.All }, Cancel));
            await EachKeyAsync(key => Sets(cluster, 2).AddAsync("b", key, $"second-{round}", cancel: Cancel));
            await cluster[2].KillAsync();
            await EachKeyAsync(key => cluster[0].Client.DeleteAsync(new DataKey("sets", "b", key), cancel: Cancel));
            await cluster[2].RestartAsync(emptyDisk: true);
            await cluster[2].WaitReadyAsync(Patience, Cancel);

            // At once, while it is being filled: its counter begins anew, under another id.
            await EachKeyAsync(key => Sets(cluster, 2).AddAsync("b", key, $"third-{round}", cancel: Cancel));
            await Healing.WaitConvergedAsync(cluster, Patience, Cancel);
            foreach (var node in cluster) await AssertElementsAsync(node, [$"third-{round}"]);
            await EachKeyAsync(key => cluster[1].Client.DeleteAsync(new DataKey("sets", "b", key), cancel: Cancel));
            await Healing.WaitConvergedAsync(cluster, Patience, Cancel);
            foreach (var node in cluster) await AssertElementsAsync(node, []);
        }
    }

    [Fact]
    public async Task A_fallback_that_loses_its_disk_twice_between_hints_costs_only_what_it_alone_had()
    {
        TakesLong();
        var cluster = await StartCompleteAsync(nodes: 4);
        await EachKeyAsync(key => Sets(cluster, 0).AddAsync("b", key, "before", new WriteOptions { W = Quorum.All }, Cancel));
        await cluster[1].KillAsync();
        for (var round = 0; round < 2; round++)
        {
            var element = string.Create(CultureInfo.InvariantCulture, $"during-{round}");

            // Two copies: with the fallback's disk goes one of them. (w=all would be refused in the second round: decision 0005, "Cost".)
            await EachKeyAsync(key => Sets(cluster, 0).AddAsync("b", key, element, cancel: Cancel));
            await cluster[3].KillAsync();
            await cluster[3].RestartAsync(emptyDisk: true);
            await cluster[3].WaitReadyAsync(Patience, Cancel);
            await Healing.WaitConvergedAsync([cluster[0], cluster[2], cluster[3]], Patience, Cancel, ofReachable: true);
        }

        await EachKeyAsync(key => Sets(cluster, 0).AddAsync("b", key, "after", cancel: Cancel));
        await cluster[1].RestartAsync();
        await cluster.WaitRingCompleteAsync(Patience, Cancel);
        await Healing.WaitConvergedAsync(cluster, Patience, Cancel);

        foreach (var node in cluster) await AssertElementsAsync(node, ["after", "before", "during-0", "during-1"]);
    }

    [Fact]
    public async Task Two_hundred_inserts_on_five_nodes_of_which_two_are_cut_off_in_between_are_exactly_what_is_there()
    {
        TakesLong();
        var cluster = await StartCompleteAsync(5, new ClusterPlan { LinkFaults = true });
        var acknowledged = new List<string>();
        for (var insert = 0; insert < 200; insert++)
        {
            if (insert == 50) await cluster.Links.PartitionAsync([cluster[0], cluster[1], cluster[2]], [cluster[3], cluster[4]]);
            if (insert == 150) await cluster.Links.HealAllAsync();
            var element = insert.ToString("d3", CultureInfo.InvariantCulture);
            try
            {
                await Sets(cluster, insert % 5).AddAsync("b", "all", element, new WriteOptions { Timeout = TimeSpan.FromSeconds(5) }, Cancel);
                acknowledged.Add(element);
            }
            catch (GossipClusterException)
            {
                // It may be there, or not.
            }
        }

        await cluster.WaitRingCompleteAsync(Patience, Cancel);
        await Healing.WaitConvergedAsync(cluster, Patience, Cancel);
        foreach (var node in cluster)
        {
            var there = (await node.Client.Sets.ReadAsync("b", "all", cancel: Cancel)).Value!;
            Assert.Empty(acknowledged.Except(there, StringComparer.Ordinal));
            Assert.Empty(there.Except(Enumerable.Range(0, 200).Select(insert => insert.ToString("d3", CultureInfo.InvariantCulture)), StringComparer.Ordinal));
        }

        Assert.True(acknowledged.Count >= 190, $"only {acknowledged.Count} of 200 were acknowledged: both sides take writes");
    }

    private static SetType Sets(ProcessCluster cluster, int node) => cluster[node].Client.Sets;

    private static Task EachKeyAsync(Func<string, Task> act) => Task.WhenAll(Enumerable.Range(0, Keys).Select(number => act(number.ToString(CultureInfo.InvariantCulture))));

    private static async Task AssertElementsAsync(ClusterNode node, string[] elements)
    {
        foreach (var key in Enumerable.Range(0, Keys))
        {
            var there = (await node.Client.Sets.ReadAsync("b", key.ToString(CultureInfo.InvariantCulture), cancel: Cancel)).Value ?? [];
            Assert.True(elements.SequenceEqual(there, StringComparer.Ordinal), $"key {key} on {node.Name}: [{string.Join(", ", there)}] instead of [{string.Join(", ", elements)}]");
        }
    }
}
