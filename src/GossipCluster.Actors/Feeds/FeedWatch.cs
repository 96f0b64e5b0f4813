using GossipCluster.Core.Causality;
using GossipCluster.Core.Feeds;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Actors.Feeds;

/// <summary>One watcher of a hub: how far it has read, and what it alone is told besides. Its state is guarded by the hub's gate.</summary>
/// <remarks>
/// What it catches up with and what changes come from one source for each partition, in order, and are taken in one step, what it catches up with first: so it never
/// sees a key become older. A watcher that has missed something catches up from the last position that it was given.
/// </remarks>
internal sealed class FeedWatch : IFeedWatch
{
    // What waits is spread over this part of the interval, so that many watchers do not wake at once.
    private static readonly TimeSpan SpreadFrom = TimeSpan.FromMilliseconds(50);

    private readonly FeedHub _hub;
    private readonly ReadOnlyMemory<byte> _prefix;
    private readonly TimeProvider _clock;
    private readonly Action<FeedWatch> _closed;
    private readonly Func<Key, bool> _wanted;
    private readonly HashSet<int> _open = [];
    private readonly List<(Akka.Actor.ICanTell Shard, ulong Call, int Number)> _unacknowledged = [];
    private List<FeedEvent> _own = [];
    private FeedWish _wish;
    private IReadOnlyDictionary<int, DotSet>? _base;
    private TaskCompletionSource? _waiter;
    private bool _isReset;
    private int _missed;
    private bool _wantsPosition = true;
    private FeedPosition? _given;
    private long _givenAt;
    private long _takenAt;
    private int _isClosed;

    public FeedWatch(FeedHub hub, FeedRequest request, TimeProvider clock, Action<FeedWatch> closed)
    {
        (_hub, _prefix, _clock, _closed) = (hub, request.Prefix, clock, closed);
        _wanted = _prefix.IsEmpty ? static _ => true : key => _hub.Scope.HasPrefix(key, _prefix.Span);
        _base = request.From?.Clocks;
        _wish = new FeedWish(1, request.Snapshot && _base is null, _base);
        lock (hub.Gate)
        {
            Read = hub.Log.Last;
            _open.UnionWith(hub.Partitions);
        }

        _givenAt = clock.GetTimestamp();
    }

    /// <summary>The number of the last entry of the log that it has read.</summary>
    public long Read { get; private set; }

    /// <summary>What it wants to be told first.</summary>
    public FeedWish Wish => _wish;

    public FeedHub Hub => _hub;

    /// <inheritdoc/>
    public async ValueTask<FeedBatch> ReadAsync(TimeSpan wait, CancellationToken cancel)
    {
        var ends = _clock.GetTimestamp() + (long)(wait.TotalSeconds * _clock.TimestampFrequency);
        var pace = _hub.Pace.Interval;
        var early = pace - _clock.GetElapsedTime(_takenAt);
        if (_takenAt != 0 && early > TimeSpan.Zero) await Task.Delay(early, _clock, cancel);
        while (true)
        {
            TaskCompletionSource waiter;
            TimeSpan left;
            lock (_hub.Gate)
            {
                if (Take() is { } batch) return batch;
                waiter = _waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                left = _clock.GetElapsedTime(_clock.GetTimestamp(), ends);
                if (PositionDue is { } due && due < left) left = due;
            }

            if (left <= TimeSpan.Zero) return new FeedBatch();
            if (!await WokenAsync(waiter.Task, left, cancel)) continue;
            if (pace >= SpreadFrom) await Task.Delay(pace * Random.Shared.NextDouble(), _clock, cancel);
        }
    }

    public ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) == 0) _closed(this);
        return ValueTask.CompletedTask;
    }

    /// <summary>Something may have come. Under the gate.</summary>
    public void Wake()
    {
        _waiter?.TrySetResult();
        _waiter = null;
    }

    /// <summary>What it catches up with. Under the gate.</summary>
    public void TakeCatchUp(in FeedNews news, FeedStates? states)
    {
        if (news.Epoch != _wish.Epoch) return;
        if (news.Part is { IsReset: true })
        {
            BeginAnew();
            return;
        }

        if (states is not null)
        {
            foreach (var state in states.Keys)
            {
                if (_wanted(state.Key)) _own.Add(new FeedEvent(state.Key, state.Value, states.Clock));
            }
        }

        if (news.Part is { IsLast: false } part) _unacknowledged.Add((news.Shard!, part.Call, part.Number));
        else _open.Remove(news.Partition);
        Wake();
    }

    /// <summary>Changes were forgotten before everybody had read them. Under the gate.</summary>
    /// <param name="evicted">Their numbers, ascending.</param>
    public void Miss(IReadOnlyList<long> evicted)
    {
        if (evicted.Count == 0 || evicted[^1] <= Read) return;
        var missed = evicted.Count(number => number > Read);
        _missed += missed;
        FeedMetrics.Missed.Add(missed);
        Read = evicted[^1];
        Wake();
    }

    /// <summary>It is told everything again. Under the gate.</summary>
    public void BeginAnew()
    {
        FeedMetrics.Resets.Add(1);
        (_isReset, _missed, _base) = (true, 0, null);
        Read = _hub.Log.Last;
        Ask(new FeedWish(_wish.Epoch + 1, true, null));
        Wake();
    }

    private TimeSpan? PositionDue => !_wantsPosition || _open.Count > 0 ? null : _hub.Options.PositionInterval - _clock.GetElapsedTime(_givenAt);

    private async Task<bool> WokenAsync(Task woken, TimeSpan wait, CancellationToken cancel)
    {
        // The time being over is a usual end.
        await woken.WaitAsync(wait, _clock, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancel.ThrowIfCancellationRequested();
        return woken.IsCompleted;
    }

    private FeedBatch? Take()
    {
        if (_hub.Ended is { } end) return new FeedBatch { End = end };
        var (isReset, missed) = (_isReset, _missed);
        (_isReset, _missed) = (false, 0);
        if (missed > 0)
        {
            if (_base is null)
            {
                BeginAnew();
                (isReset, _isReset) = (true, false);
            }
            else
            {
                Ask(new FeedWish(_wish.Epoch + 1, false, _base));
            }
        }

        var events = _own;
        _own = [];
        Read = _hub.Log.Take(Read, _wanted, _hub.Options.BatchBytesMax, events);
        foreach (var (shard, call, number) in _unacknowledged) shard.Tell(new FeedProtocol.Consumed(call, number), Akka.Actor.ActorRefs.NoSender);
        var isWhole = Read == _hub.Log.Last && _open.Count == 0;
        var isPaced = isWhole && events.Count > 0;
        _unacknowledged.Clear();
        _takenAt = isPaced ? _clock.GetTimestamp() : 0;
        _wantsPosition |= events.Count > 0;
        var position = isWhole ? Due() : null;
        return isReset || missed > 0 || events.Count > 0 || position is not null ? new FeedBatch { IsReset = isReset, Missed = missed, Events = events, Position = position } : null;
    }

    /// <summary>The position, where it is time to give one.</summary>
    private FeedPosition? Due()
    {
        if (_hub.Position is not { } position) return null;
        var since = _clock.GetElapsedTime(_givenAt);
        var isDue = _given is null || (_wantsPosition ? since >= _hub.Options.PositionInterval : since >= _hub.Options.PositionQuietInterval && !ReferenceEquals(position, _given));
        if (!isDue) return null;
        (_given, _givenAt, _wantsPosition, _base) = (position, _clock.GetTimestamp(), false, position.Clocks);
        return position;
    }

    private void Ask(FeedWish wish)
    {
        _wish = wish;
        _own = [];
        _unacknowledged.Clear();
        _open.UnionWith(_hub.Partitions);
        (_given, _wantsPosition) = (null, true);
        _hub.Tell(new FeedProtocol.Attach(this, wish));
    }
}
