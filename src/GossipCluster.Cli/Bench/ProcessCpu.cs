using System.Diagnostics;

namespace GossipCluster.Cli.Bench;

/// <summary>CPU time of other processes, user and system, in steps of 10 ms.</summary>
internal static class ProcessCpu
{
    /// <summary>Null where there is no such process.</summary>
    public static TimeSpan? Read(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return process.TotalProcessorTime;
        }
        catch (Exception failed) when (failed is ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }
}
