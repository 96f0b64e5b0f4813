using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Akka.Actor;
using Akka.Event;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Actors.Storage;

/// <summary>The node's storage: group commit of all shards' batches into one log, snapshots, and reading both back. See <see cref="StorageProtocol"/>.</summary>
/// <remarks>
/// <code>
///   storage (owns what was accepted)                                           in StorageActor.*.cs
///     commit-log-n     the journal's writer; gone whenever a write fails,      Writing: the queue, one event, its answers
///                      and started again                                       Session: claim, connection, writer    Health: what is told
///     reading-n        reads everything, or one shard, back                    Reading    Snapshots    Housekeeping: cuts, deletions
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
    private readonly Dictionary<IActorRef, int> _notLanded = [];
    private ImmutableDictionary<string, ReadOnlyMemory<byte>> _facts = ImmutableDictionary.Create<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
    private LogTail _tail;
    private IActorRef _journal = ActorRefs.Nobody;
    private IActorRef _snapshots = ActorRefs.Nobody;

    /// <summary>Use <see cref="CreateProps(StorageOptions, ReplicaOptions)"/>.</summary>
    public StorageActor(StorageOptions options, ReplicaOptions replicaOptions, Func<string, IActorRef, Props> writerProps)
    {
        _options = options;
        _replicaOptions = replicaOptions;
        _writerProps = writerProps;
        _ids = new StorageIds(options.Owner);
        _tail = LogTail.For(options);
        _metrics = new StorageMetrics(() => _queue.Bytes, () => _tail.Bytes, () => _tail.Events);

        ReceiveWriting();
        ReceiveSession();
        ReceiveHealth();
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
        LetGo();
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

    /// <summary>Whatever is next, now that an event has landed or the database is free again.</summary>
    private void Continue()
    {
        if (!TakeStep()) WriteNext();
        ConsiderSnapshot();
        ForgetNext();
        ContinueClose();
        StartReadings();
    }

    // SQLite keeps its thread while it waits for the disk: one for the log, one for housekeeping. The pool starts as many as there are processors at once
    // and more only after a while, and on two processors that would stop everybody else.
    private static void MakeRoomForWaiting()
    {
        ThreadPool.GetMinThreads(out var workers, out var ports);
        var wanted = Environment.ProcessorCount + WaitingThreadCount;
        if (workers < wanted) ThreadPool.SetMinThreads(wanted, ports);
    }
}
