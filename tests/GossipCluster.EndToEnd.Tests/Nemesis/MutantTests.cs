using GossipCluster.EndToEnd.Tests.Nemesis.Checking;
using GossipCluster.EndToEnd.Tests.Nemesis.Running;
using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.EndToEnd.Tests.Nemesis;

/// <summary>A node that breaks a promise on purpose, and no other fault: the checks that are there for it notice.</summary>
public sealed class MutantTests : ClusterTest
{
    private static readonly TimeSpan LoadFor = TimeSpan.FromSeconds(6);

    [Fact]
    public async Task A_node_that_drops_acknowledged_writes_is_noticed_by_the_checks_of_sets_and_counters()
    {
        TakesLong();
        var verdict = await RunAsync("drop-acknowledged");

        Assert.Contains(verdict.Violations, violation => violation is { Check: SetChecker.Name, Kind: "lost" });
        Assert.Contains(verdict.Violations, violation => violation is { Check: CounterChecker.Name, Kind: "below" });
        Assert.DoesNotContain(verdict.Violations, violation => violation.Check == ConvergenceChecker.Name);
    }

    [Fact]
    public async Task A_node_that_brings_back_what_was_removed_is_noticed_by_the_check_of_removes()
    {
        TakesLong();
        var verdict = await RunAsync("resurrect");

        Assert.Contains(verdict.Violations, violation => violation is { Check: ObservedRemoveChecker.Name, Kind: "came back" });
        Assert.DoesNotContain(verdict.Violations, violation => violation.Check is SetChecker.Name or CounterChecker.Name or ConvergenceChecker.Name);
    }

    private async Task<Verdict> RunAsync(string mutant)
    {
        var breaks = new Dictionary<string, string>(StringComparer.Ordinal) { ["GOSSIPCLUSTER_TESTING"] = "1", ["GOSSIPCLUSTER__TESTING__MUTANT"] = mutant };
        var cluster = await StartCompleteAsync(3, new ClusterPlan { EnvironmentOf = name => name == "n2" ? breaks : [] });
        var plan = new NemesisPlan(1, LoadFor, 3, []);
        using var run = new NemesisRun(cluster, plan);
        var verdict = await run.RunAsync(LoadFor, Cancel);
        TestContext.Current.TestOutputHelper?.WriteLine(verdict.Report($"{plan}, n2 with {mutant}"));
        return verdict;
    }
}
