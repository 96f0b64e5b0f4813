using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Feeds;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Actors.Feeds;

/// <summary>The change feed as one process sees it.</summary>
public interface IFeeds
{
    /// <summary>Begins to watch. What is watched need not exist.</summary>
    FeedReply Watch(FeedRequest request);
}

/// <summary>What is to be watched.</summary>
/// <param name="Scope">A bucket or a key.</param>
/// <param name="N">The bucket type's n_val.</param>
public sealed record FeedRequest(FeedScope Scope, int N)
{
    /// <summary>Only keys of the bucket whose names begin so, in UTF-8.</summary>
    /// <value>Default: all.</value>
    public ReadOnlyMemory<byte> Prefix { get; init; }

    /// <summary>First all keys as they are, then what changes.</summary>
    public bool Snapshot { get; init; }

    /// <summary>What has changed since an earlier feed's position, then what changes; null to begin now. Goes before <see cref="Snapshot"/>.</summary>
    public FeedPosition? From { get; init; }
}

/// <summary>What became of a wish to watch.</summary>
public abstract record FeedReply
{
    private FeedReply()
    {
    }

    /// <summary>It begins.</summary>
    public sealed record Opened(IFeedWatch Watch) : FeedReply;

    /// <summary>400: the position is another feed's.</summary>
    public sealed record BadPosition(string Sentence) : FeedReply;

    /// <summary>503: not here, not now.</summary>
    public sealed record Unavailable(string Sentence, TimeSpan RetryAfter) : FeedReply;
}

/// <summary>One watcher. One reader at a time.</summary>
public interface IFeedWatch : IAsyncDisposable
{
    /// <summary>What has come since the last call, as soon as there is something; nothing at all where the time is over.</summary>
    ValueTask<FeedBatch> ReadAsync(TimeSpan wait, CancellationToken cancel);
}

/// <summary>What a watcher is told in one go, in this order.</summary>
public sealed record FeedBatch
{
    /// <summary>What has changed could not be told: forget everything; what follows, up to the next position, is all there is.</summary>
    public bool IsReset { get; init; }

    /// <summary>Changed keys that were dropped because the watcher did not keep up; 0 for none. They are looked up again: they come.</summary>
    public int Missed { get; init; }

    /// <summary>Keys as they are.</summary>
    public IReadOnlyList<FeedEvent> Events { get; init; } = [];

    /// <summary>Where a later watch may go on, now that all this was told; null where it cannot be said, or was said not long ago.</summary>
    public FeedPosition? Position { get; init; }

    /// <summary>Why the feed ends; null where it goes on.</summary>
    public string? End { get; init; }

    /// <summary>Nothing to be told.</summary>
    public bool IsEmpty => !IsReset && Missed == 0 && Events.Count == 0 && Position is null && End is null;
}

/// <summary>A key as it is.</summary>
/// <param name="Key">Which.</param>
/// <param name="Value">Null where it was deleted.</param>
/// <param name="Clock">Its context: what had been seen.</param>
public sealed record FeedEvent(Key Key, DataValue? Value, DotSet Clock)
{
    private volatile byte[]? _form;

    /// <summary>The bytes in which it leaves, made once for all watchers.</summary>
    /// <param name="write">Makes them; always the same.</param>
    public byte[] FormOf(Func<FeedEvent, byte[]> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        return _form ??= write(this);
    }
}
