using CsCheck;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Core.Tests.Kernel;

public sealed class ItemTreeTests
{
    // Few letters and many repeats, so that paths share prefixes and one path has many items.
    private static readonly Gen<byte[]> Paths = Gen.Frequency(
        (6, Gen.Byte[0, 2].Array[1, 4]),
        (3, Gen.Byte.Array[1, 12]),
        (1, Gen.Int[200, 2_000].Select(length => Enumerable.Repeat((byte)1, length).ToArray())),
        (2, Gen.Const(new byte[] { 1, 1 })));

    private static readonly Gen<(int Add, byte[] Path, int PayloadLength)[]> Rounds =
        Gen.Select(Gen.Frequency((3, Gen.Const(1)), (2, Gen.Const(0))), Paths, Gen.Frequency((8, Gen.Int[0, 20]), (1, Gen.Int[500, 1_000]))).Array[1, 80];

    [Fact(DisplayName = "A tree under any edits holds what a list holds, walks it in order, and finds every path and prefix")]
    public void Edits_agree_with_a_list() => Property.ForAll(
        Rounds.Array[1, 20],
        rounds =>
        {
            var (editor, tree, model) = (new ItemTreeEditor(), ItemTree.Empty, new Model());
            var kept = new List<(ItemTree Tree, List<string> Then)>();

            foreach (var round in rounds)
            {
                kept.Add((tree, model.All()));
                tree = editor.Apply(tree, model.Edit(round));
                AssertIs(model, tree);
                foreach (var (_, path, _) in round.Take(3)) AssertFinds(model, tree, path);
            }

            Assert.All(kept, old => Assert.Equal(old.Then, Walk(old.Tree.GetEnumerator())));
            Assert.True(editor.Apply(tree, model.DropAll()).IsEmpty);
        },
        times: 150);

    [Theory(DisplayName = "A tree that grows to 20,000 items and shrinks to none keeps its shape all the way")]
    [InlineData(1, 1)]
    [InlineData(700, 2)]
    [InlineData(20_000, 3)]
    public void Trees_grow_and_shrink(int step, int seed)
    {
        var random = new Random(seed);
        var count = step == 1 ? 2_000 : 20_000;
        var (editor, tree, model) = (new ItemTreeEditor(), ItemTree.Empty, new Model());

        for (var i = 0; i < count; i += step)
        {
            // Every tenth item lies at one path, which therefore crosses many leaves.
            var adds = Enumerable.Range(0, step).Select(_ => (1, random.Next(10) == 0 ? [7, 7] : BitConverter.GetBytes(random.Next(count)), random.Next(12))).ToArray();
            tree = editor.Apply(tree, model.Edit(adds));
            if (random.Next(Math.Max(1, 100 / step)) == 0) AssertShape(tree);
        }

        AssertIs(model, tree);
        AssertFinds(model, tree, [7, 7]);
        AssertFinds(model, tree, [7]);
        while (model.Count > 0)
        {
            tree = editor.Apply(tree, model.DropSome(random, step));
            if (random.Next(Math.Max(1, 100 / step)) == 0) AssertIs(model, tree);
        }

        Assert.True(tree.IsEmpty);
        Assert.Null(tree.Root);
        Assert.Equal(0, tree.ByteCount);
    }

    [Fact(DisplayName = "One edit of a large tree rebuilds one path of nodes and shares all others")]
    public void An_edit_shares_what_it_does_not_touch()
    {
        var (editor, model) = (new ItemTreeEditor(), new Model());
        var tree = editor.Apply(ItemTree.Empty, model.Edit([.. Enumerable.Range(0, 20_000).Select(i => (1, BitConverter.GetBytes(i), 4))]));
        var before = Nodes(tree.Root).ToHashSet(ReferenceEqualityComparer.Instance);

        var after = editor.Apply(tree, model.Edit([(1, BitConverter.GetBytes(4_321), 4)]));

        Assert.InRange(Nodes(after.Root).Count(node => !before.Contains(node)), 1, 2 * Depth(after.Root));
        Assert.InRange(Depth(after.Root), 2, 4);
    }

    [Fact(DisplayName = "Dropping what is not there changes nothing: an empty tree stays empty, any other stays the same object")]
    public void Dropping_nothing_changes_nothing()
    {
        var (editor, model) = (new ItemTreeEditor(), new Model());
        var tree = editor.Apply(ItemTree.Empty, model.Edit([(1, [1], 3), (1, [2], 3)]));
        var items = tree.GetEnumerator();
        Assert.True(items.MoveNext());
        ItemEdit[] drop = [ItemEdit.Drop(items.Current)];
        var without = editor.Apply(tree, drop);

        Assert.True(editor.Apply(without, drop).IsSameAs(without));
        Assert.True(editor.Apply(tree, []).IsSameAs(tree));
        Assert.True(editor.Apply(ItemTree.Empty, drop).IsEmpty);
        Assert.False(ItemTree.Empty.GetEnumerator().MoveNext());
    }

    private static void AssertIs(Model model, ItemTree tree)
    {
        Assert.Equal(model.All(), Walk(tree.GetEnumerator()));
        Assert.Equal(model.Count == 0, tree.IsEmpty);
        AssertShape(tree);
    }

    private static void AssertFinds(Model model, ItemTree tree, byte[] path)
    {
        Assert.Equal(model.At(path), Walk(tree.At(path)));
        Assert.Equal(model.At(path).Count > 0, tree.AnyAt(path));
        foreach (var length in (int[])[0, 1, path.Length / 2, path.Length])
        {
            var prefix = path[..length];
            Assert.Equal(model.Below(prefix), Walk(tree.Below(prefix)));
            Assert.Equal(model.Below(prefix).Count > 0, tree.AnyBelow(prefix));
        }
    }

    /// <summary>Items in order of path; those of one path in the order of their names, because the tree promises none.</summary>
    private static List<string> Walk(ItemTree.Enumerator items)
    {
        var walked = new List<(string Path, string Item)>();
        foreach (ref readonly var item in items)
        {
            walked.Add((Convert.ToHexString(item.Path), Model.Text(item.Path, item.Slot, item.Counter, item.Payload)));
        }

        Assert.Equal(walked.Select(entry => entry.Path).Order(StringComparer.Ordinal), walked.Select(entry => entry.Path));
        return [.. walked.OrderBy(entry => entry.Path, StringComparer.Ordinal).ThenBy(entry => entry.Item, StringComparer.Ordinal).Select(entry => entry.Item)];
    }

    private static void AssertShape(ItemTree tree)
    {
        if (tree.Root is null) return;
        AssertShape(tree.Root, null, null, isRoot: true);
        Assert.Single(Depths(tree.Root, 1).Distinct());
        Assert.Equal(tree.ByteCount, Nodes(tree.Root).OfType<byte[]>().Sum(leaf => leaf.Length));

        // Every branch but for a few is at least a quarter full: the depth is logarithmic in the number of leaves.
        var leaves = Nodes(tree.Root).OfType<byte[]>().Count();
        Assert.InRange(Depth(tree.Root), 1, 2 + (int)Math.Ceiling(Math.Log(leaves, ItemTree.FanOutMax / 4)));
    }

    private static void AssertShape(object node, byte[]? lower, byte[]? upper, bool isRoot)
    {
        if (node is byte[] leaf)
        {
            Assert.NotEmpty(leaf);
            var count = 0;
            for (var offset = 0; offset < leaf.Length; count++)
            {
                ItemView.Read(leaf, ref offset, out var item);
                Assert.True(lower is null || item.Path.SequenceCompareTo(lower) >= 0, "An item below the leaf's separator.");
                Assert.True(upper is null || item.Path.SequenceCompareTo(upper) <= 0, "An item above the next separator.");
            }

            Assert.True(leaf.Length <= ItemTree.LeafBytesMax || count == 1, $"A leaf of {leaf.Length} bytes and {count} items.");
            return;
        }

        var branch = (ItemTree.Branch)node;
        Assert.InRange(branch.Children.Length, isRoot ? 2 : 1, ItemTree.FanOutMax);
        Assert.Equal(branch.Children.Length, branch.Separators.Length);
        Assert.Null(branch.Separators[0]);
        for (var i = 0; i < branch.Children.Length; i++)
        {
            var low = i == 0 ? lower : branch.Separators[i];
            var high = i + 1 < branch.Children.Length ? branch.Separators[i + 1] : upper;
            Assert.NotNull(i == 0 ? [] : low);
            Assert.True(low is null || high is null || low.AsSpan().SequenceCompareTo(high) <= 0, "Separators out of order.");
            AssertShape(branch.Children[i], low, high, isRoot: false);
        }
    }

    private static IEnumerable<object> Nodes(object? node) => node switch
    {
        null => [],
        ItemTree.Branch branch => branch.Children.SelectMany(Nodes).Prepend(branch),
        _ => [node],
    };

    private static IEnumerable<int> Depths(object node, int depth) =>
        node is ItemTree.Branch branch ? branch.Children.SelectMany(child => Depths(child, depth + 1)) : [depth];

    private static int Depth(object? root) => root is null ? 0 : Depths(root, 1).Max();

    /// <summary>A multiset of items, and the edits that it went through.</summary>
    private sealed class Model
    {
        private readonly List<(byte[] Path, int Slot, long Counter, byte[] Payload)> _items = [];
        private long _counter;

        public int Count => _items.Count;

        public static string Text(ReadOnlySpan<byte> path, int slot, long counter, ReadOnlySpan<byte> payload) =>
            $"{Convert.ToHexString(path)} {slot}:{counter} {Convert.ToHexString(payload)}";

        /// <summary>Adds at each path with 1, drops an item of the path (or any other) with 0; gives the sorted edits.</summary>
        public ItemEdit[] Edit((int Add, byte[] Path, int PayloadLength)[] round)
        {
            var edits = new List<ItemEdit>();
            var old = _items.ToList();
            foreach (var (add, path, payloadLength) in round)
            {
                if (add == 1)
                {
                    // Small counters and large ones, no two alike.
                    var counter = ++_counter % 2 == 0 ? _counter : _counter << 33;
                    var item = (Path: path, Slot: (int)(_counter % 3), Counter: counter, Payload: Enumerable.Repeat((byte)_counter, payloadLength).ToArray());
                    _items.Add(item);
                    edits.Add(ItemEdit.Add(item.Path, item.Slot, item.Counter, item.Payload));
                    continue;
                }

                if (old.Count == 0) continue;
                var index = old.FindIndex(item => item.Path.AsSpan().SequenceEqual(path));
                if (index < 0) index = payloadLength * 31 % old.Count;
                edits.Add(Drop(old[index]));
                _items.Remove(old[index]);
                old.RemoveAt(index);
            }

            return Sorted(edits);
        }

        public ItemEdit[] DropSome(Random random, int count)
        {
            var edits = new List<ItemEdit>();
            for (var i = 0; i < count && _items.Count > 0; i++)
            {
                var index = random.Next(_items.Count);
                edits.Add(Drop(_items[index]));
                _items[index] = _items[^1];
                _items.RemoveAt(_items.Count - 1);
            }

            return Sorted(edits);
        }

        public ItemEdit[] DropAll() => DropSome(new Random(1), _items.Count);

        public List<string> All() => Below([]);

        public List<string> At(byte[] path) => Texts(item => item.AsSpan().SequenceEqual(path));

        public List<string> Below(byte[] prefix) => Texts(item => item.AsSpan().StartsWith(prefix));

        private List<string> Texts(Func<byte[], bool> isWanted) =>
        [
            .. _items.Where(item => isWanted(item.Path))
                .Select(item => (Path: Convert.ToHexString(item.Path), Text: Text(item.Path, item.Slot, item.Counter, item.Payload)))
                .OrderBy(item => item.Path, StringComparer.Ordinal).ThenBy(item => item.Text, StringComparer.Ordinal)
                .Select(item => item.Text),
        ];

        /// <summary>A drop as the kernel makes it: of the item as it lies in a leaf of its own.</summary>
        private static ItemEdit Drop((byte[] Path, int Slot, long Counter, byte[] Payload) item)
        {
            var one = new ItemTreeEditor().Apply(ItemTree.Empty, [ItemEdit.Add(item.Path, item.Slot, item.Counter, item.Payload)]).GetEnumerator();
            Assert.True(one.MoveNext());
            return ItemEdit.Drop(one.Current);
        }

        private static ItemEdit[] Sorted(List<ItemEdit> edits)
        {
            var sorted = edits.ToArray();
            Array.Sort(sorted, static (a, b) => a.Path.Span.SequenceCompareTo(b.Path.Span));
            return sorted;
        }
    }
}
