using GossipCluster.Core.Causality;

namespace GossipCluster.Core.Coordination;

/// <summary>What can happen to a read.</summary>
public enum ReadInputKind
{
    /// <summary>See <see cref="ReadInput.Tick"/>.</summary>
    Tick,

    /// <summary>See <see cref="ReadInput.Start"/>.</summary>
    Start,

    /// <summary>See <see cref="ReadInput.StateRead"/>.</summary>
    StateRead,

    /// <summary>See <see cref="ReadInput.DigestRead"/>.</summary>
    DigestRead,

    /// <summary>See <see cref="ReadInput.Refused"/>.</summary>
    Refused,

    /// <summary>See <see cref="ReadInput.ReachabilityChanged"/>.</summary>
    ReachabilityChanged,

    /// <summary>See <see cref="ReadInput.Covers"/>.</summary>
    Covers,

    /// <summary>See <see cref="ReadInput.Joined"/>.</summary>
    Joined,
}

/// <summary>One input to <see cref="ReadCoordination"/>: a closed set, made by the factories below.</summary>
/// <remarks>A struct with a kind rather than a hierarchy of records: several of these come with every read, and none is kept.</remarks>
public readonly record struct ReadInput
{
    private ReadInput(ReadInputKind kind, NodeName node = default) => (Kind, Node) = (kind, node);

    /// <summary>Time has passed. Due when <see cref="ReadCoordination.NextDeadline"/> is reached; harmless at any time.</summary>
    public static ReadInput Tick => default;

    /// <summary>Begin.</summary>
    public static ReadInput Start => new(ReadInputKind.Start);

    /// <summary>Which of the factories made it.</summary>
    public ReadInputKind Kind { get; }

    /// <summary>Whom it is about; nobody for Tick, Start, Covers and Joined.</summary>
    public NodeName Node { get; }

    internal UInt128 Digest { get; private init; }

    internal bool HasDatum { get; private init; }

    internal bool Behind { get; private init; }

    /// <summary>Of ReachabilityChanged: reachable now. Of Covers: it does.</summary>
    internal bool Yes { get; private init; }

    internal object? State { get; private init; }

    internal RefusalReason Reason { get; private init; }

    /// <summary>A replica's state of the key.</summary>
    /// <param name="node">Which replica.</param>
    /// <param name="digest">Of the key's clock and state: equal digests, nothing to gain from each other.</param>
    /// <param name="hasDatum">It has live items of the key.</param>
    /// <param name="behind">It knows that it lacks something: its lost disk is being refilled, its first sync is not complete.</param>
    /// <param name="state">Whatever the shell can join; not looked at.</param>
    public static ReadInput StateRead(NodeName node, UInt128 digest, bool hasDatum, bool behind, object state) =>
        new(ReadInputKind.StateRead, node)
        {
            Digest = digest,
            HasDatum = hasDatum,
            Behind = behind,
            State = state ?? throw new ArgumentNullException(nameof(state)),
        };

    /// <summary>A replica's digest of the key; parameters as in <see cref="StateRead"/>.</summary>
    public static ReadInput DigestRead(NodeName node, UInt128 digest, bool hasDatum, bool behind) =>
        new(ReadInputKind.DigestRead, node) { Digest = digest, HasDatum = hasDatum, Behind = behind };

    /// <summary>A node will not answer.</summary>
    public static ReadInput Refused(NodeName node, RefusalReason reason) => new(ReadInputKind.Refused, node) { Reason = reason };

    /// <summary>The failure detector's verdict on a node has changed.</summary>
    public static ReadInput ReachabilityChanged(NodeName node, bool reachable) =>
        new(ReadInputKind.ReachabilityChanged, node) { Yes = reachable };

    /// <summary>Whether the joined clock of the states last given with CheckCover has all that the client's token has.</summary>
    public static ReadInput Covers(bool covers) => new(ReadInputKind.Covers) { Yes = covers };

    /// <summary>The digest of the join of the answer's states. Optional, after the answer: it brings read repair about.</summary>
    public static ReadInput Joined(UInt128 digest) => new(ReadInputKind.Joined) { Digest = digest };
}
