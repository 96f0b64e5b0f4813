using System.ComponentModel.DataAnnotations;
using GossipCluster.Core.Kernel;
using GossipCluster.Core.Replication;

namespace GossipCluster.Actors.Replicas;

/// <summary>Settings of the shards, in which the replicas of a node live; nodes need not agree.</summary>
public sealed record ShardOptions
{
    /// <summary>Where these settings are.</summary>
    public const string Section = "gossip-cluster:shards";

    /// <summary>How many shards share the replicas; each is one actor, at work on one thread at a time.</summary>
    /// <value>0 to 64. Default: 0, half the processors: replicas in one shard share batches, frames and wake-ups, which are what costs.</value>
    [Range(0, 64)]
    public int ShardCount { get; init; }

    /// <summary>Requests of clients that one shard has under way; more are answered 503 with Retry-After.</summary>
    /// <value>1 to 1 million. Default: 16,384, a second of work.</value>
    [Range(1, 1_000_000)]
    public int RequestsMax { get; init; } = 16_384;

    /// <summary>Writes of other nodes' clients that one shard coordinates; more are refused as busy.</summary>
    /// <value>1 to 1 million. Default: 16,384.</value>
    [Range(1, 1_000_000)]
    public int ForwardedMax { get; init; } = 16_384;

    /// <summary>How long a remove may wait until the replica has seen what its context has seen.</summary>
    /// <value>10 ms to 1 minute. Default: 1 s.</value>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan PullTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>After this time a message that was sent is delivered or never will be: what folding abandoned ids relies on.</summary>
    /// <value>1 s to 1 hour. Default: 1 minute. Links hold no frame longer than they hold a peer for reachable.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan MessageLifetimeMax { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>What brings replicas together again; a section of its own.</summary>
    public RepairOptions Repair { get; init; } = new();

    /// <summary>The audit; a section of its own.</summary>
    public AuditOptions Audit { get; init; } = new();

    /// <summary>The change feed; a section of its own.</summary>
    public Feeds.WatchOptions Watch { get; init; } = new();

    /// <summary>Bounds of each replica.</summary>
    public ReplicaOptions Replica { get; init; } = ReplicaOptions.Default;

    /// <summary>Bounds of each replica's conversations.</summary>
    public ReplicationOptions Replication { get; init; } = ReplicationOptions.Default;
}
