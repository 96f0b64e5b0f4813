using GossipCluster.Core.Causality;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Kernel;

/// <summary>Rare changes that concern the replica as a whole. Each is a batch of its own, staged while nothing else is pending.</summary>
public sealed partial class Replica
{
    // The last own counter when the replica was last emptied or dropped hints: durable, although the clock may not show it any more, and of items that are
    // not for this replica to supersede.
    private long _counterFloor;

    private const byte DropVersion = 2;

    /// <summary>From here on dots are named under this id. The first record of a new life (rule 6).</summary>
    public void StageIdentity(ReplicaId id)
    {
        var writer = new WireWriter(32);
        writer.WriteByte(Version);
        id.Write(writer);
        StageOwn(RecordKind.Identity, writer);
    }

    /// <summary>
    /// A fallback that has handed everything off forgets it all, keeping its counter so that no dot is used twice. The caller has made sure that every
    /// primary, by its own word and under the same ring, has this clock (rule 7).
    /// </summary>
    public void StageEmptied()
    {
        var writer = new WireWriter(16);
        writer.WriteByte(Version);
        writer.WriteVarint((ulong)LastDurable + 1);
        StageOwn(RecordKind.Emptied, writer);
    }

    /// <summary>
    /// A fallback out of room drops the hints of some keys, dots and all, in one step. The caller has made sure that a write quorum of primaries has
    /// <see cref="DotsOfKey"/> of each.
    /// </summary>
    /// <returns>False where some dot cannot be attributed to a key, or where there is nothing to drop: then nothing is staged.</returns>
    public bool TryStageHintsDropped(IReadOnlyCollection<Key> keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        var writer = new WireWriter(128);
        var count = 0;
        foreach (var key in keys)
        {
            if (DotsOfKey(key) is not { IsEmpty: false } dots) continue;
            writer.WritePrefixed(key.Flat);
            dots.Write(writer);
            count++;
        }

        if (count == 0) return false;
        var whole = new WireWriter(writer.Length + 8);
        whole.WriteByte(DropVersion);
        whole.WriteCount(count);
        whole.WriteBytes(writer.Written);
        StageOwn(RecordKind.HintsDropped, whole);
        return true;
    }

    /// <summary>The keys of which the log knows dots, those first that were written longest ago; a key that was written often comes as often.</summary>
    public IEnumerable<Key> KeysOldestFirst()
    {
        for (var entry = _log.Oldest; entry is not null; entry = entry.Newer)
        {
            if (entry.Fold is null) yield return entry.Key;
        }
    }

    /// <summary>True where some dot of the clock cannot be attributed to any key: the log has lost it to its bounds, or it came with a full transfer.</summary>
    public bool CannotAttribute => !_unlogged.IsEmpty;

    /// <summary>All dots that belong to a key; null where some dot of the clock cannot be attributed to any key.</summary>
    public DotSet? DotsOfKey(Key key) => _unlogged.IsEmpty ? DotsOf(key, Clock, mark: 0) : null;

    private void StageOwn(RecordKind kind, WireWriter writer)
    {
        if (!StageAlone(new Record(kind, writer.ToArray()), out var error)) throw new InvalidOperationException(error.ToString());
    }

    private bool StageAlone(Record record, out WireError error)
    {
        if (HasPending) throw new InvalidOperationException($"{record.Kind} is staged alone; something else is pending.");
        var reader = new WireReader(record.Bytes.Span);
        Action? then = null;
        switch (record.Kind)
        {
            case RecordKind.Identity:
                ReadVersion(ref reader);
                var id = ReplicaId.Read(ref reader);
                then = () => AssumeIdentity(id);
                break;
            case RecordKind.Emptied:
                ReadVersion(ref reader);
                var next = reader.ReadLong();
                if (next is < 1 or > DotSet.CounterMax) reader.Fail("a counter from 1 on");
                then = () => Empty(next);
                break;
            case RecordKind.HintsDropped:
                var dropped = ReadHintsDropped(ref reader);
                then = () => DropHints(dropped);
                break;
            case RecordKind.TransferEnd:
                then = ReadTransferEnd(ref reader);
                break;
            case RecordKind.LogState:
                then = ReadLogState(ref reader);
                break;
            case RecordKind.Fold:
                var fold = Fold.Read(ref reader);
                then = () => Apply(fold, record);
                break;
            default:
                reader.Fail("a record that stands alone");
                break;
        }

        if (!reader.Failed && reader.Remaining > 0) reader.Fail($"the end of a record of kind {record.Kind}");
        error = reader.Error;
        if (reader.Failed) return false;
        _gathering.Alone = then;
        _gathering.Add(record);
        return true;
    }

    /// <summary>What stands alone changes the replica as a whole when it is committed, under the feet of everything staged in between.</summary>
    private void RequireNothingAlone()
    {
        var batch = _inFlight.TryPeek(out var oldest) ? oldest : _gathering;
        if (batch.Alone is not null) throw new InvalidOperationException($"{batch.Records[0].Kind} stands alone; stage again when it is durable.");
    }

    private static void ReadVersion(ref WireReader reader)
    {
        if (reader.ReadByte() != Version) reader.Fail("a record of version 1");
    }

    private void AssumeIdentity(ReplicaId id)
    {
        if (id == Self) return;
        _self = _table.SlotOf(id);
        _next = Clock.LastOf(id) + 1;
        _counterFloor = _next - 1;
    }

    private void Empty(long next)
    {
        _trees.Clear();
        _treeBytes = 0;
        BreakViews();
        _clock.Clear();
        _stagedClock.Clear();
        _unlogged.Clear();
        _stable.Clear();
        _log.Clear();
        _journal?.Clear();
        _audit = new Audit.MerkleTree();
        _next = Math.Max(_next, next);
        _counterFloor = Math.Max(_counterFloor, next - 1);
        AbandonTransfer();
    }

    /// <summary>The first version has one key and no count.</summary>
    private static List<(Key Key, DotSet Dots)> ReadHintsDropped(ref WireReader reader)
    {
        var version = reader.ReadByte();
        if (version is not (Version or DropVersion)) reader.Fail("a drop of version 1 or 2");
        var count = version == Version ? 1 : reader.ReadCount(3);
        var dropped = new List<(Key, DotSet)>();
        for (var i = 0; i < count && !reader.Failed; i++) dropped.Add((ItemCodec.ReadKey(ref reader), DotSet.Read(ref reader)));
        return dropped;
    }

    private void DropHints(List<(Key Key, DotSet Dots)> hints)
    {
        _counterFloor = LastDurable;

        // What was dropped may come back, and would be counted twice.
        _journal?.Clear();
        foreach (var (key, dropped) in hints)
        {
            var dots = _table.Resolve(dropped);
            KeepForViews(key);
            if (_trees.Remove(key, out var tree))
            {
                _audit.Add(key.Hash, unchecked(UInt128.Zero - StateHash.Of(key, tree, _table)));
                _treeBytes -= BytesOf(key, tree);
            }

            _clock.Remove(dots);
            _stagedClock.Remove(dots);
            _stable.Remove(dots);
            _log.RemoveKey(key, _table);
        }
    }
}
