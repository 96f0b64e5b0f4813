// One command does each thing: dotnet tool restore && dotnet cake --target=Build|Test|Simulate|EndToEnd|Islands|MultiNodeFull|Nemesis|Healing|Bench|Format|Ci
var target = Argument("target", "Test");
var configuration = Argument("configuration", "Release");
var seeds = Argument("seeds", 200_000);
var firstSeed = Argument("first-seed", 0);
var seconds = Argument("seconds", 30);
var filter = Argument("filter", "*");
var seed = Argument("seed", new System.Random().Next(1, 1_000_000));

void Run(string command, string arguments, IDictionary<string, string> environment = null)
{
    var code = StartProcess(command, new ProcessSettings { Arguments = arguments, EnvironmentVariables = environment });
    if (code != 0) throw new CakeException($"{command} {arguments} ended with {code}.");
}

Task("Build")
    .Description("Builds everything, warnings as errors.")
    .Does(() => Run("dotnet", $"build GossipCluster.sln -c {configuration}"));

Task("Test")
    .Description("The README's test command.")
    .Does(() => Run("dotnet", "test"));

Task("Simulate")
    .Description("The long simulation: --seeds=N (default 200,000), --first-seed=N.")
    .Does(() => Run(
        "dotnet",
        "run -c Release --project tests/GossipCluster.Simulation.Tests -- -method *.Seeds_keep_every_invariant",
        new Dictionary<string, string> { ["GOSSIPCLUSTER_FIRST_SEED"] = $"{firstSeed}", ["GOSSIPCLUSTER_SEEDS"] = $"{seeds}" }));

Task("EndToEnd")
    .Description("Real processes under load and kills: --seconds=N of load (default 30).")
    .Does(() => Run(
        "dotnet",
        "run -c Release --project tests/GossipCluster.EndToEnd.Tests",
        new Dictionary<string, string> { ["GOSSIPCLUSTER_LOAD_SECONDS"] = $"{seconds}" }));

Task("Islands")
    .Description("The splits of Akka.Cluster by restarts inside a cut.")
    .Does(() => Run(
        "dotnet",
        "run -c Release --project tests/GossipCluster.EndToEnd.Tests -- -class *.IslandTests",
        new Dictionary<string, string> { ["GOSSIPCLUSTER_LONG"] = "1" }));

Task("MultiNodeFull")
    .Description("All tests on processes, those that take long too, with a nemesis of 180 s: --seed=N (default: another one each time; it is printed).")
    .Does(() =>
    {
        Information($"The seed of the nemesis is {seed}.");
        Run(
            "dotnet",
            "run -c Release --project tests/GossipCluster.EndToEnd.Tests -- -diagnostics",
            new Dictionary<string, string> { ["GOSSIPCLUSTER_LONG"] = "1", ["GOSSIPCLUSTER_NEMESIS_SECONDS"] = "180", ["GOSSIPCLUSTER_NEMESIS_SEED"] = $"{seed}" });
    });

Task("Nemesis")
    .Description("The nemesis alone: --seed=N --seconds=N (default 30).")
    .Does(() => Run(
        "dotnet",
        "run -c Release --project tests/GossipCluster.EndToEnd.Tests -- -diagnostics -class *.NemesisTests",
        new Dictionary<string, string> { ["GOSSIPCLUSTER_NEMESIS_SECONDS"] = $"{seconds}", ["GOSSIPCLUSTER_NEMESIS_SEED"] = $"{seed}" }));

Task("Healing")
    .Description("How long healing takes after each kind of fault; with a cut of ten minutes among them.")
    .Does(() => Run("dotnet", "run -c Release --project tests/GossipCluster.EndToEnd.Tests -- -explicit only -diagnostics -class *.HealingFigures"));

Task("Bench")
    .Description("Benchmarks: --filter=*Increment* (default: all).")
    .Does(() => Run("dotnet", $"run -c Release --project tests/GossipCluster.Benchmarks -- --filter {filter}"));

Task("Format")
    .Description("Formats the tree after .editorconfig.")
    .Does(() => Run("dotnet", "format GossipCluster.sln"));

Task("Ci")
    .Description("What continuous integration runs, and nothing else.")
    .Does(() => Run("bash", ".ci/run"));

RunTarget(target);
