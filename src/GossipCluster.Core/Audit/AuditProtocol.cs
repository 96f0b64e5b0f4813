using System.Collections.Immutable;

namespace GossipCluster.Core.Audit;

/// <summary>What two replicas of a partition say to each other in an audit. One asks, the other answers and remembers nothing.</summary>
/// <remarks>
/// <code><![CDATA[
/// asker                                            answerer
///   | -- Open (clock, shape, root) ----------------> |
///   | <---------------------- Agreed                 |   equal roots: done in one round trip
///   | <---------------------- Nodes (level 1)        |   else the walk goes down, level by level, into what differs
///   | -- AskNodes (level, parents) ----------------> |
///   | <---------------------- Nodes                  |
///   | -- AskKeys (leaves, after) ------------------> |
///   | <---------------------- Keys                   |   until no leaf is left
/// ]]></code>
/// Every request carries the clock and the shape it was asked under, so that every answer stands by itself: no answer mixes two states.
/// Each has a number, its answer the same one: what is late, doubled or of another session is not listened to.
/// </remarks>
public static class AuditProtocol
{
    /// <summary>The most hashes or keys in a message. 1,024 hashes are 18 KB.</summary>
    public const int EntriesPerMessageMax = 1_024;

    /// <summary>The most bytes of keys in a message: with hashes and lengths it stays below <see cref="MessageBytesMax"/>.</summary>
    public const int KeyBytesPerMessageMax = 64 * 1_024;

    /// <summary>The longest key, in flat bytes.</summary>
    public const int KeyBytesMax = 16 * 1_024;

    /// <summary>The most nodes whose children one request asks for: their answer just fits.</summary>
    public const int ParentsPerRequestMax = EntriesPerMessageMax / MerkleTree.FanOut;

    /// <summary>
    /// The most leaves whose keys one request asks for. A thousand keys a leaf fill an answer each; more leaves only pay where they are
    /// small.
    /// </summary>
    public const int LeavesPerRequestMax = 64;

    /// <summary>No message is longer: below Akka.Remote's default frame of 128,000 bytes.</summary>
    public const int MessageBytesMax = 96 * 1_024;

    /// <summary>Any of these messages.</summary>
    /// <param name="Session">Chosen at random by the asker; tells its sessions apart.</param>
    /// <param name="Number">0 for the first request, one more for each next; an answer has its request's.</param>
    public abstract record Message(ulong Session, long Number);

    /// <summary>From the asker; every one is answered.</summary>
    /// <param name="Session">The session.</param>
    /// <param name="Number">The request's number in it.</param>
    /// <param name="Clock">The asker's clock fingerprint: an answer under another clock would mean nothing.</param>
    /// <param name="LeafCount">The shape of the asker's tree.</param>
    public abstract record Request(ulong Session, long Number, UInt128 Clock, int LeafCount) : Message(Session, Number);

    /// <summary>From the one asked.</summary>
    /// <param name="Session">The session.</param>
    /// <param name="Number">The number of the request.</param>
    public abstract record Answer(ulong Session, long Number) : Message(Session, Number);

    /// <summary>
    /// Are we equal? Answered by <see cref="Agreed"/>, by the root's children as <see cref="Nodes"/>, or by <see cref="Refused"/>.
    /// </summary>
    public sealed record Open(ulong Session, long Number, UInt128 Clock, int LeafCount, UInt128 Root)
        : Request(Session, Number, Clock, LeafCount);

    /// <summary>Asks for the children of nodes. Answered by all of them as <see cref="Nodes"/>, or by <see cref="Refused"/>.</summary>
    /// <remarks>Level is that of the parents; there are 1 to <see cref="ParentsPerRequestMax"/> of them, by ascending index.</remarks>
    public sealed record AskNodes(ulong Session, long Number, UInt128 Clock, int LeafCount, int Level, ImmutableArray<int> Parents)
        : Request(Session, Number, Clock, LeafCount);

    /// <summary>Asks for the keys of leaves. Answered by as many as fit as <see cref="Keys"/>, or by <see cref="Refused"/>.</summary>
    /// <remarks>
    /// 1 to <see cref="LeavesPerRequestMax"/> leaves, by ascending index. Of the first one only the keys above After, in byte order; all
    /// where After is empty.
    /// </remarks>
    public sealed record AskKeys(
        ulong Session, long Number, UInt128 Clock, int LeafCount, ImmutableArray<int> Leaves, ReadOnlyMemory<byte> After)
        : Request(Session, Number, Clock, LeafCount);

    /// <summary>The roots are equal.</summary>
    public sealed record Agreed(ulong Session, long Number) : Answer(Session, Number);

    /// <summary>Hashes of nodes of one level.</summary>
    /// <remarks>1 to <see cref="EntriesPerMessageMax"/> hashes, by ascending index; Level is that of these nodes.</remarks>
    public sealed record Nodes(ulong Session, long Number, int Level, ImmutableArray<NodeHash> Hashes) : Answer(Session, Number);

    /// <summary>Keys of leaves: the leaves asked for, in their order, as far as they fit.</summary>
    /// <remarks>1 to <see cref="LeavesPerRequestMax"/> leaves, by ascending index; all but the last are complete.</remarks>
    public sealed record Keys(ulong Session, long Number, ImmutableArray<LeafKeys> Leaves) : Answer(Session, Number);

    /// <summary>No comparison is possible, and why.</summary>
    public sealed record Refused(ulong Session, long Number, Refusal Reason) : Answer(Session, Number);

    /// <summary>A node's hash.</summary>
    /// <param name="Index">The node's index in its level.</param>
    /// <param name="Hash">Its hash.</param>
    public readonly record struct NodeHash(int Index, UInt128 Hash);

    /// <summary>Keys of one leaf.</summary>
    /// <param name="Leaf">The leaf.</param>
    /// <param name="Complete">True where no key of the leaf comes after these.</param>
    /// <param name="Entries">By ascending key; at least one where not complete.</param>
    public readonly record struct LeafKeys(int Leaf, bool Complete, ImmutableArray<AuditKey> Entries);

    /// <summary>Why a request is not answered. The numbers are on the wire, for ever.</summary>
    public enum Refusal
    {
        /// <summary>The answerer's clock is not the asker's: sync first.</summary>
        ClockDiffers = 1,

        /// <summary>The answerer's tree has another leaf count.</summary>
        ShapeDiffers = 2,

        /// <summary>The request asks for nodes that a tree of its shape does not have.</summary>
        OutOfRange = 3,
    }
}
