using System.Diagnostics;
using Akka.Actor;
using Akka.Event;
using Akka.Persistence;

namespace GossipCluster.Actors.Storage;

/// <summary>The way to the database: the claim to it, the connection, and the writer that uses it; each of them anew after a failure.</summary>
/// <remarks>
/// <code>
///   Prepare -> Prepared(claim, session) -> writer -> Ready -> [the rows after ours are ours?] -> events ... Failed -> writer gone -> Released -> pause -> Prepare
/// </code>
/// With PostgreSQL the connection is the claim. While it is lost another process may have it, and may have written: what is in memory is then no longer what is
/// on disk, and the storage ends, for the node to read everything back.
/// </remarks>
public sealed partial class StorageActor
{
    private readonly Guid _life = Guid.NewGuid();
    private readonly Action<System.Data.Common.DbConnection>? _opened = Context.System.Settings.Setup.Get<CommitLogSessionSetup>() is { HasValue: true } setup ? setup.Value.Opened : null;
    private Task<Prepared>? _preparing;
    private IDisposable? _lock;
    private CommitLogSession? _session;
    private IActorRef? _writer;
    private bool _isWriterReady;
    private bool _isReleasing;
    private int _writerCount;
    private int _failures;
    private long _endFound;
    private IActorRef? _closer;
    private bool _isClosing;
    private bool _isFilesClosing;

    // A process that was killed may have left a last write with a server, which lands at any time until another has its position. One file's last writer is dead.
    private bool IsFenceWanted => _options.Provider == StorageProvider.PostgreSql && _number == 0;

    private bool IsFenceDown => _options.Provider != StorageProvider.PostgreSql || _number > 1 || (_number == 1 && _inFlight is null);

    /// <summary>Another process may be at work on the same rows: nothing may be cut, deleted or saved. A file's lock is never lost.</summary>
    private bool IsClaimInDoubt => _options.Provider == StorageProvider.PostgreSql && !_isWriterReady;

    private void ReceiveSession()
    {
        Receive<Prepare>(_ => PrepareDatabase());
        Receive<Prepared>(Begin);
        Receive<Status.Failure>(failure => PrepareLater(failure.Cause));
        Receive<CommitLogWriterActor.Ready>(TakeUp);
        Receive<CommitLogWriterActor.Compared>(TakeUp);
        Receive<CommitLogWriterActor.Failed>(failed => Mourn(failed.Reason));
        Receive<WriterStopped>(stopped => Replace(stopped.Writer));
        Receive<CommitLogJournal.Released>(_ => BeginAgain());
        Receive<CheckLock>(_ => CheckLockWhenIdle());
        Receive<StorageProtocol.Close>(_ => BeginClose());
        Receive<FilesClosed>(_ => EndClose());
    }

    private void PrepareDatabase()
    {
        var (options, held, life, opened) = (_options, _lock, _life, _opened);
        _preparing = Task.Run(() => LockAndOpen(options, held, life, opened));
        _ = _preparing.PipeTo(Self);
    }

    private static Prepared LockAndOpen(StorageOptions options, IDisposable? held, Guid life, Action<System.Data.Common.DbConnection>? opened)
    {
        if (options.Provider == StorageProvider.PostgreSql) return new Prepared(null, CommitLogSession.Open(options, life, opened));
        var taken = held ?? StorageFiles.Lock(options);
        try
        {
            if (held is null) StorageFiles.Create(options);
            return new Prepared(taken, CommitLogSession.Open(options, life, opened));
        }
        catch
        {
            if (held is null) taken.Dispose();
            throw;
        }
    }

    private void PrepareLater(Exception cause)
    {
        _preparing = null;
        _trouble = $"The database cannot be opened: {(cause is AggregateException ? cause.GetBaseException() : cause).Message}";
        _log.Debug("{Cause}", cause);
        TellDiskState();
        TellProgress(_trouble);
        if (_isClosing && _queue.IsEmpty) ContinueClose();
        else PrepareAfterPause();
    }

    private void PrepareAfterPause() => Timers.StartSingleTimer(Prepare.Instance, Prepare.Instance, Backoff(_failures++));

    private void Begin(Prepared prepared)
    {
        (_preparing, _lock, _session) = (null, prepared.Lock, prepared.Session);
        if (_isClosing && _queue.IsEmpty)
        {
            ContinueClose();
            return;
        }

        // Not before: the plugins open the files that were made just now.
        _journal = Persistence.Instance.Apply(Context.System).JournalFor(StorageConfig.JournalPluginId);
        _snapshots = Persistence.Instance.Apply(Context.System).SnapshotStoreFor(StorageConfig.SnapshotPluginId);
        StartNewWriter();
        StartReadings();
        if (_options.Provider == StorageProvider.PostgreSql) Timers.StartPeriodicTimer(CheckLock.Instance, CheckLock.Instance, _options.LockCheckInterval);
    }

    private void StartNewWriter()
    {
        _writer = Context.ActorOf(_writerProps(_ids.Log, Self), $"commit-log-{++_writerCount}");
        Context.WatchWith(_writer, new WriterStopped(_writer));
    }

    private void TakeUp(CommitLogWriterActor.Ready ready)
    {
        if (!Sender.Equals(_writer)) return;
        _endFound = ready.LastPosition;
        if (_lastPosition < 0 || _endFound == _lastPosition) TakeUp();
        else if (_inFlight is null || _endFound < _lastPosition || _endFound - _lastPosition > _attempts) End();
        else _writer.Tell(new CommitLogWriterActor.Compare(_lastPosition + 1, _endFound, _inFlight));
    }

    /// <summary>What is on disk behind the last event that is known to be there can only be the event in flight, once for each attempt.</summary>
    private void TakeUp(CommitLogWriterActor.Compared compared)
    {
        if (!Sender.Equals(_writer)) return;
        if (compared.IsSame) TakeUp();
        else End();
    }

    private void TakeUp()
    {
        _isWriterReady = true;
        if (_inFlight is not null)
        {
            // Whether it landed before is for readers to find out.
            Send(_inFlight);
            return;
        }

        (_lastPosition, _failures, _trouble) = (_endFound, 0, null);
        TellDiskState();
        Continue();
    }

    private void End()
    {
        _log.Error("The log ends at position {Found}. This process knows it up to {Known}: another one has written meanwhile. Everything is read back from disk", _endFound, _lastPosition);
        Context.Stop(Self);
    }

    private void Mourn(string reason)
    {
        _trouble = $"The database does not take writes: {reason}";
        _log.Warning("The log's writer stops: {Reason}", reason);
    }

    private void Replace(IActorRef writer)
    {
        if (!writer.Equals(_writer)) return;
        (_writer, _isWriterReady) = (null, false);
        if (_isClosing && _queue.IsEmpty) return;
        if (_inFlight is not null) _metrics.Unknown.Add(1);
        _trouble ??= "The database does not take writes.";
        TellDiskState();
        if (IsClaimInDoubt) DropSnapshot(_trouble);
        ReleaseSession();
    }

    /// <summary>The connection is closed by whoever uses it, after all that was asked of it: then the lock is free, too.</summary>
    private void ReleaseSession()
    {
        if (_session is null) return;
        if (_journal.IsNobody())
        {
            // Nobody has used it yet.
            _session.Dispose();
            _session = null;
            return;
        }

        _journal.Tell(new CommitLogJournal.Release(_session));
        (_session, _isReleasing) = (null, true);
    }

    private void BeginAgain()
    {
        _isReleasing = false;
        if (_isClosing && _queue.IsEmpty) ContinueClose();
        else PrepareAfterPause();
    }

    /// <summary>Events prove that the lock is held. Where there are none, a question does.</summary>
    private void CheckLockWhenIdle()
    {
        if (!_isWriterReady || _inFlight is not null || Stopwatch.GetElapsedTime(_landedAt) < _options.LockCheckInterval) return;
        _writer.Tell(new CommitLogWriterActor.Check(_session!));
    }

    private void BeginClose()
    {
        (_isClosing, _closer) = (true, Sender);
        DropSnapshot("The node is stopping.");
        ContinueClose();
    }

    private void ContinueClose()
    {
        if (!_isClosing || !_queue.IsEmpty || _isStepUnderWay || _isFilesClosing || _preparing is not null) return;
        if (_writer is not null) Context.Stop(_writer);
        ReleaseSession();
        if (_isReleasing) return;
        _isFilesClosing = true;
        CloseFiles();
    }

    private void CloseFiles()
    {
        var options = _options;
        if (options.Provider == StorageProvider.Sqlite && _lock is not null) _ = Task.Run(() => StorageFiles.Close(options)).PipeTo(Self, success: () => FilesClosed.Instance, failure: _ => FilesClosed.Instance);
        else Self.Tell(FilesClosed.Instance);
    }

    private void EndClose()
    {
        _lock?.Dispose();
        _lock = null;
        _closer.Tell(StorageProtocol.Closed.Instance);
    }

    /// <summary>In whatever state this is: nothing of the database is kept.</summary>
    private void LetGo()
    {
        // Over the journal, which may be using it.
        if (_session is not null && _journal.IsNobody()) _session.Dispose();
        else ReleaseSession();
        _lock?.Dispose();
        var held = _lock;
        _ = _preparing?.ContinueWith(
            late =>
            {
                late.Result.Session.Dispose();
                if (late.Result.Lock != held) late.Result.Lock?.Dispose();
            },
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnRanToCompletion,
            TaskScheduler.Default);
    }

    private TimeSpan Backoff(int failures)
    {
        var wait = _options.BackoffMin * Math.Pow(2, Math.Min(failures, 30));
        return wait < _options.BackoffMax ? wait : _options.BackoffMax;
    }

    private sealed record WriterStopped(IActorRef Writer) : INoSerializationVerificationNeeded;

    private sealed record Prepared(IDisposable? Lock, CommitLogSession Session) : INoSerializationVerificationNeeded;

    private sealed record Prepare : INoSerializationVerificationNeeded
    {
        public static readonly Prepare Instance = new();
    }

    private sealed record CheckLock : INoSerializationVerificationNeeded
    {
        public static readonly CheckLock Instance = new();
    }

    private sealed record FilesClosed : INoSerializationVerificationNeeded
    {
        public static readonly FilesClosed Instance = new();
    }
}
