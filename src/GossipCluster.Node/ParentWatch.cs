using System.Diagnostics;

namespace GossipCluster.Node;

/// <summary>Stops the node, cleanly, when the process that it was told to follow is gone.</summary>
internal sealed partial class ParentWatch(NodeOptions options, IHostApplicationLifetime lifetime, ILogger<ParentWatch> log) : BackgroundService
{
    // With the second that a clean stop takes: gone within two.
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>True while the process runs; one that has ended and that nobody has waited for does not.</summary>
    public static bool IsAlive(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            return !process.HasExited && !IsZombie(processId);
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval);
        do
        {
            if (IsAlive(options.Parent)) continue;
            SayGone(log, options.Parent);
            lifetime.StopApplication();
            return;
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Process {Parent} is gone: this node stops")]
    private static partial void SayGone(ILogger log, int parent);

    private static bool IsZombie(int processId)
    {
        if (!OperatingSystem.IsLinux()) return false;
        try
        {
            // "pid (name) state ...", and the name may hold anything.
            var stat = File.ReadAllText($"/proc/{processId}/stat");
            return stat[stat.LastIndexOf(')') + 2] is 'Z' or 'X';
        }
        catch (IOException)
        {
            return true;
        }
    }
}
