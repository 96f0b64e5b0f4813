using GossipCluster.Client;
using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.EndToEnd.Tests.Specs;

/// <summary>How a cluster comes to be, and how a node gets in or is kept out.</summary>
public sealed class FormationSpec : MultiNodeSpec
{
    [Fact(DisplayName = "A cluster forms from one seed, and all its nodes start again at once")]
    public Task Forms_from_one_seed() => PlayAsync(MultiNodeConfig.Of(3, new ClusterPlan { Seeds = 1 }), async play =>
    {
        await play.Client.Sets.AddAsync("specs", "roles", play.Role.Name, cancel: Cancel);
        await play.EnterBarrierAsync("written");
        await play.TestConductor.KillAsync(play.Role);
        await play.EnterBarrierAsync("all-dead");

        await play.TestConductor.RestartAsync(play.Role);
        await play.Node.WaitReadyAsync(Patience, Cancel);
        await play.EnterBarrierAsync("all-back");
        await AssertRolesAsync(play, 3);
    });

    [Theory(DisplayName = "A cluster forms from any of its three seeds, started in any order")]
    [InlineData(0, 1, 2)]
    [InlineData(1, 2, 0)]
    [InlineData(2, 1, 0)]
    public async Task Forms_in_any_order(int first, int second, int third)
    {
        if (first != 2) TakesLong();
        var cluster = Start(3, new ClusterPlan { Later = ["n1", "n2", "n3"] });
        await cluster[first].RestartAsync();
        await cluster[second].RestartAsync();

        // Two find each other while the third, which may be the first of the seeds, is not there. Without the first seed they wait for it, and say so.
        if (first == 0 || second == 0) await Task.WhenAll(cluster[first].WaitReadyAsync(Patience, Cancel), cluster[second].WaitReadyAsync(Patience, Cancel));
        else await SaysAsync(cluster[first], "Waiting for a seed");
        await cluster[third].RestartAsync();
        await cluster.WaitRingCompleteAsync(Patience, Cancel);
        await cluster[third].Client.Counters.IncrementAsync("pages", "home", 3, new WriteOptions { PW = Quorum.All }, Cancel);
        foreach (var node in cluster) Assert.Equal(3, (await node.Client.Counters.ReadAsync("pages", "home", cancel: Cancel)).Value);
    }

    [Fact(DisplayName = "Two nodes join at once, and one joins and one leaves while another is unreachable")]
    public async Task Nodes_join_and_leave_while_another_is_unreachable()
    {
        TakesLong();
        var cluster = await StartCompleteAsync(3, new ClusterPlan { LinkFaults = true });
        await Healing.IncrementAsync(cluster[0], 200, 1, Cancel);
        cluster.Add();
        cluster.Add();
        await cluster.WaitRingCompleteAsync(Patience, Cancel);
        await Operator.WaitSettledAsync([.. cluster], 5, Patience, Cancel);

        await cluster[4].PauseAsync();
        await Eventually.TrueAsync(
            async token => (await cluster[0].Client.MembersAsync(token)).Any(member => member is { Name: "n5", Reachable: true }) ? "n5 is not missed yet" : null, Patience, Cancel);
        var joining = cluster.Add();
        await joining.WaitReadyAsync(Patience, Cancel);
        await Healing.IncrementAsync(joining, 200, 1, Cancel);
        await Operator.LeaveAsync(cluster[0], "n2", Cancel);
        await Healing.IncrementAsync(cluster[2], 200, 1, Cancel);

        await cluster[4].ResumeAsync();
        await Operator.WaitEmptyAsync(cluster[1], Patience, Cancel);
        await cluster[1].StopAsync();
        ClusterNode[] members = [cluster[0], cluster[2], cluster[3], cluster[4], joining];
        await Operator.WaitSettledAsync(members, 5, Patience, Cancel);
        foreach (var node in members) await Healing.AssertCountersAsync(node, 200, 3, Cancel);
    }

    [Theory(DisplayName = "A node that was made for another cluster is refused in a sentence, and the cluster goes on")]
    [InlineData("--partitions", "128", "this node has 128")]
    [InlineData("--cluster-name", "other", "this node to 'other'")]
    public async Task A_node_of_another_cluster_is_refused(string option, string value, string named)
    {
        TakesLong();
        var cluster = Start(3, new ClusterPlan { Seeds = 1, Later = ["n3"], ExtraOf = name => name == "n3" ? [option, value] : [] });
        await Task.WhenAll(cluster[0].WaitReadyAsync(Patience, Cancel), cluster[1].WaitReadyAsync(Patience, Cancel));

        await cluster[2].RestartAsync();
        await SaysAsync(cluster[2], named);

        Assert.Equal(["n1", "n2"], (await cluster[0].Client.MembersAsync(Cancel)).Select(member => member.Name).Order(StringComparer.Ordinal));
        await cluster[1].Client.Counters.IncrementAsync("pages", "home", cancel: Cancel);
    }

    /// <summary>Every node of the cluster reads what every role has written, and the command line shows all of them.</summary>
    private static async Task AssertRolesAsync(RolePlay play, int roles)
    {
        await Eventually.EqualAsync(roles, async token => (await play.Client.Sets.ReadAsync("specs", "roles", cancel: token)).Value?.Count ?? 0, Patience, Cancel);
        await Eventually.TrueAsync(
            async _ =>
            {
                var shown = await play.GossipAsync("cluster", "show");
                return shown.ExitCode == 0 && shown.Output.Contains($"Count: {roles} nodes", StringComparison.Ordinal) ? null : $"exit code {shown.ExitCode}: {shown.Output}{shown.Error}";
            },
            Patience,
            Cancel);
    }

    /// <summary>Waits until a node that is not ready, or has ended, says something, in its answer or at the end of its log.</summary>
    private static Task SaysAsync(ClusterNode node, string part) => Eventually.TrueAsync(
        async token =>
        {
            var said = node.IsRunning ? (await node.Client.ReadinessAsync(token)).Sentence : string.Join('\n', node.LogTail(5));
            return said.Contains(part, StringComparison.Ordinal) ? null : $"{node.Name} says: {said}";
        },
        Patience,
        Cancel);
}
