using System.ComponentModel.DataAnnotations;

namespace GossipCluster.Actors.Membership;

/// <summary>How this node behaves in Akka.Cluster, on which nothing about data depends. Nodes need not agree.</summary>
public sealed record MembershipOptions
{
    /// <summary>Where these settings are.</summary>
    public const string Section = "gossip-cluster:membership";

    /// <summary>How long a node tries to join others before the one with the least name joins itself; also how often it looks again.</summary>
    /// <value>100 ms to 10 minutes. Default: 2 s, as Akka.Cluster's own seed timeout.</value>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan JoinTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a member must be unreachable before it is downed on proof that its node lives elsewhere.</summary>
    /// <value>100 ms to 1 hour. Default: 5 s: the proof is exact, the wait only spares a member that is just joining.</value>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan DownAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a node must be reachable and yet no member before it is taken for one of another island.</summary>
    /// <value>1 s to 1 hour. Default: 20 s: joining takes some seconds.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan IslandAfter { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Whether a node of an island that gives way restarts its ActorSystem, in its process, to join the island that stays.</summary>
    /// <value>Default: on: one node at a time is away for some seconds, and nobody has to be called.</value>
    public bool MendIslands { get; init; } = true;

    /// <summary>The least time between two such restarts of one process.</summary>
    /// <value>1 s to 1 day. Default: 5 minutes: what a restart did not mend, the next one at once would not either.</value>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan RestartIntervalMin { get; init; } = TimeSpan.FromMinutes(5);
}
