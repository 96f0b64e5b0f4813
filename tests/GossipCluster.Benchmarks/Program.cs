using BenchmarkDotNet.Running;
using GossipCluster.Benchmarks;

// dotnet run -c Release --project tests/GossipCluster.Benchmarks -- --filter '*Increment*'    benchmarks
// dotnet run -c Release --project tests/GossipCluster.Benchmarks -- memory                    bytes a key
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

if (args is ["memory", ..])
{
    MemoryPerKey.Run(Console.Out);
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(MemoryPerKey).Assembly).Run(args, new ShortConfig());
