using System.Diagnostics.CodeAnalysis;

namespace GossipCluster.Core.Kernel;

/// <summary>The live items of one key: an immutable B+ tree whose leaves are packed bytes, ordered by path.</summary>
/// <remarks>
/// A small key is one leaf, and a leaf is a bare array: a counter of three shares costs some 50 bytes. A set of 100,000 elements is four levels, and an
/// edit copies one leaf and the branches above it: O(log n). Being immutable, a tree is its own snapshot, which is what staged batches, frozen transfers
/// and readers need; nobody locks and nobody copies.
/// <para>
/// Leaf: items one after another, each as varint path length, path, varint slot, varint counter, varint payload length, payload. The slot
/// is the replica id's place in the replica's <see cref="ReplicaTable"/>: trees never leave their replica. Items of one path are in no particular order
/// and may cross from one leaf into the next.
/// </para>
/// <para>
/// Branch: children with separators: every path below child i is at least separator i and at most separator i + 1 (equal only where one path crosses).
/// </para>
/// </remarks>
internal readonly struct ItemTree
{
    /// <summary>A leaf is split when it grows beyond this many bytes; one item may be larger and then has a leaf to itself.</summary>
    public const int LeafBytesMax = 768;

    /// <summary>A branch is split when it has more children than this.</summary>
    public const int FanOutMax = 32;

    private readonly object? _root;

    internal ItemTree(object? root) => _root = root;

    /// <summary>The tree of no items: a key that does not exist.</summary>
    public static ItemTree Empty => default;

    public bool IsEmpty => _root is null;

    /// <summary>The bytes of all leaves: what the items take in packed form.</summary>
    public int ByteCount => BytesOf(_root);

    internal object? Root => _root;

    /// <summary>All items in the order of their paths.</summary>
    public Enumerator GetEnumerator() => new(_root, [], isPrefix: true);

    /// <summary>The items whose path is exactly this one.</summary>
    public Enumerator At(ReadOnlySpan<byte> path) => new(_root, path, isPrefix: false);

    /// <summary>The items whose path starts with this one.</summary>
    public Enumerator Below(ReadOnlySpan<byte> prefix) => new(_root, prefix, isPrefix: true);

    /// <summary>True where some item's path starts with this one.</summary>
    public bool AnyBelow(ReadOnlySpan<byte> prefix) => Below(prefix).MoveNext();

    /// <summary>True where some item has this path.</summary>
    public bool AnyAt(ReadOnlySpan<byte> path) => At(path).MoveNext();

    /// <summary>True where the two are the same tree in memory, and so hold the same items. False says nothing.</summary>
    public bool IsSameAs(ItemTree other) => ReferenceEquals(_root, other._root);

    internal static int BytesOf(object? node) => node switch
    {
        null => 0,
        byte[] leaf => leaf.Length,
        Branch branch => branch.Bytes,
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>An inner node. <c>Separators[0]</c> is null: the first child has no lower bound of its own.</summary>
    internal sealed class Branch
    {
        public readonly object[] Children;
        public readonly byte[]?[] Separators;
        public readonly int Bytes;

        public Branch(object[] children, byte[]?[] separators)
            : this(children, separators, 0)
        {
            foreach (var child in children) Bytes += BytesOf(child);
        }

        private Branch(object[] children, byte[]?[] separators, int bytes) => (Children, Separators, Bytes) = (children, separators, bytes);

        /// <summary>This branch with another child in one place. Looks at no other child: in a large tree each look is a cache miss.</summary>
        public Branch With(int index, object child)
        {
            object[] children = [.. Children];
            children[index] = child;
            return new Branch(children, Separators, Bytes - BytesOf(Children[index]) + BytesOf(child));
        }

        /// <summary>The first child that may hold the path: the last whose separator is below it.</summary>
        public int FirstFor(ReadOnlySpan<byte> path)
        {
            if (path.IsEmpty) return 0;
            int low = 0, high = Children.Length - 1;
            while (low < high)
            {
                var middle = (low + high + 1) >>> 1;
                if (Separators[middle].AsSpan().SequenceCompareTo(path) < 0) low = middle;
                else high = middle - 1;
            }

            return low;
        }

        /// <summary>The last child that may hold the path: the last whose separator is at most the path. Not before <paramref name="first"/>.</summary>
        public int LastFor(ReadOnlySpan<byte> path, int first)
        {
            // Nearly always it is the first one, too.
            if (first == Children.Length - 1 || Separators[first + 1].AsSpan().SequenceCompareTo(path) > 0) return first;
            int low = first + 1, high = Children.Length - 1;
            while (low < high)
            {
                var middle = (low + high + 1) >>> 1;
                if (Separators[middle].AsSpan().SequenceCompareTo(path) <= 0) low = middle;
                else high = middle - 1;
            }

            return low;
        }
    }

    /// <summary>Walks the items of a range in the order of their paths.</summary>
    [SuppressMessage("Performance", "CA1815", Justification = "An enumerator is not compared.")]
    internal ref struct Enumerator
    {
        private readonly object? _root;
        private readonly ReadOnlySpan<byte> _path;
        private readonly bool _isPrefix;

        // The way to the leaf; made when a walk goes on to a second leaf, which the usual one, for the items of one path, does not.
        private (Branch Node, int Child)[]? _stack;
        private int _depth;
        private byte[]? _leaf;
        private int _next;
        private ItemView _current;

        internal Enumerator(object? root, ReadOnlySpan<byte> path, bool isPrefix)
        {
            _root = root;
            _path = path;
            _isPrefix = isPrefix;
            while (root is Branch branch) root = branch.Children[branch.FirstFor(path)];
            _leaf = (byte[]?)root;
        }

        public readonly Enumerator GetEnumerator() => this;

        public readonly ref readonly ItemView Current => ref System.Runtime.CompilerServices.Unsafe.AsRef(in _current);

        public bool MoveNext()
        {
            while (_leaf is not null)
            {
                while (_next < _leaf.Length)
                {
                    ItemView.Read(_leaf, ref _next, out _current);
                    if (_path.Length == 0 && _isPrefix) return true;
                    var path = _current.Path;
                    if (_isPrefix && path.StartsWith(_path)) return true;
                    var order = path.SequenceCompareTo(_path);
                    if (order == 0) return true;
                    if (order < 0) continue;
                    _leaf = null;
                    return false;
                }

                NextLeaf();
            }

            return false;
        }

        private void Descend(object node, bool leftmost)
        {
            while (node is Branch branch)
            {
                var child = leftmost ? 0 : branch.FirstFor(_path);
                _stack![_depth++] = (branch, child);
                node = branch.Children[child];
            }

            _leaf = (byte[])node;
            _next = 0;
        }

        private void NextLeaf()
        {
            _leaf = null;
            if (_stack is null)
            {
                if (_root is not Branch) return;

                // A tree of 32-way branches that is 16 deep holds more leaves than there is memory.
                _stack = new (Branch, int)[16];
                Descend(_root, leftmost: false);
                _leaf = null;
            }

            while (_depth > 0)
            {
                ref var frame = ref _stack![_depth - 1];
                if (++frame.Child < frame.Node.Children.Length)
                {
                    Descend(frame.Node.Children[frame.Child], leftmost: true);
                    return;
                }

                _depth--;
            }
        }
    }
}
