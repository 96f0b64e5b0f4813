using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.EndToEnd.Tests;

/// <summary>The ring changes while clients write and read: nothing is lost, and who gives something up is empty afterwards.</summary>
public sealed class RingChangeTests : ClusterTest
{
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Before = Load.Duration / 8;
    private static readonly TimeSpan After = Load.Duration / 8;

    [Fact]
    public async Task A_node_joins_under_load()
    {
        TakesLong();
        var cluster = await StartCompleteAsync();
        var plan = await Operator.PlanAsync(cluster[0], "join=n4", Cancel);
        using var load = new Load([.. cluster], Cancel, reads: true);
        await load.RunUntilAsync(Before, Cancel);

        var newcomer = cluster.Add();
        await newcomer.WaitReadyAsync(Settling, Cancel);
        await Operator.WaitSettledAsync([.. cluster], 4, Settling, Cancel);
        await load.RunUntilAsync(load.Elapsed + After, Cancel);
        await load.StopAsync();

        AssertNoErrors(load);
        await Operator.WaitSettledAsync([.. cluster], 4, Settling, Cancel);
        Assert.Equal(plan.GetProperty("moved").GetInt32(), (await Operator.PrimariesAsync(newcomer, Cancel))["n4"]);
        foreach (var node in cluster) await load.AssertNothingLostAsync(node, Cancel);
    }

    [Fact]
    public async Task A_node_leaves_under_load_is_empty_and_is_stopped()
    {
        TakesLong();
        var cluster = await StartCompleteAsync(nodes: 4);
        var (leaver, members) = (cluster[3], cluster.Take(3).ToArray());
        using var through = new Load([leaver], Cancel, reads: true);
        using var load = new Load(members, Cancel, reads: true);
        await load.RunUntilAsync(Before, Cancel);

        await Operator.LeaveAsync(cluster[0], leaver.Name, Cancel);
        await Operator.WaitEmptyAsync(leaver, Settling, Cancel);
        await through.RunUntilAsync(through.Elapsed + After, Cancel);
        await through.StopAsync();
        await Operator.WaitEmptyAsync(leaver, TimeSpan.FromSeconds(1), Cancel);
        await leaver.StopAsync();
        await load.RunUntilAsync(load.Elapsed + After, Cancel);
        await load.StopAsync();

        AssertNoErrors(through);
        AssertNoErrors(load);
        await Operator.WaitSettledAsync(members, 3, Settling, Cancel);
        foreach (var node in members)
        {
            await load.AssertNothingLostAsync(node, Cancel);
            await through.AssertNothingLostAsync(node, Cancel);
        }
    }

    [Fact]
    public async Task A_dead_node_is_replaced_by_one_of_its_name_with_an_empty_disk()
    {
        TakesLong();
        var cluster = await StartCompleteAsync();
        var dead = cluster[2];
        using var load = new Load([cluster[0], cluster[1]], Cancel, reads: true);
        await load.RunUntilAsync(Before, Cancel);
        await dead.KillAsync();
        await load.RunUntilAsync(load.Elapsed + After, Cancel);

        await dead.RestartAsync(otherPorts: true, emptyDisk: true);
        await dead.WaitReadyAsync(Settling, Cancel);
        await Operator.WaitSettledAsync([.. cluster], 3, Settling, Cancel);
        await load.RunUntilAsync(load.Elapsed + After, Cancel);
        await load.StopAsync();

        AssertNoErrors(load);
        await load.AssertNothingLostAsync(cluster[0], Cancel);
        await AssertHasAllAsync(load, dead, cluster[0], cluster[1]);
    }

    [Fact]
    public async Task A_dead_node_is_taken_out_and_a_new_one_takes_its_place()
    {
        TakesLong();
        var cluster = await StartCompleteAsync();
        var dead = cluster[2];
        using var load = new Load([cluster[0], cluster[1]], Cancel, reads: true);
        await load.RunUntilAsync(Before, Cancel);
        await dead.KillAsync();
        await load.RunUntilAsync(load.Elapsed + After, Cancel);

        await Operator.LeaveAsync(cluster[1], dead.Name, Cancel);
        var newcomer = cluster.Add();
        await newcomer.WaitReadyAsync(Settling, Cancel);
        await Operator.WaitSettledAsync([cluster[0], cluster[1], newcomer], 3, Settling, Cancel);
        await load.RunUntilAsync(load.Elapsed + After, Cancel);
        await load.StopAsync();

        AssertNoErrors(load);
        await load.AssertNothingLostAsync(cluster[0], Cancel);
        await AssertHasAllAsync(load, newcomer, cluster[0], cluster[1]);
    }

    [Fact]
    public async Task A_weight_changes_under_load_and_only_the_difference_moves()
    {
        TakesLong();
        var cluster = await StartCompleteAsync(nodes: 4);
        using var load = new Load([.. cluster], Cancel, reads: true);
        await load.RunUntilAsync(Before, Cancel);
        var plan = await Operator.PlanAsync(cluster[0], "weight=n1:40", Cancel);
        var before = await Operator.PrimariesAsync(cluster[0], Cancel);

        await Operator.WeightAsync(cluster[3], "n1", 40, Cancel);
        await Eventually.EqualAsync(
            before["n1"] - plan.GetProperty("moved").GetInt32(), async token => (await Operator.PrimariesAsync(cluster[0], token))["n1"], Settling, Cancel);
        await Operator.WaitSettledAsync([.. cluster], 4, Settling, Cancel);
        await load.RunUntilAsync(load.Elapsed + After, Cancel);
        await load.StopAsync();

        AssertNoErrors(load);
        await Operator.WaitSettledAsync([.. cluster], 4, Settling, Cancel);
        Assert.InRange(plan.GetProperty("moved_share").GetDouble(), 0.01, 0.25);
        Assert.All(plan.GetProperty("moves").EnumerateArray(), move => Assert.Equal("n1", move.GetProperty("from").GetString()));
        foreach (var node in cluster) await load.AssertNothingLostAsync(node, Cancel);
    }

    private static void AssertNoErrors(Load load)
    {
        Assert.True(!load.Failures.Any(), $"{load.Failures.Count()} of the requests failed, the first at {load.Failures.FirstOrDefault().Node}: {load.Failures.FirstOrDefault().Failure?.Message}");
        Assert.True(load.StaleReads == 0, $"{load.StaleReads} reads lacked what had been acknowledged");
    }

    /// <summary>With the others dead it answers out of its own disk alone.</summary>
    private static async Task AssertHasAllAsync(Load load, ClusterNode alone, params ClusterNode[] others)
    {
        await Task.WhenAll(others.Select(node => node.KillAsync()));
        await Eventually.TrueAsync(
            async token => (await alone.Client.MembersAsync(token)).All(member => member.Name == alone.Name || !member.Reachable) ? null : "it still reaches others", Settling, Cancel);
        await load.AssertNothingLostAsync(alone, Cancel);
    }
}
