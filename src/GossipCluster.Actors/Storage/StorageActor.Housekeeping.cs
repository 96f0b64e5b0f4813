using System.Diagnostics;
using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using GossipCluster.Actors.Replicas;

namespace GossipCluster.Actors.Storage;

/// <summary>Cutting the log, deleting old snapshots, giving pages back: in steps of a bounded size, one at a time, between two events.</summary>
/// <remarks>The log's file has one writer, so a step on it and an event never overlap: a locked file costs SQLite's users a nap, not a wait.</remarks>
public sealed partial class StorageActor
{
    private readonly Queue<(string Id, long MaxSequenceNr)> _rowsToForget = new();
    private bool _isStepUnderWay;
    private bool _isForgetting;
    private bool _isOldLogThere;
    private bool _isLogUntidy;
    private bool _areSnapshotsUntidy;
    private bool _stepsRest;
    private long _stepEnded;

    private void ReceiveHousekeeping()
    {
        Receive<DeleteMessagesSuccess>(deleted => Cut(deleted.ToSequenceNr));
        Receive<DeleteMessagesFailure>(failed => StepFailed(failed.Cause));
        Receive<DeleteSnapshotsSuccess>(_ => Forgotten());
        Receive<DeleteSnapshotsFailure>(failed => NotForgotten(failed.Cause));
        Receive<Tidied>(tidied => EndTidy(tidied));
        Receive<StepsMayBegin>(_ => LetStepsBegin());
    }

    /// <summary>Starts a step on the log's file where there is one to do and it is time; true where the next event has to wait for it.</summary>
    private bool TakeStep()
    {
        if (_isStepUnderWay) return true;
        if (_inFlight is not null || !_hasRead || _readings.Count > 0 || _stepsRest || _isClosing || IsClaimInDoubt) return false;
        var hasSteps = _isOldLogThere || _isLogUntidy || _tail.NextCut(_catalogue.NeededFrom, _options.CutBytesMax) is not null;
        if (!hasSteps) return false;

        // Where there is work, the event that is written now asks again when it has landed.
        if (!_queue.IsEmpty && _isWriterReady && Stopwatch.GetElapsedTime(_stepEnded) < _options.SnapshotPause) return false;
        _isStepUnderWay = true;
        _busySince = Stopwatch.GetTimestamp();
        LookLater();
        if (_isOldLogThere) Delete(_catalogue.NeededFrom - 1);
        else if (_tail.NextCut(_catalogue.NeededFrom, _options.CutBytesMax) is { } to) Delete(to);
        else Tidy(StorageConfig.LogFile);
        return true;
    }

    private void Delete(long to) => _journal.Tell(new DeleteMessagesTo(_ids.Log, to, Self));

    private void Cut(long to)
    {
        _isOldLogThere = false;
        _metrics.CutBytes.Add(_tail.Cut(to));
        _isLogUntidy = _options.Provider == StorageProvider.Sqlite;
        EndStep();
    }

    private void StepFailed(Exception cause)
    {
        _log.Warning("The log could not be cut: {Reason}", cause.GetBaseException().Message);
        _stepsRest = true;
        Timers.StartSingleTimer(StepsMayBegin.Instance, StepsMayBegin.Instance, _options.BackoffMax);
        EndStep();
    }

    private void LetStepsBegin()
    {
        _stepsRest = false;
        Continue();
    }

    private void EndStep()
    {
        (_isStepUnderWay, _stepEnded, _overdue) = (false, Stopwatch.GetTimestamp(), null);
        if (!_disk.TakesWrites) TellDiskState();
        Continue();
    }

    private void Tidy(string file)
    {
        var options = _options;
        _ = Task.Run(() => StorageFiles.Tidy(options, file)).PipeTo(
            Self, success: hasMore => new Tidied(file, hasMore, null), failure: cause => new Tidied(file, false, cause.GetBaseException().Message));
    }

    private void EndTidy(Tidied tidied)
    {
        if (tidied.Reason is not null) _log.Warning("{File} could not be tidied up: {Reason}", tidied.File, tidied.Reason);
        if (tidied.File == StorageConfig.LogFile)
        {
            _isLogUntidy = tidied.HasMore;
            EndStep();
        }
        else
        {
            (_isForgetting, _areSnapshotsUntidy) = (false, tidied.HasMore);
            ForgetNext();
        }
    }

    private void ForgetCatalogues(long upTo) => Forget(_ids.Catalogue, upTo);

    /// <summary>Everything of a replica before a set: the one that counted, chunk by chunk, and what others that failed have left.</summary>
    private void ForgetSets(ReplicaAddress replica, SnapshotManifest? before, long set)
    {
        var id = _ids.Replica(replica);
        var chunksAtOnce = Math.Max(1, _options.CutBytesMax / _options.SnapshotChunkBytesMax);
        for (var index = chunksAtOnce; before is not null && index < before.ChunkCount; index += chunksAtOnce) Forget(id, StorageIds.Chunk(before.Set, index - 1));
        Forget(id, StorageIds.Chunk(set, 0) - 1);
    }

    private void Forget(string id, long upTo)
    {
        if (upTo <= 0) return;
        _rowsToForget.Enqueue((id, upTo));
        ForgetNext();
    }

    private void ForgetNext()
    {
        if (_isForgetting || _isClosing || _readings.Count > 0 || IsClaimInDoubt) return;
        if (_rowsToForget.TryPeek(out var rows))
        {
            _isForgetting = true;
            _snapshots.Tell(new DeleteSnapshots(rows.Id, new SnapshotSelectionCriteria(rows.MaxSequenceNr)));
        }
        else if (_areSnapshotsUntidy && _saving is null)
        {
            _isForgetting = true;
            Tidy(StorageConfig.SnapshotFile);
        }
    }

    private void Forgotten()
    {
        _rowsToForget.Dequeue();
        (_isForgetting, _areSnapshotsUntidy) = (false, _options.Provider == StorageProvider.Sqlite);
        ForgetNext();
    }

    // The next snapshot's deletion covers what stays.
    private void NotForgotten(Exception cause)
    {
        _log.Warning("Rows of old snapshots could not be deleted: {Reason}", cause.GetBaseException().Message);
        _rowsToForget.Dequeue();
        _isForgetting = false;
    }

    private sealed record Tidied(string File, bool HasMore, string? Reason) : INoSerializationVerificationNeeded;

    private sealed record StepsMayBegin : INoSerializationVerificationNeeded
    {
        public static readonly StepsMayBegin Instance = new();
    }
}
