using System.Globalization;

namespace GossipCluster.Cli.Processes;

/// <summary>Notices that <c>dotnet run</c>, which started this process, is gone: killed with -9 it passes nothing on.</summary>
/// <remarks>Only that launcher: a shell may end before the commands that it started in the background. Linux only, where /proc tells.</remarks>
internal static class LauncherWatch
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>Calls <paramref name="gone"/> once when the launcher has ended; never where there is none.</summary>
    public static async Task RunAsync(Action gone, CancellationToken cancel)
    {
        if (ParentOf("self") is not { } launcher || !IsDotnetRun(launcher)) return;
        using var timer = new PeriodicTimer(Interval);
        try
        {
            while (await timer.WaitForNextTickAsync(cancel))
            {
                if (ParentOf("self") == launcher) continue;
                gone();
                return;
            }
        }
        catch (OperationCanceledException)
        {
            // The command has ended first.
        }
    }

    private static bool IsDotnetRun(int pid) => Read(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/cmdline")) is { } line
        && line.Split('\0') is [var program, "run", ..] && Path.GetFileName(program) == "dotnet";

    private static int? ParentOf(string pid) => Read($"/proc/{pid}/status")?.Split('\n')
        .Where(line => line.StartsWith("PPid:", StringComparison.Ordinal))
        .Select(line => (int?)int.Parse(line.AsSpan(5).Trim(), CultureInfo.InvariantCulture))
        .FirstOrDefault();

    private static string? Read(string path)
    {
        try
        {
            return OperatingSystem.IsLinux() ? File.ReadAllText(path) : null;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
