using System.Collections;
using System.Numerics;
using System.Runtime.InteropServices;

namespace GossipCluster.Core.Kernel;

/// <summary>A replica's keys with their items: a hash table of small tables, so that it can be walked in steps while it changes.</summary>
/// <remarks>
/// Extendible hashing (R. Fagin et al., ACM TODS 1979) on the low bits of the key hash, those of which the audit makes its leaves: a table of more than
/// <see cref="BucketKeysMax"/> keys is split by the next bit. So no insert ever moves more than that, a leaf's keys are in the one table, or the few, that its bits lead to, and a
/// walk in the order of the reversed bits misses no key that was there all the time: a split cuts a range in two and moves nothing across.
/// <para>
/// Keys whose hashes are alike in their low <see cref="DepthMax"/> bits cannot be parted; somebody who makes up such keys makes one table larger and nothing else.
/// </para>
/// </remarks>
internal sealed class KeyTable : IReadOnlyDictionary<Key, ItemTree>
{
    /// <summary>A table with more keys than this is split.</summary>
    public const int BucketKeysMax = 1024;

    /// <summary>By how many bits keys are parted at most: 65,536 tables.</summary>
    public const int DepthMax = 16;

    /// <summary>Where a walk ends.</summary>
    public const ulong WalkEnd = 1UL << 32;

    private Bucket[] _directory = [new Bucket(0, 0)];

    public int Count { get; private set; }

    public IEnumerable<Key> Keys => Buckets.SelectMany(bucket => bucket.Trees.Keys);

    public IEnumerable<ItemTree> Values => Buckets.SelectMany(bucket => bucket.Trees.Values);

    // Of the places that lead to a table the first is its own.
    private IEnumerable<Bucket> Buckets => _directory.Where((bucket, index) => index < 1 << bucket.Depth);

    public ItemTree this[Key key] => TryGetValue(key, out var tree) ? tree : throw new KeyNotFoundException();

    /// <summary>Gives a key its items.</summary>
    /// <returns>True where it had others <paramref name="before"/>.</returns>
    public bool Set(Key key, ItemTree tree, out ItemTree before)
    {
        var hash = (uint)key.Hash;
        var bucket = BucketOf(hash);
        ref var kept = ref CollectionsMarshal.GetValueRefOrAddDefault(bucket.Trees, key, out var exists);
        before = kept;
        kept = tree;
        if (exists) return true;
        Count++;
        while (bucket.Trees.Count > BucketKeysMax && bucket.Depth < DepthMax)
        {
            Split(bucket, hash);
            bucket = BucketOf(hash);
        }

        return false;
    }

    public bool ContainsKey(Key key) => TryGetValue(key, out _);

    public bool TryGetValue(Key key, out ItemTree value) => BucketOf((uint)key.Hash).Trees.TryGetValue(key, out value);

    public ItemTree GetValueOrDefault(Key key) => TryGetValue(key, out var tree) ? tree : default;

    /// <summary>The key with these flat bytes that is already here.</summary>
    public bool TryGetKey(ReadOnlySpan<byte> flat, out Key key) => BucketOf((uint)Key.HashOf(flat)).ByBytes.TryGetValue(flat, out key, out _);

    public bool Remove(Key key) => Remove(key, out _);

    public bool Remove(Key key, out ItemTree tree)
    {
        var removed = BucketOf((uint)key.Hash).Trees.Remove(key, out tree);
        if (removed) Count--;
        return removed;
    }

    public void Clear()
    {
        _directory = [new Bucket(0, 0)];
        Count = 0;
    }

    /// <summary>One step of a walk: the keys of one table, at most <see cref="BucketKeysMax"/> but for hashes that cannot be parted.</summary>
    /// <param name="position">0 at the start, and then what the step before gave, until <see cref="WalkEnd"/>.</param>
    /// <param name="range">Which keys the step is about, whether they are there or not.</param>
    /// <param name="next">Where the next step starts.</param>
    public IReadOnlyDictionary<Key, ItemTree> Walk(ulong position, out HashRange range, out ulong next)
    {
        var bucket = BucketOf(Reverse((uint)position));
        range = new HashRange(bucket.Bits, bucket.Depth);
        next = position + (WalkEnd >> bucket.Depth);
        return bucket.Trees;
    }

    /// <summary>The keys whose hashes end in some bits. Looks at no more keys than those and their neighbours in one table.</summary>
    public IEnumerable<KeyValuePair<Key, ItemTree>> Of(HashRange range)
    {
        for (ulong position = Reverse(range.Bits), end = position + (WalkEnd >> range.Depth); position < end;)
        {
            // A table that holds more than the range is met at its middle: the step leads to its end, which is behind the range's.
            var bucket = BucketOf(Reverse((uint)position));
            foreach (var entry in bucket.Trees)
            {
                if (bucket.Depth >= range.Depth || range.Contains(entry.Key)) yield return entry;
            }

            position += WalkEnd >> bucket.Depth;
        }
    }

    public IEnumerator<KeyValuePair<Key, ItemTree>> GetEnumerator()
    {
        foreach (var bucket in Buckets)
        {
            foreach (var entry in bucket.Trees) yield return entry;
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static uint Reverse(uint bits)
    {
        bits = ((bits >> 1) & 0x5555_5555) | ((bits & 0x5555_5555) << 1);
        bits = ((bits >> 2) & 0x3333_3333) | ((bits & 0x3333_3333) << 2);
        bits = ((bits >> 4) & 0x0F0F_0F0F) | ((bits & 0x0F0F_0F0F) << 4);
        bits = ((bits >> 8) & 0x00FF_00FF) | ((bits & 0x00FF_00FF) << 8);
        return BitOperations.RotateLeft(bits, 16);
    }

    private Bucket BucketOf(uint hash) => _directory[hash & (uint)(_directory.Length - 1)];

    private void Split(Bucket bucket, uint hash)
    {
        if (1 << bucket.Depth == _directory.Length) _directory = [.. _directory, .. _directory];
        var depth = bucket.Depth + 1;
        var (low, high) = (new Bucket(bucket.Bits, depth), new Bucket(bucket.Bits | (1u << bucket.Depth), depth));
        foreach (var (key, tree) in bucket.Trees) (high.Contains((uint)key.Hash) ? high : low).Trees.Add(key, tree);
        for (var place = (int)(hash & ((1u << bucket.Depth) - 1)); place < _directory.Length; place += 1 << bucket.Depth)
        {
            _directory[place] = high.Contains((uint)place) ? high : low;
        }
    }

    private sealed class Bucket
    {
        public readonly uint Bits;
        public readonly int Depth;
        public readonly Dictionary<Key, ItemTree> Trees;
        public readonly Dictionary<Key, ItemTree>.AlternateLookup<ReadOnlySpan<byte>> ByBytes;

        public Bucket(uint bits, int depth)
        {
            (Bits, Depth) = (bits, depth);
            Trees = new Dictionary<Key, ItemTree>(depth == 0 ? 0 : (BucketKeysMax / 2) + 1, Key.Comparer.Instance);
            ByBytes = Trees.GetAlternateLookup<ReadOnlySpan<byte>>();
        }

        public bool Contains(uint hash) => (hash & ((1u << Depth) - 1)) == Bits;
    }
}

/// <summary>All hashes that end in some bits.</summary>
/// <param name="Bits">The bits.</param>
/// <param name="Depth">How many there are, 0 to 31.</param>
internal readonly record struct HashRange(uint Bits, int Depth)
{
    public bool Contains(Key key) => ((uint)key.Hash & ((1u << Depth) - 1)) == Bits;
}
