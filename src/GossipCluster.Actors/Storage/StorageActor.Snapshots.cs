using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using GossipCluster.Actors.Replicas;

namespace GossipCluster.Actors.Storage;

/// <summary>Snapshots: one replica after another, the one first that keeps the oldest part of the log from being cut.</summary>
/// <remarks>
/// <code>
///   SnapshotWanted -> chunk 0 -> row -> saved -> chunk 1 -> ... -> last chunk -> row -> catalogue with this set in it -> older sets deleted, log cut
/// </code>
/// Until the catalogue is on disk the chunks are nothing, and the set before counts.
/// </remarks>
public sealed partial class StorageActor
{
    // After a failure: long enough not to fill the log with complaints.
    private static readonly TimeSpan SnapshotRetryPause = TimeSpan.FromSeconds(5);

    private SnapshotCatalogue _catalogue = SnapshotCatalogue.Empty;
    private SnapshotCatalogue? _catalogueUnderWay;
    private long _catalogueNumber;
    private long _snapshotBytes;
    private long _lastSet;
    private Saving? _saving;
    private bool _snapshotsRest;

    private void ReceiveSnapshots()
    {
        Receive<StorageProtocol.SnapshotChunk>(Accept);
        Receive<SaveSnapshotSuccess>(saved => Saved(saved.Metadata));
        Receive<SaveSnapshotFailure>(failed => NotSaved(failed.Metadata, failed.Cause));
        Receive<SnapshotOverdue>(_ => SnapshotFailed("The shard did not send the next chunk in time."));
        Receive<NextChunk>(next => WantChunk(next.Index));
        Receive<SnapshotsMayBegin>(_ => LetSnapshotsBegin());
    }

    private void StartSnapshots(RecoveryActor.Done done)
    {
        (_catalogue, _snapshotBytes, _catalogueNumber, _lastSet) = (done.Catalogue, done.Catalogue.SnapshotBytes, done.CatalogueNumber, done.Catalogue.LastSet);
        _isOldLogThere = _catalogue.NeededFrom > 1;
    }

    private bool IsTailLong =>
        _tail.Events > _options.TailEventsMax
        || (_tail.Bytes > _options.TailBytesMax && _tail.Bytes > _snapshotBytes / 100 * _options.TailPercentOfSnapshots);

    private void ConsiderSnapshot()
    {
        if (_saving is not null || _snapshotsRest || _isClosing || !_hasRead || IsClaimInDoubt || !IsTailLong) return;
        foreach (var (replica, sender) in _tail.OldestFirst)
        {
            if ((sender ?? OwnerOf(replica)) is not { } owner) continue;
            _saving = new Saving(replica, ++_lastSet, owner);
            owner.Tell(new StorageProtocol.SnapshotWanted(replica, _saving.Set, _options.SnapshotChunkBytesMax));
            ExpectChunk();
            return;
        }

        // Whoever has these replicas has not said so yet.
        RestSnapshots();
    }

    private IActorRef? OwnerOf(ReplicaAddress replica) =>
        _shards.Where(shard => replica.Partition % shard.ShardCount == shard.Shard).Select(shard => shard.Owner).FirstOrDefault();

    private void Accept(StorageProtocol.SnapshotChunk chunk)
    {
        if (_saving is not { } saving || saving.Set != chunk.Set || saving.Replica != chunk.Replica || saving.NextIndex != chunk.Index)
        {
            Sender.Tell(new StorageProtocol.SnapshotDropped(chunk.Replica, chunk.Set));
            return;
        }

        Timers.Cancel(SnapshotOverdue.Instance);
        var row = SnapshotChunkRow.Of(chunk);
        saving.Add(row, chunk, Sender);
        _metrics.SnapshotBytes.Add(row.Bytes.Length);
        _snapshots.Tell(new SaveSnapshot(new SnapshotMetadata(_ids.Replica(chunk.Replica), StorageIds.Chunk(chunk.Set, chunk.Index), DateTime.UtcNow), row));
    }

    private void Saved(SnapshotMetadata row)
    {
        if (row.PersistenceId == _ids.Catalogue) CatalogueSaved(row.SequenceNr);
        else if (IsLastChunk(row)) ChunkSaved(_saving!);
    }

    private bool IsLastChunk(SnapshotMetadata row) =>
        _saving is { NextIndex: > 0 } saving && row.PersistenceId == _ids.Replica(saving.Replica) && row.SequenceNr == StorageIds.Chunk(saving.Set, saving.NextIndex - 1);

    private void ChunkSaved(Saving saving)
    {
        if (saving.IsComplete) SaveCatalogue(saving);
        else if (_queue.IsEmpty) WantChunk(saving.NextIndex);
        else Timers.StartSingleTimer(nameof(NextChunk), new NextChunk(saving.NextIndex), _options.SnapshotPause);
    }

    private void WantChunk(int index)
    {
        if (_saving is not { } saving || saving.NextIndex != index) return;
        saving.Owner.Tell(new StorageProtocol.SnapshotChunkSaved(saving.Replica, saving.Set, index - 1));
        ExpectChunk();
    }

    private void SaveCatalogue(Saving saving)
    {
        _catalogueUnderWay = new SnapshotCatalogue(
            _lastPosition, _tail.NeededFromWith(saving.Replica, saving.Position), _lastSet, _catalogue.Manifests.SetItem(saving.Replica, saving.ToManifest()), _facts);
        _snapshots.Tell(new SaveSnapshot(new SnapshotMetadata(_ids.Catalogue, ++_catalogueNumber, DateTime.UtcNow), _catalogueUnderWay.ToRow()));
    }

    /// <summary>The snapshot counts: what it replaces can go.</summary>
    private void CatalogueSaved(long number)
    {
        if (_saving is not { } saving || _catalogueUnderWay is not { } catalogue || number != _catalogueNumber) return;
        var before = _catalogue.Manifests.GetValueOrDefault(saving.Replica);
        (_catalogue, _snapshotBytes, _catalogueUnderWay, _saving) = (catalogue, catalogue.SnapshotBytes, null, null);
        _tail.Covered(saving.Replica, saving.Position);
        _metrics.Snapshots.Add(1);
        _log.Debug("Snapshot {Set} of {Replica}: {Chunks} chunks, {Bytes} bytes, up to position {Position}", saving.Set, saving.Replica, saving.NextIndex, saving.Bytes, saving.Position);
        saving.Owner.Tell(new StorageProtocol.SnapshotChunkSaved(saving.Replica, saving.Set, saving.NextIndex - 1));
        ForgetCatalogues(number - 1);
        ForgetSets(saving.Replica, before, saving.Set);
        Continue();
    }

    private void NotSaved(SnapshotMetadata row, Exception cause)
    {
        if (row.PersistenceId == _ids.Catalogue ? _catalogueUnderWay is not null && row.SequenceNr == _catalogueNumber : IsLastChunk(row)) SnapshotFailed($"Row {row.PersistenceId} {row.SequenceNr} was not saved: {cause.GetBaseException().Message}");
    }

    private void SnapshotFailed(string reason)
    {
        _log.Warning("A snapshot of replica {Replica} is given up: {Reason}", _saving?.Replica, reason);
        DropSnapshot(reason);
        RestSnapshots();
    }

    private void RestSnapshots()
    {
        _snapshotsRest = true;
        Timers.StartSingleTimer(SnapshotsMayBegin.Instance, SnapshotsMayBegin.Instance, SnapshotRetryPause < _options.BackoffMax ? SnapshotRetryPause : _options.BackoffMax);
    }

    private void LetSnapshotsBegin()
    {
        _snapshotsRest = false;
        ConsiderSnapshot();
    }

    private void DropSnapshot(string reason)
    {
        if (_saving is not { } saving) return;
        _log.Debug("Snapshot {Set} of {Replica} dropped: {Reason}", saving.Set, saving.Replica, reason);
        Timers.Cancel(SnapshotOverdue.Instance);
        _metrics.SnapshotsDropped.Add(1);
        (_saving, _catalogueUnderWay) = (null, null);
        saving.Owner.Tell(new StorageProtocol.SnapshotDropped(saving.Replica, saving.Set));
    }

    private void ExpectChunk() => Timers.StartSingleTimer(SnapshotOverdue.Instance, SnapshotOverdue.Instance, _options.SnapshotTimeout);

    /// <summary>A snapshot under way.</summary>
    private sealed class Saving(ReplicaAddress replica, long set, IActorRef owner)
    {
        private readonly ChunkHash _hash = new();

        public ReplicaAddress Replica { get; } = replica;

        public long Set { get; } = set;

        public IActorRef Owner { get; private set; } = owner;

        public int NextIndex { get; private set; }

        public long Position { get; private set; }

        public long Bytes { get; private set; }

        public bool IsComplete { get; private set; }

        public void Add(SnapshotChunkRow row, StorageProtocol.SnapshotChunk chunk, IActorRef sender)
        {
            if (chunk.Index == 0) Position = chunk.Position;
            _hash.Add(row);
            Bytes += row.Bytes.Length;
            NextIndex++;
            (IsComplete, Owner) = (chunk.IsLast, sender);
        }

        public SnapshotManifest ToManifest() => new(Replica, Set, NextIndex, _hash.Value, Position, Bytes);
    }

    private sealed record NextChunk(int Index) : INoSerializationVerificationNeeded;

    private sealed record SnapshotOverdue : INoSerializationVerificationNeeded
    {
        public static readonly SnapshotOverdue Instance = new();
    }

    private sealed record SnapshotsMayBegin : INoSerializationVerificationNeeded
    {
        public static readonly SnapshotsMayBegin Instance = new();
    }
}
