using GossipCluster.Actors.Feeds;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Coordination;
using GossipCluster.Core.Feeds;

namespace GossipCluster.Actors.Replicas;

/// <content>Replicas as sources of change feeds, for this node and for others: the shell of <see cref="FeedSource"/>.</content>
internal sealed partial class Shard
{
    private readonly List<ReplicaShell> _sources = [];
    private readonly List<FeedDelivery> _deliveries = [];
    private readonly Queue<ReplicaShell> _toStep = new();
    private bool _isStepping;
    private readonly FeedLimits _feedLimits;

    /// <summary>Some replica is watched, or something is followed: <see cref="TickFeeds"/> is to be called now and then.</summary>
    public bool HasFeeds => _sources.Count > 0 || _subscriptions.Count > 0;

    /// <summary>Streams of changes out of this shard's replicas.</summary>
    public int FeedStreams => _sources.Sum(shell => shell.Feed!.StreamCount);

    private bool FeedsAreBusy => _sources.Exists(shell => shell.Feed!.IsBusy);

    /// <summary>Whatever is due; costs a look at each watched replica.</summary>
    public void TickFeeds(TimeSpan now)
    {
        _now = now;
        for (var i = _sources.Count - 1; i >= 0; i--)
        {
            var shell = _sources[i];
            StepFeed(shell);
            if (!shell.Feed!.TryEnd(now)) continue;
            shell.Feed = null;
            _sources.RemoveAt(i);
        }

        TickSubscriptions();
    }

    private void StepFeed(ReplicaShell shell)
    {
        // What this node takes of itself may make it ask for more: one after the other, so that parts keep their order.
        _toStep.Enqueue(shell);
        if (_isStepping) return;
        _isStepping = true;
        while (_toStep.TryDequeue(out var next))
        {
            next.Feed?.Step(_now, _deliveries);
            foreach (var (to, part) in _deliveries)
            {
                if (to == _self) TakePart(_self, part);
                else _outbox.Add(to, next.Address, part);
            }

            _deliveries.Clear();
        }

        _isStepping = false;
    }

    private void AskFeed(NodeName from, ReplicaAddress address, CoordinationMessage.FeedAsk ask)
    {
        var refusal = !_view.IsRingKnown ? RefusalReason.NotAPrimary : (RefusalReason?)null;
        if (refusal is null && from != _self && IsPrimaryOf(address, _self) && !ShellOf(address).Protocol.HasSynced) refusal = RefusalReason.NotSynced;
        if (refusal is { } why)
        {
            if (ask.Kind != FeedAskKind.Keep) Refuse(from, address, ask.Call, why);
            return;
        }

        var shell = ShellOf(address);
        if (shell.Feed is null)
        {
            shell.Feed = new FeedSource(shell.Replica, _feedLimits);
            _sources.Add(shell);
        }

        shell.Feed.Ask(from, ask, _now);
        StepFeed(shell);
    }

    private void AckFeed(NodeName from, ReplicaAddress address, CoordinationMessage.FeedAck ack)
    {
        if (!_shells.TryGetValue(address, out var shell) || shell.Feed is null || !shell.Feed.Ack(from, ack, _now)) Refuse(from, address, ack.Call, RefusalReason.Busy);
        else if (shell.Feed.IsBusy) StepFeed(shell);
    }

    private void StopFeed(NodeName from, ReplicaAddress address, ulong call)
    {
        if (_shells.TryGetValue(address, out var shell)) shell.Feed?.Stop(from, call);
    }

    private void Refuse(NodeName from, ReplicaAddress address, ulong call, RefusalReason why)
    {
        if (from == _self) FeedNotTaken(_self, call);
        else _outbox.Add(from, address, new CoordinationMessage.NotTaken(call, why));
    }
}
