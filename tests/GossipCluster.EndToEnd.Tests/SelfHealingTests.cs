using GossipCluster.Client;
using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.EndToEnd.Tests;

/// <summary>After a fault the cluster converges by itself, and says so.</summary>
public sealed class SelfHealingTests : ClusterTest
{
    private const int Counters = 2000;
    private static readonly TimeSpan Ready = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Heal = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_node_that_was_down_for_many_writes_has_them_all_soon_after_its_return()
    {
        var cluster = await StartCompleteAsync();
        await cluster[2].KillAsync();
        await Healing.IncrementAsync(cluster[0], Counters, times: 5, Cancel);

        await cluster[2].RestartAsync();
        await cluster[2].WaitReadyAsync(Ready, Cancel);
        await Healing.WaitConvergedAsync(cluster, Heal, Cancel);

        await cluster[0].KillAsync();
        await cluster[1].KillAsync();
        await Healing.AssertCountersAsync(cluster[2], Counters, 5, Cancel);
    }

    [Fact]
    public async Task A_lost_disk_is_refilled_by_itself_and_a_kill_in_the_middle_only_costs_time()
    {
        TakesLong();
        var cluster = await StartCompleteAsync();
        await Healing.IncrementAsync(cluster[0], Counters, times: 3, Cancel);
        await Healing.WaitConvergedAsync(cluster, Heal, Cancel);
        await cluster[2].KillAsync();

        await cluster[2].RestartAsync(emptyDisk: true);
        await Eventually.TrueAsync(
            async token => await Healing.TryEntropyAsync(cluster[2], token) is { } entropy && entropy.GetProperty("replicas").EnumerateArray().Any(replica => replica.GetProperty("keys").GetInt32() > 0) ? null : "nothing has come yet",
            Ready,
            Cancel);
        await cluster[2].KillAsync();
        await Healing.IncrementAsync(cluster[0], Counters, times: 1, Cancel);
        await cluster[2].RestartAsync();
        await cluster[2].WaitReadyAsync(Ready, Cancel);

        // It serves while it is filled: what it does not have yet is found elsewhere.
        await Healing.AssertCountersAsync(cluster[2], Counters, 4, Cancel);
        await Healing.WaitConvergedAsync(cluster, Heal, Cancel);
        await cluster[0].KillAsync();
        await cluster[1].KillAsync();
        await Healing.AssertCountersAsync(cluster[2], Counters, 4, Cancel);
    }

    [Fact]
    public async Task An_older_disk_put_back_gives_no_dot_twice_and_gets_what_it_has_missed()
    {
        TakesLong();
        var cluster = await StartCompleteAsync();
        await Healing.IncrementAsync(cluster[2], Counters, times: 1, Cancel);
        await cluster[2].StopAsync();
        var copy = cluster[2].CopyDisk();
        await cluster[2].RestartAsync();
        await cluster.WaitRingCompleteAsync(Ready, Cancel);
        await Healing.IncrementAsync(cluster[2], Counters, times: 2, Cancel);
        await cluster[2].KillAsync();

        await cluster[2].RestartAsync(disk: copy);
        await cluster[2].WaitReadyAsync(Ready, Cancel);
        await Healing.IncrementAsync(cluster[2], Counters, times: 1, Cancel);
        await Healing.WaitConvergedAsync(cluster, Heal, Cancel);

        foreach (var node in cluster) await Healing.AssertCountersAsync(node, Counters, 4, Cancel);
    }

    [Fact]
    public async Task Hints_are_handed_off_though_their_holder_and_their_owner_die_in_the_middle_of_it()
    {
        TakesLong();
        var cluster = await StartCompleteAsync(nodes: 4);
        await cluster[1].KillAsync();
        await Healing.IncrementAsync(cluster[0], Counters, times: 3, Cancel);
        foreach (var node in cluster.Where(node => node.IsRunning)) await Healing.OrderAsync(node, "hints/pause", Cancel);

        await cluster[1].RestartAsync();
        await cluster[1].WaitReadyAsync(Ready, Cancel);
        var held = 0L;
        foreach (var node in cluster) held += (await Healing.TryEntropyAsync(node, Cancel))!.Value.GetProperty("hints").GetProperty("bytes").GetInt64();
        Assert.True(held > 0, "nobody holds a hint");

        // Both ends die while handoff runs; the holders have forgotten that they were paused.
        foreach (var node in new[] { cluster[3], cluster[2] })
        {
            await Healing.OrderAsync(node, "hints/resume", Cancel);
            await node.KillAsync();
        }

        await cluster[1].KillAsync();
        foreach (var node in new[] { cluster[1], cluster[2], cluster[3] }) await node.RestartAsync();
        await cluster.WaitRingCompleteAsync(Ready, Cancel);
        await Healing.OrderAsync(cluster[0], "hints/resume", Cancel);

        foreach (var node in cluster) Assert.True((await Healing.GetAsync(node, "/cluster/hints?wait=30s", Cancel)).GetProperty("done").GetBoolean());
        await Healing.WaitConvergedAsync(cluster, Heal, Cancel);
        await cluster[0].KillAsync();
        await Healing.AssertCountersAsync(cluster[1], Counters, 3, Cancel);
    }

    [Fact]
    public async Task A_receipt_says_who_lacks_a_write_and_then_that_it_is_everywhere()
    {
        TakesLong();
        var cluster = await StartCompleteAsync();
        await cluster[2].PauseAsync();
        var token = await cluster[0].Client.Sets.AddAsync("carts", "alice", "milk", cancel: Cancel);

        var before = await Healing.GetAsync(cluster[1], $"/cluster/convergence/{token.Context}?wait=200ms", Cancel);
        Assert.False(before.GetProperty("converged").GetBoolean());
        Assert.Equal("n3", Assert.Single(before.GetProperty("replicas").EnumerateArray(), replica => !replica.GetProperty("has").GetBoolean()).GetProperty("node").GetString());

        await cluster[2].ResumeAsync();
        var after = await Healing.GetAsync(cluster[1], $"/cluster/convergence/{token.Context}?wait=20s", Cancel);
        Assert.True(after.GetProperty("converged").GetBoolean(), after.GetRawText());
    }
}
