using System.Collections.Immutable;

namespace GossipCluster.Actors.Store;

/// <summary>What one node knows of the divergence of its replicas, and of what brings them together.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Replicas">Every replica that it is a primary of, or that holds hints.</param>
/// <param name="Repair">Syncs and transfers.</param>
/// <param name="Hints">Hinted handoff.</param>
public sealed record NodeEntropy(string Node, ImmutableArray<ReplicaEntropy> Replicas, RepairProgress Repair, HintProgress Hints)
{
    /// <summary>Dots that some other primary is not known to have, or that another one is known to have and this node has not; 0 means converged.</summary>
    public long Dots => Replicas.Sum(replica => replica.Peers.Sum(peer => peer.DotsLacking + peer.DotsAhead));
}

/// <summary>One replica.</summary>
/// <param name="N">Its replica group's n_val.</param>
/// <param name="Partition">Its partition.</param>
/// <param name="IsPrimary">False for a fallback, all of whose dots are hints.</param>
/// <param name="HasSynced">True where it has had all that the partition had when it became a primary.</param>
public sealed record ReplicaEntropy(int N, int Partition, bool IsPrimary, bool HasSynced)
{
    /// <summary>Keys that exist in it.</summary>
    public int Keys { get; init; }

    /// <summary>About how much memory it takes.</summary>
    public long Bytes { get; init; }

    /// <summary>Entries of its delta log, and bytes of their deltas.</summary>
    public int LogEntries { get; init; }

    /// <inheritdoc cref="LogEntries"/>
    public long LogBytes { get; init; }

    /// <summary>Dots that it keeps for primaries; 0 in a primary.</summary>
    public long HintDots { get; init; }

    /// <summary>How long it has kept some; null where it keeps none.</summary>
    public TimeSpan? HintAge { get; init; }

    /// <summary>From whom a full transfer comes, and how many of its keys are durable here; null where none is under way.</summary>
    public string? TransferFrom { get; init; }

    /// <inheritdoc cref="TransferFrom"/>
    public int TransferKeys { get; init; }

    /// <summary>How long ago an audit that was started here has ended; null for none since this node started. One replica's audit counts for its group.</summary>
    public TimeSpan? SinceAudit { get; init; }

    /// <summary>The other primaries.</summary>
    public ImmutableArray<PeerEntropy> Peers { get; init; } = [];
}

/// <summary>What one replica knows of another primary of its partition.</summary>
/// <param name="Node">Its node.</param>
/// <param name="IsReachable">By this node's own link.</param>
public sealed record PeerEntropy(string Node, bool IsReachable)
{
    /// <summary>Dots that are here and that the peer is not known to have: an upper bound, exact once it has said so.</summary>
    public long DotsLacking { get; init; }

    /// <summary>Dots that the peer is known to have and that are not here.</summary>
    public long DotsAhead { get; init; }

    /// <summary>For at least how long the oldest of the lacking dots is; null where none is.</summary>
    public TimeSpan? OldestAge { get; init; }

    /// <summary>How long ago the peer last had nothing more to give; null for not since this node started.</summary>
    public TimeSpan? SinceSync { get; init; }

    /// <summary>A sync is under way.</summary>
    public bool IsSyncing { get; init; }
}

/// <summary>Syncs and transfers of one node.</summary>
/// <param name="Running">Under way.</param>
/// <param name="Due">Waiting for their turn.</param>
/// <param name="HeldBack">Waiting for the pace.</param>
/// <param name="BytesPerSecond">The pace as of now.</param>
/// <param name="Bytes">Brought in since the start.</param>
/// <param name="Completed">Syncs that ended with nothing left to give, since the start.</param>
/// <param name="Broken">Syncs that fell silent, since the start.</param>
public sealed record RepairProgress(int Running, int Due, int HeldBack, long BytesPerSecond, long Bytes, long Completed, long Broken)
{
    /// <summary>Of two shards.</summary>
    public static RepairProgress operator +(RepairProgress a, RepairProgress b) => new(
        a.Running + b.Running, a.Due + b.Due, a.HeldBack + b.HeldBack, a.BytesPerSecond + b.BytesPerSecond, a.Bytes + b.Bytes, a.Completed + b.Completed, a.Broken + b.Broken);
}

/// <summary>Hinted handoff of one node.</summary>
/// <param name="IsPaused">By an operator.</param>
/// <param name="Bytes">About what the hints take.</param>
/// <param name="KeysDropped">Keys whose hints were dropped because of a bound, since the start.</param>
/// <param name="Refused">Writes that were not taken as hints for want of room, since the start.</param>
public sealed record HintProgress(bool IsPaused, long Bytes, long KeysDropped, long Refused)
{
    /// <summary>Of two shards.</summary>
    public static HintProgress operator +(HintProgress a, HintProgress b) => new(a.IsPaused || b.IsPaused, a.Bytes + b.Bytes, a.KeysDropped + b.KeysDropped, a.Refused + b.Refused);
}
