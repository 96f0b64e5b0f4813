using System.Diagnostics.CodeAnalysis;
using Akka.Actor;
using Akka.Event;
using GossipCluster.Actors.Feeds;
using GossipCluster.Actors.Links;
using GossipCluster.Actors.Membership;
using GossipCluster.Actors.Storage;
using GossipCluster.Core.Causality;

namespace GossipCluster.Actors.Replicas;

/// <summary>A shard as an actor: what happened goes in, what is to be done gathers in the outbox and leaves when the mailbox is worked off.</summary>
/// <remarks>
/// A restart loses the requests that were under way, each of which is answered, and what was not yet durable, which nobody was told of. The replicas are read
/// back from disk.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "An actor ends in PostStop, which disposes of what it holds.")]
internal sealed class ShardActor : ReceiveActor, IWithTimers, IWithStash, IOutboxSink
{
    // Hedges may come this much late; finer would wake up more often than requests do.
    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(20);

    // Leases and heartbeats of feeds, while there are any.
    private static readonly TimeSpan FeedInterval = TimeSpan.FromMilliseconds(500);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly int _index;
    private readonly int _count;
    private readonly ShardOptions _options;
    private readonly IActorRef _storage;
    private readonly IActorRef _links;
    private readonly Outbox _outbox = new();
    private readonly ShardMetrics _metrics;
    private readonly Shard _shard;
    private int _notLandedSeen;
    private bool _flushing;
    private bool _ticking;
    private bool _isFollowing;
    private IActorRef? _drainer;

    public ShardActor(NodeName self, int index, int count, ShardOptions options, IActorRef storage, IActorRef links)
    {
        (_index, _count, _options, _storage, _links) = (index, count, options, storage, links);
        _metrics = new ShardMetrics(index);
        _shard = new Shard(self, index, count, options, _outbox, TimeProvider.System, () => (ulong)Random.Shared.NextInt64(1, long.MaxValue))
        {
            AuditJournal = new AuditJournal(_log, self),
            ShardRef = Self,
        };
        Become(Recovering);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public IStash Stash { get; set; } = null!;

    private static TimeSpan Now => NodeClock.Now;

    public static Props CreateProps(NodeName self, int index, int count, ShardOptions options, IActorRef storage, IActorRef links) =>
        Props.Create(() => new ShardActor(self, index, count, options, storage, links));

    protected override void PreStart() => Context.System.EventStream.Subscribe(Self, typeof(StorageProtocol.DiskState));

    protected override void PreRestart(Exception reason, object message)
    {
        _metrics.Dispose();
        (message as ITicket)?.Abandon();
        _shard.Abandon();
        base.PreRestart(reason, message);
    }

    protected override void PostRestart(Exception reason)
    {
        base.PostRestart(reason);
        _storage.Tell(new StorageProtocol.RecoverShard(_index, _count));
    }

    protected override void PostStop()
    {
        _metrics.Dispose();
        _shard.Abandon();
    }

    private void Recovering()
    {
        Receive<ShardProtocol.Adopt>(adopt =>
        {
            _shard.Adopt(adopt.Replicas, adopt.Position, Shard.SyncedRingsOf(adopt.Facts));
            _storage.Tell(new StorageProtocol.ShardStarted(_index, _count));
            Serve();
        });
        Receive<StorageProtocol.Recovered>(recovered =>
        {
            _shard.Adopt(recovered.Replicas, recovered.Position, Shard.SyncedRingsOf(recovered.Facts));
            Context.Parent.Tell(new ShardProtocol.Restarted(_index));
            Serve();
        });

        // What an earlier life had sent to the disk is read back from there.
        Receive<StorageProtocol.Landed>(_ => { });
        Receive<StorageProtocol.NotLanded>(_ => { });
        Receive<StorageProtocol.Progress>(_ => { });
        ReceiveAny(_ => Stash.Stash());
    }

    private void Serve()
    {
        Become(Serving);
        Stash.UnstashAll();
        Timers.StartPeriodicTimer(Look.Instance, Look.Instance, _options.Repair.SyncInterval * (0.5 + Random.Shared.NextDouble()), _options.Repair.SyncInterval);
    }

    private void Serving()
    {
        On<LinkProtocol.Arrived>(_shard.Receive);
        On<StorageProtocol.Landed>(_shard.Land);
        On<WriteTicket>(_shard.Write);
        On<ReadTicket>(_shard.Read);
        Receive<Flush>(_ => SendAll());
        On<Tick>((_, now) => Ticked(now));
        On<Look>((_, now) =>
        {
            _shard.LookForDifferences(now);
            _shard.LookForAudits(now);
            _metrics.Publish(_shard.Counts());
        });
        On<AuditTicket>(_shard.Audit);
        On<DamageTicket>(_shard.Damage);
        On<ListTicket>(_shard.List);
        On<ReceiptTicket>(_shard.Receipt);
        On<HintsTicket>(_shard.AwaitHints);
        On<FeedProtocol.Open>(_shard.Open);
        On<FeedProtocol.Close>(_shard.Close);
        On<FeedProtocol.Attach>(_shard.Attach);
        On<FeedProtocol.Detach>(_shard.Detach);
        On<FeedProtocol.Consumed>(_shard.Consumed);
        On<FeedProtocol.Tick>((_, now) =>
        {
            _isFollowing = false;
            _shard.TickFeeds(now);
        });
        On<ShardProtocol.SyncAll>((_, now) => _shard.SyncAll(now));
        On<ShardProtocol.PauseHandoff>((pause, now) => _shard.PauseHandoff(pause.IsPaused, now));
        On<ShardProtocol.DropHints>((_, now) => _shard.DropHints(now));
        Receive<EntropyTicket>(ticket => ticket.TrySetResult(_shard.EntropyAt(Now)));
        On<LinkProtocol.ReachabilityChanged>((changed, now) => _shard.SeeReachability(changed.Node, changed.IsReachable, now));
        On<ViewChanged>((changed, now) => _shard.See(changed.View, now));
        On<ShardProtocol.Assume>((assume, now) => _shard.Assume(assume.Identity, now));
        On<StorageProtocol.DiskState>((disk, _) => _shard.SeeDisk(disk.TakesWrites, disk.Sentence));
        On<StorageProtocol.NotLanded>((lost, now) =>
        {
            _notLandedSeen++;
            _shard.Lose(lost, now);

            // Told once for all that was on its way, and some of it has no name here: the disk knows what there is.
            if (_shard.HasPending) throw new StateIsUnknownException("Batches were not written, and others were on their way. The shard reads its replicas back from disk.");
        });
        Receive<StorageProtocol.SnapshotWanted>(wanted => Chunk(_shard.BeginSnapshot(wanted)));
        Receive<StorageProtocol.SnapshotChunkSaved>(saved => Chunk(_shard.ContinueSnapshot(saved)));
        Receive<StorageProtocol.SnapshotDropped>(_shard.DropSnapshot);
        Receive<StorageProtocol.FactPut>(_ => { });
        Receive<StorageProtocol.FactNotPut>(not => _log.Warning("The fact {Name} was not written: {Reason}. After a restart some replicas will be compared once more", not.Name, not.Reason));
        Receive<ShardProtocol.AskKnowsMore>(ask => Sender.Tell(new ShardProtocol.KnowsMore(ask.Question, _shard.KnowsMore(ask.Id, ask.Next))));
        Receive<ShardProtocol.AskHandoff>(_ => Sender.Tell(_shard.CountHandoff()));
        Receive<ShardProtocol.Drain>(_ => Drain());
    }

    private void On<T>(Action<T, TimeSpan> handle) => Receive<T>(message =>
    {
        handle(message, Now);
        FlushSoon();
    });

    private void FlushSoon()
    {
        if (!_outbox.IsEmpty && !_flushing)
        {
            _flushing = true;
            Self.Tell(Flush.Instance);
        }

        if (!_ticking && (_shard.IsBusy || _shard.IsHandingOff))
        {
            _ticking = true;
            Timers.StartSingleTimer(Tick.Instance, Tick.Instance, TickInterval);
        }

        if (!_isFollowing && _shard.HasFeeds)
        {
            _isFollowing = true;
            Timers.StartSingleTimer(FeedProtocol.Tick.Instance, FeedProtocol.Tick.Instance, FeedInterval);
        }

        if (_drainer is not null && !_shard.HasRequests && !_shard.HasPending && _outbox.IsEmpty)
        {
            _drainer.Tell(new ShardProtocol.Drained(_index));
            _drainer = null;
        }
    }

    private void SendAll()
    {
        _flushing = false;
        _outbox.Flush(this);
        FlushSoon();
    }

    private void Ticked(TimeSpan now)
    {
        _ticking = false;
        _shard.Tick(now);
    }

    private void Chunk(StorageProtocol.SnapshotChunk? chunk)
    {
        if (chunk is not null) _storage.Tell(chunk);
    }

    private void Drain()
    {
        _drainer = Sender;
        FlushSoon();
    }

    void IOutboxSink.Append(System.Collections.Immutable.ImmutableArray<StagedBatch> batches) => _storage.Tell(new StorageProtocol.Append(batches, _notLandedSeen));

    void IOutboxSink.Put(StorageProtocol.PutFact fact) => _storage.Tell(fact);

    void IOutboxSink.Send(NodeName to, Lane lane, ReadOnlyMemory<byte> run) => _links.Tell(new LinkProtocol.SendRun(to, lane, run));

    private sealed record Flush : INoSerializationVerificationNeeded
    {
        public static readonly Flush Instance = new();
    }

    private sealed record Tick : INoSerializationVerificationNeeded
    {
        public static readonly Tick Instance = new();
    }

    private sealed record Look : INoSerializationVerificationNeeded
    {
        public static readonly Look Instance = new();
    }
}

/// <summary>A shard does not know which of its batches are on disk, and has to ask it.</summary>
internal sealed class StateIsUnknownException(string message) : Exception(message);
