using GossipCluster.Core.Causality;

namespace GossipCluster.Core.Coordination;

/// <summary>What can happen to a write.</summary>
public enum WriteInputKind
{
    /// <summary>See <see cref="WriteInput.Tick"/>.</summary>
    Tick,

    /// <summary>See <see cref="WriteInput.Start"/>.</summary>
    Start,

    /// <summary>See <see cref="WriteInput.Committed"/>.</summary>
    Committed,

    /// <summary>See <see cref="WriteInput.Acked"/>.</summary>
    Acked,

    /// <summary>See <see cref="WriteInput.Refused"/>.</summary>
    Refused,

    /// <summary>See <see cref="WriteInput.Relayed"/>.</summary>
    Relayed,

    /// <summary>See <see cref="WriteInput.ReachabilityChanged"/>.</summary>
    ReachabilityChanged,
}

/// <summary>One input to <see cref="WriteCoordination"/>: a closed set, made by the factories below.</summary>
/// <remarks>A struct with a kind rather than a hierarchy of records: several of these come with every write, and none is kept.</remarks>
public readonly record struct WriteInput
{
    private WriteInput(WriteInputKind kind, NodeName node = default) => (Kind, Node) = (kind, node);

    /// <summary>Time has passed. Due when <see cref="WriteCoordination.NextDeadline"/> is reached; harmless at any time.</summary>
    public static WriteInput Tick => default;

    /// <summary>Begin.</summary>
    public static WriteInput Start => new(WriteInputKind.Start);

    /// <summary>The coordinator's own replica has the write on disk.</summary>
    public static WriteInput Committed => new(WriteInputKind.Committed);

    /// <summary>Which of the factories made it.</summary>
    public WriteInputKind Kind { get; }

    /// <summary>Whom it is about; nobody for Tick, Start and Committed.</summary>
    public NodeName Node { get; }

    internal bool Durable { get; private init; }

    /// <summary>Of Acked: it counts. Of ReachabilityChanged: reachable now.</summary>
    internal bool Yes { get; private init; }

    internal RefusalReason Reason { get; private init; }

    internal WriteOutcome? Outcome { get; private init; }

    /// <summary>A replica has joined the delta.</summary>
    /// <param name="node">Which.</param>
    /// <param name="durable">It is on that node's disk.</param>
    /// <param name="counts">
    /// False where the sender could not tell the causal past that the replica may lack (rule 8): joined, but no acknowledgement. An
    /// acknowledgement that counts may still follow.
    /// </param>
    public static WriteInput Acked(NodeName node, bool durable, bool counts) =>
        new(WriteInputKind.Acked, node) { Durable = durable, Yes = counts };

    /// <summary>A node has not done what it was asked to and will not: stage (the node itself), coordinate, or join the delta.</summary>
    public static WriteInput Refused(NodeName node, RefusalReason reason) => new(WriteInputKind.Refused, node) { Reason = reason };

    /// <summary>The node that coordinates in this one's place has its outcome.</summary>
    public static WriteInput Relayed(NodeName node, WriteOutcome outcome) =>
        new(WriteInputKind.Relayed, node) { Outcome = outcome ?? throw new ArgumentNullException(nameof(outcome)) };

    /// <summary>The failure detector's verdict on a node has changed.</summary>
    public static WriteInput ReachabilityChanged(NodeName node, bool reachable) =>
        new(WriteInputKind.ReachabilityChanged, node) { Yes = reachable };
}
