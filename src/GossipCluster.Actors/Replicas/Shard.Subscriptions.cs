using GossipCluster.Actors.Feeds;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Coordination;
using GossipCluster.Core.Feeds;

namespace GossipCluster.Actors.Replicas;

/// <content>What this node follows for its watchers: for each scope and partition one replica somewhere, and another where that one is gone.</content>
internal sealed partial class Shard
{
    // Twice a source's heartbeat and then some.
    private static readonly TimeSpan FeedSilenceMax = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan FeedAvoidance = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FeedKeepInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FeedLookInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan FeedRetryInterval = TimeSpan.FromSeconds(1);

    // Partitions that one watcher catches up with at once in one shard: as many parts wait for a slow one.
    private const int CatchUpsMax = 4;

    private readonly List<FeedSubscription> _subscriptions = [];
    private readonly Dictionary<ulong, FeedInlet> _inlets = [];
    private readonly Dictionary<FeedWatch, List<FeedCatchUp>> _catchUps = [];
    private readonly Dictionary<FeedHub, FeedSubscription[]> _followed = [];
    private TimeSpan _keepFeedsAt;
    private TimeSpan _lookAtFeedsAt;

    /// <summary>Scopes and partitions that this shard follows.</summary>
    public int SubscriptionCount => _subscriptions.Count;

    /// <summary>A scope has its first watcher.</summary>
    public void Open(FeedProtocol.Open open, TimeSpan now)
    {
        _now = now;
        FeedSubscription[] followed =
            [.. from partition in open.Hub.Partitions where partition % _count == _index select new FeedSubscription(open.Hub, new ReplicaAddress(open.Hub.N, partition))];
        _followed[open.Hub] = followed;
        foreach (var subscription in followed)
        {
            _subscriptions.Add(subscription);
            Follow(subscription);
            Keep(subscription);
        }
    }

    /// <summary>And its last has gone.</summary>
    public void Close(FeedProtocol.Close close, TimeSpan now)
    {
        _now = now;
        if (!_followed.Remove(close.Hub, out var followed)) return;
        foreach (var subscription in followed)
        {
            Leave(subscription);
            _subscriptions.Remove(subscription);
        }

        foreach (var watch in _catchUps.Keys.Where(watch => watch.Hub == close.Hub).ToArray()) _catchUps.Remove(watch);
    }

    /// <summary>A watcher has come, or wants something else.</summary>
    public void Attach(FeedProtocol.Attach attach, TimeSpan now)
    {
        _now = now;
        Forget(attach.Watch);
        if (!_followed.TryGetValue(attach.Watch.Hub, out var followed)) return;
        _catchUps[attach.Watch] = [.. followed.Select(subscription => new FeedCatchUp(subscription, attach.Watch, attach.Wish))];
        GoOn(attach.Watch);
    }

    /// <summary>A watcher has gone.</summary>
    public void Detach(FeedProtocol.Detach detach, TimeSpan now)
    {
        _now = now;
        Forget(detach.Watch);
    }

    /// <summary>A part was taken in: there is room for another.</summary>
    public void Consumed(FeedProtocol.Consumed consumed, TimeSpan now)
    {
        _now = now;
        if (!_inlets.TryGetValue(consumed.Call, out var inlet) || inlet.Subscription.Source is not { } source) return;
        inlet.AckedAt = now;
        var ack = new CoordinationMessage.FeedAck(consumed.Call, consumed.Number, inlet.Subscription.Hub.Pace.Interval);
        if (source == _self) AckFeed(_self, inlet.Subscription.Address, ack);
        else _outbox.Add(source, inlet.Subscription.Address, ack);
    }

    private void Forget(FeedWatch watch)
    {
        if (!_catchUps.Remove(watch, out var catchUps)) return;
        foreach (var catchUp in catchUps) Close(catchUp);
    }

    private void Follow(FeedSubscription subscription)
    {
        Leave(subscription);
        subscription.RetryAt = _now + FeedRetryInterval;
        if (SourceFor(subscription) is not { } source) return;
        subscription.Source = source;
        Begin(subscription, FeedAskKind.Live, subscription.Position, subscription.Seen);
    }

    private void Leave(FeedSubscription subscription)
    {
        // Whoever catches up from there does so from the next, and not before that one has been heard: the order of what it is told depends on it.
        foreach (var catchUp in subscription.Running.ToArray()) Close(catchUp);
        Close(subscription);
        (subscription.Source, subscription.IsHeard) = (null, false);
    }

    private void Begin(FeedInlet inlet, FeedAskKind kind, DotSet? known, DotSet? seen)
    {
        var (address, source) = (inlet.Subscription.Address, inlet.Subscription.Source!.Value);
        (inlet.Call, inlet.Number, inlet.HeardAt, inlet.AckedAt) = (NextNumber(), 0, _now, _now);
        _inlets.Add(inlet.Call, inlet);
        if (inlet is FeedCatchUp catchUp) inlet.Subscription.Running.Add(catchUp);
        var ask = new CoordinationMessage.FeedAsk(inlet.Call, kind, inlet.Subscription.Hub.Scope, known, seen, inlet.Subscription.Hub.Pace.Interval);
        if (source == _self) AskFeed(_self, address, ask);
        else _outbox.Add(source, address, ask);
    }

    private void Close(FeedInlet inlet)
    {
        if (inlet is FeedCatchUp catchUp) inlet.Subscription.Running.Remove(catchUp);
        if (!_inlets.Remove(inlet.Call) || inlet.Subscription.Source is not { } source) return;
        if (source == _self) StopFeed(_self, inlet.Subscription.Address, inlet.Call);
        else _outbox.Add(source, inlet.Subscription.Address, new CoordinationMessage.FeedStop(inlet.Call));
        inlet.Call = 0;
    }

    private void TakePart(NodeName from, CoordinationMessage.FeedPart part)
    {
        if (!_inlets.TryGetValue(part.Call, out var inlet) || inlet.Subscription.Source != from) return;
        var subscription = inlet.Subscription;
        if (part.Number != inlet.Number + 1)
        {
            // One was lost on the way: from where it was.
            if (part.Number > inlet.Number) Follow(subscription);
            return;
        }

        (inlet.Number, inlet.HeardAt) = (part.Number, _now);
        subscription.Seen = subscription.Seen is { } seen && !part.Clock.Dominates(seen) ? seen.Union(part.Clock) : part.Clock;
        var partition = subscription.Address.Partition;
        if (inlet is FeedCatchUp catchUp)
        {
            subscription.Hub.Post(new FeedNews(partition, ShardRef, part, catchUp.Watch, catchUp.Wish.Epoch));
            if (!part.IsLast) return;
            _inlets.Remove(part.Call);
            subscription.Running.Remove(catchUp);
            Finish(catchUp);
            return;
        }

        subscription.Hub.Post(new FeedNews(partition, ShardRef, part));
        if (!part.IsComplete) return;

        subscription.Position = part.Clock;
        if (subscription.IsHeard) return;

        // Whatever an earlier source had beyond that is told once more when it comes here.
        subscription.Seen = part.Clock;
        subscription.IsHeard = true;
        foreach (var watch in _catchUps.Where(entry => entry.Value.Exists(waiting => waiting.Subscription == subscription)).Select(entry => entry.Key).ToArray()) GoOn(watch);
    }

    /// <summary>Begins as many of a watcher's catch-ups as may be under way.</summary>
    private void GoOn(FeedWatch watch)
    {
        if (!_catchUps.TryGetValue(watch, out var catchUps)) return;

        // What this node's own replicas have may be there, and more of it begun, before the next turn of this loop.
        foreach (var catchUp in catchUps.ToArray())
        {
            if (catchUp.Call != 0 || catchUp.IsDone || !catchUp.Subscription.IsHeard) continue;
            var partition = catchUp.Subscription.Address.Partition;
            if (!catchUp.Wish.Everything && catchUp.Wish.Known is null)
            {
                catchUp.Subscription.Hub.Post(new FeedNews(partition, null, null, watch, catchUp.Wish.Epoch));
                catchUps.Remove(catchUp);
            }
            else if (catchUps.Count(other => other.Call != 0) < CatchUpsMax)
            {
                Begin(catchUp, FeedAskKind.CatchUp, catchUp.Wish.Everything ? null : catchUp.Wish.Known!.GetValueOrDefault(partition, DotSet.Empty), null);
            }
        }

        if (catchUps.Count == 0) _catchUps.Remove(watch);
    }

    private void Finish(FeedCatchUp catchUp)
    {
        (catchUp.Call, catchUp.IsDone) = (0, true);
        if (!_catchUps.TryGetValue(catchUp.Watch, out var catchUps)) return;
        catchUps.Remove(catchUp);
        if (catchUps.Count == 0) _catchUps.Remove(catchUp.Watch);
        else GoOn(catchUp.Watch);
    }

    /// <summary>The source does not take the question, or knows the stream no more.</summary>
    private bool FeedNotTaken(NodeName from, ulong call)
    {
        if (!_inlets.TryGetValue(call, out var inlet) || inlet.Subscription.Source != from) return false;
        inlet.Subscription.Avoid(from, _now + FeedAvoidance);
        Leave(inlet.Subscription);
        inlet.Subscription.RetryAt = inlet.Number > 0 ? _now : _now + TimeSpan.FromMilliseconds(100);
        return true;
    }

    private void TickSubscriptions()
    {
        if (_now < _lookAtFeedsAt) return;
        _lookAtFeedsAt = _now + FeedLookInterval;
        foreach (var subscription in _subscriptions)
        {
            if (subscription.Source is null)
            {
                if (subscription.RetryAt <= _now) Follow(subscription);
                continue;
            }

            if (_now - subscription.HeardAt <= FeedSilenceMax) continue;
            subscription.Avoid(subscription.Source.Value, _now + FeedAvoidance);
            Follow(subscription);
        }

        // A watcher that does not read keeps its catch-up waiting, and the source has to know that somebody is still there.
        foreach (var catchUp in _subscriptions.SelectMany(subscription => subscription.Running).Where(catchUp => _now - catchUp.AckedAt > FeedAvoidance).ToArray())
        {
            Consumed(new FeedProtocol.Consumed(catchUp.Call, Math.Max(0, catchUp.Number - 1)), _now);
        }

        if (_now < _keepFeedsAt) return;
        _keepFeedsAt = _now + FeedKeepInterval;
        ReviewSubscriptions();
        foreach (var subscription in _subscriptions.DistinctBy(subscription => subscription.Address).ToArray()) Keep(subscription);
    }

    /// <summary>Other primaries remember which keys change, so that a watcher may go on there.</summary>
    private void Keep(FeedSubscription subscription)
    {
        if (!_view.HasRing) return;
        var keep = new CoordinationMessage.FeedAsk(0, FeedAskKind.Keep, subscription.Hub.Scope, null, null, TimeSpan.Zero);
        foreach (var node in _view.Ring.PreferenceList(subscription.Address.Partition).Primaries(subscription.Address.N))
        {
            if (node == subscription.Source) continue;
            if (node == _self) AskFeed(_self, subscription.Address, keep);
            else if (_reachable.Contains(node)) _outbox.Add(node, subscription.Address, keep);
        }
    }

    /// <summary>After a change of ring or reachability.</summary>
    private void ReviewSubscriptions()
    {
        foreach (var subscription in _subscriptions)
        {
            if (subscription.Source is not { } source)
            {
                Follow(subscription);
                continue;
            }

            var isGone = source == _self ? _view.HasLeft : !_reachable.Contains(source);
            var best = SourceFor(subscription);
            var isBetter = best is { } other && other != source && (other == _self || !IsPrimaryOf(subscription.Address, source)) && IsPrimaryOf(subscription.Address, other);
            if (isGone || isBetter) Follow(subscription);
        }
    }

    /// <summary>This node where it is a primary that has everything; else a primary that can be reached; else whoever comes next.</summary>
    private NodeName? SourceFor(FeedSubscription subscription)
    {
        if (!_view.HasRing) return null;
        var list = _view.Ring.PreferenceList(subscription.Address.Partition);
        var isPrimary = IsPrimaryOf(subscription.Address, _self);
        if (isPrimary && ShellOf(subscription.Address).Protocol.HasSynced) return _self;
        foreach (var node in list.Primaries(subscription.Address.N))
        {
            if (node != _self && _reachable.Contains(node) && !subscription.Avoids(node, _now)) return node;
        }

        if (isPrimary) return _self;
        foreach (var node in list.Members)
        {
            if (node == _self || (_reachable.Contains(node) && !subscription.Avoids(node, _now))) return node;
        }

        return null;
    }

    private void AbandonFeeds()
    {
        foreach (var hub in _subscriptions.Select(subscription => subscription.Hub).Distinct()) hub.End("A part of the node is starting again.");
    }
}
