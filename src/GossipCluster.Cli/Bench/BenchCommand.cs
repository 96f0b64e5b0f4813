using System.CommandLine;

namespace GossipCluster.Cli.Bench;

internal static class BenchCommand
{
    public static Command Create() => new("bench");
}
