using System.Buffers.Binary;
using System.IO.Hashing;
using System.Numerics;

namespace GossipCluster.Core.Audit;

/// <summary>
/// A hash tree over a replica's live items: equal trees mean, but for chance, equal items; unequal ones lead to the keys that differ.
/// </summary>
/// <remarks>
/// <para>
/// A leaf holds the set hash of the items of all keys whose hash falls to it: the sum of their <see cref="ItemHash"/>es modulo 2^128
/// (MSet-Add-Hash, without its key, in D. Clarke, S. Devadas, M. van Dijk, B. Gassend and G. E. Suh, "Incremental Multiset Hash Functions
/// and Their Application to Memory Integrity Checking", ASIACRYPT 2003). A write adds what appears and subtracts what goes: O(1), in any
/// order, with nothing read. Inner nodes hash their children (R. Merkle, CRYPTO '87) when somebody asks, not when something is written.
/// </para>
/// <para>
/// A sum and not an exclusive or: under exclusive or, two of the same cancel, so that an item added twice, which is what a bug in a join
/// would do, looks like one never added, and one removed twice like one still there.
/// </para>
/// <para>
/// What it protects against: rot, lost and doubled effects, and divergence by a bug, each missed with probability about 2^-128. The tree
/// knows what it was told: an item that rots on disk or in memory afterwards shows when the tree is built anew from the items (at start-up,
/// or by a scrub in slack time), or when it is removed, for then what is subtracted is not what was added.
/// </para>
/// <para>
/// What it does not protect against: intent. The item hash is neither keyed nor collision-resistant, and sums of 128 bits fall to Wagner's
/// generalised birthday attack in any case; who may write to a key can find contents that hide a difference in it. That blinds the audit to
/// data which is the attacker's own to change. Nor does it compare what is superseded: two replicas with one set of items and unequal
/// clocks have equal trees. Clocks compare that.
/// </para>
/// <para>
/// Not safe for many threads: reading a hash may compute it. Memory: 16 bytes a node, 18 KB at the default size.
/// </para>
/// </remarks>
public sealed class MerkleTree
{
    /// <summary>Children of an inner node. The root alone has fewer where the leaf count is no power of it.</summary>
    public const int FanOut = 16;

    /// <summary>The fewest leaves.</summary>
    public const int LeafCountMin = 2;

    /// <summary>The most leaves: three inner levels below the root, 1.2 MB.</summary>
    public const int LeafCountMax = 65_536;

    /// <summary>
    /// The leaf count where nobody says another: with a million keys in a partition, a difference is narrowed to a thousand.
    /// </summary>
    public const int LeafCountDefault = 1_024;

    /// <summary>The level of the leaves in the greatest tree.</summary>
    public const int LeafLevelMax = 4;

    private const int FanOutBits = 4;

    // From the root to the leaves. A stale node's ancestors are all stale; leaves never are.
    private readonly UInt128[][] _hashes;
    private readonly bool[][] _stale;

    /// <summary>A tree over nothing.</summary>
    /// <param name="leafCount">
    /// A power of two, <see cref="LeafCountMin"/> to <see cref="LeafCountMax"/>. Trees compare only with equal leaf counts.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The count is none of these: a programming error, for settings are validated at start-up.
    /// </exception>
    public MerkleTree(int leafCount = LeafCountDefault)
    {
        if (!IsLeafCount(leafCount))
            throw new ArgumentOutOfRangeException(
                nameof(leafCount), leafCount, $"A leaf count is a power of two, {LeafCountMin} to {LeafCountMax}.");

        LeafLevel = LevelsAbove(leafCount);
        _hashes = new UInt128[LeafLevel + 1][];
        _stale = new bool[LeafLevel][];
        for (var level = LeafLevel; level >= 0; level--) _hashes[level] = new UInt128[WidthOf(level, leafCount)];
        for (var level = 0; level < LeafLevel; level++)
        {
            _stale[level] = new bool[_hashes[level].Length];
            Array.Fill(_stale[level], value: true);
        }
    }

    /// <summary>How many leaves there are.</summary>
    public int LeafCount => _hashes[LeafLevel].Length;

    /// <summary>The level of the leaves, 1 to <see cref="LeafLevelMax"/>; the root's is 0.</summary>
    public int LeafLevel { get; }

    /// <summary>The hash of everything. O(nodes changed since it was last asked for).</summary>
    public UInt128 Root => Node(0, 0);

    /// <summary>True for a leaf count that a tree can have.</summary>
    public static bool IsLeafCount(int leafCount) => leafCount is >= LeafCountMin and <= LeafCountMax && BitOperations.IsPow2(leafCount);

    /// <summary>
    /// The leaf of a key: the low bits of its hash, because the high ones have chosen its partition and are alike in all keys of a replica.
    /// </summary>
    /// <param name="keyHash">From <see cref="Placement.KeyHash"/>.</param>
    public int LeafOf(ulong keyHash) => (int)(keyHash & (ulong)(LeafCount - 1));

    /// <summary>An item of the key appears. O(1).</summary>
    /// <param name="keyHash">From <see cref="Placement.KeyHash"/>.</param>
    /// <param name="itemHash">From <see cref="ItemHash"/>.</param>
    public void Add(ulong keyHash, UInt128 itemHash) => Change(LeafOf(keyHash), itemHash);

    /// <summary>An item of the key goes: undoes one <see cref="Add"/> of the same two hashes. O(1).</summary>
    /// <param name="keyHash">From <see cref="Placement.KeyHash"/>.</param>
    /// <param name="itemHash">From <see cref="ItemHash"/>.</param>
    public void Remove(ulong keyHash, UInt128 itemHash) => Change(LeafOf(keyHash), unchecked(UInt128.Zero - itemHash));

    /// <summary>How many nodes a level has.</summary>
    /// <exception cref="IndexOutOfRangeException">There is no such level: a programming error.</exception>
    public int Width(int level) => _hashes[level].Length;

    /// <summary>The hash of a node; of a leaf, its set hash, which is 0 for no items.</summary>
    /// <param name="level">0 for the root to <see cref="LeafLevel"/>.</param>
    /// <param name="index">0 to the level's <see cref="Width"/> - 1.</param>
    /// <exception cref="IndexOutOfRangeException">There is no such node: a programming error.</exception>
    public UInt128 Node(int level, int index)
    {
        if (level < LeafLevel && _stale[level][index])
        {
            _hashes[level][index] = HashOfChildren(level, index);
            _stale[level][index] = false;
        }

        return _hashes[level][index];
    }

    /// <summary>The set hashes of all leaves, as they are now.</summary>
    public UInt128[] Leaves() => [.. _hashes[LeafLevel]];

    /// <summary>The nodes of the next level below a node: the range of their indices.</summary>
    /// <exception cref="IndexOutOfRangeException">There is no such level, or it is that of the leaves: a programming error.</exception>
    public (int First, int Count) Children(int level, int index) => (index << FanOutBits, Math.Min(FanOut, Width(level + 1)));

    private static int LevelsAbove(int leafCount) => (BitOperations.Log2((uint)leafCount) + FanOutBits - 1) / FanOutBits;

    private static int WidthOf(int level, int leafCount) => Math.Max(1, leafCount >> (FanOutBits * (LevelsAbove(leafCount) - level)));

    private void Change(int leaf, UInt128 by)
    {
        ref var hash = ref _hashes[LeafLevel][leaf];
        hash = unchecked(hash + by);

        // Above a node that is stale already, all are: a busy tree stops at the first step.
        var index = leaf;
        for (var level = LeafLevel - 1; level >= 0; level--)
        {
            index >>= FanOutBits;
            if (_stale[level][index]) return;
            _stale[level][index] = true;
        }
    }

    private UInt128 HashOfChildren(int level, int index)
    {
        Span<byte> bytes = stackalloc byte[FanOut * 16];
        var (first, count) = Children(level, index);
        for (var child = 0; child < count; child++)
        {
            BinaryPrimitives.WriteUInt128LittleEndian(bytes[(child * 16)..], Node(level + 1, first + child));
        }

        return XxHash128.HashToUInt128(bytes[..(count * 16)]);
    }
}
