using System.Collections.Immutable;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using GossipCluster.Actors.Replicas;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Actors.Storage;

/// <summary>The node's storage: group commit of all shards' batches into one log, snapshots, and reading both back. See <see cref="StorageProtocol"/>.</summary>
/// <remarks>
/// <code>
///   storage (owns what was accepted)
///     commit-log-n     the journal's writer; gone whenever a write fails, and started again
///     reading-n        reads everything, or one shard, back
/// </code>
/// One event is in flight; what arrives meanwhile gathers. A failed or overdue write means that nobody knows: the same event is written again, under the
/// same number, until one is known to have landed. So order is kept, nothing is lost, and whoever reads applies it once.
/// <para>
/// What is appended before the first <see cref="StorageProtocol.Recovered"/> waits for it.
/// </para>
/// <para>
/// A restart of this actor would lose what was accepted and not answered, so it is stopped instead: whoever watches it starts the node's storage and
/// shards anew.
/// </para>
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "An actor ends in PostStop, which disposes of what it holds.")]
public sealed partial class StorageActor : ReceiveActor, IWithTimers
{
    private const int WaitingThreadCount = 2;

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly StorageOptions _options;
    private readonly ReplicaOptions _replicaOptions;
    private readonly Func<string, IActorRef, Props> _writerProps;
    private readonly StorageIds _ids;
    private readonly StorageMetrics _metrics;
    private readonly AppendQueue _queue = new();
    private readonly CommitLogEventBuilder _builder = new(BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))));
    private readonly Dictionary<IActorRef, int> _notLanded = [];
    private ImmutableDictionary<string, ReadOnlyMemory<byte>> _facts = ImmutableDictionary.Create<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
    private LogTail _tail;
    private IDisposable? _lock;
    private IActorRef _journal = ActorRefs.Nobody;
    private IActorRef _snapshots = ActorRefs.Nobody;
    private IActorRef? _writer;
    private bool _isWriterReady;
    private int _writerCount;
    private int _failures;
    private CommitLogEvent? _inFlight;
    private long _number;
    private long _lastPosition = -1;
    private long _busySince;
    private long _landedAt;
    private int _batchesBefore;
    private bool _isLooking;
    private string? _trouble;
    private string? _overdue;
    private bool _isFull;
    private StorageProtocol.DiskState _disk = new(true, "");
    private IActorRef? _closer;
    private bool _isClosing;

    /// <summary>Use <see cref="CreateProps(StorageOptions, ReplicaOptions)"/>.</summary>
    public StorageActor(StorageOptions options, ReplicaOptions replicaOptions, Func<string, IActorRef, Props> writerProps)
    {
        _options = options;
        _replicaOptions = replicaOptions;
        _writerProps = writerProps;
        _ids = new StorageIds(options.Owner);
        _tail = LogTail.For(options);
        _metrics = new StorageMetrics(() => _queue.Bytes, () => _tail.Bytes, () => _tail.Events);

        Receive<StorageProtocol.Append>(Accept);
        Receive<CommitLogWriterActor.Written>(Land);
        Receive<StorageProtocol.PutFact>(Accept);
        Receive<CommitLogWriterActor.Ready>(TakeUp);
        Receive<CommitLogWriterActor.Rejected>(GiveUp);
        Receive<CommitLogWriterActor.Failed>(failed => Mourn(failed.Reason));
        Receive<WriterStopped>(stopped => Replace(stopped.Writer));
        Receive<StartWriter>(_ => StartNewWriter());
        Receive<Gathered>(_ =>
        {
            _landedAt = 0;
            WriteNext();
        });
        Receive<Look>(_ => LookAtWrite());
        Receive<Prepare>(_ => PrepareDatabase());
        Receive<Prepared>(prepared => Begin(prepared.Lock));
        Receive<Status.Failure>(failure => PrepareLater(failure.Cause));
        Receive<StorageProtocol.Close>(_ => BeginClose());
        Receive<FilesClosed>(_ => EndClose());
        ReceiveReading();
        ReceiveSnapshots();
        ReceiveHousekeeping();
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>The node's storage; the configuration must hold <see cref="StorageConfig.Hocon"/> of the same options.</summary>
    /// <exception cref="InvalidOperationException">The options are wrong; the message says all of it.</exception>
    public static Props CreateProps(StorageOptions options, ReplicaOptions replicaOptions) => CreateProps(options, replicaOptions, CommitLogWriterActor.CreateProps);

    internal static Props CreateProps(StorageOptions options, ReplicaOptions replicaOptions, Func<string, IActorRef, Props> writerProps)
    {
        options.Validated();
        return Props.Create(() => new StorageActor(options, replicaOptions, writerProps)).WithDeploy(Deploy.Local);
    }

    /// <inheritdoc/>
    protected override void PreStart()
    {
        MakeRoomForWaiting();
        PrepareDatabase();
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _lock?.Dispose();
        _metrics.Dispose();
    }

    /// <inheritdoc/>
    protected override void PreRestart(Exception reason, object message)
    {
        base.PreRestart(reason, message);
        Context.Stop(Self);
    }

    /// <inheritdoc/>
    protected override void PostRestart(Exception reason)
    {
        // It is about to stop.
    }

    // Children own nothing. The writer is replaced when it is gone; a reading that broke is begun anew.
    /// <inheritdoc/>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    private void Accept(StorageProtocol.Append append)
    {
        if (append.NotLandedSeen < _notLanded.GetValueOrDefault(Sender)) return;
        if (_isClosing)
        {
            Refuse(Sender, append, "The node is stopping.");
            return;
        }

        _queue.Add(append, Sender);
        if (_queue.Bytes > _options.AppendBytesMax) TellDiskState();
        WriteNext();
    }

    private void Accept(StorageProtocol.PutFact fact)
    {
        if (_isClosing) Refuse(fact, "The node is stopping.");
        else if (fact.Name.Length is 0 or > StorageProtocol.FactNameLengthMax) Refuse(fact, $"A fact's name has 1 to {StorageProtocol.FactNameLengthMax} characters.");
        else if (fact.Value.Length > StorageProtocol.FactBytesMax) Refuse(fact, $"A fact has at most {StorageProtocol.FactBytesMax} bytes.");
        else if (FactBytes(fact) > _options.FactsBytesMax) Refuse(fact, $"All facts together have at most {_options.FactsBytesMax} bytes.");
        else
        {
            _queue.Add(fact, Sender);
            WriteNext();
        }
    }

    private void Refuse(IActorRef shard, StorageProtocol.Append append, string reason)
    {
        _metrics.Rejected.Add(1);
        _notLanded[shard] = _notLanded.GetValueOrDefault(shard) + 1;
        shard.Tell(new StorageProtocol.NotLanded(append.Batches, reason));
    }

    private void Refuse(StorageProtocol.PutFact fact, string reason)
    {
        _metrics.FactsRefused.Add(1);
        Sender.Tell(new StorageProtocol.FactNotPut(fact.Name, reason));
    }

    private long FactBytes(StorageProtocol.PutFact added) =>
        _facts.Where(fact => fact.Key != added.Name).Sum(fact => (long)fact.Key.Length + fact.Value.Length) + added.Name.Length + added.Value.Length;

    /// <summary>Puts what has gathered into one event, unless one is being written.</summary>
    private void WriteNext()
    {
        if (_inFlight is not null || !_isWriterReady || _isStepUnderWay) return;
        if (!IsFenceWanted && (_queue.WaitingCount == 0 || !_hasRead)) return;
        if (IsGathering()) return;
        _builder.Start(++_number, _lastPosition);
        var batches = 0;
        foreach (var pending in _hasRead ? _queue.TakeOff(_options.EventBytesMax) : []) batches += Add(pending);
        _inFlight = _builder.Build();
        _busySince = Stopwatch.GetTimestamp();
        _metrics.Batches.Add(batches);
        _batchesBefore = batches;
        _writer.Tell(new CommitLogWriterActor.Write(_inFlight));
        LookLater();
    }

    /// <summary>
    /// An event costs the same whatever is in it. Where the one before had many batches there is load, and what is on its way now is worth a moment: half as
    /// many events, each twice as full. Where it had few, nothing waits.
    /// </summary>
    private bool IsGathering()
    {
        var left = _options.GatherTime - Stopwatch.GetElapsedTime(_landedAt);
        if (_batchesBefore < _options.GatherBatchesMin || left <= TimeSpan.Zero || _isClosing || _queue.Bytes >= _options.EventBytesMax) return false;
        if (!Timers.IsTimerActive(Gathered.Instance)) Timers.StartSingleTimer(Gathered.Instance, Gathered.Instance, left);
        return true;
    }

    private int Add(in Pending pending)
    {
        switch (pending.Message)
        {
            case StorageProtocol.Append append:
                foreach (ref readonly var staged in append.Batches.AsSpan()) _builder.Add(staged);
                return append.Batches.Length;
            case StorageProtocol.PutFact fact:
                _builder.Add(fact.Name, fact.Value.Span);
                return 0;
            case StorageProtocol.RecoverShard:
                return 0;
            default:
                throw new UnreachableException($"No entry for {pending.Message.GetType().Name}.");
        }
    }

    private void Land(CommitLogWriterActor.Written written)
    {
        if (_inFlight is null || written.Number != _inFlight.Number) return;
        var bytes = _inFlight.Bytes.Length;
        (_inFlight, _lastPosition, _failures, _trouble, _overdue) = (null, written.Position, 0, null, null);
        _landedAt = Stopwatch.GetTimestamp();
        if (_hasRead) _tail.Add(written.Position, bytes);
        _metrics.Events.Add(1);
        _metrics.EventBytes.Add(bytes);
        _metrics.WriteTime.Record(Stopwatch.GetElapsedTime(_busySince).TotalMilliseconds);
        var landed = _queue.InFlight;
        for (var i = 0; i < landed.Count; i++) Answer(landed[i], written.Position);
        _queue.Landed();
        if (!_disk.TakesWrites) TellDiskState();
        Continue();
    }

    private void Answer(in Pending pending, long position)
    {
        switch (pending.Message)
        {
            case StorageProtocol.Append append:
                foreach (ref readonly var staged in append.Batches.AsSpan()) _tail.Needs(staged.Replica, position, pending.Sender);
                pending.Sender.Tell(new StorageProtocol.Landed(append.Batches, position));
                break;
            case StorageProtocol.PutFact fact:
                _facts = fact.Value.IsEmpty ? _facts.Remove(fact.Name) : _facts.SetItem(fact.Name, fact.Value);
                pending.Sender.Tell(new StorageProtocol.FactPut(fact.Name));
                break;
            case StorageProtocol.RecoverShard shard:
                Read(new RecoveryActor.Scope(shard.Shard, shard.ShardCount, position), pending.Sender);
                break;
            default:
                throw new UnreachableException($"No answer for {pending.Message.GetType().Name}.");
        }
    }

    /// <summary>Whatever is next, now that an event has landed or the database is free again.</summary>
    private void Continue()
    {
        if (!TakeStep()) WriteNext();
        ConsiderSnapshot();
        ForgetNext();
        ContinueClose();
        StartReadings();
    }

    private void TakeUp(CommitLogWriterActor.Ready ready)
    {
        if (!Sender.Equals(_writer)) return;
        _isWriterReady = true;
        if (_inFlight is not null)
        {
            // Whether it landed before is for readers to find out.
            _busySince = Stopwatch.GetTimestamp();
            _writer.Tell(new CommitLogWriterActor.Write(_inFlight));
            LookLater();
            return;
        }

        (_lastPosition, _failures, _trouble) = (ready.LastPosition, 0, null);
        TellDiskState();
        Continue();
    }

    /// <summary>The event in flight is not on disk, for certain: refuses it, and what its shards sent after it.</summary>
    private void GiveUp(CommitLogWriterActor.Rejected rejected)
    {
        if (_inFlight is null || rejected.Number != _inFlight.Number) return;
        _log.Warning("Event {Number} of the log was refused: {Reason}", rejected.Number, rejected.Reason);

        // The number goes to the next event: readers miss one that is skipped.
        (_inFlight, _number) = (null, _number - 1);
        var shards = new HashSet<IActorRef>();
        foreach (var pending in _queue.InFlight)
        {
            switch (pending.Message)
            {
                case StorageProtocol.Append append when shards.Add(pending.Sender):
                    Refuse(pending.Sender, append, rejected.Reason);
                    break;
                case StorageProtocol.PutFact fact:
                    pending.Sender.Tell(new StorageProtocol.FactNotPut(fact.Name, rejected.Reason));
                    break;
                case StorageProtocol.RecoverShard shard:
                    Read(new RecoveryActor.Scope(shard.Shard, shard.ShardCount, _lastPosition), pending.Sender);
                    break;
                default:
                    break;
            }
        }

        _queue.Landed();
        _metrics.Rejected.Add(_queue.Refuse(shards).Count);
        Continue();
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
        Timers.StartSingleTimer(StartWriter.Instance, StartWriter.Instance, Backoff(_failures++));
    }

    private void StartNewWriter()
    {
        _writer = Context.ActorOf(_writerProps(_ids.Log, Self), $"commit-log-{++_writerCount}");
        Context.WatchWith(_writer, new WriterStopped(_writer));
    }

    // One timer, however many events there are.
    private void LookLater()
    {
        if (_isLooking) return;
        _isLooking = true;
        Timers.StartSingleTimer(Look.Instance, Look.Instance, _options.WriteOverdueAfter / 2);
    }

    private void LookAtWrite()
    {
        _isLooking = false;
        if (_inFlight is null && !_isStepUnderWay) return;
        if (Stopwatch.GetElapsedTime(_busySince) >= _options.WriteOverdueAfter)
        {
            _overdue = "The disk is slow: a write is overdue.";
            TellDiskState();
        }

        LookLater();
    }

    private void TellDiskState()
    {
        var wasFull = _isFull;
        _isFull = _queue.Bytes > (wasFull ? _options.AppendBytesMax / 2 : _options.AppendBytesMax);
        if (_isFull && !wasFull) _metrics.Full.Add(1);
        var sentence = _trouble ?? _overdue ?? (_isFull ? "The disk is slow: too many bytes wait for it." : null);
        var state = new StorageProtocol.DiskState(sentence is null, sentence ?? "");
        if (state == _disk) return;
        if (state.TakesWrites) _log.Info("The disk takes writes again.");
        else if (_disk.TakesWrites) _log.Warning("Writes are refused. {Sentence}", sentence);
        _disk = state;
        Context.System.EventStream.Publish(state);
    }

    // SQLite keeps its thread while it waits for the disk: one for the log, one for housekeeping. The pool starts as many as there are processors at once
    // and more only after a while, and on two processors that would stop everybody else.
    private static void MakeRoomForWaiting()
    {
        ThreadPool.GetMinThreads(out var workers, out var ports);
        var wanted = Environment.ProcessorCount + WaitingThreadCount;
        if (workers < wanted) ThreadPool.SetMinThreads(wanted, ports);
    }

    private void PrepareDatabase()
    {
        var options = _options;
        _ = Task.Run(() => LockAndCreate(options)).PipeTo(Self, success: held => new Prepared(held));
    }

    private static IDisposable LockAndCreate(StorageOptions options)
    {
        if (options.Provider == StorageProvider.PostgreSql) return StorageServer.Lock(options);
        var held = StorageFiles.Lock(options);
        try
        {
            StorageFiles.Create(options);
            return held;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    private void PrepareLater(Exception cause)
    {
        _trouble = $"The database cannot be opened: {(cause is AggregateException ? cause.GetBaseException() : cause).Message}";
        _log.Debug("{Cause}", cause);
        TellDiskState();
        TellProgress(_trouble);
        Timers.StartSingleTimer(Prepare.Instance, Prepare.Instance, Backoff(_failures++));
    }

    private void Begin(IDisposable held)
    {
        if (_isClosing)
        {
            held.Dispose();
            return;
        }

        _lock = held;
        _journal = Persistence.Instance.Apply(Context.System).JournalFor(StorageConfig.JournalPluginId);
        _snapshots = Persistence.Instance.Apply(Context.System).SnapshotStoreFor(StorageConfig.SnapshotPluginId);
        StartNewWriter();
        StartReadings();
    }

    private void BeginClose()
    {
        (_isClosing, _closer) = (true, Sender);
        DropSnapshot("The node is stopping.");
        ContinueClose();
    }

    private void ContinueClose()
    {
        if (!_isClosing || !_queue.IsEmpty || _isStepUnderWay || _isFilesClosing) return;
        _isFilesClosing = true;
        if (_writer is not null) Context.Stop(_writer);
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

    private TimeSpan Backoff(int failures)
    {
        var wait = _options.BackoffMin * Math.Pow(2, Math.Min(failures, 30));
        return wait < _options.BackoffMax ? wait : _options.BackoffMax;
    }

    private bool _isFilesClosing;

    // A process that was killed may have left a last write with a server, which lands at any time until another has its position. One file's last writer is dead.
    private bool IsFenceWanted => _options.Provider == StorageProvider.PostgreSql && _number == 0;

    private bool IsFenceDown => _options.Provider != StorageProvider.PostgreSql || _number > 1 || (_number == 1 && _inFlight is null);

    private sealed record WriterStopped(IActorRef Writer) : INoSerializationVerificationNeeded;

    private sealed record Prepared(IDisposable Lock) : INoSerializationVerificationNeeded;

    private sealed record StartWriter : INoSerializationVerificationNeeded
    {
        public static readonly StartWriter Instance = new();
    }

    private sealed record Look : INoSerializationVerificationNeeded
    {
        public static readonly Look Instance = new();
    }

    private sealed record Prepare : INoSerializationVerificationNeeded
    {
        public static readonly Prepare Instance = new();
    }

    private sealed record FilesClosed : INoSerializationVerificationNeeded
    {
        public static readonly FilesClosed Instance = new();
    }

    private sealed record Gathered : INoSerializationVerificationNeeded
    {
        public static readonly Gathered Instance = new();
    }
}
