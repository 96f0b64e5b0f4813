using System.Collections.Immutable;
using GossipCluster.Core.Causality;

namespace GossipCluster.Actors.Store;

/// <summary>What an operator may know and order about divergence and repair. Every method answers for this node alone, but for <see cref="ConvergenceAsync"/>.</summary>
public interface IRepairs
{
    /// <summary>The divergence of this node's replicas; null while the node starts.</summary>
    ValueTask<NodeEntropy?> EntropyAsync(CancellationToken cancel);

    /// <summary>
    /// Whether every primary of a token's replica group has what the token covers. Answers as soon as all have, or after the wait; null where the node takes no
    /// such question now.
    /// </summary>
    /// <param name="place">Which replicas.</param>
    /// <param name="clock">What they must have.</param>
    /// <param name="wait">0 or more.</param>
    ValueTask<ConvergenceReply?> ConvergenceAsync(TokenPlace place, DotSet clock, TimeSpan wait);

    /// <summary>
    /// In how many replicas some of the hints that are kept now are still kept. Answers as soon as there is none, or after the wait; null where the node cannot say.
    /// </summary>
    ValueTask<int?> HintsLeftAsync(TimeSpan wait, CancellationToken cancel);

    /// <summary>Compares every replica with every peer that can be reached, at once and within the bounds of repairs.</summary>
    void SyncNow();

    /// <summary>Stops or resumes hinted handoff of this node, until it is restarted.</summary>
    void PauseHandoff(bool isPaused);

    /// <summary>Drops those hints that a write quorum of primaries is known to have.</summary>
    void DropHints();
}

/// <summary>Who has what a token covers.</summary>
/// <param name="Replicas">All primaries, in the order of the preference list.</param>
public sealed record ConvergenceReply(ImmutableArray<ReplicaConvergence> Replicas)
{
    /// <summary>True where all have.</summary>
    public bool IsConverged => Replicas.All(replica => replica.Has);
}

/// <summary>One primary.</summary>
/// <param name="Node">Its node.</param>
/// <param name="IsReachable">By this node's own link.</param>
/// <param name="Has">It has said that all of it is durable there.</param>
public sealed record ReplicaConvergence(string Node, bool IsReachable, bool Has);
