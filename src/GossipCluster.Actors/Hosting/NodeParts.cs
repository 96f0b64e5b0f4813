using Akka.Actor;
using GossipCluster.Actors.Dissemination;
using GossipCluster.Actors.Links;
using GossipCluster.Actors.Membership;
using GossipCluster.Actors.Metadata;
using GossipCluster.Actors.Replicas;
using GossipCluster.Actors.Storage;
using GossipCluster.Actors.Store;

namespace GossipCluster.Actors.Hosting;

/// <summary>What a node's actors are made of.</summary>
/// <param name="Node">Who this is.</param>
/// <param name="Directory">Where ring and bucket types are read without waiting.</param>
/// <param name="Store">What requests come through.</param>
/// <param name="Replicator">Of Akka.DistributedData; null to do without.</param>
public sealed record NodeParts(LocalNode Node, ClusterDirectory Directory, NodeStore Store, IActorRef? Replicator)
{
    /// <summary>Of the storage; the configuration of its plugins must be made of the same.</summary>
    public StorageOptions Storage { get; init; } = new();

    /// <summary>Of the links.</summary>
    public LinkOptions Links { get; init; } = new();

    /// <summary>Of the shards.</summary>
    public ShardOptions Shards { get; init; } = new();

    /// <summary>Of the metadata.</summary>
    public MetadataOptions Metadata { get; init; } = new();

    /// <summary>Of how news spread.</summary>
    public SpreadOptions Spread { get; init; } = new();

    /// <summary>Of the membership.</summary>
    public MembershipOptions Membership { get; init; } = new();

    /// <summary>What the process remembers of earlier ActorSystems.</summary>
    public MembershipHistory History { get; init; } = MembershipHistory.None;

    /// <summary>How many shards there are.</summary>
    public int ShardCount => Shards.ShardCount > 0 ? Shards.ShardCount : Math.Clamp(Environment.ProcessorCount / 2, 1, 64);
}
