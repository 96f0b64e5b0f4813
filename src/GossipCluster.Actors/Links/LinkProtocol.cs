using Akka.Actor;
using Akka.Event;
using GossipCluster.Core.Causality;

namespace GossipCluster.Actors.Links;

/// <summary>What a parcel between two nodes holds. The numbers are on the wire: they never change.</summary>
public enum ParcelKind : byte
{
    /// <summary>A message from a replica to the same replica on another node.</summary>
    Replica = 1,

    /// <summary>A coordinator's call to another node, or its answer.</summary>
    Coordination = 2,

    /// <summary>Ring, bucket types and node facts: a digest, or entries.</summary>
    Metadata = 3,

    /// <summary>A starting node's question about its replica id, or the answer.</summary>
    Identity = 4,

    /// <summary>From the audit of a replica to that of the same replica on another node.</summary>
    Audit = 5,

    /// <summary>News on their way to all nodes.</summary>
    Dissemination = 6,
}

/// <summary>Which parcels go first.</summary>
public enum Lane : byte
{
    /// <summary>Somebody waits: writes, acknowledgements, reads, metadata.</summary>
    Foreground,

    /// <summary>Sync, handoff, transfer.</summary>
    Background,
}

/// <summary>What the actors of a node say to its links, and what these say back. All local; what crosses the wire is <see cref="LinkFrame"/>.</summary>
/// <remarks>
/// Delivery is at most once, in order within a lane, and never certain: a peer that is gone loses what was on the way. Everything above repeats or repairs.
/// </remarks>
public static class LinkProtocol
{
    /// <summary>To the links: take this to a node. Dropped, and counted, where its queue is full or nobody knows its address. No reply.</summary>
    /// <param name="To">A ring member other than this node.</param>
    /// <param name="Kind">Who gets it there.</param>
    /// <param name="Lane">Before or after others.</param>
    /// <param name="Body">Not changed after it was sent.</param>
    public sealed record Send(NodeName To, ParcelKind Kind, Lane Lane, ReadOnlyMemory<byte> Body) : INoSerializationVerificationNeeded;

    /// <summary>To the links: the same for many parcels, which lie one after another as <see cref="Parcels"/> writes them.</summary>
    public sealed record SendRun(NodeName To, Lane Lane, ReadOnlyMemory<byte> Run) : INoSerializationVerificationNeeded;

    /// <summary>To the links: <see cref="ParcelKind.Replica"/>, <see cref="ParcelKind.Coordination"/> and <see cref="ParcelKind.Audit"/> go to the shard of their partition, as <see cref="Arrived"/>.</summary>
    public sealed record RouteToShards(System.Collections.Immutable.ImmutableArray<IActorRef> Shards) : INoSerializationVerificationNeeded;

    /// <summary>From the links to a shard: all that one frame had for it, in order.</summary>
    /// <param name="From">The sender.</param>
    /// <param name="Parcels">What it sent.</param>
    /// <param name="ClockAhead">
    /// The sender's clock is ahead of <see cref="NodeClock"/> by this at most; may be negative. From two frames that crossed (Cristian, "Probabilistic clock
    /// synchronization", 1989): too much by what the two took on their way, never too little.
    /// </param>
    public sealed record Arrived(NodeName From, IReadOnlyList<Parcel> Parcels, TimeSpan ClockAhead) : INoSerializationVerificationNeeded;

    /// <summary>A parcel for a replica.</summary>
    /// <param name="Kind">Replica, Coordination or Audit.</param>
    /// <param name="Replica">Which replica.</param>
    /// <param name="Body">The message.</param>
    public readonly record struct Parcel(ParcelKind Kind, Replicas.ReplicaAddress Replica, ReadOnlyMemory<byte> Body);

    /// <summary>To the links: give me what comes of this kind, as <see cref="Delivered"/>; and every <see cref="ReachabilityChanged"/>, first of all the reachable nodes.</summary>
    public sealed record Subscribe(ParcelKind Kind, IActorRef Subscriber) : INoSerializationVerificationNeeded;

    /// <summary>To the links: a node was asked that may have no link yet. Where it is connected and does not answer, its connections are made anew. No reply.</summary>
    public sealed record Asked(Address Address) : INoSerializationVerificationNeeded;

    /// <summary>To the links: it has answered. No reply.</summary>
    public sealed record Answered(Address Address) : INoSerializationVerificationNeeded;

    /// <summary>From the links: a parcel.</summary>
    public sealed record Delivered(NodeName From, ParcelKind Kind, ReadOnlyMemory<byte> Body) : INoSerializationVerificationNeeded;

    /// <summary>From the links to all subscribers: the verdict on a node has changed. Until it is first heard of, and says that it hears, a node counts as unreachable.</summary>
    public sealed record ReachabilityChanged(NodeName Node, bool IsReachable) : INoSerializationVerificationNeeded;
}
