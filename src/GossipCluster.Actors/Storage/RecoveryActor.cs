using System.Collections.Immutable;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using GossipCluster.Actors.Replicas;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Actors.Storage;

/// <summary>Reads back replicas and facts: catalogue, snapshots, then the tail of the log in one pass. Lives for one reading. Parent: <see cref="StorageActor"/>.</summary>
/// <remarks>
/// <code>
///   journal --window of events--> this --what is theirs--> lanes       two windows are in memory at most: the next one is asked for
///                                   &lt;-------Mark-----------              when the one before the last has been worked off
/// </code>
/// </remarks>
internal sealed class RecoveryActor : ReceiveActor, IWithTimers
{
    private const int WindowEventsMin = 16;
    private const int WindowEventsMax = 1024;

    // One replica's chunks come one after another, those of this many replicas at once.
    private const int SnapshotsAtOnce = 8;

    private readonly StorageOptions _options;
    private readonly StorageIds _ids;
    private readonly Scope _scope;
    private readonly IActorRef _journal;
    private readonly IActorRef _snapshots;
    private readonly IActorRef[] _lanes;
    private readonly List<(ReplicaAddress, ReadOnlyMemory<byte>)>?[] _shares;
    private readonly Dictionary<ReplicaAddress, Replica> _replicas = [];
    private readonly Queue<SnapshotManifest> _snapshotsToDo = new();
    private readonly Dictionary<string, (SnapshotManifest Manifest, int Index, ChunkHash Hash)> _loading = new(StringComparer.Ordinal);
    private readonly LogTail _tail;
    private SnapshotCatalogue _catalogue = SnapshotCatalogue.Empty;
    private long _catalogueNumber;
    private LogReader _reader = new(SnapshotCatalogue.Empty);
    private long _snapshotBytesDone;
    private long _to;
    private long _bytes;
    private long _events;
    private int _window;
    private int _windowEvents;
    private int _windowWanted = WindowEventsMin;
    private int _marksToCome;
    private bool _isMeasuring;
    private bool _isWindowIn;
    private bool _isOver;
    private int _lanesToFinish;

    public RecoveryActor(StorageOptions options, ReplicaOptions replicaOptions, Scope scope)
    {
        _options = options;
        _ids = new StorageIds(options.Owner);
        _scope = scope;
        _to = scope.To;
        _journal = Persistence.Instance.Apply(Context.System).JournalFor(StorageConfig.JournalPluginId);
        _snapshots = Persistence.Instance.Apply(Context.System).SnapshotStoreFor(StorageConfig.SnapshotPluginId);
        _lanes = [.. Enumerable.Range(0, options.RecoveryLaneCount > 0 ? options.RecoveryLaneCount : Math.Clamp(Environment.ProcessorCount, 1, 8)).Select(lane => Context.ActorOf(RecoveryLaneActor.CreateProps(replicaOptions), $"lane-{lane}"))];
        _shares = new List<(ReplicaAddress, ReadOnlyMemory<byte>)>?[_lanes.Length];
        _tail = LogTail.For(options);

        Receive<LoadSnapshotResult>(loaded => Checked(() => Take(loaded)));
        Receive<LoadSnapshotFailed>(failed => Fail(failed.Cause));
        Receive<RecoveryLaneActor.Restored>(restored => Take(restored));
        Receive<ReplayedMessage>(replayed => Checked(() => Take(replayed.Persistent)));
        Receive<RecoverySuccess>(success => _isMeasuring, success => Checked(() => BeginTail(success.HighestSequenceNr)));
        Receive<RecoverySuccess>(_ => Checked(EndWindow));
        Receive<ReplayMessagesFailure>(failure => Fail(failure.Cause));
        Receive<RecoveryLaneActor.Mark>(TakeMark);
        Receive<RecoveryLaneActor.Finished>(Take);
        Receive<RecoveryLaneActor.Damaged>(damaged => Refuse(damaged.Sentence));
        Receive<Overdue>(_ => Fail(new TimeoutException($"The database has not answered for {_options.RecoveryEventTimeout.TotalSeconds} s.")));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props CreateProps(StorageOptions options, ReplicaOptions replicaOptions, Scope scope) =>
        Props.Create(() => new RecoveryActor(options, replicaOptions, scope));

    // A lane that throws has met a bug: its replicas are half built, and the whole reading is given up.
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Escalate);

    protected override void PreStart()
    {
        Tell(new StorageProtocol.Progress(0, "Reading the list of snapshots."));
        Load(_ids.Catalogue, long.MaxValue);
    }

    private void Take(LoadSnapshotResult loaded)
    {
        if (loaded.Snapshot?.Snapshot is SnapshotCatalogueRow row)
        {
            if (!SnapshotCatalogue.TryRead(row, out _catalogue, out var error)) throw new StorageDamagedException($"The list of snapshots is damaged: {error}");
            _catalogueNumber = loaded.Snapshot.Metadata.SequenceNr;
        }
        else if (loaded.Snapshot is not null || _loading.Count > 0)
        {
            TakeChunk(loaded.Snapshot, loaded.ToSequenceNr);
            return;
        }

        _reader = new LogReader(_catalogue);
        foreach (var manifest in _catalogue.Manifests.Values.Where(manifest => _scope.Has(manifest.Replica))) _snapshotsToDo.Enqueue(manifest);
        for (var i = 0; i < SnapshotsAtOnce; i++) StartSnapshot();
        if (_loading.Count == 0) MeasureLog();
    }

    private void StartSnapshot()
    {
        if (!_snapshotsToDo.TryDequeue(out var manifest)) return;
        _loading[_ids.Replica(manifest.Replica)] = (manifest, 0, new ChunkHash());
        Load(_ids.Replica(manifest.Replica), StorageIds.Chunk(manifest.Set, 0));
    }

    private void TakeChunk(SelectedSnapshot? loaded, long sequenceNr)
    {
        // Where the row is missing, the store answers with none, or with an older one.
        var (id, (manifest, index, hash)) = _loading.First(entry => StorageIds.Chunk(entry.Value.Manifest.Set, entry.Value.Index) == sequenceNr);
        if (loaded?.Snapshot is not SnapshotChunkRow chunk || loaded.Metadata.SequenceNr != StorageIds.Chunk(manifest.Set, index))
        {
            throw new StorageDamagedException($"Chunk {index} of {manifest.ChunkCount} of snapshot {manifest.Set} of replica {manifest.Replica} is missing.");
        }

        hash.Add(chunk);
        _snapshotBytesDone += chunk.Bytes.Length;
        LaneOf(manifest.Replica).Tell(new RecoveryLaneActor.Restore(manifest, index, chunk));
        if (index + 1 < manifest.ChunkCount)
        {
            _loading[id] = (manifest, index + 1, hash);
            Load(id, StorageIds.Chunk(manifest.Set, index + 1));
        }
        else if (hash.Value != manifest.Hash)
        {
            throw new StorageDamagedException($"Snapshot {manifest.Set} of replica {manifest.Replica} is damaged: its chunks are whole, but not those that were written.");
        }
    }

    private void Take(RecoveryLaneActor.Restored restored)
    {
        Tell(new StorageProtocol.Progress(
            0.5 * _snapshotBytesDone / Math.Max(1, _catalogue.SnapshotBytes), $"Reading snapshots: {_snapshotBytesDone >> 20} of {_catalogue.SnapshotBytes >> 20} MiB."));
        if (restored.Index + 1 < restored.Manifest.ChunkCount) return;
        _loading.Remove(_ids.Replica(restored.Manifest.Replica));
        StartSnapshot();
        if (_loading.Count == 0) MeasureLog();
    }

    // Asked for nothing, the journal says where the log ends. Asked for a part of it that is empty, it does not.
    private void MeasureLog()
    {
        _isMeasuring = true;
        StartWaiting();
        _journal.Tell(new ReplayMessages(1, 0, 0, _ids.Log, Self));
    }

    private void BeginTail(long highest)
    {
        _isMeasuring = false;
        _reader.CheckEnd(highest);
        _to = Math.Min(_to, highest);
        NextWindow();
    }

    private void NextWindow()
    {
        (_isWindowIn, _windowEvents) = (false, 0);
        StartWaiting();
        _journal.Tell(new ReplayMessages(_reader.Position + 1, _to, _windowWanted, _ids.Log, Self));
    }

    private void Take(IPersistentRepresentation row)
    {
        if (_isOver) return;
        var bytes = ((CommitLogEvent)row.Payload).Bytes;
        _reader.Take(row.SequenceNr, bytes, Share);
        _windowEvents++;
        _events++;
        _bytes += bytes.Length;
        _tail.Add(row.SequenceNr, bytes.Length);
        for (var lane = 0; lane < _lanes.Length; lane++)
        {
            if (_shares[lane] is not { } share) continue;
            _lanes[lane].Tell(new RecoveryLaneActor.Replay(row.SequenceNr, share));
            _shares[lane] = null;
        }

        void Share(ReplicaAddress replica, ReadOnlyMemory<byte> batch)
        {
            if (!_scope.Has(replica)) return;
            if (_catalogue.Manifests.TryGetValue(replica, out var manifest) && row.SequenceNr <= manifest.Position) return;
            _tail.Needs(replica, row.SequenceNr);
            (_shares[IndexOf(replica)] ??= []).Add((replica, batch));
        }
    }

    private void EndWindow()
    {
        StopWaiting();
        var isLast = _windowEvents < _windowWanted || _reader.Position >= _to;
        var average = Math.Max(1, _bytes / Math.Max(1, _events));
        _windowWanted = (int)Math.Clamp(_options.RecoveryWindowBytes / average, WindowEventsMin, WindowEventsMax);
        Tell(new StorageProtocol.Progress(
            0.5 + (0.5 * Math.Min(1, (double)(_reader.Position - _catalogue.NeededFrom + 1) / Math.Max(1, _to - _catalogue.NeededFrom + 1))),
            $"Reading the log: position {_reader.Position} of {_to}."));
        if (isLast)
        {
            _lanesToFinish = _lanes.Length;
            foreach (var lane in _lanes) lane.Tell(RecoveryLaneActor.Finish.Instance);
            return;
        }

        _isWindowIn = true;
        _window++;
        var marksBefore = _marksToCome;
        _marksToCome += _lanes.Length;
        foreach (var lane in _lanes) lane.Tell(new RecoveryLaneActor.Mark(_window));
        if (marksBefore == 0) NextWindow();
    }

    private void TakeMark(RecoveryLaneActor.Mark mark)
    {
        _marksToCome--;
        if (_isWindowIn && _marksToCome <= _lanes.Length) NextWindow();
    }

    private void Take(RecoveryLaneActor.Finished finished)
    {
        foreach (var (address, replica) in finished.Replicas) _replicas.Add(address, replica);
        if (--_lanesToFinish > 0) return;
        var position = Math.Max(_reader.Position, _to);
        _tail.Start(_catalogue.NeededFrom - 1, position);
        End(new Done(
            new StorageProtocol.Recovered(_replicas, _reader.Facts, position), _catalogue, _catalogueNumber, _tail, _reader.DoubledCount, _events, _bytes));
    }

    private void Load(string id, long sequenceNr)
    {
        StartWaiting();
        _snapshots.Tell(new LoadSnapshot(id, new SnapshotSelectionCriteria(sequenceNr), sequenceNr));
    }

    private void StartWaiting() => Timers.StartSingleTimer(Overdue.Instance, Overdue.Instance, _options.RecoveryEventTimeout);

    private void StopWaiting() => Timers.Cancel(Overdue.Instance);

    private void Checked(Action action)
    {
        try
        {
            if (!_isOver) action();
        }
        catch (StorageDamagedException damage)
        {
            Refuse(damage.Message);
        }
    }

    // What a serializer refuses stays refused; anything else may pass.
    private void Fail(Exception cause)
    {
        for (var inner = cause; inner is not null; inner = inner.InnerException)
        {
            if (inner is SerializationException) Refuse(inner.Message);
        }

        End(new Failed(cause.GetBaseException().Message));
    }

    private void Refuse(string sentence) => End(new Damaged(
        $"{sentence} Restore this node's data from a backup, or move it away and start the node empty: it takes a new identity and refills from its peers."));

    private void End(object outcome)
    {
        if (_isOver) return;
        _isOver = true;
        Context.Parent.Tell(outcome);
        Context.Stop(Self);
    }

    private static void Tell(StorageProtocol.Progress progress) => Context.Parent.Tell(progress);

    private int IndexOf(ReplicaAddress replica) => (int)((uint)((replica.N * 31) + replica.Partition) % (uint)_lanes.Length);

    private IActorRef LaneOf(ReplicaAddress replica) => _lanes[IndexOf(replica)];

    /// <summary>What is to be read.</summary>
    /// <param name="Shard">Only partitions that have this remainder.</param>
    /// <param name="ShardCount">By this number.</param>
    /// <param name="To">Up to this position of the log.</param>
    public sealed record Scope(int Shard, int ShardCount, long To) : INoSerializationVerificationNeeded
    {
        public static readonly Scope Everything = new(0, 1, long.MaxValue);

        public bool IsEverything => ShardCount == 1;

        public bool Has(ReplicaAddress replica) => replica.Partition % ShardCount == Shard;
    }

    /// <summary>To the parent: read.</summary>
    public sealed record Done(
        StorageProtocol.Recovered Recovered,
        SnapshotCatalogue Catalogue,
        long CatalogueNumber,
        LogTail Tail,
        int DoubledCount,
        long Events,
        long Bytes) : INoSerializationVerificationNeeded;

    /// <summary>To the parent: the database did not answer, or with a failure. Another attempt may do.</summary>
    public sealed record Failed(string Reason) : INoSerializationVerificationNeeded;

    /// <summary>To the parent: no attempt will do.</summary>
    public sealed record Damaged(string Sentence) : INoSerializationVerificationNeeded;

    private sealed record Overdue : INoSerializationVerificationNeeded
    {
        public static readonly Overdue Instance = new();
    }
}
