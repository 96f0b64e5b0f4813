using GossipCluster.Core.DataTypes;

namespace GossipCluster.Core.Kernel;

/// <summary>Bounds of one replica.</summary>
public sealed record ReplicaOptions
{
    /// <summary>The defaults.</summary>
    public static readonly ReplicaOptions Default = new();

    /// <summary>The most bytes of deltas that the log keeps; older ones keep only their keys, and are repaired by key state.</summary>
    /// <value>Bytes, at least 1. Default: 4 MiB, 40,000 writes of a hundred bytes a partition.</value>
    public int LogDeltaBytesMax { get; init; } = 4 << 20;

    /// <summary>The most entries of the log, with or without their deltas; what is older is repaired by a full transfer.</summary>
    /// <value>Entries, at least 1, and twice as many ranges of dots. Default: 100,000, about 12 MB, or twice that where many entries have many ranges.</value>
    public int LogEntriesMax { get; init; } = 100_000;

    /// <summary>How large operations and keys may be.</summary>
    public OperationLimits Limits { get; init; } = OperationLimits.Default;
}
