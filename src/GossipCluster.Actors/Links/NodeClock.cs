using System.Diagnostics;

namespace GossipCluster.Actors.Links;

/// <summary>The monotonic clock that frames tell other nodes of: one for all actors of a process. Not set by anybody, not the time of day.</summary>
internal static class NodeClock
{
    /// <summary>Since some moment before the process began. Goes on while the process is stopped.</summary>
    public static TimeSpan Now => Stopwatch.GetElapsedTime(0);
}
