using System.Runtime.InteropServices;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Kernel;

/// <summary>Applies edits to item trees. Keeps its scratch space; one owner, one thread.</summary>
/// <remarks>
/// One pass from the root: every node that an edit can touch is rebuilt once, whatever the number of edits, and all others are shared with the old tree.
/// Small neighbours are joined on the way, large ones split.
/// </remarks>
internal sealed class ItemTreeEditor
{
    private const int ScratchBytesMax = 1 << 20;
    private readonly List<int> _offsets = [];
    private readonly List<List<Node>> _levels = [];
    private readonly List<Node> _children = [];
    private WireWriter _leaf = new(ItemTree.LeafBytesMax * 2);

    /// <summary>The tree after the edits.</summary>
    /// <param name="tree">Stays as it is.</param>
    /// <param name="edits">Sorted by path, in bytes. A dot that is dropped and not there is no error.</param>
    public ItemTree Apply(ItemTree tree, ReadOnlySpan<ItemEdit> edits)
    {
        if (edits.IsEmpty) return tree;
        var top = Level(0);
        Edit(tree.Root ?? Array.Empty<byte>(), edits, null, null, 0, top);
        while (top.Count > 1) Group(top);
        if (_leaf.Length > ScratchBytesMax) _leaf = new WireWriter(ItemTree.LeafBytesMax * 2);

        var root = top.Count == 0 ? null : top[0].Item;
        while (root is ItemTree.Branch { Children.Length: 1 } single) root = single.Children[0];
        return new ItemTree(root);
    }

    private void Edit(object node, ReadOnlySpan<ItemEdit> edits, byte[]? separator, byte[]? upper, int depth, List<Node> output)
    {
        if (node is byte[] leaf) EditLeaf(leaf, edits, separator, upper, output);
        else EditBranch((ItemTree.Branch)node, edits, separator, upper, depth, output);
    }

    private void EditBranch(ItemTree.Branch branch, ReadOnlySpan<ItemEdit> edits, byte[]? separator, byte[]? upper, int depth, List<Node> output)
    {
        var first = branch.FirstFor(edits[0].Path.Span);
        var last = branch.LastFor(edits[^1].Path.Span, first);
        var edited = Level(depth + 1);
        for (var i = first; i <= last; i++)
        {
            var childUpper = i + 1 < branch.Children.Length ? branch.Separators[i + 1] : upper;
            if (first == last)
            {
                Edit(branch.Children[i], edits, branch.Separators[i], childUpper, depth + 1, edited);
                break;
            }

            // Edits at the upper bound itself may concern items on both sides of it: drops are tried on both, adds go to the right.
            var end = childUpper is null ? edits.Length : CountUpTo(edits, childUpper, inclusive: true);
            if (end == 0) Append(edited, new Node(branch.Children[i], branch.Separators[i]));
            else Edit(branch.Children[i], edits[..end], branch.Separators[i], childUpper, depth + 1, edited);
            if (childUpper is not null) edits = edits[CountUpTo(edits, childUpper, inclusive: false)..];
        }

        if (IsUnchanged(branch, first, last, edited)) Append(output, new Node(branch, separator));
        else if (IsReplacement(branch, first, last, edited)) Append(output, new Node(branch.With(first, edited[0].Item), separator));
        else Rebuild(branch, first, last, edited, separator, output);
    }

    /// <summary>True for the usual edit: one child has become one other, and has nobody to be joined with.</summary>
    private static bool IsReplacement(ItemTree.Branch branch, int first, int last, List<Node> edited) =>
        first == last && edited.Count == 1
        && (!IsSmall(edited[0].Item)
            || ((first == 0 || !AreSmall(branch.Children[first - 1], edited[0].Item))
                && (last == branch.Children.Length - 1 || !AreSmall(edited[0].Item, branch.Children[last + 1]))));

    private void Rebuild(ItemTree.Branch branch, int first, int last, List<Node> edited, byte[]? separator, List<Node> output)
    {
        _children.Clear();
        for (var i = 0; i < first; i++) _children.Add(new Node(branch.Children[i], branch.Separators[i]));
        foreach (var node in edited) Append(_children, node);
        for (var i = last + 1; i < branch.Children.Length; i++)
        {
            var node = new Node(branch.Children[i], branch.Separators[i]);
            if (i == last + 1) Append(_children, node);
            else _children.Add(node);
        }

        if (_children.Count == 0) return;
        _children[0] = _children[0] with { Separator = null };
        Split(_children, separator, output);
    }

    private void EditLeaf(byte[] leaf, ReadOnlySpan<ItemEdit> edits, byte[]? separator, byte[]? upper, List<Node> output)
    {
        var writer = _leaf;
        writer.Clear();
        var changed = false;
        int offset = 0, copied = 0, next = 0;
        while (offset < leaf.Length && next < edits.Length)
        {
            var start = offset;
            ItemView.Read(leaf, ref offset, out var item);
            var path = item.Path;
            int order;
            while ((order = edits[next].Path.Span.SequenceCompareTo(path)) < 0)
            {
                if (IsAddFor(edits[next], upper))
                {
                    writer.WriteBytes(leaf.AsSpan(copied, start - copied));
                    copied = start;
                    Write(writer, edits[next]);
                    changed = true;
                }

                if (++next == edits.Length) break;
            }

            if (order != 0) continue;
            for (var i = next; i < edits.Length && (i == next || edits[i].Path.Span.SequenceEqual(path)); i++)
            {
                if (edits[i].IsAdd || edits[i].Slot != item.Slot || edits[i].Counter != item.Counter) continue;
                writer.WriteBytes(leaf.AsSpan(copied, start - copied));
                copied = offset;
                changed = true;
                break;
            }
        }

        // The rest of the leaf first where it belongs before the remaining adds: those at the last item's path or behind it.
        writer.WriteBytes(leaf.AsSpan(copied));
        for (; next < edits.Length; next++)
        {
            if (!IsAddFor(edits[next], upper)) continue;
            Write(writer, edits[next]);
            changed = true;
        }

        // Nothing, where the only leaf of the empty tree has got nothing: a tree never has an empty leaf.
        if (writer.Length == 0) return;
        if (!changed) Append(output, new Node(leaf, separator));
        else if (writer.Length > ItemTree.LeafBytesMax) SplitLeaf(writer, separator, output);
        else Append(output, new Node(writer.ToArray(), separator));
    }

    private static bool IsAddFor(in ItemEdit edit, byte[]? upper) =>
        edit.IsAdd && (upper is null || edit.Path.Span.SequenceCompareTo(upper) < 0);

    private static void Write(WireWriter writer, in ItemEdit edit)
    {
        writer.WritePrefixed(edit.Path.Span);
        writer.WriteCount(edit.Slot);
        writer.WriteVarint((ulong)edit.Counter);
        writer.WritePrefixed(edit.Payload.Span);
    }

    /// <summary>Cuts an overfull leaf at item boundaries into leaves of about two thirds of the maximum.</summary>
    private void SplitLeaf(WireWriter writer, byte[]? separator, List<Node> output)
    {
        var bytes = writer.ToArray();
        _offsets.Clear();
        for (var offset = 0; offset < bytes.Length; ItemView.Read(bytes, ref offset, out _)) _offsets.Add(offset);
        _offsets.Add(bytes.Length);

        var pieces = (bytes.Length + (ItemTree.LeafBytesMax * 2 / 3) - 1) / (ItemTree.LeafBytesMax * 2 / 3);
        var target = bytes.Length / pieces;
        var from = 0;
        for (var i = 1; i < _offsets.Count; i++)
        {
            var size = _offsets[i] - _offsets[from];
            var isLast = i == _offsets.Count - 1;
            if (!isLast && size < target && size + _offsets[i + 1] - _offsets[i] <= ItemTree.LeafBytesMax) continue;
            output.Add(new Node(bytes[_offsets[from].._offsets[i]], from == 0 ? separator : SeparatorAt(bytes, from)));
            from = i;
        }
    }

    /// <summary>The shortest bytes above the item before and at most the item itself; the whole path where both have the same.</summary>
    private byte[] SeparatorAt(byte[] bytes, int index)
    {
        int before = _offsets[index - 1], at = _offsets[index];
        ItemView.Read(bytes, ref before, out var left);
        ItemView.Read(bytes, ref at, out var right);
        var common = left.Path.CommonPrefixLength(right.Path);
        return right.Path[..Math.Min(common + 1, right.Path.Length)].ToArray();
    }

    /// <summary>Appends a node, joining it with the one before where both are small.</summary>
    private static void Append(List<Node> nodes, Node node)
    {
        if (nodes.Count > 0)
        {
            var before = nodes[^1];
            if (AreSmall(before.Item, node.Item))
            {
                nodes[^1] = before with
                {
                    Item = before.Item is ItemTree.Branch left
                        ? Joined(left, (ItemTree.Branch)node.Item, node.Separator)
                        : (byte[])[.. (byte[])before.Item, .. (byte[])node.Item],
                };
                return;
            }
        }

        nodes.Add(node);
    }

    /// <summary>False where a node is too large to be joined with any other, which saves a look at its neighbours.</summary>
    private static bool IsSmall(object node) => node is ItemTree.Branch branch
        ? branch.Children.Length < ItemTree.FanOutMax / 2
        : ((byte[])node).Length < ItemTree.LeafBytesMax / 2;

    private static bool AreSmall(object left, object right) => left is ItemTree.Branch before
        ? before.Children.Length + ((ItemTree.Branch)right).Children.Length <= ItemTree.FanOutMax / 2
        : ((byte[])left).Length + ((byte[])right).Length <= ItemTree.LeafBytesMax / 2;

    private static ItemTree.Branch Joined(ItemTree.Branch left, ItemTree.Branch right, byte[]? separator)
    {
        byte[]?[] separators = [.. left.Separators, .. right.Separators];
        separators[left.Children.Length] = separator;
        return new ItemTree.Branch([.. left.Children, .. right.Children], separators);
    }

    /// <summary>Makes one branch of the children, or several of even size where they are too many.</summary>
    private static void Split(List<Node> children, byte[]? separator, List<Node> output)
    {
        var all = CollectionsMarshal.AsSpan(children);
        var pieces = (all.Length + ItemTree.FanOutMax - 1) / ItemTree.FanOutMax;
        for (var piece = 0; piece < pieces; piece++)
        {
            var part = all[(all.Length * piece / pieces)..(all.Length * (piece + 1) / pieces)];
            var items = new object[part.Length];
            var separators = new byte[]?[part.Length];
            for (var i = 0; i < part.Length; i++) (items[i], separators[i]) = (part[i].Item, i == 0 ? null : part[i].Separator);
            Append(output, new Node(new ItemTree.Branch(items, separators), piece == 0 ? separator : part[0].Separator));
        }
    }

    private void Group(List<Node> top)
    {
        var children = Level(1);
        children.AddRange(top);
        top.Clear();
        Split(children, null, top);
    }

    private static bool IsUnchanged(ItemTree.Branch branch, int first, int last, List<Node> edited)
    {
        if (edited.Count != last - first + 1) return false;
        for (var i = first; i <= last; i++)
        {
            if (!ReferenceEquals(edited[i - first].Item, branch.Children[i])) return false;
        }

        return true;
    }

    /// <summary>How many edits have a path below the bound, or up to it.</summary>
    private static int CountUpTo(ReadOnlySpan<ItemEdit> edits, byte[] bound, bool inclusive)
    {
        int low = 0, high = edits.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            var order = edits[middle].Path.Span.SequenceCompareTo(bound);
            if (order < 0 || (inclusive && order == 0)) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    private List<Node> Level(int depth)
    {
        while (_levels.Count <= depth) _levels.Add([]);
        _levels[depth].Clear();
        return _levels[depth];
    }

    private readonly record struct Node(object Item, byte[]? Separator);
}
