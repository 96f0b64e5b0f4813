using System.ComponentModel.DataAnnotations;

namespace GossipCluster.Actors.Links;

/// <summary>Settings of the links between nodes; nodes need not agree, but for <see cref="FrameBytesMax"/>.</summary>
public sealed record LinkOptions
{
    /// <summary>Where these settings are.</summary>
    public const string Section = "gossip-cluster:links";

    /// <summary>The most bytes of one frame.</summary>
    /// <value>16 KiB to 8 MiB. Default: 256 KiB: large enough that the cost of a wake-up vanishes, small enough that an urgent frame does not wait long behind it.</value>
    [Range(16 << 10, 8 << 20)]
    public int FrameBytesMax { get; init; } = 256 << 10;

    /// <summary>Frames on the way to one node that it has not said to have received.</summary>
    /// <value>1 to 64. Default: 8. What a paused peer's socket must hold is this many frames.</value>
    [Range(1, 64)]
    public int FramesInFlightMax { get; init; } = 8;

    /// <summary>Bytes that wait for one node in one lane; what would go beyond is dropped and counted, and repaired later.</summary>
    /// <value>1 MiB to 1 GiB. Default: 64 MiB, a second of a fast link.</value>
    [Range(1 << 20, 1 << 30)]
    public int QueueBytesMax { get; init; } = 64 << 20;

    /// <summary>The most bytes of one parcel: what a peer may make this node gather from fragments.</summary>
    /// <value>1 MiB to 1 GiB. Default: 80 MiB, the largest key and its clock.</value>
    [Range(1 << 20, 1 << 30)]
    public int ParcelBytesMax { get; init; } = 80 << 20;

    /// <summary>How often a node that has said nothing says that it is there.</summary>
    /// <value>50 ms to 1 minute. Default: 500 ms, a quarter of <see cref="SilenceMax"/>: three may get lost.</value>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>After how long a silence a node counts as unreachable. A refused or broken connection says so at once.</summary>
    /// <value>200 ms to 10 minutes. Default: 2 s: longer than most pauses for garbage, shorter than a client's patience.</value>
    [Range(typeof(TimeSpan), "00:00:00.200", "00:10:00")]
    public TimeSpan SilenceMax { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a node that is connected may be unreachable before its connections are closed and made anew; twice as long each time that this was of no use.</summary>
    /// <value>500 ms to 10 minutes. Default: 3 s: what is only slow is heard of again before, and a connection that is of no use is gone 5 s after it was last.</value>
    [Range(typeof(TimeSpan), "00:00:00.500", "00:10:00")]
    public TimeSpan ResetAfter { get; init; } = TimeSpan.FromSeconds(3);
}
