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
    // More than one delta can use. Only a peer gone bad can bring a counter there.
    private const long CountersLeftMin = 1 << 24;

    private readonly ReplicaOptions _options;
    private readonly ReplicaTable _table = new();
    private readonly KeyTable _trees = new();
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
    private readonly DeltaJoiner _joiner;
    private readonly OperationStager _stager;
    private readonly List<ItemEdit> _edits = [];
    private readonly List<SlotRange> _newRanges = [];
    private readonly List<SlotRange> _present = [];
    private readonly Func<ReadOnlyMemory<byte>, Key> _intern;
    private Batch _gathering = new(1, new BatchContents());
    private Batch? _committed;
    private BatchContents? _spare;
    private DotSet _void = DotSet.Empty;
    private int _self;
    private long _next = 1;
    private long _treeBytes;

    /// <summary>An empty replica that names dots under an id, the first of which is 1.</summary>
    public Replica(ReplicaId self, ReplicaOptions? options = null)
    {
        _options = options ?? ReplicaOptions.Default;
        _log = new DeltaLog(_options.LogDeltaBytesMax, _options.LogEntriesMax);
        _deltaBuilder = new DeltaBuilder(_table);
        _joiner = new DeltaJoiner(_table);
        _stager = new OperationStager(_table, _deltaBuilder, _editor);
        _intern = Intern;
        _self = _table.SlotOf(self);
    }

    /// <summary>The id under which this replica names dots.</summary>
    public ReplicaId Self => _table[_self];

    /// <summary>All dots that are durable here, live or superseded.</summary>
    public DotSet Clock => _clock.ToSet();

    /// <summary>The clock as it will be once everything that is staged is durable. For tests and diagnosis: nobody else may be told of it (rule 5).</summary>
    internal DotSet StagedClock => _stagedClock.ToSet();

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

    /// <summary>About how many bytes of memory items and log take.</summary>
    public long HeldBytes => _treeBytes + _log.DeltaBytes + ((long)_log.EntryCount * DeltaLog.EntryBytes);

    /// <summary>How many replica ids this object has met: grows with the restarts of the group's nodes.</summary>
    public int ReplicaIdCount => _table.Count;

    /// <summary>True where the key exists, durably.</summary>
    public bool Has(Key key) => _trees.ContainsKey(key);

    /// <summary>The durable value of a key; null where it does not exist.</summary>
    public DataValue? Read(Key key) => _trees.TryGetValue(key, out var tree) ? ValueReader.Read(tree, _table) : null;

    /// <summary>The keys that exist, durably, in no order. Not to be changed under.</summary>
    public IEnumerable<Key> Keys => _trees.Keys;

    /// <summary>Stages an operation: checks it, names its dots, puts its delta into the batch being gathered.</summary>
    /// <exception cref="InvalidOperationException">A record that stands alone is pending: whatever was staged on top of it would be lost.</exception>
    public StageResult Stage(DataType type, Key key, Operation operation, in WriteContext context)
    {
        RequireNothingAlone();
        if (OperationValidator.Check(type, operation, _options.Limits) is { } invalid) return new StageResult(null, invalid, null);
        var tree = Staged(key);
        if (Contradiction(tree, type, operation) is { } contradiction) return new StageResult(null, contradiction, null);

        // Only what removes looks at the context; adds, increments and assignments ignore it.
        var observed = context.Observed is null || !operation.Removes ? null : _table.Resolve(context.Observed);
        if (observed is not null && MissingOf(observed) is { IsEmpty: false } missing)
        {
            return new StageResult(null, new OperationError(
                OperationProblem.ContextNotSeen, "This replica has not yet seen all that the context has seen. Try again.", type), missing);
        }

        if (_next > DotSet.CounterMax - CountersLeftMin)
        {
            return new StageResult(null, new OperationError(OperationProblem.TooLarge, "This node's counter is used up. Restart it: it will take a new id.", type), null);
        }

        _deltaBuilder.Start(_self);
        if (_stager.Stage(tree, type, operation, context with { Observed = observed }, _self, _counterFloor) is { } refused) return new StageResult(null, refused, null);
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
    /// <exception cref="InvalidOperationException">A record that must stand alone, while something else is pending; or the other way round.</exception>
    public bool Stage(Record record, out WireError error)
    {
        RequireNothingAlone();
        switch (record.Kind)
        {
            case RecordKind.Delta:
                if (!Delta.TryRead(record.Bytes, _table, _intern, out var delta, out error)) return false;
                Join(delta, Staged(delta.Key));
                return true;
            case RecordKind.JoinedDelta:
                if (!JoinedDelta.TryRead(record.Bytes, _table, _intern, out var joined, out error)) return false;
                Join(joined, Staged(joined.Key));
                return true;
            case RecordKind.KeyStates:
                return StageKeyStates(record, out error);
            case RecordKind.TransferChunk:
                return StageTransferChunk(record, out error);
            case RecordKind.AuditRepair:
                return StageRepairAgain(record, out error);
            default:
                return StageAlone(record, out error);
        }
    }

    /// <summary>Closes the batch being gathered and opens the next. The caller makes it durable, then commits it.</summary>
    public Batch Seal()
    {
        var batch = _gathering;
        if (batch.IsEmpty) return Batch.Nothing(batch.Number);
        _gathering = new Batch(batch.Number + 1, _spare ?? new BatchContents());
        _spare = null;
        _inFlight.Enqueue(batch);
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
        foreach (var entry in batch.LogEntries)
        {
            foreach (var range in entry.Ranges) _clock.Add(_table[range.Slot], range.First, range.Last);
            _log.Append(entry, _table, _unlogged);
            if (_journal is not null) JournalTaken(entry);
        }

        foreach (var chunk in batch.Chunks) KeepChunk(chunk);
        batch.Alone?.Invoke();
        _spare = _committed?.Release().Reused();
        _committed = batch;
    }

    /// <summary>
    /// Nothing that is pending became durable, for certain: forgets it. The own dots in it are given to nobody; the next delta closes the gap they leave.
    /// Where it is not certain, ask the log first.
    /// </summary>
    public void Abort()
    {
        _inFlight.Clear();
        _gathering = new Batch(_gathering.Number + 1, new BatchContents());
        _stagedClock.Clear();
        _stagedClock.Add(_clock.ToSet());
        if (LastDurable + 1 < _next) _void = _void.Union(DotSet.Of(Self, LastDurable + 1, _next - 1));
        _staged = Incoming ?? default;
    }

    internal ReplicaTable Table => _table;

    internal IReadOnlyDictionary<Key, ItemTree> Trees => _trees;
    /// <summary>The last counter of the own id that is durable, whether or not the clock still shows it.</summary>
    private long LastDurable => Math.Max(Clock.LastOf(Self), _counterFloor);

    private void ApplyTrees(Batch batch)
    {
        foreach (var (key, tree) in batch.Trees)
        {
            if (_views.Count > 0) KeepForViews(key);
            Put(key, tree);
            _changed?.Invoke(key);
        }

        foreach (var (keyHash, difference) in batch.Audit) _audit.Add(keyHash, difference);
    }

    // A key's place in the table and the heads of its objects.
    private static long BytesOf(Key key, ItemTree tree) => tree.ByteCount + key.Flat.Length + 120;

    private void Put(Key key, ItemTree tree)
    {
        if (tree.IsEmpty)
        {
            if (_trees.Remove(key, out var last)) _treeBytes -= BytesOf(key, last);
            return;
        }

        _treeBytes += _trees.Set(key, tree, out var before) ? tree.ByteCount - before.ByteCount : BytesOf(key, tree);
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
            if (!Seen(range.Replica, range.First, range.Last)) return observed.Except(_stagedClock.ToSet());
        }

        return DotSet.Empty;
    }

    private bool Seen(ReplicaId replica, long first, long last) => _stagedClock.ContainsAll(replica, first, last);

    /// <summary>An equal key that is already in the table, so that only one array of it is kept.</summary>
    private Key Intern(ReadOnlyMemory<byte> flat) => _trees.TryGetKey(flat.Span, out var key) ? key : Key.OfFlat(flat.Span);
}
