using GossipCluster.Client;
using GossipCluster.MultiNode.TestKit;
using Microsoft.Data.Sqlite;

namespace GossipCluster.EndToEnd.Tests.Specs;

/// <summary>Nodes that die in the middle of something, and disks that fail. Handoff and full transfer: <see cref="SelfHealingTests"/>.</summary>
public sealed class FaultSpec : MultiNodeSpec
{
    private const int Counters = 2_000;

    [Fact(DisplayName = "Old owner and new one both die during a ring change: it is done after their return, and nothing is lost")]
    public async Task Deaths_during_a_ring_change()
    {
        TakesLong();
        var cluster = await StartCompleteAsync();
        await Healing.IncrementAsync(cluster[0], Counters, 1, Cancel);
        var joining = cluster.Add();
        await joining.WaitReadyAsync(Patience, Cancel);

        await Task.WhenAll(joining.KillAsync(), cluster[0].KillAsync());
        await Healing.IncrementAsync(cluster[1], Counters, 1, Cancel);
        await Task.WhenAll(joining.RestartAsync(), cluster[0].RestartAsync());
        await cluster.WaitRingCompleteAsync(Patience, Cancel);
        await Operator.WaitSettledAsync([.. cluster], 4, Patience, Cancel);

        foreach (var node in cluster) await Healing.AssertCountersAsync(node, Counters, 2, Cancel);
    }

    [Fact(DisplayName = "A node that is killed again and again while it reads back comes up with all its data")]
    public async Task Deaths_during_recovery()
    {
        TakesLong();
        var cluster = await StartCompleteAsync();
        await Healing.IncrementAsync(cluster[0], Counters, 2, Cancel);
        await cluster[2].KillAsync();
        for (var death = 0; death < 4; death++)
        {
            // A bit later into its start each time.
            await cluster[2].RestartAsync();
            await Task.Delay(TimeSpan.FromMilliseconds(150 + (300 * death)), Cancel);
            await cluster[2].KillAsync();
        }

        await cluster[2].RestartAsync();
        await cluster.WaitRingCompleteAsync(Patience, Cancel);
        await Healing.WaitConvergedAsync(cluster, Patience, Cancel);
        await Task.WhenAll(cluster[0].KillAsync(), cluster[1].KillAsync());
        await Healing.AssertCountersAsync(cluster[2], Counters, 2, Cancel);
    }

    [Fact(DisplayName = "A node whose disk is full refuses writes and says so, its clients' writes go to others, and it goes on by itself when there is room")]
    public async Task A_full_disk()
    {
        SmallDisk.RequireRoot();
        TakesLong();
        var cluster = Start(3, new ClusterPlan { Later = ["n3"] });
        using var disk = SmallDisk.Under(cluster[2], megabytes: 32);
        try
        {
            await cluster[2].RestartAsync();
            await cluster.WaitRingCompleteAsync(Patience, Cancel);
            await Healing.IncrementAsync(cluster[2], Counters, 1, Cancel);

            disk.Fill();
            await Healing.IncrementAsync(cluster[0], Counters, 1, Cancel);
            await Healing.IncrementAsync(cluster[2], Counters, 1, Cancel);
            await Eventually.TrueAsync(
                async token => (await cluster[2].LogAsync(token)).Contains("Writes are refused.", StringComparison.Ordinal) ? null : "n3 says nothing of its disk", Patience, Cancel);
            Assert.True((await cluster[2].Client.ReadinessAsync(Cancel)).IsReady);

            disk.Free();
            await Healing.WaitConvergedAsync(cluster, Patience, Cancel);
            await Task.WhenAll(cluster.Select(node => node.KillAsync()));
            await Task.WhenAll(cluster.Select(node => node.RestartAsync()));
            await cluster.WaitRingCompleteAsync(Patience, Cancel);
            await Healing.WaitConvergedAsync(cluster, Patience, Cancel);
            foreach (var node in cluster) await Healing.AssertCountersAsync(node, Counters, 3, Cancel);
        }
        finally
        {
            await cluster[2].KillAsync();
        }
    }

    [Fact(DisplayName = "A database that hangs for 15 s costs its node's clients a wait and no write, and the node goes on by itself")]
    public async Task A_database_that_hangs()
    {
        TakesLong();
        var cluster = await StartCompleteAsync();
        await Healing.IncrementAsync(cluster[2], Counters, 1, Cancel);

        // Whoever has SQLite's one write lock and does nothing with it is a disk that does not answer.
        await using (var connection = new SqliteConnection($"Data Source={Path.Combine(cluster[2].DataFolder, "log.db")};Pooling=False"))
        {
            await connection.OpenAsync(Cancel);
            await using (var begin = connection.CreateCommand())
            {
                begin.CommandText = "BEGIN IMMEDIATE";
                await begin.ExecuteNonQueryAsync(Cancel);
            }

            // The first to meet it is with the disk when it hangs: nobody knows whether it is done, so nobody does it in its place. Its client waits.
            var hung = System.Diagnostics.Stopwatch.StartNew();
            using var patient = new GossipClusterClient(new GossipClusterClientOptions { Nodes = [cluster[2].Url], RequestTimeout = Patience });
            var first = patient.Counters.IncrementAsync("pages", "home", 1, new WriteOptions { Timeout = Patience }, Cancel);
            await Eventually.TrueAsync(
                async token => (await cluster[2].LogAsync(token)).Contains("a write is overdue", StringComparison.Ordinal) ? null : "n3 says nothing of its database", Patience, Cancel);
            await Healing.IncrementAsync(cluster[0], Counters, 1, Cancel);
            await Healing.IncrementAsync(cluster[2], Counters, 1, Cancel);
            var left = TimeSpan.FromSeconds(15) - hung.Elapsed;
            if (left > TimeSpan.Zero) await Task.Delay(left, Cancel);
            Assert.False(first.IsCompleted, $"the first write has ended: {(first.IsFaulted ? first.Exception.InnerException!.Message : "it was acknowledged")}");
            await using var end = connection.CreateCommand();
            end.CommandText = "ROLLBACK";
            await end.ExecuteNonQueryAsync(Cancel);
            await first;
        }

        await Healing.WaitConvergedAsync(cluster, Patience, Cancel);
        Assert.Contains("The disk takes writes again", await cluster[2].LogAsync(Cancel), StringComparison.Ordinal);
        foreach (var node in cluster) await Healing.AssertCountersAsync(node, Counters, 3, Cancel);
        Assert.Equal(1, (await cluster[0].Client.Counters.ReadAsync("pages", "home", cancel: Cancel)).Value);
    }
}
