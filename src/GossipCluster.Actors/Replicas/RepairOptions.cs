using System.ComponentModel.DataAnnotations;
using GossipCluster.Core.Replication;

namespace GossipCluster.Actors.Replicas;

/// <summary>Settings of what brings replicas together again: pairwise sync, hinted handoff and full transfer. Nodes need not agree.</summary>
public sealed record RepairOptions
{
    /// <summary>Where these settings are.</summary>
    public const string Section = "gossip-cluster:repair";

    /// <summary>How often replicas that differ, or were long not compared, are looked for.</summary>
    /// <value>10 ms to 1 hour. Default: 1 s.</value>
    [Range(typeof(TimeSpan), "00:00:00.010", "01:00:00")]
    public TimeSpan SyncInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Replicas that are equal for all that is known are compared this often all the same.</summary>
    /// <value>1 s to 1 day. Default: 2 minutes: what a lost message left behind.</value>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan SyncQuietInterval { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>From which time of the day, UTC, replicas that seem equal are compared. What differs is repaired at any time.</summary>
    /// <value>0 to 1 day. Default: 0; equal to the end, there is no window and they are compared all day.</value>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan SyncQuietFrom { get; init; } = TimeSpan.Zero;

    /// <summary>Until which time of the day; before the beginning, it is one of the next day.</summary>
    /// <value>0 to 1 day. Default: 0.</value>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan SyncQuietUntil { get; init; } = TimeSpan.Zero;

    /// <summary>Syncs that one shard has under way; others wait for their turn.</summary>
    /// <value>1 to 10,000. Default: 16: some parts of 64 KiB on the way at once.</value>
    [Range(1, 10_000)]
    public int SyncSessionsMax { get; init; } = 16;

    /// <summary>How long a sync may say nothing before its place is given to another.</summary>
    /// <value>100 ms to 10 minutes. Default: 5 s.</value>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan SyncPatience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The most bytes a second that repairs bring into one node.</summary>
    /// <value>64 KiB to 10 GiB. Default: 64 MiB, half of a gigabit a second.</value>
    [Range(65_536L, 10L << 30)]
    public long BytesPerSecondMax { get; init; } = 64 << 20;

    /// <summary>What repairs may bring in however much clients ask for, so that they end some day.</summary>
    /// <value>1 KiB to 10 GiB. Default: 1 MiB.</value>
    [Range(1024L, 10L << 30)]
    public long BytesPerSecondMin { get; init; } = 1 << 20;

    /// <summary>How much longer than without repairs clients may wait, in percent, before repairs go slower.</summary>
    /// <value>100 to 10,000. Default: 150, half as long again.</value>
    [Range(100, 10_000)]
    public int LatencyPercentMax { get; init; } = 150;

    /// <summary>Bytes that this node keeps for primaries that could not be reached. Beyond, what a write quorum of primaries has is dropped; where nothing may be dropped, no more is taken.</summary>
    /// <value>64 KiB to 1 TiB. Default: 512 MiB.</value>
    [Range(65_536L, 1L << 40)]
    public long HintBytesMax { get; init; } = 512 << 20;

    /// <summary>After this time the hints that a write quorum of primaries has are dropped: pairwise sync does the rest.</summary>
    /// <value>1 s to 365 days. Default: 3 hours.</value>
    [Range(typeof(TimeSpan), "00:00:01", "365.00:00:00")]
    public TimeSpan HintAgeMax { get; init; } = TimeSpan.FromHours(3);

    /// <summary>The most keys whose hints are dropped in one commit.</summary>
    /// <value>1 to 100,000. Default: 1,000.</value>
    [Range(1, 100_000)]
    public int HintDropKeysMax { get; init; } = 1000;

    /// <summary>Replicas that one shard hands off side by side after a change of the ring; the next begins when one is empty.</summary>
    /// <value>1 to 10,000. Default: 8, enough to keep links and disks busy, few enough that requests go before.</value>
    [Range(1, 10_000)]
    public int HandoffsMax { get; init; } = 8;

    /// <summary>How soon a replica that is handed off is offered again where nobody has said anything; each time the wait doubles, up to the sync interval.</summary>
    /// <value>10 ms to 1 minute. Default: 100 ms, in which a change of the ring has reached everybody.</value>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan HandoffRetry { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How often the replicas that a receipt asks for are asked again.</summary>
    /// <value>10 ms to 1 minute. Default: 100 ms.</value>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan ReceiptInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The receipts that one shard waits for at once; more are refused.</summary>
    /// <value>1 to 1 million. Default: 1,000.</value>
    [Range(1, 1_000_000)]
    public int ReceiptsMax { get; init; } = 1000;

    /// <summary>One shard's share of the rates.</summary>
    internal RepairPaceOptions PaceOf(int shardCount) => new()
    {
        BytesPerSecondMax = Math.Max(1, BytesPerSecondMax / shardCount),
        BytesPerSecondMin = Math.Clamp(BytesPerSecondMin / shardCount, 1, Math.Max(1, BytesPerSecondMax / shardCount)),
        LatencyGrowthMax = LatencyPercentMax / 100.0,
    };

    /// <summary>True where replicas that seem equal may be compared at this time.</summary>
    internal bool IsInWindow(DateTimeOffset now)
    {
        var time = now.UtcDateTime.TimeOfDay;
        return SyncQuietFrom == SyncQuietUntil
            || (SyncQuietFrom < SyncQuietUntil ? time >= SyncQuietFrom && time < SyncQuietUntil : time >= SyncQuietFrom || time < SyncQuietUntil);
    }
}
