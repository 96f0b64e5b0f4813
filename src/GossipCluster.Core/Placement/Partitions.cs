namespace GossipCluster.Core.Placement;

/// <summary>How the space of key hashes is cut into Q partitions: contiguous ranges, equal in size to within one hash.</summary>
/// <remarks>
/// partition = floor(hash * Q / 2^64), the high word of a 128-bit product: no division and, for any Q, none of the bias of a remainder.
/// A range and not a remainder, so that where Q is one day multiplied each partition splits in place.
/// </remarks>
public static class Partitions
{
    /// <summary>The fewest partitions of a cluster.</summary>
    public const int CountMin = 1;

    /// <summary>The most partitions of a cluster.</summary>
    public const int CountMax = 65_536;

    /// <summary>Q where the operator says nothing: enough for ten nodes, and few enough that an idle node has little to keep.</summary>
    public const int CountDefault = 64;

    /// <summary>The partition of a key hash, 0 to <paramref name="count"/> - 1.</summary>
    /// <param name="keyHash">From <see cref="KeyHash.Of"/>.</param>
    /// <param name="count">Q, <see cref="CountMin"/> to <see cref="CountMax"/>; the ring has checked it.</param>
    public static int Of(ulong keyHash, int count) => (int)Math.BigMul(keyHash, (ulong)count, out _);

    /// <summary>The least hash that lies in <paramref name="partition"/>; the next partition's first hash ends it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The partition is not one of <paramref name="count"/>: a programming error.</exception>
    public static ulong FirstHash(int partition, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(partition);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(partition, count);

        var scaled = (UInt128)(uint)partition << 64;
        return (ulong)((scaled + (uint)(count - 1)) / (uint)count);
    }
}
