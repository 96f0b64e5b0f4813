using System.Collections.Immutable;
using GossipCluster.Actors.Dissemination;
using GossipCluster.Actors.Membership;
using GossipCluster.Actors.Metadata;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Metadata;
using GossipCluster.Core.Placement;

namespace GossipCluster.Actors.Hosting;

/// <summary>The cluster as one node sees it, and an operator's word on its ring. Safe for many threads.</summary>
public interface ICluster
{
    /// <summary>What this node knows without asking anybody.</summary>
    ClusterState State { get; }

    /// <summary>Carries out a change: durable on this node and on its way to the others when the task ends.</summary>
    ValueTask<ChangeReply> ChangeAsync(MetadataProtocol.ICommand command, CancellationToken cancel);

    /// <summary>Where this node is after the last change of the ring; null where it cannot say yet.</summary>
    ValueTask<HandoffState?> HandoffAsync(CancellationToken cancel);
}

/// <summary>The cluster as one node sees it.</summary>
/// <param name="Self">That node.</param>
/// <param name="Ring">Empty until one is known.</param>
/// <param name="NVals">The n_vals in use, ascending.</param>
/// <param name="Nodes">Members of the ring and those that have left it, by name.</param>
public sealed record ClusterState(NodeName Self, Ring Ring, ImmutableArray<int> NVals, ImmutableArray<NodeState> Nodes)
{
    /// <summary>The node of that name; null where none was ever heard of.</summary>
    public NodeState? Find(NodeName name) => Nodes.FirstOrDefault(node => node.Member.Name == name);
}

/// <summary>A node that is or was in the ring.</summary>
/// <param name="Member">Name, weight and zone; of one that has left, those that it had.</param>
/// <param name="Standing">In the ring, or out of it again.</param>
/// <param name="IsReachable">By link; true for the node itself.</param>
/// <param name="Facts">What it last said of itself; null where it never did.</param>
/// <param name="Akka">What Akka.Cluster calls it, in lower case, as in <c>weaklyup</c>; null where it does not know it.</param>
/// <param name="IsUnreachableInAkka">Whether Akka.Cluster holds it for unreachable.</param>
public sealed record NodeState(RingMember Member, RingStanding Standing, bool IsReachable, PeerFacts? Facts, string? Akka, bool IsUnreachableInAkka)
{
    /// <summary>How it last said that it is; null where that was never heard.</summary>
    public NodeLoad? Load { get; init; }

    /// <summary>How long ago that was.</summary>
    public TimeSpan LoadAge { get; init; }
}

/// <summary>Where a node is after a change of the ring.</summary>
/// <param name="HasLeft">In its own ring it is no member.</param>
/// <param name="RingVersion">Of the ring that it sees.</param>
/// <param name="Replicas">How many replicas it holds data of that it is no primary of.</param>
/// <param name="Keys">In those.</param>
/// <param name="Unsynced">How many replicas it is a primary of and has not had everything of yet.</param>
public sealed record HandoffState(bool HasLeft, long RingVersion, int Replicas, long Keys, int Unsynced)
{
    /// <summary>It has what it shall have and nothing else.</summary>
    public bool IsDone => Replicas == 0 && Unsynced == 0;
}
