using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Placement;

namespace GossipCluster.Actors.Membership;

/// <summary>What the node knows of the cluster: who holds what, and where everybody was last heard of. Immutable; each change makes a new one.</summary>
/// <param name="Self">This node.</param>
/// <param name="Ring">Empty until one is known. Its version is a fingerprint of all ring entries with their epochs: equal versions, equal rings.</param>
/// <param name="Peers">The last known address of every other ring member that ever told one; not all may be there.</param>
public sealed record ClusterView(NodeName Self, Ring Ring, ImmutableDictionary<NodeName, PeerFacts> Peers) : INoSerializationVerificationNeeded
{
    /// <summary>The n_vals of all bucket types, ascending: for each there is a replica of every partition.</summary>
    public ImmutableArray<int> NVals { get; init; } = [3];

    /// <summary>Of bucket types that are to be repaired before others; 0 for all others.</summary>
    public ImmutableDictionary<string, int> Priorities { get; init; } = ImmutableDictionary<string, int>.Empty;

    /// <summary>True where an operator took this node out of the ring: it hands off what it has, takes no new copies, and has requests done by the members.</summary>
    public bool HasLeft { get; init; }

    /// <summary>True where this node can do requests, or have them done by the members.</summary>
    public bool Serves => IsRingKnown || (HasLeft && HasRing);

    /// <summary>True where a ring is known, with this node in it or without: a node that has left still hands off what it has.</summary>
    public bool HasRing => Ring.Members.Length > 0;

    /// <summary>True where a ring with this node in it is known.</summary>
    public bool IsRingKnown => Ring.Contains(Self);
}

/// <summary>What a node last said of itself. Written by that node only; the greatest incarnation counts.</summary>
/// <param name="Incarnation">Grows with each start of the node.</param>
/// <param name="Remote">Where its ActorSystem listens.</param>
/// <param name="Http">Its HTTP address as others may use it.</param>
/// <param name="Version">Of the product.</param>
public sealed record PeerFacts(long Incarnation, Address Remote, string Http, string Version)
{
    /// <summary>Of the ActorSystem of this incarnation: tells which member of Akka.Cluster is it, and which one is dead for certain. 0 where not told.</summary>
    public int Uid { get; init; }

    /// <summary>The node's life as links and news know it, see <see cref="LocalNode.Start"/>; 0 where not told.</summary>
    public long Start { get; init; }
}

/// <summary>To whoever subscribed: the view has changed.</summary>
public sealed record ViewChanged(ClusterView View) : INoSerializationVerificationNeeded;
