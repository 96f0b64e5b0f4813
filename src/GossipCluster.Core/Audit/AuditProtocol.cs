using System.Collections.Immutable;
using GossipCluster.Core.Reconciliation;

namespace GossipCluster.Core.Audit;

/// <summary>What two replicas of a partition say to each other in an audit. One asks; the other answers, and remembers nothing but its view.</summary>
/// <remarks>
/// <code><![CDATA[
/// asker                                            answerer
///   | -- Pin (clock) ------------------------------> |
///   | <---------------------- Pinned                 |   both have a view of their state under this clock, and make its tree in steps
///   | -- Open (clock, shape, root) ----------------> |
///   | <---------------------- Agreed                 |   equal roots: done in one round trip
///   | <---------------------- Nodes (level 1)        |   else the walk goes down, level by level, into what differs
///   | -- AskNodes (level, parents) ----------------> |
///   | <---------------------- Nodes                  |
///   | -- AskKeys (leaves, after) ------------------> |
///   | <---------------------- Keys                   |   leaves of few keys: all of them
///   | -- AskSymbols (leaves, from, count) ---------> |
///   | <---------------------- Symbols                |   leaves of many keys: coded symbols, until they are decoded
///   | -- AskNames (leaves, names) -----------------> |
///   | <---------------------- Names                  |   of what the asker lacks
///   | -- AskState (key) ---------------------------> |
///   | <---------------------- State                  |   of whoever has what is right
///   | -- Repair (expected, record) ----------------> |
///   | <---------------------- Repaired               |   once durable
///   | -- Release ----------------------------------> |
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

    /// <summary>No message is longer but <see cref="State"/> and <see cref="Repair"/>, which hold a key: below Akka.Remote's default frame of 128,000 bytes.</summary>
    public const int MessageBytesMax = 96 * 1_024;

    /// <summary>The longest message with a key's state: what the links carry.</summary>
    public const int StateBytesMax = 80 << 20;

    /// <summary>An asker puts leaves together into one set of coded symbols up to this many keys; one leaf alone may have more. Some milliseconds of work.</summary>
    public const int SymbolKeysMax = 4_096;

    /// <summary>An answerer refuses to make coded symbols of more keys than this: then lists are sent.</summary>
    public const int SymbolKeysAnsweredMax = 4 * SymbolKeysMax;

    /// <summary>Leaves of so few keys are not worth coded symbols: one message has them all.</summary>
    public const int ListKeysMax = 16;

    /// <summary>The most coded symbols that one request asks for: 43 KB.</summary>
    public const int SymbolsPerRequestMax = 1_024;

    /// <summary>The fewest coded symbols that one request asks for: a few differences in one round trip.</summary>
    public const int SymbolsPerRequestMin = 16;

    /// <summary>No coded symbol beyond this one is asked for: lists are shorter by then.</summary>
    public const int SymbolsMax = 4 * SymbolKeysAnsweredMax;

    /// <summary>Bytes of a coded symbol on the wire, about: sum, checksum, count.</summary>
    public const int SymbolBytes = 32 + 8 + 2;

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

    /// <summary>Take a view of your state under this clock. Answered by <see cref="Pinned"/> or <see cref="Refused"/>.</summary>
    public sealed record Pin(ulong Session, long Number, UInt128 Clock, int LeafCount) : Request(Session, Number, Clock, LeafCount);

    /// <summary>Asks for coded symbols of the keys of leaves. Answered by as many as <see cref="Symbols"/>, or by <see cref="Refused"/>.</summary>
    /// <remarks>
    /// 1 to <see cref="LeavesPerRequestMax"/> leaves, by ascending index; from 0 on, 1 to <see cref="SymbolsPerRequestMax"/> symbols. The number of the session is the key of the hashes: it is
    /// drawn at random for each, so that nobody can write keys that collide under it.
    /// </remarks>
    public sealed record AskSymbols(
        ulong Session, long Number, UInt128 Clock, int LeafCount, ImmutableArray<int> Leaves, int From, int Count)
        : Request(Session, Number, Clock, LeafCount);

    /// <summary>Asks which keys these are, by their digests. Answered by as many as fit as <see cref="Names"/>, in the order asked, or by <see cref="Refused"/>.</summary>
    /// <remarks>1 to <see cref="EntriesPerMessageMax"/> digests.</remarks>
    public sealed record AskNames(
        ulong Session, long Number, UInt128 Clock, int LeafCount, ImmutableArray<int> Leaves, ImmutableArray<UInt128> Digests)
        : Request(Session, Number, Clock, LeafCount);

    /// <summary>Asks for the state of a key in the view. Answered by <see cref="State"/>, or by <see cref="Refused"/>.</summary>
    public sealed record AskState(ulong Session, long Number, UInt128 Clock, int LeafCount, ReadOnlyMemory<byte> Key)
        : Request(Session, Number, Clock, LeafCount);

    /// <summary>Gives a key the state that was found to be right, if its state hash is still as it was compared. Answered by <see cref="Repaired"/> once durable.</summary>
    public sealed record Repair(ulong Session, long Number, UInt128 Clock, int LeafCount, UInt128 Expected, ReadOnlyMemory<byte> Record)
        : Request(Session, Number, Clock, LeafCount);

    /// <summary>The view is not needed any more; no answer.</summary>
    public sealed record Release(ulong Session, long Number, UInt128 Clock, int LeafCount) : Request(Session, Number, Clock, LeafCount);

    /// <summary>The view is taken.</summary>
    public sealed record Pinned(ulong Session, long Number) : Answer(Session, Number);

    /// <summary>Coded symbols, from the index on that was asked for.</summary>
    /// <param name="Session">The session.</param>
    /// <param name="Number">The number of the request.</param>
    /// <param name="KeyCount">How many keys the leaves have here.</param>
    /// <param name="From">The index of the first symbol.</param>
    /// <param name="Coded">1 to <see cref="SymbolsPerRequestMax"/> symbols.</param>
    public sealed record Symbols(ulong Session, long Number, int KeyCount, int From, ImmutableArray<CodedSymbol> Coded) : Answer(Session, Number);

    /// <summary>The keys of the first digests that were asked for, at least one.</summary>
    public sealed record Names(ulong Session, long Number, ImmutableArray<AuditKey> Entries) : Answer(Session, Number);

    /// <summary>The state of a key (<see cref="Kernel.AuditView.StateOf"/>).</summary>
    public sealed record State(ulong Session, long Number, ReadOnlyMemory<byte> KeyState) : Answer(Session, Number);

    /// <summary>What the repair has done.</summary>
    public sealed record Repaired(ulong Session, long Number, Kernel.RepairResult Result) : Answer(Session, Number);

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

        /// <summary>The view is there and its tree is not made yet: ask again.</summary>
        NotYet = 4,

        /// <summary>There are as many views as there may be: ask again, later.</summary>
        Busy = 5,

        /// <summary>More keys than coded symbols are made of: ask for the keys.</summary>
        TooMany = 6,

        /// <summary>There is no view under this clock, or none any more.</summary>
        NoView = 7,
    }
}
