using System.ComponentModel.DataAnnotations;
using GossipCluster.Core.Dissemination;

namespace GossipCluster.Actors.Dissemination;

/// <summary>How news goes from this node to all others. All nodes of a cluster should go the same way; where they do not, digests bring what is missed.</summary>
public sealed record SpreadOptions
{
    /// <summary>Where these settings are.</summary>
    public const string Section = "gossip-cluster:dissemination";

    /// <summary>To each member, by digests alone, or along a tree over partial views.</summary>
    /// <value>Default: direct, which is best up to some hundred nodes.</value>
    public DisseminationWay Way { get; init; } = DisseminationWay.Direct;

    /// <summary>The time between two digests to a member at random.</summary>
    /// <value>100 ms to 1 minute. Default: 5 s. Shorter where digests are the way.</value>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan ExchangeInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often a node tells the others how busy it is and how far its replicas differ from theirs.</summary>
    /// <value>1 s to 10 minutes. Default: 5 s: one message of some 60 bytes to each node.</value>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan LoadInterval { get; init; } = TimeSpan.FromSeconds(5);
}
