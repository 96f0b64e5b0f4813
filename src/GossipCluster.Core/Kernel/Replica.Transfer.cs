using GossipCluster.Core.Causality;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Kernel;

/// <summary>Full transfer (DESIGN 4.5) and snapshots: a frozen state in chunks, staged, and applied with its clock in one step.</summary>
public sealed partial class Replica
{
    private const byte Version = 1;
    private ulong _incomingTransfer;
    private Dictionary<Key, ItemEdit[]>? _incoming;
    private int _incomingNext;
    private readonly List<Record> _incomingRecords = [];
    private (ulong Transfer, int NextKey) _staged;

    /// <summary>The transfer that is being received, and how many of its keys are durable here; null where there is none.</summary>
    public (ulong Transfer, int NextKey)? Incoming => _incoming is null ? null : (_incomingTransfer, _incomingNext);

    /// <summary>The durable state as it is now, for a peer that needs everything. O(keys), no copying of items.</summary>
    /// <param name="transfer">A number that no other transfer has: random.</param>
    public FrozenReplica Freeze(ulong transfer) => new(transfer, Clock, _table, _trees, AllFolds());

    /// <summary>Everything that a new replica object must stage and commit, one record a batch, to become this one. Chunked.</summary>
    public IEnumerable<Record> Snapshot(int bytesMax)
    {
        var frozen = Freeze(transfer: 1);
        var log = LogState(bytesMax);

        // A transfer that is under way: its end may come into the log behind this snapshot, and must find its chunks.
        Record[] incoming = [.. _incomingRecords];
        var identity = new WireWriter(32);
        identity.WriteByte(Version);
        Self.Write(identity);
        var counter = new WireWriter(16);
        counter.WriteByte(Version);

        // The counter when this replica was last emptied; what came after is in the clock.
        counter.WriteVarint((ulong)_counterFloor + 1);

        yield return new Record(RecordKind.Identity, identity.ToArray());

        // The names first, and then forgotten that they came as events: whether those are seen is for the clock to say.
        foreach (var fold in frozen.Folds) yield return fold;
        yield return new Record(RecordKind.Emptied, counter.ToArray());
        for (var next = 0; next < frozen.KeyCount;) yield return frozen.Chunk(next, bytesMax, out next);
        yield return frozen.End();
        foreach (var record in incoming) yield return record;
        foreach (var part in log) yield return part;
    }

    private bool StageTransferChunk(Record record, out WireError error)
    {
        var chunk = FrozenReplica.ReadChunk(record, _table, out error);
        if (chunk is null) return false;

        // Told twice, or out of order: it will come again, in order.
        var expected = _staged.Transfer == chunk.Transfer ? _staged.NextKey : 0;
        if (chunk.From != expected) return true;
        _staged = (chunk.Transfer, chunk.From + chunk.Entries.Length);
        _gathering.Chunks.Add(chunk);
        _gathering.Add(record);
        return true;
    }

    /// <summary>Keeps a durable chunk aside. A chunk of another transfer starts anew.</summary>
    private void KeepChunk(TransferChunk chunk)
    {
        if (_incoming is null || _incomingTransfer != chunk.Transfer)
        {
            (_incoming, _incomingTransfer, _incomingNext) = (new Dictionary<Key, ItemEdit[]>(Key.Comparer.Instance), chunk.Transfer, 0);
            _incomingRecords.Clear();
        }

        foreach (var (key, items) in chunk.Entries) _incoming[key] = items;
        _incomingNext += chunk.Entries.Length;
        _incomingRecords.Add(chunk.Record);
    }

    private void AbandonTransfer()
    {
        (_incoming, _incomingNext) = (null, 0);
        _staged = default;
        _incomingRecords.Clear();
    }

    private Action? ReadTransferEnd(ref WireReader reader)
    {
        var (transfer, keys, sent, folds) = FrozenReplica.ReadEnd(ref reader);
        var clock = _table.Resolve(sent);

        // An empty partition has no chunks, whatever another transfer left here; anything else must be here to the last key.
        var incoming = _incoming is not null && _incomingTransfer == transfer ? _incoming : [];
        if (keys != incoming.Count) reader.Fail("the end of a transfer of which every chunk is here");
        if (!incoming.Values.SelectMany(items => items).All(item => clock.Contains(_table[item.Slot], item.Counter))) reader.Fail("a clock that has every dot of the transfer");
        return () => CompleteTransfer(incoming, sent, folds);
    }

    /// <summary>Joins every key, absent ones too, and only then takes in the whole clock (rule 4).</summary>
    private void CompleteTransfer(Dictionary<Key, ItemEdit[]> incoming, DotSet sent, List<Fold> folds)
    {
        // While it is still the incoming one: a fold that is news here renames its items too.
        // Their events are in the clock that was sent, as far as the sender had them.
        foreach (var fold in folds) Learn(fold);
        AbandonTransfer();
        var clock = _table.Resolve(sent);

        // A batch of its own, so that the join is the one that single keys go through; its log entries do not count: no dot of a transfer is attributed.
        _gathering = new Batch(_gathering.Number, new BatchContents());
        foreach (var key in _trees.Keys)
        {
            if (!incoming.ContainsKey(key)) JoinKey(key, [], clock, DotSet.Empty);
        }

        foreach (var (key, items) in incoming) JoinKey(key, items, clock, DotSet.Empty);
        var done = _gathering;
        _gathering = new Batch(done.Number, new BatchContents());
        ApplyTrees(done);

        var added = clock.Except(Clock);
        _clock.Add(added);
        _stagedClock.Add(added);
        _unlogged.Add(added);
        if (added.LastOf(Self) >= _next) _next = added.LastOf(Self) + 1;
    }

    /// <summary>Version, stable dots, entries (0 key, 1 delta or 2 joined delta; that; dots), oldest first: what a snapshot keeps of the log, in parts.</summary>
    private List<Record> LogState(int bytesMax)
    {
        var parts = new List<Record>();
        var entry = _log.Oldest;
        do
        {
            var count = 0;
            var body = new WireWriter(1024);
            for (; entry is not null && (count == 0 || body.Length < bytesMax); entry = entry.Newer)
            {
                // Folds are in the snapshot by themselves.
                if (entry.Fold is not null) continue;
                count++;
                body.WriteByte(entry.Delta switch { null => 0, Delta => 1, _ => 2 });
                body.WritePrefixed(entry.Delta is null ? entry.Key.Flat : entry.Delta.Bytes.Span);
                var dots = new DotSet.Builder();
                foreach (var range in entry.Ranges) dots.Add(_table[range.Slot], range.First, range.Last);
                dots.ToSet().Write(body);
            }

            var whole = new WireWriter(body.Length + 128);
            whole.WriteByte(Version);
            (parts.Count == 0 ? _stable.ToSet() : DotSet.Empty).Write(whole);
            whole.WriteCount(count);
            whole.WriteBytes(body.Written);
            parts.Add(new Record(RecordKind.LogState, whole.ToArray()));
        }
        while (entry is not null);
        return parts;
    }

    private LoggedDelta? ReadLogged(byte kind, byte[] bytes) => kind switch
    {
        1 => Delta.TryRead(bytes, _table, _intern, out var delta, out _) ? delta : null,
        2 => JoinedDelta.TryRead(bytes, _table, _intern, out var joined, out _) ? joined : null,
        _ => null,
    };

    private Action? ReadLogState(ref WireReader reader)
    {
        if (reader.ReadByte() != Version) reader.Fail("a log state of version 1");
        var stable = DotSet.Read(ref reader);
        var entries = new List<LogEntry>();
        var logged = new DotSet.Builder();
        var count = reader.ReadCount(3);
        for (var i = 0; i < count && !reader.Failed; i++)
        {
            var kind = reader.ReadByte();
            var bytes = reader.ReadPrefixed();
            var delta = kind == 0 ? null : ReadLogged(kind, bytes.ToArray());
            if (kind > 0 && delta is null) reader.Fail("a delta");
            if (kind == 0 && !Key.IsFlat(bytes)) reader.Fail("the flat form of a key");
            var dots = _table.Resolve(DotSet.Read(ref reader));
            if (reader.Failed) break;
            logged.Add(dots);
            var ranges = dots.Select(range => new SlotRange(_table.SlotOf(range.Replica), range.First, range.Last)).ToArray();
            entries.Add(new LogEntry(delta?.Key ?? Intern(bytes.ToArray()), delta, ranges));
        }

        return () =>
        {
            // Before they are appended: what the log has no room for becomes unlogged again.
            _unlogged.Remove(logged.ToSet());
            foreach (var entry in entries) _log.Append(entry, _table, _unlogged);
            _stable.Add(_table.Resolve(stable));
        };
    }
}
