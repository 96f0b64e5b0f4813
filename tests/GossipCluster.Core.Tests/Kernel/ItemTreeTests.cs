using System.Runtime.InteropServices;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Core.Tests.Kernel;

/// <summary>The tree beside a sorted dictionary: single edits and floods of them, growth to several levels and back to nothing.</summary>
public sealed class ItemTreeTests
{
    private const int PathCount = 4_000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_tree_holds_what_a_sorted_dictionary_holds(int seed)
    {
        var random = new Random(seed);
        var world = new World();

        for (var round = 0; round < 1_500; round++)
        {
            // Grows, then shrinks: neighbours are split and joined on every level.
            var growing = round < 800;
            var size = random.Next(10) == 0 ? random.Next(1, 400) : 1;
            world.Edit(Enumerable.Range(0, size).Select(_ => (Path: random.Next(PathCount), IsAdd: random.Next(10) < (growing ? 8 : 2))));
            if (round % 100 == 99) world.Check();
        }

        while (world.HasItems) world.Edit(Enumerable.Range(0, PathCount).Select(path => (path, false)));
        Assert.True(world.Tree.IsEmpty);
    }

    [Fact]
    public void A_leaf_may_be_crossed_by_the_items_of_one_path()
    {
        var world = new World();

        for (var i = 0; i < 300; i++) world.Edit([(7, true), (i % 20, true)]);
        world.Check();
        for (var i = 0; i < 300; i++) world.Edit([(7, false)]);

        world.Check();
    }

    private sealed class World
    {
        private readonly ItemTreeEditor _editor = new();
        private readonly SortedDictionary<int, List<long>> _model = [];
        private long _counter;

        public ItemTree Tree { get; private set; } = ItemTree.Empty;

        public bool HasItems => _model.Count > 0;

        /// <summary>Adds an item at each path, or drops the oldest item there.</summary>
        public void Edit(IEnumerable<(int Path, bool IsAdd)> changes)
        {
            var edits = new List<ItemEdit>();
            var dropped = new HashSet<long>();
            foreach (var (path, isAdd) in changes.OrderBy(change => change.Path))
            {
                if (isAdd)
                {
                    edits.Add(ItemEdit.Add(Bytes(path), 0, ++_counter, Payload(_counter)));
                    if (!_model.TryGetValue(path, out var items)) _model.Add(path, items = []);
                    items.Add(_counter);
                    continue;
                }

                foreach (ref readonly var item in Tree.At(Bytes(path)))
                {
                    if (!dropped.Add(item.Counter)) continue;
                    edits.Add(ItemEdit.Drop(item));
                    _model[path].Remove(item.Counter);
                    if (_model[path].Count == 0) _model.Remove(path);
                    break;
                }
            }

            Tree = _editor.Apply(Tree, CollectionsMarshal.AsSpan(edits));
        }

        public void Check()
        {
            var all = new List<(int Path, long Counter)>();
            foreach (ref readonly var item in Tree)
            {
                Assert.True(item.Payload.SequenceEqual(Payload(item.Counter)));
                all.Add((Number(item.Path), item.Counter));
            }

            Assert.Equal(all.Select(item => item.Path).Order(), all.Select(item => item.Path));
            Assert.Equal(_model.SelectMany(entry => entry.Value.Select(counter => (entry.Key, counter))).Order(), all.Order());
            foreach (var path in Enumerable.Range(0, PathCount).Where(path => path % 7 == 0))
            {
                var there = new List<long>();
                foreach (ref readonly var item in Tree.At(Bytes(path))) there.Add(item.Counter);
                Assert.Equal((_model.GetValueOrDefault(path) ?? []).Order(), there.Order());
                Assert.Equal(there.Count > 0, Tree.AnyBelow(Bytes(path)));
            }

            Assert.Equal(Sum(Tree.Root), Tree.ByteCount);
        }

        private static int Sum(object? node) => node is ItemTree.Branch branch ? branch.Children.Sum(Sum) : ((byte[]?)node)?.Length ?? 0;

        private static byte[] Bytes(int path) => [2, 2, (byte)(path >> 8), (byte)path];

        private static int Number(ReadOnlySpan<byte> path) => (path[2] << 8) | path[3];

        private static byte[] Payload(long counter) => new byte[counter % 40];
    }
}
