using GossipCluster.Core.Causality;

namespace GossipCluster.Core.Coordination;

/// <summary>What a write asks its shell to do.</summary>
public enum WriteEffectKind
{
    /// <summary>Stage the operation on the own replica; answered by Committed or by Refused of the own name.</summary>
    StageLocally,

    /// <summary>Have the node coordinate the operation, if it begins in time; answered by Relayed or Refused.</summary>
    ForwardTo,

    /// <summary>Send the node the delta; answered by Acked or Refused.</summary>
    Replicate,

    /// <summary>Tell the client. Comes once, and is the last effect.</summary>
    Answer,
}

/// <summary>One effect of <see cref="WriteCoordination"/>: a closed set.</summary>
/// <remarks>A struct with a kind rather than a hierarchy of records: every write has several, and none is kept.</remarks>
public readonly record struct WriteEffect
{
    private WriteEffect(WriteEffectKind kind, NodeName node = default) => (Kind, Node) = (kind, node);

    /// <summary>Which effect.</summary>
    public WriteEffectKind Kind { get; }

    /// <summary>Of ForwardTo and Replicate: whom to.</summary>
    public NodeName Node { get; }

    /// <summary>Of ForwardTo: on this node's clock, when another node may be asked: from then on it must not be begun.</summary>
    public TimeSpan BeginBy { get; private init; }

    /// <summary>Of StageLocally and Replicate: the primary that a fallback stands in for; null for a primary's own copy.</summary>
    public NodeName? OnBehalfOf { get; private init; }

    /// <summary>Of Answer: what to tell.</summary>
    public WriteOutcome? Outcome { get; private init; }

    internal static WriteEffect StageLocally(NodeName? onBehalfOf) => new(WriteEffectKind.StageLocally) { OnBehalfOf = onBehalfOf };

    internal static WriteEffect ForwardTo(NodeName node, TimeSpan beginBy) => new(WriteEffectKind.ForwardTo, node) { BeginBy = beginBy };

    internal static WriteEffect Replicate(NodeName node, NodeName? onBehalfOf) =>
        new(WriteEffectKind.Replicate, node) { OnBehalfOf = onBehalfOf };

    internal static WriteEffect Answer(WriteOutcome outcome) => new(WriteEffectKind.Answer) { Outcome = outcome };
}
