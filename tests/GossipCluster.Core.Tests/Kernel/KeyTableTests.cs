using CsCheck;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Core.Tests.Kernel;

public sealed class KeyTableTests
{
    private static readonly ItemTree Tree = new ItemTreeEditor().Apply(ItemTree.Empty, [ItemEdit.Add(new byte[] { 1 }, 0, 1, new byte[] { 1 })]);

    [Fact]
    public void It_is_a_table_of_keys() => Property.ForAll(Gen.Select(Gen.Int[0, 6_000], Gen.Int[0, 100_000]), (count, seed) =>
    {
        var random = new Random(seed);
        var (table, model) = (new KeyTable(), new HashSet<int>());
        for (var i = 0; i < count; i++)
        {
            var number = random.Next(5_000);
            if (random.Next(4) == 0) Assert.Equal(model.Remove(number), table.Remove(Named(number)));
            else Assert.Equal(!model.Add(number), table.Set(Named(number), Tree, out _));
        }

        Assert.Equal(model.Count, table.Count);
        Assert.Equal(model.Select(Named).ToHashSet(), [.. table.Keys]);
        Assert.All(Enumerable.Range(0, 50), number => Assert.Equal(model.Contains(number), table.ContainsKey(Named(number))));
        Assert.All(Enumerable.Range(0, 50), number => Assert.Equal(model.Contains(number), table.TryGetKey(Named(number).Flat, out _)));
    }, times: 20);

    [Fact]
    public void A_walk_sees_what_is_there_all_the_time_and_nothing_twice_while_the_table_grows() => Property.ForAll(Gen.Int[0, 1_000_000], seed =>
    {
        var random = new Random(seed);
        var table = new KeyTable();
        for (var i = 0; i < 3_000; i++) table.Set(Named(i), Tree, out _);
        var seen = new List<Key>();
        var added = 3_000;
        for (ulong position = 0; position != KeyTable.WalkEnd;)
        {
            var step = table.Walk(position, out var range, out position);
            Assert.InRange(step.Count, 0, KeyTable.BucketKeysMax);
            Assert.All(step.Keys, key => Assert.True(range.Contains(key)));
            seen.AddRange(step.Keys);
            for (var more = random.Next(1_500); more > 0; more--) table.Set(Named(added++), Tree, out _);
        }

        Assert.Equal(seen.Count, seen.Distinct().Count());
        Assert.Empty(Enumerable.Range(0, 3_000).Select(Named).Except(seen));
    }, times: 10);

    [Theory]
    [InlineData(100)]
    [InlineData(30_000)]
    public void The_keys_of_a_leaf_are_those_whose_hashes_end_so(int count)
    {
        var table = new KeyTable();
        for (var i = 0; i < count; i++) table.Set(Named(i), Tree, out _);

        foreach (var depth in (int[])[0, 1, 4, 10, 12])
        {
            foreach (var bits in (uint[])[0, 1, (1u << depth) - 1])
            {
                if (bits >= 1u << depth) continue;
                var range = new HashRange(bits, depth);
                var expected = table.Keys.Where(key => (key.Hash & ((1UL << depth) - 1)) == bits);
                Assert.Equal(expected.ToHashSet(), [.. table.Of(range).Select(entry => entry.Key)]);
            }
        }
    }

    private static Key Named(int number) => Key.Of("sets", "b", $"k{number}");
}
