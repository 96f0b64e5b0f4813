using System.Collections.Immutable;
using GossipCluster.Core.Causality;

namespace GossipCluster.Core.Coordination;

/// <summary>What a read asks its shell to do.</summary>
public enum ReadEffectKind
{
    /// <summary>Ask the node, which may be the own one, for its state of the key; answered by StateRead or Refused.</summary>
    AskState,

    /// <summary>Ask the node for the digest of its state of the key; answered by DigestRead or Refused.</summary>
    AskDigest,

    /// <summary>
    /// Join the clocks of the states, and of all nodes that answered with an equal digest, and compare with the client's token; answered by Covers.
    /// </summary>
    CheckCover,

    /// <summary>Tell the client. Comes once; of the effects only Repair can follow it.</summary>
    Answer,

    /// <summary>Send the nodes the joined state (rule 4). Comes at most once, after Joined.</summary>
    Repair,
}

/// <summary>One effect of <see cref="ReadCoordination"/>: a closed set.</summary>
/// <remarks>A struct with a kind rather than a hierarchy of records: every read has several, and none is kept.</remarks>
public readonly record struct ReadEffect
{
    private ReadEffect(ReadEffectKind kind, NodeName node = default) => (Kind, Node) = (kind, node);

    /// <summary>Which effect.</summary>
    public ReadEffectKind Kind { get; }

    /// <summary>Of AskState and AskDigest: whom.</summary>
    public NodeName Node { get; }

    /// <summary>Of CheckCover: the states, in the order in which their nodes were asked. Default for others.</summary>
    public ImmutableArray<object> States { get; private init; }

    /// <summary>Of Repair: primaries whose state is not the joined one. Default for others.</summary>
    public ImmutableArray<NodeName> Nodes { get; private init; }

    /// <summary>Of Answer: what to tell.</summary>
    public ReadOutcome? Outcome { get; private init; }

    internal static ReadEffect AskState(NodeName node) => new(ReadEffectKind.AskState, node);

    internal static ReadEffect AskDigest(NodeName node) => new(ReadEffectKind.AskDigest, node);

    internal static ReadEffect CheckCover(ImmutableArray<object> states) => new(ReadEffectKind.CheckCover) { States = states };

    internal static ReadEffect Answer(ReadOutcome outcome) => new(ReadEffectKind.Answer) { Outcome = outcome };

    internal static ReadEffect Repair(ImmutableArray<NodeName> nodes) => new(ReadEffectKind.Repair) { Nodes = nodes };
}
