using BenchmarkDotNet.Running;
using GossipCluster.Benchmarks;

// dotnet run -c Release --project tests/GossipCluster.Benchmarks -- --filter '*Increment*'    benchmarks
// dotnet run -c Release --project tests/GossipCluster.Benchmarks -- memory                    bytes a key
if (args is ["memory", ..])
{
    MemoryPerKey.Run(Console.Out);
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(MemoryPerKey).Assembly).Run(args, new ShortConfig());
