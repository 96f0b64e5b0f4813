using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using GossipCluster.Actors.Store;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Membership;
using GossipCluster.Core.Metadata;

namespace GossipCluster.Actors.Metadata;

/// <summary>What other actors say to the metadata of the node, and what it says back.</summary>
public static class MetadataProtocol
{
    /// <summary>A command of an operator or client, answered by <see cref="Done"/> once durable here and on its way to others, or by <see cref="Refused"/>.</summary>
    public interface ICommand : INoSerializationVerificationNeeded;

    /// <summary>How a command ended.</summary>
    public interface IReply : INoSerializationVerificationNeeded;

    /// <summary>This node into the ring. It does so by itself at its first join; an operator brings back one that was taken out.</summary>
    /// <param name="MayReturn">Also where it was taken out.</param>
    public sealed record AddSelf(bool MayReturn) : ICommand;

    /// <summary>Another weight for a member.</summary>
    public sealed record SetWeight(NodeName Node, int Weight) : ICommand;

    /// <summary>A node back into the ring that was taken out, with the weight and zone that it had. True also where it is a member.</summary>
    public sealed record ReturnMember(NodeName Node) : ICommand;

    /// <summary>A member out of the ring for good: its data move to the others.</summary>
    public sealed record RemoveMember(NodeName Node) : ICommand;

    /// <summary>A new bucket type, or other properties of one.</summary>
    public sealed record PutType(BucketType Type) : ICommand;

    /// <summary>Properties of a bucket's own; null for those of its type.</summary>
    public sealed record PutBucket(string Type, string Bucket, BucketProperties? Properties) : ICommand;

    /// <summary>The command is done: durable here. True also where it was so already.</summary>
    /// <param name="Nodes">On how many nodes it is durable and counts, for certain; this one is the first. Schema alone waits for others.</param>
    public sealed record Done(int Nodes) : IReply
    {
        /// <summary>On this node; of others nothing is known.</summary>
        public static readonly Done Here = new(1);
    }

    /// <summary>Nothing was changed.</summary>
    public sealed record Refused(MetadataError Error) : IReply;

    /// <summary>From any local actor: tell it every <see cref="Membership.ViewChanged"/>, and the present one at once.</summary>
    /// <param name="Subscriber">Forgotten when it ends.</param>
    /// <param name="Peers">Also <see cref="PeerState"/>.</param>
    public sealed record Subscribe(IActorRef Subscriber, bool Peers = false) : INoSerializationVerificationNeeded;

    /// <summary>To subscribers who asked for it: a peer's link, and what the peer says of itself in Akka.Cluster.</summary>
    public sealed record PeerState(NodeName Node, bool IsReachable, Island Island) : INoSerializationVerificationNeeded;

    /// <summary>From membership: among whom this node counts itself in Akka.Cluster. No reply.</summary>
    public sealed record IslandChanged(Island Island) : INoSerializationVerificationNeeded;

    /// <summary>From whatever way news come: entries that may be news. No reply.</summary>
    public sealed record Learned(ImmutableArray<MetadataEntry> Entries) : INoSerializationVerificationNeeded;

    /// <summary>On the event stream: this node belongs to another cluster than its seeds or its data directory, and takes part in nothing.</summary>
    /// <param name="Sentence">For the operator.</param>
    public sealed record ClusterMismatch(string Sentence) : INoSerializationVerificationNeeded;
}

/// <summary>A parcel between the metadata actors of two nodes that have no link yet: flat bytes, see <see cref="MetadataParcel"/>.</summary>
public sealed record MetadataContact(byte[] Bytes) : IDeadLetterSuppression;
