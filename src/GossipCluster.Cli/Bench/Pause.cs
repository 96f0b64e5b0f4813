using System.Runtime.InteropServices;

namespace GossipCluster.Cli.Bench;

/// <summary>Sleeps of less than a millisecond, which the base library rounds up.</summary>
internal static partial class Pause
{
    /// <summary>So long may the pacer be blind to an end or to a connection that has become free.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(1);

    // Below this the wake-up costs more than being late does.
    private static readonly TimeSpan Shortest = TimeSpan.FromMicroseconds(50);

    public static void For(TimeSpan span)
    {
        var pause = span < Shortest ? Shortest : span > Longest ? Longest : span;
        if (OperatingSystem.IsWindows())
        {
            Thread.Sleep(pause);
            return;
        }

        var request = new TimeSpec { Nanoseconds = (nint)(pause.Ticks * TimeSpan.NanosecondsPerTick) };
        _ = NanoSleep(in request, 0);
    }

    [LibraryImport("libc", EntryPoint = "nanosleep")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int NanoSleep(in TimeSpec request, nint remaining);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
