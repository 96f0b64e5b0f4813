using System.Diagnostics.Metrics;

namespace GossipCluster.Actors.Feeds;

/// <summary>What the change feed counts, for whoever listens to the meter <see cref="MeterName"/>.</summary>
internal static class FeedMetrics
{
    public const string MeterName = "GossipCluster.Feeds";

    private static readonly Meter Meter = new(MeterName);

    public static readonly UpDownCounter<long> Watchers = Meter.CreateUpDownCounter<long>("feeds.watchers", description: "Watchers of this node.");

    public static readonly UpDownCounter<long> Scopes = Meter.CreateUpDownCounter<long>("feeds.scopes", description: "Buckets and keys that this node follows for them.");

    public static readonly Counter<long> Refused = Meter.CreateCounter<long>("feeds.refused", description: "Watchers that were refused because of watch.watchers-max.");

    public static readonly Counter<long> Changes = Meter.CreateCounter<long>("feeds.changes", description: "Changes that this node was told of, whatever the number of watchers.");

    public static readonly Counter<long> Missed = Meter.CreateCounter<long>("feeds.missed", description: "Changed keys that watchers missed because they did not keep up, and that were looked up again.");

    public static readonly Counter<long> Resets = Meter.CreateCounter<long>("feeds.resets", description: "Watchers that were told everything again, because what has changed could not be told.");

    public static readonly Counter<long> Malformed = Meter.CreateCounter<long>("feeds.malformed", description: "Parts of peers that could not be read.");
}
