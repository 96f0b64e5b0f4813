using GossipCluster.Core.Causality;
using GossipCluster.Core.Coordination;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Core.Feeds;

/// <summary>What one node is told of one scope by one replica: rounds of changed keys, each with the clock that it completes.</summary>
/// <remarks>
/// <code>
///   changes -> pending keys (each once) -> round (pending keys, clock at its start) -> parts of at most 64 KiB, states as of now -> the last one carries the clock
/// </code>
/// Whoever has a round's last part has the effect of every dot in its clock. States are read when a part is made, so that no part is older than one before it.
/// </remarks>
internal sealed class FeedStream(Replica replica, FeedLimits limits, FeedScope scope, ulong call, bool isLive)
{
    private readonly Queue<Key> _round = new();
    private HashSet<Key> _pending = new(Key.Comparer.Instance);
    private bool _hasOverflown;
    private bool _inRound;
    private bool _isReset;
    private ulong? _walk;
    private DotSet _roundClock = DotSet.Empty;
    private DotSet? _position;
    private DotSet? _known;
    private DotSet? _toCover;
    private TimeSpan _coverUntil;
    private TimeSpan _nextRoundAt;
    private TimeSpan _sentAt;
    private int _sent;
    private int _acked;

    public FeedScope Scope => scope;

    public bool IsLive => isLive;

    /// <summary>A catch-up that has said all.</summary>
    public bool IsOver { get; private set; }

    public TimeSpan HeardAt { get; set; }

    /// <summary>The least time between two rounds.</summary>
    public TimeSpan Interval { get; set; }

    /// <summary>Has something to say or to wait for that time may change.</summary>
    public bool IsBusy => !IsOver && (_toCover is not null || ((_inRound || _pending.Count > 0 || _hasOverflown) && HasRoom));

    private bool HasRoom => _sent - _acked < (isLive ? limits.WindowParts : 1);

    /// <summary>Starts, or starts again.</summary>
    /// <param name="known">What the reader has; null for nothing: a live stream then starts with what is to come, a catch-up has everything.</param>
    /// <param name="seen">What it was told of beyond that.</param>
    /// <param name="now">The time.</param>
    public void Begin(DotSet? known, DotSet? seen, TimeSpan now)
    {
        (HeardAt, _sentAt) = (now, now);
        _known = known;
        var toCover = seen is null ? known : known is null ? seen : known.Union(seen);
        if (toCover is null) BeginRound();
        else (_toCover, _coverUntil) = (toCover, now + limits.CoverPatience);
    }

    public void Note(Key key)
    {
        if (_pending.Count < limits.PendingKeysMax) _pending.Add(key);
        else _hasOverflown = true;
    }

    public void Ack(int number, TimeSpan now)
    {
        HeardAt = now;
        if (number > _acked && number <= _sent) _acked = number;
    }

    /// <summary>The next part; null where there is none now.</summary>
    public CoordinationMessage.FeedPart? Next(TimeSpan now)
    {
        if (IsOver || !HasRoom) return null;
        if (_toCover is { } toCover)
        {
            if (now < _coverUntil && !replica.Clock.Dominates(replica.Resolve(toCover))) return Heartbeat(now);
            _toCover = null;
            BeginRound();
        }

        if (!_inRound && _hasOverflown)
        {
            // What has changed since the last complete round is found again, or everything is said.
            _hasOverflown = false;
            _pending = new HashSet<Key>(Key.Comparer.Instance);
            StartRound();
            CatchUp(_position ?? DotSet.Empty);
        }

        if (!_inRound && _pending.Count > 0 && now >= _nextRoundAt)
        {
            StartRound();
            foreach (var key in _pending) _round.Enqueue(key);
            _pending.Clear();
            _nextRoundAt = now + Interval;
        }

        return _inRound ? PartOfRound(now) : Heartbeat(now);
    }

    private void BeginRound()
    {
        StartRound();

        // What was noted while it waited is found now, or known already.
        _pending.Clear();
        if (_known is { } known) CatchUp(known);
        else if (!isLive) TakeEverything();
    }

    private void StartRound()
    {
        (_inRound, _roundClock, _walk) = (true, replica.Clock, null);
        _round.Clear();
    }

    private void TakeEverything()
    {
        if (scope.IsKey) _round.Enqueue(scope.Key);
        else _walk = 0;
    }

    private void CatchUp(DotSet known)
    {
        // One key is said as it is; there is nothing to be looked for.
        if (scope.IsKey)
        {
            _round.Enqueue(scope.Key);
        }
        else if (replica.ChangedSince(known) is { } changed)
        {
            foreach (var key in changed)
            {
                if (scope.Covers(key)) _round.Enqueue(key);
            }
        }
        else
        {
            _isReset = true;
            TakeEverything();
        }
    }

    private CoordinationMessage.FeedPart? PartOfRound(TimeSpan now)
    {
        if (_round.Count == 0 && _walk is { } from)
        {
            foreach (var key in replica.KeysFrom(from, out _walk))
            {
                if (scope.Covers(key)) _round.Enqueue(key);
            }

            // One step each time: some thousand keys.
            if (_round.Count == 0 && _walk is not null) return null;
        }

        var builder = new KeyStates.Builder(replica.Table, replica.Clock, DotSet.Empty);
        while (builder.BodyBytes < limits.PartBytesMax && _round.TryDequeue(out var key)) builder.Add(key, replica.Trees.GetValueOrDefault(key), DotSet.Empty);
        var isComplete = _round.Count == 0 && _walk is null;
        if (isComplete)
        {
            _inRound = false;
            _position = _roundClock;
            IsOver = !isLive;
        }

        var part = new CoordinationMessage.FeedPart(call, ++_sent, _isReset, IsOver, builder.Count > 0 ? builder.Build() : null, isComplete ? _roundClock : replica.Clock, isComplete);
        (_isReset, _sentAt) = (false, now);
        return part;
    }

    private CoordinationMessage.FeedPart? Heartbeat(TimeSpan now)
    {
        if (now - _sentAt < limits.Heartbeat) return null;
        _sentAt = now;
        var isQuiet = isLive && _toCover is null && !_inRound && _pending.Count == 0 && !_hasOverflown;
        if (isQuiet) _position = replica.Clock;
        return new CoordinationMessage.FeedPart(call, ++_sent, false, false, null, _position ?? DotSet.Empty, isQuiet);
    }
}
