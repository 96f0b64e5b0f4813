using System.Collections.Immutable;
using Akka.Actor;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Coordination;
using GossipCluster.Core.Feeds;

namespace GossipCluster.Actors.Feeds;

/// <summary>One scope as this node follows it: what shards are told of goes in, watchers take it out. Safe for many threads.</summary>
/// <remarks>
/// <code>
///   shards --parts, in order--> inbox --one worker at a time: decodes--> log of changes, each key once --each watcher by its own number--> connections
///                                                                    `-> what one watcher catches up with
/// </code>
/// A shard only puts a part into the inbox, whatever the number of watchers: that is all that a watched bucket costs its writers in the shard's thread, besides the part.
/// The inbox is bounded by the windows of the streams: a part is acknowledged when it was taken out.
/// </remarks>
internal sealed class FeedHub : IThreadPoolWorkItem
{
    private readonly Lock _inboxGate = new();
    private readonly Lock _gate = new();
    private readonly FeedLog<FeedEvent> _log;
    private readonly HashSet<FeedWatch> _watches = [];
    private readonly Dictionary<int, DotSet> _clocks = [];
    private Queue<FeedNews> _inbox = new();
    private Queue<FeedNews> _working = new();
    private bool _isWorking;
    private FeedPosition? _position;

    /// <summary>Follows nothing yet.</summary>
    public FeedHub(FeedScope scope, int n, int partitionCount, ImmutableArray<int> partitions, ImmutableArray<IActorRef> shards, WatchOptions options, FeedPace pace)
    {
        (Scope, N, PartitionCount, Partitions, Shards, Options, Pace) = (scope, n, partitionCount, partitions, shards, options, pace);
        _log = new FeedLog<FeedEvent>(options.WaitingKeysMax, options.WaitingBytesMax);
    }

    public FeedScope Scope { get; }

    public int N { get; }

    public int PartitionCount { get; }

    /// <summary>In which the scope's keys may lie.</summary>
    public ImmutableArray<int> Partitions { get; }

    public ImmutableArray<IActorRef> Shards { get; }

    public WatchOptions Options { get; }

    public FeedPace Pace { get; }

    /// <summary>Why it has ended; null while it lives.</summary>
    public string? Ended { get; private set; }

    /// <summary>Has <see cref="Execute"/> called; for tests, when they like.</summary>
    public Action<FeedHub> Schedule { get; init; } = static hub => ThreadPool.UnsafeQueueUserWorkItem(hub, preferLocal: false);

    /// <summary>How many watch.</summary>
    public int WatchCount
    {
        get
        {
            lock (_gate) return _watches.Count;
        }
    }

    /// <summary>For a watcher's own state, which this gate guards.</summary>
    public Lock Gate => _gate;

    public FeedLog<FeedEvent> Log => _log;

    /// <summary>Where a watcher is that has read the log to its end; null where some partition has not been heard of. Under the gate.</summary>
    public FeedPosition? Position => _clocks.Count < Partitions.Length ? null : _position ??= new FeedPosition(Scope.Hash, N, PartitionCount, _clocks.ToImmutableDictionary());

    /// <summary>To the shards that the scope's partitions lie in.</summary>
    public void Tell(object message)
    {
        if (Partitions.Length == 1) Shards[Partitions[0] % Shards.Length].Tell(message, ActorRefs.NoSender);
        else foreach (var shard in Shards) shard.Tell(message, ActorRefs.NoSender);
    }

    public void Add(FeedWatch watch)
    {
        lock (_gate) _watches.Add(watch);
    }

    public void Remove(FeedWatch watch)
    {
        lock (_gate) _watches.Remove(watch);
    }

    /// <summary>From a shard: something has come.</summary>
    public void Post(in FeedNews news)
    {
        lock (_inboxGate)
        {
            _inbox.Enqueue(news);
            if (_isWorking) return;
            _isWorking = true;
        }

        Schedule(this);
    }

    /// <summary>All watchers are told that it ends.</summary>
    public void End(string sentence)
    {
        lock (_gate)
        {
            Ended ??= sentence;
            foreach (var watch in _watches) watch.Wake();
        }
    }

    /// <summary>Works off the inbox.</summary>
    public void Execute()
    {
        while (true)
        {
            lock (_inboxGate)
            {
                (_inbox, _working) = (_working, _inbox);
                if (_working.Count == 0)
                {
                    _isWorking = false;
                    return;
                }
            }

            while (_working.TryDequeue(out var news)) Take(news);
        }
    }

    private void Take(in FeedNews news)
    {
        FeedStates? states = null;
        if (news.Part?.States is { } record && !FeedStates.TryRead(record, out states, out _)) FeedMetrics.Malformed.Add(1);
        lock (_gate)
        {
            if (news.Watch is { } watch) watch.TakeCatchUp(news, states);
            else if (news.Part is { } part) TakeLive(news, part, states);
        }

        // What one watcher catches up with is acknowledged when the watcher has taken it.
        if (news.Watch is null && news.Part is { } taken) news.Shard!.Tell(new FeedProtocol.Consumed(taken.Call, taken.Number), ActorRefs.NoSender);
    }

    private void TakeLive(in FeedNews news, CoordinationMessage.FeedPart part, FeedStates? states)
    {
        if (part.IsReset)
        {
            foreach (var watch in _watches) watch.BeginAnew();
        }

        if (states is not null)
        {
            foreach (var state in states.Keys) _log.Add(state.Key, new FeedEvent(state.Key, state.Value, states.Clock), state.Bytes + 128);
            FeedMetrics.Changes.Add(states.Keys.Count);
            if (_log.IsOver) MakeRoom();
        }

        var isFirst = false;
        var clock = part.Clock;
        if (part.IsComplete && !(_clocks.TryGetValue(news.Partition, out var before) && before.Equals(clock)))
        {
            isFirst = before is null;
            _clocks[news.Partition] = clock;
            _position = null;
        }

        if (states is null && !isFirst) return;
        foreach (var watch in _watches) watch.Wake();
    }

    private void MakeRoom()
    {
        _log.Forget(_watches.Count == 0 ? _log.Last : _watches.Min(watch => watch.Read));
        if (!_log.IsOver) return;
        var evicted = _log.Evict();
        foreach (var watch in _watches) watch.Miss(evicted);
    }
}

/// <summary>What a shard tells a hub.</summary>
/// <param name="Partition">Of which it speaks.</param>
/// <param name="Shard">Who is told that it was taken in.</param>
/// <param name="Part">Some keys; null where a watcher that wanted nothing but what is to come is connected.</param>
/// <param name="Watch">Whom it is for; null for everybody.</param>
/// <param name="Epoch">Of its wish.</param>
internal readonly record struct FeedNews(int Partition, ICanTell? Shard, CoordinationMessage.FeedPart? Part, FeedWatch? Watch = null, int Epoch = 0);
