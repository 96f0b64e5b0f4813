using System.Text.Json;

namespace GossipCluster.Client;

/// <summary>Something that a watcher is told. See docs/change-feed.md.</summary>
public abstract record WatchEvent
{
    private WatchEvent()
    {
    }

    /// <summary>A key exists and is this now. Several changes in a row may be one event; the same may be told twice.</summary>
    /// <param name="Key">Its name in the bucket.</param>
    /// <param name="Type">The data type: <c>counter</c>, <c>set</c> and so on.</param>
    /// <param name="Value">As a read gives it.</param>
    /// <param name="Context">What was seen; give it to removes, and to reads that must be at least as new.</param>
    public sealed record Changed(string Key, string Type, JsonElement Value, string Context) : WatchEvent;

    /// <summary>A key does not exist now.</summary>
    /// <param name="Key">Its name in the bucket.</param>
    /// <param name="Context">What was seen.</param>
    public sealed record Deleted(string Key, string Context) : WatchEvent;

    /// <summary>All that came before is told: a later watch may go on from here, on any node. The first one also ends the snapshot.</summary>
    /// <param name="Id">For <see cref="WatchOptions.After"/>; null where there is none because the cluster has too many partitions.</param>
    public sealed record Position(string? Id) : WatchEvent;

    /// <summary>This watcher was too slow and missed so many changed keys. They are looked up again and follow.</summary>
    public sealed record Missed(int Keys) : WatchEvent;

    /// <summary>What has changed cannot be told: forget all keys. All that there are follow, up to the next <see cref="Position"/>.</summary>
    public sealed record Reset : WatchEvent;
}

/// <summary>How to watch.</summary>
public sealed record WatchOptions
{
    /// <summary>Only keys of the bucket that begin so.</summary>
    public string? Prefix { get; init; }

    /// <summary>First all keys as they are.</summary>
    public bool Snapshot { get; init; }

    /// <summary>The id of a <see cref="WatchEvent.Position"/>: what has changed since then comes first.</summary>
    public string? After { get; init; }

    /// <summary>A node that says nothing for so long, not even that there is nothing new, is taken for gone.</summary>
    /// <value>Default: 40 s, twice what a node waits by default and then some.</value>
    public TimeSpan SilenceMax { get; init; } = TimeSpan.FromSeconds(40);

    /// <summary>How long to wait where no node takes the watch, before all are tried again.</summary>
    /// <value>Default: 1 s.</value>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(1);

    internal string Query(bool snapshot)
    {
        var parameters = new List<string>(2);
        if (snapshot) parameters.Add("snapshot=true");
        if (!string.IsNullOrEmpty(Prefix)) parameters.Add($"prefix={Uri.EscapeDataString(Prefix)}");
        return parameters.Count == 0 ? string.Empty : "?" + string.Join('&', parameters);
    }
}
