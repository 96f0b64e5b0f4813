using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using GossipCluster.Client;
using GossipCluster.MultiNode.TestKit;
using Microsoft.Data.Sqlite;

namespace GossipCluster.EndToEnd.Tests.Specs;

/// <summary>A disk that is full, for who is not root: the log's file has a bound. With a file system of its own, and room by itself: <see cref="FaultSpec"/>.</summary>
public sealed class FullLogSpec : MultiNodeSpec
{
    private const string Bucket = "filling";
    private const int Writers = 6;
    private const int WritesMax = 3_000;
    private static readonly string Text = new('x', 2_000);

    [Fact(DisplayName = "A node whose log is full says so and takes no write, others do its clients' writes, nothing is damaged or lost, and with room it has everything again")]
    public async Task A_full_log()
    {
        TakesLong();
        var bound = new BoundedLog("n3", pages: 256);
        var cluster = await StartCompleteAsync(3, new ClusterPlan { EnvironmentOf = bound.EnvironmentOf });
        var (one, two, full) = (cluster[0], cluster[1], cluster[2]);
        var written = new ConcurrentDictionary<string, string>(StringComparer.Ordinal);
        await FillAsync(cluster, async () => (await full.Client.ReadinessAsync(Cancel)).Sentence.Contains("its own disk takes none", StringComparison.Ordinal), written);
        Assert.NotEmpty(written);

        // It serves, and says what is wrong; whoever is asked, a write goes to the other two.
        var readiness = await full.Client.ReadinessAsync(Cancel);
        Assert.True(readiness.IsReady);
        Assert.Contains("full", readiness.Sentence, StringComparison.Ordinal);
        foreach (var (node, number) in cluster.SelectMany(node => Enumerable.Range(0, 20).Select(number => (node, number))))
        {
            var key = string.Create(CultureInfo.InvariantCulture, $"full-{node.Name}-{number}");
            Assert.Equal(2, (await node.Client.Registers.AssignAsync(Bucket, key, key, cancel: Cancel)).Copies);
            written[key] = key;
        }

        // Where there is nobody else, a write is refused with the reason; what is there can be read.
        await Task.WhenAll(one.StopAsync(), two.StopAsync());
        var refused = await Assert.ThrowsAsync<GossipClusterException>(() => full.Client.Counters.IncrementAsync(Bucket, "refused", cancel: Cancel));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "unavailable", false), (refused.Status, refused.Title, refused.MayHaveBeenApplied));
        Assert.Contains("No disk takes the write.", refused.Message, StringComparison.Ordinal);
        Assert.Contains("full", refused.Message, StringComparison.Ordinal);
        Assert.NotNull(refused.RetryAfter);
        var early = written.Keys.First(key => key.EndsWith("-0", StringComparison.Ordinal) && !key.StartsWith("full", StringComparison.Ordinal));
        Assert.Equal(written[early], (await full.Client.Registers.ReadAsync(Bucket, early, cancel: Cancel)).Value);
        await Task.WhenAll(one.RestartAsync(), two.RestartAsync());
        await cluster.WaitRingCompleteAsync(Patience, Cancel);

        await full.KillAsync();
        AssertWhole(full.CopyDisk());
        bound.Lift();
        await full.RestartAsync();
        await cluster.WaitRingCompleteAsync(Patience, Cancel);
        await Healing.WaitConvergedAsync(cluster, Patience, Cancel);

        // All three take writes, and it has on its own disk what it missed.
        Assert.Equal(3, (await full.Client.Registers.AssignAsync(Bucket, "after", "after", new WriteOptions { PW = Quorum.All }, Cancel)).Copies);
        Assert.DoesNotContain("takes none", (await full.Client.ReadinessAsync(Cancel)).Sentence, StringComparison.Ordinal);
        var audit = await GossipCli.RunAsync(one, ["audit", "--wait"], Cancel);
        Assert.True(audit.ExitCode == 0, audit.Output + audit.Error);
        await Task.WhenAll(one.KillAsync(), two.KillAsync());
        foreach (var (key, text) in written) Assert.Equal(text, (await full.Client.Registers.ReadAsync(Bucket, key, cancel: Cancel)).Value);
        Assert.Equal(0, (await full.Client.Counters.ReadAsync(Bucket, "refused", cancel: Cancel)).Value);
    }

    /// <summary>Writes through all nodes until it is enough. A write that is not acknowledged may be there or not.</summary>
    private static async Task FillAsync(ProcessCluster cluster, Func<Task<bool>> isEnough, ConcurrentDictionary<string, string> written)
    {
        using var enough = new CancellationTokenSource();
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(WriteAsync).Append(LookAsync()));

        async Task WriteAsync(int writer)
        {
            for (var number = 0; number < WritesMax && !enough.IsCancellationRequested; number++)
            {
                var (key, text) = (string.Create(CultureInfo.InvariantCulture, $"w{writer}-{number}"), string.Create(CultureInfo.InvariantCulture, $"{writer} {number} {Text}"));
                try
                {
                    await cluster[(writer + number) % cluster.Count].Client.Registers.AssignAsync(Bucket, key, text, cancel: Cancel);
                    written[key] = text;
                }
                catch (GossipClusterException)
                {
                    // Those that were with the disk when it became full wait in vain.
                }
            }
        }

        async Task LookAsync()
        {
            try
            {
                await Eventually.TrueAsync(async _ => await isEnough() ? null : "the node says nothing of its disk", Patience, Cancel);
            }
            finally
            {
                await enough.CancelAsync();
            }
        }
    }

    private static void AssertWhole(string disk)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(disk, "log.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA integrity_check";
        Assert.Equal("ok", command.ExecuteScalar());
    }
}
