using GossipCluster.Core.Causality;

namespace GossipCluster.Core.Kernel;

/// <summary>What a replica has for a peer that named its clock.</summary>
public enum SyncNeed
{
    /// <summary>The peer lacks nothing.</summary>
    Nothing,

    /// <summary>The records bring what it lacks, or the first part of it.</summary>
    Records,

    /// <summary>Some of what it lacks can no longer be told apart: only a full transfer helps.</summary>
    FullTransfer,
}

/// <summary>A part of what a peer lacks.</summary>
/// <param name="Need">Of which kind.</param>
/// <param name="Records">Deltas, and key states where deltas are gone; in any order, each good by itself.</param>
/// <param name="Covered">The dots that the records bring. The next part is the answer for the peer's clock and these.</param>
/// <param name="IsComplete">True where these and what the peer has are all that there is.</param>
public sealed record SyncAnswer(SyncNeed Need, IReadOnlyList<Record> Records, DotSet Covered, bool IsComplete)
{
    internal static readonly SyncAnswer Nothing = new(SyncNeed.Nothing, [], DotSet.Empty, true);

    internal static readonly SyncAnswer Full = new(SyncNeed.FullTransfer, [], DotSet.Empty, false);
}
