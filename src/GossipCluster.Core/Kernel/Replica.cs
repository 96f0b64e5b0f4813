using System.Runtime.InteropServices;
using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Kernel;

/// <summary>What one node holds of one partition: items, clock, delta log; and every way in which they change. Pure, one owner, one thread.</summary>
/// <remarks>
/// <code>
///  Stage(operation | record) -> batch being gathered --Seal--> batches in flight --Commit--> durable state
///                                                                  |
///                                                                  +-- Abort: all that is not durable is forgotten
/// </code>
/// Operations and joins are staged against the durable state plus everything staged before. Reads, syncs and tokens see the durable state alone
/// (rule 5: log before you speak). Every change goes through a <see cref="Record"/>: replaying the records gives the state again.
/// <para>
/// The invariant under everything (rules 1 and 2): the live items are a function of the clock. Two replicas of equal clocks hold equal items.
/// </para>
/// </remarks>
public sealed partial class Replica
{
    private readonly ReplicaOptions _options;
    private readonly ReplicaTable _table = new();
    private readonly Dictionary<Key, ItemTree> _trees = new(Key.Comparer.Instance);
    private readonly Dictionary<Key, ItemTree>.AlternateLookup<ReadOnlySpan<byte>> _treesByBytes;
    private readonly DotSet.Builder _clock = new();
    private readonly DeltaLog _log;

    // Dots of the clock that the log does not know: what a peer lacks of these, only a full transfer can bring.
    private readonly DotSet.Builder _unlogged = new();

    // Dots that every primary is known to have had: what builds on them needs no past to travel along (rule 8).
    private readonly DotSet.Builder _stable = new();

    private readonly DotSet.Builder _stagedClock = new();
    private readonly Queue<Batch> _inFlight = new();
    private readonly ItemTreeEditor _editor = new();
    private readonly DeltaBuilder _deltaBuilder;
    private readonly OperationStager _stager;
    private readonly List<ItemEdit> _edits = [];
    private readonly List<SlotRange> _newRanges = [];
    private readonly HashSet<int> _foldable = [];
    private Batch _gathering = new(1);
    private DotSet _void = DotSet.Empty;
    private int _self;
    private long _next = 1;

    /// <summary>An empty replica that names dots under an id, the first of which is 1.</summary>
    public Replica(ReplicaId self, ReplicaOptions? options = null)
    {
        _options = options ?? ReplicaOptions.Default;
        _treesByBytes = _trees.GetAlternateLookup<ReadOnlySpan<byte>>();
        _log = new DeltaLog(_options.LogDeltaBytesMax, _options.LogEntriesMax);
        _deltaBuilder = new DeltaBuilder(_table);
        _stager = new OperationStager(_table, _deltaBuilder, _editor);
        _self = _table.SlotOf(self);
    }

    /// <summary>The id under which this replica names dots.</summary>
    public ReplicaId Self => _table[_self];

    /// <summary>All dots that are durable here, live or superseded.</summary>
    public DotSet Clock => _clock.ToSet();

    /// <summary>How many keys exist here.</summary>
    public int KeyCount => _trees.Count;

    /// <summary>True where something is staged that is not durable yet.</summary>
    public bool HasPending => _inFlight.Count > 0 || !_gathering.IsEmpty;

    /// <summary>The number of the newest batch that has something in it and is not durable yet; null where all is durable.</summary>
    public long? LastPending => !_gathering.IsEmpty ? _gathering.Number : _inFlight.Count > 0 ? _gathering.Number - 1 : null;

    /// <summary>How many records the batch being gathered holds: whether a record that was staged said anything new.</summary>
    public int GatheredCount => _gathering.RecordCount;

    /// <summary>The counter that the next own dot will have, at least.</summary>
    public long NextCounter => _next;

    /// <summary>Bytes of deltas in the log, at most <see cref="ReplicaOptions.LogDeltaBytesMax"/>.</summary>
    public long LogDeltaBytes => _log.DeltaBytes;

    /// <summary>Entries in the log, at most <see cref="ReplicaOptions.LogEntriesMax"/>.</summary>
    public int LogEntryCount => _log.EntryCount;

    /// <summary>Deltas and entries that the log's bounds have cost since the start: repairs by key or in full instead of by delta.</summary>
    public (long Deltas, long Entries) LogShed => (_log.DeltasShed, _log.EntriesShed);

    /// <summary>How many replica ids this object has met: grows with the restarts of the group's nodes.</summary>
    public int ReplicaIdCount => _table.Count;

    /// <summary>True where the key exists, durably.</summary>
    public bool Has(Key key) => _trees.ContainsKey(key);

    /// <summary>The durable value of a key; null where it does not exist.</summary>
    public DataValue? Read(Key key) => _trees.TryGetValue(key, out var tree) ? ValueReader.Read(tree, _table) : null;

    /// <summary>The keys that exist, durably, in no order. Not to be changed under.</summary>
    public IEnumerable<Key> Keys => _trees.Keys;

    /// <summary>Stages an operation: checks it, names its dots, puts its delta into the batch being gathered.</summary>
    public StageResult Stage(DataType type, Key key, Operation operation, in WriteContext context)
    {
        ThrowIfAlone();
        if (OperationValidator.Check(type, operation, _options.Limits) is { } invalid) return new StageResult(null, invalid, null);
        var tree = Staged(key);
        if (Contradiction(tree, type, operation) is { } contradiction) return new StageResult(null, contradiction, null);
        if (context.Observed is { } observed && MissingOf(observed) is { IsEmpty: false } missing)
        {
            return new StageResult(null, new OperationError(
                OperationProblem.ContextNotSeen, "This replica has not yet seen all that the context has seen. Try again.", type), missing);
        }

        _deltaBuilder.Start(_self);
        if (_stager.Stage(tree, type, operation, context, _self, _counterFloor, _foldable) is { } refused) return new StageResult(null, refused, null);
        if (_deltaBuilder.IsEmpty) return default;
        _deltaBuilder.SupersedeVoid(_void);
        var delta = _deltaBuilder.Build(key, _next);
        _void = DotSet.Empty;
        _next = delta.Last + 1;
        Join(delta, tree);
        return new StageResult(delta, null, null);
    }

    /// <summary>Stages a record from a peer or from the own log. One that says nothing new leaves no trace.</summary>
    /// <returns>False where the bytes are malformed, or where the record is refused: see <paramref name="error"/>.</returns>
    /// <exception cref="InvalidOperationException">A record that must stand alone, while something else is pending, or anything while such a record is.</exception>
    public bool Stage(Record record, out WireError error)
    {
        ThrowIfAlone();
        switch (record.Kind)
        {
            case RecordKind.Delta:
                if (!Delta.TryRead(record.Bytes.Span, _table, Intern, out var delta, out error)) return false;
                Join(delta, Staged(delta.Key));
                return true;
            case RecordKind.KeyStates:
                return StageKeyStates(record, out error);
            case RecordKind.TransferChunk:
                return StageTransferChunk(record, out error);
            default:
                return StageAlone(record, out error);
        }
    }

    /// <summary>Closes the batch being gathered and opens the next. The caller makes it durable, then commits it.</summary>
    public Batch Seal()
    {
        var batch = _gathering;
        _gathering = new Batch(batch.Number + 1);
        if (!batch.IsEmpty) _inFlight.Enqueue(batch);
        return batch;
    }

    /// <summary>The batch is durable: what it did is now the state.</summary>
    /// <exception cref="InvalidOperationException">Not the oldest batch in flight.</exception>
    public void Commit(Batch batch)
    {
        if (batch.IsEmpty) return;
        if (!_inFlight.TryPeek(out var oldest) || !ReferenceEquals(oldest, batch)) throw new InvalidOperationException($"Batch {batch.Number} is not the oldest in flight.");
        _inFlight.Dequeue();
        ApplyTrees(batch);
        foreach (var range in batch.Dots) _clock.Add(_table[range.Slot], range.First, range.Last);
        foreach (var entry in batch.LogEntries) _log.Append(entry, _table, _unlogged);
        foreach (var chunk in batch.Chunks) KeepChunk(chunk);
        batch.Alone?.Invoke();
    }

    /// <summary>
    /// Nothing that is pending became durable, for certain: forgets it. The own dots in it are given to nobody; the next delta closes the gap they leave.
    /// Where it is not certain, ask the log first.
    /// </summary>
    public void Abort()
    {
        _inFlight.Clear();
        _gathering = new Batch(_gathering.Number + 1);
        _stagedClock.Clear();
        _stagedClock.Add(_clock.ToSet());
        var last = Math.Max(_clock.ToSet().LastOf(Self), _counterFloor);
        _void = last + 1 < _next ? DotSet.Of(Self, last + 1, _next - 1) : DotSet.Empty;
        AbandonTransfer();
    }

    internal ReplicaTable Table => _table;

    internal IReadOnlyDictionary<Key, ItemTree> Trees => _trees;

    private void ApplyTrees(Batch batch)
    {
        foreach (var (key, tree) in batch.Trees)
        {
            if (tree.IsEmpty) _trees.Remove(key);
            else _trees[key] = tree;
        }

        foreach (var (keyHash, difference) in batch.Audit) _audit.Add(keyHash, difference);
    }

    private void ThrowIfAlone()
    {
        if (_gathering.IsAlone || (_inFlight.TryPeek(out var oldest) && oldest.IsAlone)) throw new InvalidOperationException("A record that stands alone is not yet committed.");
    }

    private OperationError? Contradiction(ItemTree tree, DataType type, Operation operation)
    {
        if (tree.IsEmpty) return null;
        var items = tree.GetEnumerator();
        items.MoveNext();
        var actual = (DataType)items.Current.Path[0];
        if (actual != type && operation is not Operation.Delete)
        {
            return new OperationError(OperationProblem.WrongType, $"The key holds a {actual.ToString().ToLowerInvariant()}, not a {type.ToString().ToLowerInvariant()}.", actual);
        }

        // Refused only where it would grow further: what is too large can still be made smaller.
        if (tree.ByteCount <= _options.Limits.KeyBytesMax || operation is Operation.Delete or Operation.UpdateSet { Add.Count: 0 } or Operation.UpdateMap { Update.Count: 0 }) return null;
        return new OperationError(
            OperationProblem.TooLarge, $"The key's state has {tree.ByteCount} bytes; beyond {_options.Limits.KeyBytesMax} only removes are taken.", type);
    }

    /// <summary>The key's items with everything that is staged.</summary>
    private ItemTree Staged(Key key)
    {
        if (_gathering.Trees.TryGetValue(key, out var tree)) return tree;
        if (_inFlight.Count > 0)
        {
            var found = false;
            foreach (var batch in _inFlight)
            {
                if (batch.Trees.TryGetValue(key, out var newer)) (tree, found) = (newer, true);
            }

            if (found) return tree;
        }

        return _trees.GetValueOrDefault(key);
    }

    private DotSet MissingOf(DotSet observed)
    {
        foreach (var range in observed)
        {
            if (!Seen(range.Replica, range.First, range.Last)) return ExceptSeen(observed);
        }

        return DotSet.Empty;
    }

    /// <summary>An equal key that is already in the table, so that only one array of it is kept.</summary>
    private Key Intern(ReadOnlyMemory<byte> flat) => _treesByBytes.TryGetValue(flat.Span, out var key, out _) ? key : Key.OfFlat(flat.Span);
}
