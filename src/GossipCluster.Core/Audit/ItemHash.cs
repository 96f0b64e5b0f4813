using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using GossipCluster.Core.Causality;

namespace GossipCluster.Core.Audit;

/// <summary>The 128-bit hash of one live item: what the audit tree adds when the item appears and takes away when it goes.</summary>
/// <remarks>
/// <para>
/// XXH3 (128 bits, seed 0) over every field that says what the item is, each of unfixed size with its length in front, so that no byte can
/// wander from one field to the next unseen. The sum of a key's item hashes, modulo 2^128, is the key's <em>state hash</em>; the sum of a
/// leaf's state hashes is the leaf's set hash (<see cref="MerkleTree"/>): three views of one sum, which can be checked against each other.
/// </para>
/// <para>
/// Two different items share a hash by chance with probability 2^-128. The function is not cryptographic and not keyed: see
/// <see cref="MerkleTree"/> for what that leaves out. Peers of different versions must agree on it: a change of the function is a new
/// version of the audit's messages.
/// </para>
/// </remarks>
public static class ItemHash
{
    // Most items, a set's element under a short key, fit; more is rented, never allocated anew.
    private const int StackBytesMax = 512;
    private const int FixedBytes = (4 * sizeof(int)) + sizeof(ulong) + sizeof(long);

    /// <summary>The hash of an item. Allocates nothing.</summary>
    /// <param name="key">The key's flat bytes.</param>
    /// <param name="path">The item's path within the key: a set's element, a map's nested names; may be empty.</param>
    /// <param name="node">The node of the dot's replica id.</param>
    /// <param name="generation">The generation of the dot's replica id.</param>
    /// <param name="counter">The dot's counter.</param>
    /// <param name="payload">The item's payload; may be empty.</param>
    /// <exception cref="OverflowException">The fields together are 2 GB or more: far above what any of them may be.</exception>
    public static UInt128 Of(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> path, NodeName node, ulong generation, long counter, ReadOnlySpan<byte> payload)
    {
        var length = checked(FixedBytes + key.Length + path.Length + node.Text.Length + payload.Length);
        byte[]? rented = null;
        var bytes = length <= StackBytesMax ? stackalloc byte[StackBytesMax] : rented = ArrayPool<byte>.Shared.Rent(length);
        bytes = bytes[..length];

        var rest = Put(Put(bytes, key), path);
        BinaryPrimitives.WriteInt32LittleEndian(rest, node.Text.Length);
        rest = rest[(sizeof(int) + Encoding.ASCII.GetBytes(node.Text, rest[sizeof(int)..]))..];
        BinaryPrimitives.WriteUInt64LittleEndian(rest, generation);
        BinaryPrimitives.WriteInt64LittleEndian(rest[sizeof(ulong)..], counter);
        Put(rest[(sizeof(ulong) + sizeof(long))..], payload);
        var hash = XxHash128.HashToUInt128(bytes);

        if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
        return hash;
    }

    private static Span<byte> Put(Span<byte> bytes, ReadOnlySpan<byte> field)
    {
        BinaryPrimitives.WriteInt32LittleEndian(bytes, field.Length);
        field.CopyTo(bytes[sizeof(int)..]);
        return bytes[(sizeof(int) + field.Length)..];
    }
}
