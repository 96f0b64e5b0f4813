using System.Collections.Immutable;

namespace GossipCluster.Core.Dissemination;

/// <summary>Why a payload travels.</summary>
public enum GossipWay
{
    /// <summary>Pushed along the tree, or by the publisher to everybody.</summary>
    Pushed = 0,

    /// <summary>Asked for by <see cref="DisseminationMessage.Graft"/>.</summary>
    Grafted = 1,

    /// <summary>Lacking in a <see cref="DisseminationMessage.Digest"/>. Says nothing about the tree.</summary>
    Exchanged = 2,
}

/// <summary>A message that the sender has and the receiver may lack.</summary>
/// <param name="Id">Which.</param>
/// <param name="Hop">The hop it would arrive with, from this sender.</param>
public readonly record struct Announced(MessageId Id, int Hop);

/// <summary>What the spreaders of news on two nodes say to each other. All of it may be lost, doubled or late.</summary>
public abstract record DisseminationMessage
{
    private DisseminationMessage()
    {
    }

    /// <summary>About who is whose neighbour (HyParView).</summary>
    public abstract record OfViews : DisseminationMessage;

    /// <summary>About what goes along the tree (Plumtree).</summary>
    public abstract record OfTree : DisseminationMessage;

    /// <summary>From a node that has no neighbour: take me in. Always granted with <see cref="NeighborAnswer"/>, and told to others.</summary>
    public sealed record Join : OfViews
    {
        /// <summary>There is only one.</summary>
        public static readonly Join Instance = new();
    }

    /// <summary>A node has joined; the message walks on at random until its hops are used up, and who has it then becomes a neighbour.</summary>
    /// <param name="Joining">Who has joined.</param>
    /// <param name="Ttl">Hops left.</param>
    public sealed record ForwardJoin(PeerId Joining, int Ttl) : OfViews;

    /// <summary>Be my neighbour. Answered by <see cref="NeighborAnswer"/>.</summary>
    /// <param name="IsHigh">The sender has no other neighbour, or links an island: it cannot be refused.</param>
    public sealed record Neighbor(bool IsHigh) : OfViews;

    /// <summary>Yes or no.</summary>
    public sealed record NeighborAnswer(bool IsAccepted) : OfViews;

    /// <summary>You are no neighbour of mine, or no longer.</summary>
    /// <param name="IsLeaving">The sender stops: it is not to be kept in mind either.</param>
    public sealed record Disconnect(bool IsLeaving) : OfViews;

    /// <summary>A sample of the origin's views on a random walk; who has it at the end answers with <see cref="ShuffleReply"/>.</summary>
    public sealed record Shuffle(PeerId Origin, int Ttl, ImmutableArray<PeerId> Peers) : OfViews;

    /// <summary>A sample in return.</summary>
    public sealed record ShuffleReply(ImmutableArray<PeerId> Peers) : OfViews;

    /// <summary>To each neighbour, regularly: I live, I hold you for a neighbour, and this is what our overlay is known by.</summary>
    public sealed record Keepalive(Beacon Beacon) : OfViews;

    /// <summary>News itself.</summary>
    /// <param name="Id">Its name.</param>
    /// <param name="Hop">Hops from the publisher up to and with this one: 1 in what the publisher sends.</param>
    /// <param name="Age">How long nodes have held it so far, without the time on the way. No clock is compared with another's.</param>
    /// <param name="Way">Why it is sent.</param>
    /// <param name="Payload">Up to <see cref="DisseminationWire.PayloadBytesMax"/> bytes.</param>
    public sealed record Gossip(MessageId Id, int Hop, TimeSpan Age, GossipWay Way, ReadOnlyMemory<byte> Payload) : OfTree;

    /// <summary>I have these. Who still lacks one after a while asks with <see cref="Graft"/>.</summary>
    public sealed record IHave(ImmutableArray<Announced> Messages) : OfTree;

    /// <summary>Push to me from now on, and send these. An empty list asks for the link alone.</summary>
    public sealed record Graft(ImmutableArray<MessageId> Lacking) : OfTree;

    /// <summary>Push to me no longer: announce.</summary>
    public sealed record Prune : OfTree
    {
        /// <summary>There is only one.</summary>
        public static readonly Prune Instance = new();
    }

    /// <summary>What the sender has seen of late. The receiver sends what is lacking, and where it lacks something itself answers with its own.</summary>
    /// <param name="Seen">Sorted, each once.</param>
    /// <param name="Horizon">What is older than this is not listed, seen or not.</param>
    /// <param name="WantsAnswer">False in an answer.</param>
    /// <param name="Beacon">By what the sender's overlay is known; null where it has none.</param>
    public sealed record Digest(ImmutableArray<MessageId> Seen, TimeSpan Horizon, bool WantsAnswer, Beacon? Beacon) : DisseminationMessage;
}

/// <summary>A message with its two ends. The receiver is named with its epoch, so that what was meant for its earlier life is not taken.</summary>
public sealed record DisseminationParcel(PeerId From, PeerId To, DisseminationMessage Message);
