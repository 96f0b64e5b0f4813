using System.IO.Hashing;

namespace GossipCluster.Core.Placement;

/// <summary>The 64-bit hash of a key: it decides the key's partition and its leaf of the Merkle audit, on every node alike.</summary>
/// <remarks>
/// XXH3 (64 bits, seed 0, Y. Collet): stable over processes, machines and versions, and good in all its bits. Partitions are cut from the
/// high bits (<see cref="Partitions"/>), audit leaves from the low ones, so that the two choices are independent. The function is for ever:
/// another one would move every key of every running cluster. It is not keyed: a client that wants many keys in one partition can find
/// them, which costs balance and nothing else.
/// </remarks>
public static class KeyHash
{
    /// <summary>
    /// The hash of a key's flat bytes (bucket type, bucket and key in their one encoding). Any length; allocates nothing.
    /// </summary>
    public static ulong Of(ReadOnlySpan<byte> flatKey) => XxHash3.HashToUInt64(flatKey);
}
