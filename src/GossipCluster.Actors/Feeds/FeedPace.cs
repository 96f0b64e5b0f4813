namespace GossipCluster.Actors.Feeds;

/// <summary>How often each watcher of this node is told: the more there are the less often, so that all of them together cost what a few do.</summary>
internal sealed class FeedPace(WatchOptions options)
{
    private int _count;

    /// <summary>Watchers of this node.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>The time between two batches to one watcher.</summary>
    public TimeSpan Interval
    {
        get
        {
            var fair = TimeSpan.FromSeconds((double)Count / options.DeliveriesPerSecondMax);
            return fair > options.DeliveryInterval ? fair : options.DeliveryInterval;
        }
    }

    /// <summary>One more; false where there are as many as may be.</summary>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _count) <= options.WatchersMax)
        {
            FeedMetrics.Watchers.Add(1);
            return true;
        }

        Interlocked.Decrement(ref _count);
        FeedMetrics.Refused.Add(1);
        return false;
    }

    public void Leave()
    {
        Interlocked.Decrement(ref _count);
        FeedMetrics.Watchers.Add(-1);
    }
}
