using System.Collections.Immutable;
using Akka.Actor;
using GossipCluster.Actors.Feeds;
using GossipCluster.Core.Feeds;

namespace GossipCluster.Actors.Store;

/// <content>The change feed: one hub for each scope that is watched on this node, whatever the number of watchers.</content>
public sealed partial class NodeStore : IFeeds
{
    private const string Ending = "The node is stopping, or starts a part of itself again. Watch on from the last position, here or at another node.";
    private readonly Lock _hubsGate = new();
    private readonly Dictionary<(FeedScope Scope, int N), FeedHub> _hubs = [];
    private readonly FeedPace _pace;
    private readonly WatchOptions _watch;

    /// <inheritdoc/>
    public FeedReply Watch(FeedRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var state = _state;
        if (!state.TakesRequests) return new FeedReply.Unavailable(state.Status.RecoveryProgress, RetryAfter);
        var ring = state.View!.Ring;
        if (request.From is { } from && (from.ScopeHash != request.Scope.Hash || from.N != request.N || from.PartitionCount != ring.PartitionCount))
            return new FeedReply.BadPosition("The position was made by a feed of something else. Send it with the address at which it was received, or watch without one, with snapshot=true.");
        if (!_pace.TryEnter()) return new FeedReply.Unavailable($"This node has as many watchers as it may, {_watch.WatchersMax}. Watch at another node, or try again later.", RetryAfter);

        FeedHub hub;
        FeedWatch watch;
        lock (_hubsGate)
        {
            if (!_hubs.TryGetValue((request.Scope, request.N), out hub!) || hub.Ended is not null || hub.Shards != state.Shards)
            {
                ImmutableArray<int> partitions = request.Scope.IsKey ? [ring.PartitionOf(request.Scope.Key.Hash)] : [.. Enumerable.Range(0, ring.PartitionCount)];
                hub = new FeedHub(request.Scope, request.N, ring.PartitionCount, partitions, state.Shards, _watch, _pace);
                if (_hubs.Remove((request.Scope, request.N))) FeedMetrics.Scopes.Add(-1);
                _hubs.Add((request.Scope, request.N), hub);
                FeedMetrics.Scopes.Add(1);
                hub.Tell(new FeedProtocol.Open(hub));
            }

            watch = new FeedWatch(hub, request, TimeProvider.System, Closed);
            hub.Add(watch);
        }

        hub.Tell(new FeedProtocol.Attach(watch, watch.Wish));
        if (HasLeft(state)) hub.End(Ending);
        return new FeedReply.Opened(watch);
    }

    private void Closed(FeedWatch watch)
    {
        _pace.Leave();
        watch.Hub.Remove(watch);
        watch.Hub.Tell(new FeedProtocol.Detach(watch));
        if (watch.Hub.WatchCount == 0) _ = CloseLaterAsync(watch.Hub);
    }

    /// <summary>Who has lost its connection comes back: what it follows goes on for a while.</summary>
    private async Task CloseLaterAsync(FeedHub hub)
    {
        if (hub.Ended is null) await Task.Delay(_watch.Linger);
        lock (_hubsGate)
        {
            if (hub.WatchCount > 0 || !_hubs.TryGetValue((hub.Scope, hub.N), out var present) || present != hub) return;
            _hubs.Remove((hub.Scope, hub.N));
            FeedMetrics.Scopes.Add(-1);
        }

        hub.Tell(new FeedProtocol.Close(hub));
    }

    /// <summary>The shards are others from here on, or none.</summary>
    private void EndFeeds(ImmutableArray<IActorRef> shards)
    {
        lock (_hubsGate)
        {
            foreach (var hub in _hubs.Values.Where(hub => hub.Shards != shards)) hub.End(Ending);
        }
    }
}
