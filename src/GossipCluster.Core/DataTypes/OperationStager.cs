using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using GossipCluster.Core.Kernel;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.DataTypes;

/// <summary>Says what an operation adds and what it supersedes, given a key's live items. The one place that knows what each data type means.</summary>
/// <remarks>No type has a merge of its own: what is written here is all there is to a data type, besides its value (<see cref="ValueReader"/>).</remarks>
internal sealed class OperationStager(ReplicaTable table, DeltaBuilder delta, ItemTreeEditor editor)
{
    /// <summary>How many items an HLL may have before a client's write folds those it has seen into one.</summary>
    public const int HllItemsMax = 16;

    private readonly ItemPath.Builder _path = new();
    private readonly WireWriter _payload = new(64);
    private readonly List<ItemEdit> _removed = [];
    private readonly List<int> _indexes = [];
    private HllRegisters? _hll;
    private ItemTree _tree;
    private WriteContext _context;
    private int _self;
    private long _floor;
    private IReadOnlyCollection<int> _foldable = [];

    /// <summary>Puts into the delta what the operation does. The operation has been validated.</summary>
    /// <param name="tree">The key's items, staged ones included.</param>
    /// <param name="type">The datum's type.</param>
    /// <param name="operation">What to do.</param>
    /// <param name="context">Under which circumstances.</param>
    /// <param name="self">The slot of the own, present replica id.</param>
    /// <param name="floor">The last counter of that id of whose effects this replica may have forgotten some: it was emptied since.</param>
    /// <param name="foldable">The slots of abandoned ids of this node whose counter shares the own share may take over (rule 6).</param>
    /// <returns>Null, or why the operation is refused: then what the delta holds is void.</returns>
    public OperationError? Stage(ItemTree tree, DataType type, Operation operation, in WriteContext context, int self, long floor, IReadOnlyCollection<int> foldable)
    {
        (_tree, _context, _self, _floor, _foldable) = (tree, context, self, floor, foldable);
        _removed.Clear();
        if (operation is Operation.Delete) return Delete(type);
        _path.Start(type);
        return Update(type, operation);
    }

    private OperationError? Update(DataType type, Operation operation) => operation switch
    {
        Operation.Increment increment => Increment(increment.By),
        Operation.UpdateSet update => UpdateSet(update),
        Operation.AddToGSet add => AddElements(add.Add),
        Operation.AddToHll add => AddToHll(add.Add),
        Operation.Assign assign => Assign(assign.Value),
        Operation.SetFlag flag => flag.Enabled ? Enable() : Disable(),
        Operation.UpdateMap update => UpdateMap(update),
        _ => throw new System.Diagnostics.UnreachableException($"{operation.GetType().Name} on a {type}."),
    };

    /// <summary>The own share grows; no other replica id's share is touched, but for those abandoned ones that may be folded in.</summary>
    /// <remarks>
    /// Nor is an own share from before this replica was emptied: it may have come back without the later one that had taken its place, and what it
    /// holds would then be counted twice.
    /// </remarks>
    private OperationError? Increment(long by)
    {
        var length = _path.Length;
        _path.Append(ItemPath.Value);
        long share = 0;
        bool any = false, overflow = false;
        foreach (ref readonly var item in _tree.At(_path.Bytes))
        {
            any = true;
            if (item.Slot == _self ? item.Counter <= _floor : !_foldable.Contains(item.Slot)) continue;
            overflow |= !TryAdd(share, new WireReader(item.Payload).ReadSigned(), out share);
            delta.Supersede(item.Slot, item.Counter);
        }

        overflow |= !TryAdd(share, by, out share);
        if (overflow)
        {
            return new OperationError(
                OperationProblem.CounterOverflow, $"Adding {by} would take this node's share of the counter out of 64 bits. Nothing was added; use smaller steps or another counter.", DataType.Counter);
        }

        if (by == 0 && any)
        {
            delta.ForgetGroup();
        }
        else
        {
            delta.EndGroup(_path.Bytes, isBelow: false);
            _payload.Clear();
            _payload.WriteSigned(share);
            delta.Add(_path.Bytes, _payload.Written);
        }

        _path.Truncate(length);
        return null;
    }

    private OperationError? UpdateSet(Operation.UpdateSet update)
    {
        if (update.Remove.Count > 0)
        {
            var added = update.Add.Count == 0 ? null : new HashSet<ReadOnlyMemory<byte>>(update.Add, ByContent.Instance);
            if (RemoveElements(update.Remove, added) is { } error) return error;
        }

        return AddElements(update.Add);
    }

    private OperationError? RemoveElements(IReadOnlyList<ReadOnlyMemory<byte>> elements, HashSet<ReadOnlyMemory<byte>>? added)
    {
        if (!_context.MayRemove) return NeedsState(DataType.Set);
        var length = _path.Length;
        foreach (var element in Distinct(elements))
        {
            _path.Append(ItemPath.Element);
            _path.Append(element.Span);
            if (_context.Observed is null && !_tree.AnyAt(_path.Bytes)) return NotPresent(Encoding.UTF8.GetString(element.Span), DataType.Set);

            // An element that is added as well is superseded whole by the add.
            if (added is null || !added.Contains(element)) SupersedeObserved(isBelow: false);
            _path.Truncate(length);
        }

        return null;
    }

    /// <summary>An add supersedes all that is live of its element: the new dot is what keeps the element alive against concurrent removes.</summary>
    private OperationError? AddElements(IReadOnlyList<ReadOnlyMemory<byte>> elements)
    {
        EnsurePresence();
        var length = _path.Length;
        foreach (var element in Distinct(elements))
        {
            _path.Append(ItemPath.Element);
            _path.Append(element.Span);
            SupersedeAll(isBelow: false);
            delta.Add(_path.Bytes, []);
            _path.Truncate(length);
        }

        return null;
    }

    private OperationError? AddToHll(IReadOnlyList<ReadOnlyMemory<byte>> elements)
    {
        var registers = _hll ??= new HllRegisters();
        registers.Clear();
        var length = _path.Length;
        _path.Append(ItemPath.Value);
        var items = 0;
        foreach (ref readonly var item in _tree.At(_path.Bytes))
        {
            registers.Join(item.Payload);
            items++;
        }

        _indexes.Clear();
        foreach (var element in elements)
        {
            if (registers.Add(element.Span, out var index)) _indexes.Add(index);
        }

        if (_indexes.Count > 0 || items == 0)
        {
            _payload.Clear();
            if (items >= HllItemsMax)
            {
                // Joining registers is idempotent, so that one item may take the place of all that were seen, whoever made them.
                SupersedeAll(isBelow: false);
                registers.WriteAll(_payload);
            }
            else
            {
                _indexes.Sort();
                var changed = CollectionsMarshal.AsSpan(_indexes);
                registers.WriteSparse(_payload, changed[..Deduplicate(changed)]);
            }

            delta.Add(_path.Bytes, _payload.Written);
        }

        _path.Truncate(length);
        return null;
    }

    private OperationError? Assign(ReadOnlyMemory<byte> value)
    {
        var length = _path.Length;
        _path.Append(ItemPath.Value);
        SupersedeAll(isBelow: false);
        _payload.Clear();
        _payload.WriteSigned(_context.Now.UtcTicks);
        _payload.WriteBytes(value.Span);
        delta.Add(_path.Bytes, _payload.Written);
        _path.Truncate(length);
        return null;
    }

    private OperationError? Enable()
    {
        EnsurePresence();
        var length = _path.Length;
        _path.Append(ItemPath.Value);
        SupersedeAll(isBelow: false);
        delta.Add(_path.Bytes, []);
        _path.Truncate(length);
        return null;
    }

    private OperationError? Disable()
    {
        if (!_context.MayRemove) return NeedsState(DataType.Flag);
        EnsurePresence();
        var length = _path.Length;
        _path.Append(ItemPath.Value);
        SupersedeObserved(isBelow: false);
        _path.Truncate(length);
        return null;
    }

    private OperationError? UpdateMap(Operation.UpdateMap update)
    {
        EnsurePresence();
        var length = _path.Length;
        if (update.Remove.Count > 0 && !_context.MayRemove) return NeedsState(DataType.Map);
        foreach (var field in update.Remove.Distinct())
        {
            _path.EnterField(field);
            if (_context.Observed is null && !_tree.AnyBelow(_path.Bytes)) return NotPresent(field.ToString(), DataType.Map);
            SupersedeObserved(isBelow: true);
            _path.Truncate(length);
        }

        if (update.Remove.Count > 0 && update.Update.Count > 0) ShowRemoved();
        foreach (var (field, operation) in update.Update)
        {
            _path.EnterField(field);
            if (Update(field.Type, operation) is { } error) return error;
            _path.Truncate(length);
        }

        return null;
    }

    private OperationError? Delete(DataType type)
    {
        if (!_context.MayRemove) return NeedsState(type);
        if (_context.Observed is null && _tree.IsEmpty) return NotPresent("the key", type);
        _path.Truncate(0);
        SupersedeObserved(isBelow: true);
        return null;
    }

    /// <summary>Lets updates of the same operation see the tree as its removes leave it.</summary>
    private void ShowRemoved()
    {
        var edits = CollectionsMarshal.AsSpan(_removed);
        edits.Sort(static (a, b) => a.Path.Span.SequenceCompareTo(b.Path.Span));
        _tree = editor.Apply(_tree, edits);
        _removed.Clear();
    }

    /// <summary>Any update makes its key or field exist, also one that leaves it empty.</summary>
    private void EnsurePresence()
    {
        var length = _path.Length;
        _path.Append(ItemPath.Presence);
        if (!_tree.AnyAt(_path.Bytes)) delta.Add(_path.Bytes, []);
        _path.Truncate(length);
    }

    private void SupersedeAll(bool isBelow)
    {
        foreach (ref readonly var item in isBelow ? _tree.Below(_path.Bytes) : _tree.At(_path.Bytes)) delta.Supersede(item.Slot, item.Counter);
        delta.EndGroup(_path.Bytes, isBelow);
    }

    private void SupersedeObserved(bool isBelow)
    {
        foreach (ref readonly var item in isBelow ? _tree.Below(_path.Bytes) : _tree.At(_path.Bytes))
        {
            if (_context.Observed is { } observed && !observed.Contains(table[item.Slot], item.Counter)) continue;
            delta.Supersede(item.Slot, item.Counter);
            if (isBelow) _removed.Add(ItemEdit.Drop(item));
        }

        delta.EndGroup(_path.Bytes, isBelow);
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Distinct(IReadOnlyList<ReadOnlyMemory<byte>> elements) =>
        elements.Count <= 1 ? elements : elements.Distinct(ByContent.Instance);

    private static int Deduplicate(Span<int> sorted)
    {
        var count = 0;
        foreach (var index in sorted)
        {
            if (count == 0 || sorted[count - 1] != index) sorted[count++] = index;
        }

        return count;
    }

    private static bool TryAdd(long left, long right, out long sum)
    {
        sum = unchecked(left + right);
        return ((left ^ sum) & (right ^ sum)) >= 0;
    }

    private static OperationError NotPresent(string what, DataType type) => new(
        OperationProblem.NotPresent, $"Precondition failed: not present: \"{what}\"", type);

    private static OperationError NeedsState(DataType type) => new(
        OperationProblem.NeedsState, "This replica cannot tell what is there to remove: no primary of the key that has its state is reachable. Try again later.", type);

    /// <summary>Compares elements by their bytes.</summary>
    private sealed class ByContent : IEqualityComparer<ReadOnlyMemory<byte>>
    {
        public static readonly ByContent Instance = new();

        public bool Equals(ReadOnlyMemory<byte> x, ReadOnlyMemory<byte> y) => x.Span.SequenceEqual(y.Span);

        public int GetHashCode(ReadOnlyMemory<byte> obj) => (int)Key.HashOf(obj.Span);
    }
}
