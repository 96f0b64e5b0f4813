using System.Globalization;
using GossipCluster.EndToEnd.Tests.Nemesis.Running;
using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.EndToEnd.Tests.Nemesis;

/// <summary>Random faults under a mixed load, all of it decided by a seed; what clients saw is then held against what is promised. See docs/testing.md.</summary>
public sealed class NemesisTests : ClusterTest
{
    private const int Nodes = 4;
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(180);

    private static readonly ClusterPlan Plan = new()
    {
        LinkFaults = true,
        Environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            // Nodes restart inside cuts: islands of Akka.Cluster are mended within the run.
            ["GOSSIPCLUSTER__MEMBERSHIP__ISLAND_AFTER"] = "5s",
            ["GOSSIPCLUSTER__MEMBERSHIP__RESTART_INTERVAL_MIN"] = "10s",
        },
    };

    [Fact]
    public async Task Kills_pauses_cuts_restarts_joins_and_leaves_under_a_mixed_load_break_no_promise()
    {
        var seconds = Setting("SECONDS");
        if (seconds is null) TakesLong();
        var plan = NemesisPlan.Of(Setting("SEED") ?? 1, TimeSpan.FromSeconds(seconds ?? 20), Nodes);
        TestContext.Current.TestOutputHelper?.WriteLine(plan.ToString());
        var cluster = Start(Nodes, Plan);
        await cluster.WaitRingCompleteAsync(StartPatience, Cancel);

        using var run = new NemesisRun(cluster, plan);
        try
        {
            var verdict = await run.RunAsync(plan.Duration, Cancel);
            var report = verdict.Report(string.Empty);
            TestContext.Current.TestOutputHelper?.WriteLine(report);
            Assert.True(!verdict.Violations.Any(), $"{plan}\n{report}");
        }
        catch
        {
            var file = Path.Combine(Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"gossip-nemesis-{plan.Seed}-{Guid.NewGuid():n}.history"));
            await File.WriteAllLinesAsync(file, run.History.Lines(), CancellationToken.None);
            TestContext.Current.TestOutputHelper?.WriteLine($"The whole history is in {file}.");
            throw;
        }
    }

    private static int? Setting(string name) =>
        int.TryParse(Environment.GetEnvironmentVariable($"GOSSIPCLUSTER_NEMESIS_{name}"), CultureInfo.InvariantCulture, out var value) ? value : null;
}
