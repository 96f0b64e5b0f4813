using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;

namespace GossipCluster.Core.Kernel;

/// <summary>What became of an operation that was to be staged.</summary>
/// <param name="Delta">What it did; null where it did nothing or was refused.</param>
/// <param name="Error">Why it was refused; null where it was not.</param>
/// <param name="Missing">With <see cref="OperationProblem.ContextNotSeen"/>: the dots that have to be pulled first.</param>
public readonly record struct StageResult(Delta? Delta, OperationError? Error, DotSet? Missing)
{
    /// <summary>True where the operation was fine and there was nothing to do: the answer is that of a write that is done already.</summary>
    public bool IsUnchanged => Delta is null && Error is null;
}
