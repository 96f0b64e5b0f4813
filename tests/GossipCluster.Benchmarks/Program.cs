using System.Globalization;
using BenchmarkDotNet.Running;
using GossipCluster.Benchmarks;

// dotnet run -c Release --project tests/GossipCluster.Benchmarks -- --filter '*Increment*'    benchmarks
// dotnet run -c Release --project tests/GossipCluster.Benchmarks -- memory                    bytes a key
// dotnet run -c Release --project tests/GossipCluster.Benchmarks -- handoff                   bytes and time of what a replica missed
// dotnet run -c Release --project tests/GossipCluster.Benchmarks -- reconciliation            coded symbols a difference among a million keys
// dotnet run -c Release --project tests/GossipCluster.Benchmarks -- storage append /tmp       the commit log: durable deltas a second
// dotnet run -c Release --project tests/GossipCluster.Benchmarks -- storage recover /tmp      a start with a million counters
// dotnet run -c Release --project tests/GossipCluster.Benchmarks -- in-process 256 10        three nodes without HTTP: requests in flight, seconds
// dotnet run -c Release --project tests/GossipCluster.Benchmarks -- idle                      CPU of a node that does nothing
if (args is ["idle-node", .. var node])
{
    await IdleCost.RunNodeAsync(node, Console.Out);
    return;
}

if (args is ["idle", .. var layers])
{
    IdleCost.Run(layers, Console.Out);
    return;
}

if (args is ["in-process", .. var how])
{
    var (inFlight, seconds) = (int.Parse(how.ElementAtOrDefault(0) ?? "256", CultureInfo.InvariantCulture), int.Parse(how.ElementAtOrDefault(1) ?? "10", CultureInfo.InvariantCulture));
    await InProcess.RunAsync(Console.Out, inFlight, TimeSpan.FromSeconds(seconds));
    return;
}

if (args is ["reconciliation", ..])
{
    Reconciliation.Run(Console.Out);
    return;
}

if (args is ["handoff", ..])
{
    HandoffCost.Run(Console.Out);
    return;
}

if (args is ["memory", ..])
{
    MemoryPerKey.Run(Console.Out);
    return;
}

if (args is ["storage", var what, .. var rest])
{
    // Where the files go is what is measured: a directory on the disk in question, or PostgreSQL.
    var place = rest.FirstOrDefault() ?? Path.GetTempPath();
    var postgres = place.Contains("Host=", StringComparison.Ordinal) ? place : null;
    if (what is "append") StorageBenchmark.Append(Console.Out, place, postgres, seconds: 5);
    else StorageBenchmark.Recover(Console.Out, place, postgres);
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(MemoryPerKey).Assembly).Run(args, new ShortConfig());
