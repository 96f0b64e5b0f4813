using GossipCluster.Core.Causality;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Core.Replication;

/// <summary>What a replica says of itself with every message: what it has, durably, and as whom it speaks.</summary>
/// <param name="Clock">Its durable clock.</param>
/// <param name="RingVersion">The ring that it sees.</param>
/// <param name="IsPrimary">True where it is a primary of the partition in that ring.</param>
/// <param name="HasSynced">True where it has all that the partition had when it became a primary: what it lacks was never acknowledged by it.</param>
public sealed record Stamp(DotSet Clock, long RingVersion, bool IsPrimary, bool HasSynced);

/// <summary>Numbers the questions of one replica object, so that an answer to an earlier question, or to an earlier life, is told from one to this.</summary>
/// <param name="Life">Random, the same for all questions of the object.</param>
/// <param name="Number">Counts them.</param>
public readonly record struct AskNumber(ulong Life, long Number);

/// <summary>What the replicas of one partition say to each other. Any message may be lost, doubled, late or out of order.</summary>
public abstract record PeerMessage
{
    private PeerMessage()
    {
    }

    /// <summary>From a coordinator: join this write, and the past of its key that you may lack. Answered by <see cref="Replicated"/> once durable.</summary>
    /// <param name="Op">The coordinator's number for the write.</param>
    /// <param name="Records">The past, oldest first, and the write's own delta, last, where it has one.</param>
    /// <param name="IsWhole">False where the coordinator cannot tell whether that is all of the past: then the answer does not count (rule 8).</param>
    public sealed record Replicate(ulong Op, IReadOnlyList<Record> Records, bool IsWhole) : PeerMessage;

    /// <summary>Joined and durable.</summary>
    /// <param name="Op">As asked.</param>
    /// <param name="Counts">True where this is an acknowledgement.</param>
    /// <param name="Stamp">What the answering replica has now.</param>
    public sealed record Replicated(ulong Op, bool Counts, Stamp Stamp) : PeerMessage;

    /// <summary>From a primary: this is what I have; send me what I lack. Answered by <see cref="SyncPart"/> or <see cref="TransferNeeded"/>.</summary>
    /// <param name="Ask">Comes back with the answer.</param>
    /// <param name="Stamp">What the asker has.</param>
    public sealed record SyncAsk(AskNumber Ask, Stamp Stamp) : PeerMessage;

    /// <summary>Some of what the asker lacks, or nothing where it lacks nothing.</summary>
    /// <param name="Ask">As asked.</param>
    /// <param name="Records">Each good by itself.</param>
    /// <param name="IsComplete">False where there is more: ask again once these are durable.</param>
    /// <param name="Stamp">What the answering replica has.</param>
    public sealed record SyncPart(AskNumber Ask, IReadOnlyList<Record> Records, bool IsComplete, Stamp Stamp) : PeerMessage;

    /// <summary>What the asker lacks can only be had by a full transfer. Answered by <see cref="TransferAsk"/>.</summary>
    public sealed record TransferNeeded(Stamp Stamp) : PeerMessage;

    /// <summary>Send the chunk that starts at a key. Answered by <see cref="TransferPart"/>.</summary>
    /// <param name="Transfer">0, or the transfer that is to be resumed; where the sender no longer has it, a new one starts.</param>
    /// <param name="From">The index of the first key that is not yet durable here.</param>
    public sealed record TransferAsk(ulong Transfer, int From) : PeerMessage;

    /// <summary>A chunk of a full transfer, or its end.</summary>
    public sealed record TransferPart(Record Record, Stamp Stamp) : PeerMessage;

    /// <summary>From a fallback: I hold what you may lack; ask me. Answered by <see cref="SyncAsk"/>.</summary>
    public sealed record Offer(Stamp Stamp) : PeerMessage;

    /// <summary>To a fallback that still uses old names: what they are called now; no answer.</summary>
    public sealed record Folds(IReadOnlyList<Record> Records) : PeerMessage;

    /// <summary>What will you have, once everything that has reached you is durable? Answered then, by <see cref="StampTold"/>.</summary>
    public sealed record StampAsk : PeerMessage;

    /// <summary>All that had reached this replica when it was asked, and what it has otherwise.</summary>
    public sealed record StampTold(Stamp Stamp) : PeerMessage;

    /// <summary>What I have now; no answer.</summary>
    public sealed record Know(Stamp Stamp) : PeerMessage;

    /// <summary>Read repair: the state of a key that a reader found older here; no answer.</summary>
    public sealed record Repair(Record KeyState) : PeerMessage;
}
