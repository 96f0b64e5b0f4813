using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Feeds;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Core.Coordination;

/// <summary>What a coordinator and the nodes that it calls say to each other, beside what replicas do. Any message may be lost, doubled or late.</summary>
/// <param name="Call">The caller's number for the call; comes back with the answer.</param>
public abstract record CoordinationMessage(ulong Call)
{
    /// <summary>Coordinate this write in my place. Answered by <see cref="Relayed"/>, <see cref="RelayedRefusal"/> or <see cref="NotTaken"/>.</summary>
    /// <param name="Call">The caller's number.</param>
    /// <param name="Key">Where.</param>
    /// <param name="Type">The bucket type's data type.</param>
    /// <param name="Operation">What.</param>
    /// <param name="Quorum">How many must hold it.</param>
    /// <param name="Timeout">What is left of the client's time; whole milliseconds on the wire.</param>
    /// <param name="BeginBy">
    /// On the caller's clock: later it is not begun, but refused as <see cref="RefusalReason.Late"/>, for another may have been asked; whole microseconds on the wire.
    /// </param>
    /// <param name="Observed">The clock of the client's token, or null.</param>
    /// <param name="ReturnsState">The answer has the key's state right after the write.</param>
    public sealed record Forward(
        ulong Call, Key Key, DataType Type, Operation Operation, WriteQuorum Quorum, TimeSpan Timeout, TimeSpan BeginBy, DotSet? Observed, bool ReturnsState)
        : CoordinationMessage(Call);

    /// <summary>How the write ended.</summary>
    /// <param name="Call">As asked.</param>
    /// <param name="Outcome">As the machine said.</param>
    /// <param name="Clock">The coordinator's durable clock right after: for the token.</param>
    /// <param name="State">The key's state, where it was asked for.</param>
    public sealed record Relayed(ulong Call, WriteOutcome Outcome, DotSet Clock, Record? State) : CoordinationMessage(Call);

    /// <summary>The operation was refused; nothing of it was done.</summary>
    public sealed record RelayedRefusal(ulong Call, OperationError Error) : CoordinationMessage(Call);

    /// <summary>To a coordinator: what you asked for was not done, and will not be. Also the answer to a replica's message that was not taken in.</summary>
    public sealed record NotTaken(ulong Call, RefusalReason Reason) : CoordinationMessage(Call);

    /// <summary>What is your state of the key? Answered by <see cref="StateRead"/> or <see cref="NotTaken"/>.</summary>
    public sealed record ReadState(ulong Call, Key Key) : CoordinationMessage(Call);

    /// <summary>And its digest only? Answered by <see cref="DigestRead"/> or <see cref="NotTaken"/>.</summary>
    public sealed record ReadDigest(ulong Call, Key Key) : CoordinationMessage(Call);

    /// <summary>A replica's state of a key.</summary>
    /// <param name="Call">As asked.</param>
    /// <param name="Digest">See <see cref="Replica.DigestOf"/>.</param>
    /// <param name="HasDatum">The key exists there.</param>
    /// <param name="Behind">The replica knows that it lacks something.</param>
    /// <param name="State">From <see cref="Replica.StateOf"/>, with the replica's clock.</param>
    /// <param name="Clock">The replica's clock, once more: for read repair.</param>
    /// <param name="Folds">From <see cref="Replica.AllFolds"/>.</param>
    public sealed record StateRead(
        ulong Call, UInt128 Digest, bool HasDatum, bool Behind, Record State, DotSet Clock, IReadOnlyList<Record> Folds) : CoordinationMessage(Call);

    /// <summary>A replica's digest of a key; parameters as in <see cref="StateRead"/>.</summary>
    public sealed record DigestRead(ulong Call, UInt128 Digest, bool HasDatum, bool Behind, DotSet Clock) : CoordinationMessage(Call);

    /// <summary>You were seen to have more of the key than another node: send it what it lacks (4.3). No answer.</summary>
    /// <param name="Call">Of the read that saw it.</param>
    /// <param name="Key">Which.</param>
    /// <param name="Lacking">The node that lacks something.</param>
    /// <param name="Known">What it has.</param>
    public sealed record RepairAsk(ulong Call, Key Key, NodeName Lacking, DotSet Known) : CoordinationMessage(Call);

    /// <summary>What does your replica of this address have, durably? Answered by <see cref="ClockTold"/>.</summary>
    public sealed record AskClock(ulong Call) : CoordinationMessage(Call);

    /// <summary>What a replica has.</summary>
    /// <param name="Call">As asked.</param>
    /// <param name="Clock">Its durable clock.</param>
    /// <param name="Folds">From <see cref="Replica.AllFolds"/>: the names that the clock uses.</param>
    public sealed record ClockTold(ulong Call, DotSet Clock, IReadOnlyList<Record> Folds) : CoordinationMessage(Call);

    /// <summary>
    /// Which keys, or buckets, do your replicas of this address hold? Answered by one or more <see cref="NamesListed"/>.
    /// </summary>
    /// <param name="Call">The caller's number.</param>
    /// <param name="Type">The bucket type.</param>
    /// <param name="Bucket">The bucket whose keys; null for the buckets of the type.</param>
    public sealed record ListNames(ulong Call, string Type, string? Bucket) : CoordinationMessage(Call);

    /// <summary>Some of the names, in no order.</summary>
    /// <param name="Call">As asked.</param>
    /// <param name="Names">Keys or buckets.</param>
    /// <param name="IsLast">No more follow.</param>
    public sealed record NamesListed(ulong Call, IReadOnlyList<string> Names, bool IsLast) : CoordinationMessage(Call);

    /// <summary>Tell this node what changes, or remember it for who may ask later. Answered by <see cref="FeedPart"/>s, or <see cref="NotTaken"/>.</summary>
    /// <param name="Call">The stream's number; it is a new one whenever a stream starts again.</param>
    /// <param name="Kind">What is wanted.</param>
    /// <param name="Scope">Of which keys.</param>
    /// <param name="Known">What the asker has; null for nothing.</param>
    /// <param name="Seen">What the asker was told of beyond that, perhaps in part: nothing is told before all of it is here, for a while. Null for nothing.</param>
    /// <param name="Interval">The least time between two rounds of changes; whole milliseconds on the wire.</param>
    public sealed record FeedAsk(ulong Call, FeedAskKind Kind, FeedScope Scope, DotSet? Known, DotSet? Seen, TimeSpan Interval) : CoordinationMessage(Call);

    /// <summary>Parts up to this one have been taken in, and more are wanted. <see cref="NotTaken"/> where there is no such stream.</summary>
    public sealed record FeedAck(ulong Call, int Number, TimeSpan Interval) : CoordinationMessage(Call);

    /// <summary>No more is wanted. No answer.</summary>
    public sealed record FeedStop(ulong Call) : CoordinationMessage(Call);

    /// <summary>Some keys as they are now.</summary>
    /// <param name="Call">As asked.</param>
    /// <param name="Number">Counts the parts of the stream from 1: a number left out is a part that was lost.</param>
    /// <param name="IsReset">What has changed cannot be told: what follows is all there is.</param>
    /// <param name="IsLast">Of a catch-up: that was all.</param>
    /// <param name="States">Key states, for readers; null for none.</param>
    /// <param name="Clock">What the states have seen; or, where the part is complete, what is told to the end.</param>
    /// <param name="IsComplete">The effect of every dot in the clock has been told with this part; else more of the round follows.</param>
    public sealed record FeedPart(ulong Call, int Number, bool IsReset, bool IsLast, Record? States, DotSet Clock, bool IsComplete) : CoordinationMessage(Call);
}

/// <summary>What is wanted of the source of a feed.</summary>
public enum FeedAskKind
{
    /// <summary>Remember which keys change, for a reader that may come.</summary>
    Keep = 0,

    /// <summary>What changes from here on, or since what is known.</summary>
    Live = 1,

    /// <summary>What has changed since what is known, or all there is; and then nothing more.</summary>
    CatchUp = 2,
}
