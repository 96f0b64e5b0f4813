using System.ComponentModel.DataAnnotations;
using GossipCluster.Core.Feeds;

namespace GossipCluster.Actors.Feeds;

/// <summary>Settings of the change feed on this node; nodes need not agree.</summary>
public sealed record WatchOptions
{
    /// <summary>Where these settings are.</summary>
    public const string Section = "gossip-cluster:watch";

    /// <summary>Watchers on this node at once; more are answered 503 with Retry-After.</summary>
    /// <value>0 to 1 million. Default: 10,000, half of the connections that a node takes.</value>
    [Range(0, 1_000_000)]
    public int WatchersMax { get; init; } = 10_000;

    /// <summary>Changed keys of one bucket that wait for its watchers, each key once; beyond, the oldest are forgotten, and who has not read them is told how many it missed.</summary>
    /// <value>16 to 10 million. Default: 10,000.</value>
    [Range(16, 10_000_000)]
    public int WaitingKeysMax { get; init; } = 10_000;

    /// <summary>And about how many bytes these may take.</summary>
    /// <value>64 KiB to 1 GiB. Default: 8 MiB.</value>
    [Range(65_536L, 1L << 30)]
    public long WaitingBytesMax { get; init; } = 8 << 20;

    /// <summary>What one watcher is sent in one go, about: it holds so much while its connection takes nothing.</summary>
    /// <value>4 KiB to 64 MiB. Default: 256 KiB.</value>
    [Range(4096L, 64L << 20)]
    public long BatchBytesMax { get; init; } = 256 << 10;

    /// <summary>The least time between two batches to one watcher, in which changes of a key become one event.</summary>
    /// <value>0 to 10 s. Default: 10 ms.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:10")]
    public TimeSpan DeliveryInterval { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>Batches a second to all watchers of this node: with more of them each is told less often, so that they cost the writers little.</summary>
    /// <value>10 to 1 million. Default: 2,000: with 1,000 watchers each is told twice a second.</value>
    [Range(10, 1_000_000)]
    public int DeliveriesPerSecondMax { get; init; } = 2000;

    /// <summary>How often a watcher that was sent changes is sent its position.</summary>
    /// <value>10 ms to 1 minute. Default: 1 s: so much is told twice after a resume.</value>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan PositionInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often a watcher that was sent nothing is sent a position that has moved because of other keys.</summary>
    /// <value>1 s to 1 hour. Default: 30 s.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan PositionQuietInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often something is sent to a watcher that has nothing to hear, so that neither side takes the other for gone.</summary>
    /// <value>100 ms to 10 minutes. Default: 15 s.</value>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Changed keys that wait at a replica for one node; beyond, the stream begins again from where it was.</summary>
    /// <value>16 to 10 million. Default: 100,000.</value>
    [Range(16, 10_000_000)]
    public int PendingKeysMax { get; init; } = 100_000;

    /// <summary>How many changes each watched replica remembers the keys of, for watchers that come back.</summary>
    /// <value>16 to 1 million. Default: 4,096, some 200 KB for a partition.</value>
    [Range(16, 1_000_000)]
    public int JournalEntriesMax { get; init; } = 4096;

    /// <summary>How long they are remembered after the last watcher has gone.</summary>
    /// <value>1 s to 1 day. Default: 10 minutes.</value>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan ResumeWindow { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a bucket is still followed after its last watcher has gone.</summary>
    /// <value>0 to 1 hour. Default: 30 s, longer than a client takes to connect again.</value>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan Linger { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The bounds of this node's replicas as sources.</summary>
    internal FeedLimits Limits => new()
    {
        PendingKeysMax = PendingKeysMax,
        JournalEntriesMax = JournalEntriesMax,
        ResumeWindow = ResumeWindow,
    };
}
