using System.IO.Hashing;
using System.Text;
using CsCheck;
using GossipCluster.Core.Audit;
using GossipCluster.Core.Placement;

namespace GossipCluster.Core.Tests.Audit;

public sealed class MerkleTreeTests
{
    private static readonly Gen<int> LeafCount = Gen.Int[1, 12].Select(bits => 1 << bits);

    private static readonly Gen<UInt128> Hash = Gen.Select(Gen.ULong, Gen.ULong, (high, low) => new UInt128(high, low));

    private static readonly Gen<(ulong KeyHash, UInt128 ItemHash)[]> Items =
        Gen.Select(Gen.OneOf(Gen.ULong, Gen.ULong[0, 20]), Hash, (keyHash, itemHash) => (keyHash, itemHash)).Array[0, 50];

    [Fact]
    public void The_order_of_writes_does_not_matter() =>
        Gen.Select(Items, LeafCount, Gen.Int[0, 1_000]).Sample((items, leafCount, seed) =>
        {
            var shuffled = items.ToArray();
            new Random(seed).Shuffle(shuffled);

            Assert.Equal(TreeOf(leafCount, items).Root, TreeOf(leafCount, shuffled).Root);
        });

    [Fact]
    public void A_remove_undoes_an_add() =>
        Gen.Select(Items, Items, LeafCount).Sample((stay, go, leafCount) =>
        {
            var tree = TreeOf(leafCount, [.. stay, .. go]);
            foreach (var (keyHash, itemHash) in go) tree.Remove(keyHash, itemHash);

            Assert.Equal(TreeOf(leafCount, stay).Root, tree.Root);
        });

    [Fact]
    public void A_tree_read_between_writes_equals_one_built_anew() =>
        Gen.Select(Items, LeafCount, Gen.Int[0, 10]).Sample((items, leafCount, readEvery) =>
        {
            var tree = new MerkleTree(leafCount);
            foreach (var (position, (keyHash, itemHash)) in items.Index())
            {
                tree.Add(keyHash, itemHash);
                if (position % (readEvery + 1) == 0) tree.Node(tree.LeafLevel - 1, 0);
                if (position % (readEvery + 3) == 0) Assert.NotEqual(default, tree.Root);
            }

            Assert.Equal(Plain(leafCount, items), tree.Root);
        });

    [Fact]
    public void One_changed_item_changes_the_hashes_on_its_path_and_no_others() =>
        Gen.Select(Items, LeafCount, Gen.ULong, Hash.Where(hash => hash != 0)).Sample((items, leafCount, keyHash, itemHash) =>
        {
            var (before, after) = (TreeOf(leafCount, items), TreeOf(leafCount, [.. items, (keyHash, itemHash)]));

            for (var level = 0; level <= after.LeafLevel; level++)
            {
                var onPath = after.LeafOf(keyHash) >> (4 * (after.LeafLevel - level));
                for (var index = 0; index < after.Width(level); index++)
                {
                    Assert.Equal(index == onPath, before.Node(level, index) != after.Node(level, index));
                }
            }
        });

    [Fact]
    public void An_item_held_twice_is_not_an_item_held_never()
    {
        var tree = TreeOf(1_024, [(5, 7), (5, 7)]);

        Assert.NotEqual(new MerkleTree().Root, tree.Root);
        Assert.NotEqual(TreeOf(1_024, [(5, 7)]).Root, tree.Root);
    }

    [Fact]
    public void Items_do_not_change_places_between_keys() =>
        Assert.NotEqual(TreeOf(16, [(1, 7), (2, 9)]).Root, TreeOf(16, [(1, 9), (2, 7)]).Root);

    [Theory]
    [InlineData(1_024, 0, "933233FC3BB5F582AEA7F3A0BCF6FB5A")]
    [InlineData(1_024, 100, "E9FEC34BB0A4E967BC47CA9B36CB1064")]
    [InlineData(16, 100, "FADE2A49F5741F58CEEA4A032F63B304")]
    public void A_root_is_the_same_for_ever(int leafCount, int items, string expected)
    {
        var numbered = Enumerable.Range(0, items).Select(index => (KeyHash.Of(BitConverter.GetBytes(index)), (UInt128)index << 90));

        var tree = TreeOf(leafCount, [.. numbered]);

        Assert.Equal(expected, tree.Root.ToString("X32"));
    }

    [Theory]
    [InlineData(2, new[] { 1, 2 })]
    [InlineData(16, new[] { 1, 16 })]
    [InlineData(32, new[] { 1, 2, 32 })]
    [InlineData(1_024, new[] { 1, 4, 64, 1_024 })]
    [InlineData(65_536, new[] { 1, 16, 256, 4_096, 65_536 })]
    public void Each_level_has_sixteen_times_the_nodes_of_the_one_above_but_for_the_first(int leafCount, int[] widths)
    {
        var tree = new MerkleTree(leafCount);

        Assert.Equal(widths, Enumerable.Range(0, tree.LeafLevel + 1).Select(tree.Width));
        for (var level = 0; level < tree.LeafLevel; level++)
        {
            var children = Enumerable.Range(0, tree.Width(level)).Select(index => tree.Children(level, index)).ToArray();
            Assert.Equal(tree.Width(level + 1), children.Sum(range => range.Count));
            Assert.Equal(tree.Width(level + 1), children[^1].First + children[^1].Count);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-2)]
    [InlineData(1_000)]
    [InlineData(131_072)]
    public void A_leaf_count_is_a_power_of_two_within_bounds(int leafCount) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new MerkleTree(leafCount));

    [Theory]
    [InlineData(64)]
    [InlineData(1_000)]
    public void The_keys_of_one_partition_spread_over_all_leaves(int partitionCount)
    {
        var tree = new MerkleTree(16);
        var keyHashes = Enumerable.Range(0, 400_000)
            .Select(index => KeyHash.Of(BitConverter.GetBytes(index)))
            .Where(hash => Partitions.Of(hash, partitionCount) == 7);

        var counts = keyHashes.CountBy(tree.LeafOf).ToDictionary();

        // With 1,000 partitions a leaf has 25 keys in the mean: none is empty, none has three times that.
        Assert.Equal(16, counts.Count);
        Assert.InRange(counts.Values.Max(), 1, 3 * counts.Values.Sum() / 16);
    }

    internal static MerkleTree TreeOf(int leafCount, (ulong KeyHash, UInt128 ItemHash)[] items)
    {
        var tree = new MerkleTree(leafCount);
        foreach (var (keyHash, itemHash) in items) tree.Add(keyHash, itemHash);
        return tree;
    }

    // The definition, from the leaves up, with nothing incremental in it.
    private static UInt128 Plain(int leafCount, (ulong KeyHash, UInt128 ItemHash)[] items)
    {
        var level = new UInt128[leafCount];
        foreach (var (keyHash, itemHash) in items) level[keyHash % (ulong)leafCount] += itemHash;
        while (level.Length > 1)
        {
            level = [.. level.Chunk(16).Select(children => XxHash128.HashToUInt128([.. children.SelectMany(BitConverter.GetBytes)]))];
        }

        return level[0];
    }
}
