using System.Diagnostics.Metrics;

namespace GossipCluster.Actors.Replicas;

/// <summary>What a shard counts, for whoever listens to the meter <see cref="MeterName"/>. The shard publishes it with every look; anybody reads it.</summary>
internal sealed class ShardMetrics : IDisposable
{
    public const string MeterName = "GossipCluster.Replicas";

    private readonly Meter _meter = new(MeterName);
    private readonly KeyValuePair<string, object?> _tag;
    private volatile ShardCounts _counts = new();

    public ShardMetrics(int shard)
    {
        _tag = new KeyValuePair<string, object?>("shard", shard);
        Gauge("replicas.entropy", null, counts => counts.EntropyDots, "Dots that some other primary is not known to have, or has and this node has not. 0 means converged.");
        Gauge("replicas.entropy.age", "s", counts => counts.EntropyAgeSeconds, "At least how old the oldest dot is that a reachable primary is not known to have.");
        Gauge("replicas.unsynced", null, counts => counts.Unsynced, "Replicas that this node is a primary of and has not had everything of.");
        Gauge("replicas.held", "By", counts => counts.HeldBytes, "About what items and logs take.");
        Gauge("replicas.keys", null, counts => counts.Keys, "Keys in all replicas.");
        Gauge("replicas.log.entries", null, counts => counts.LogEntries, "Entries of all delta logs: what some primary may lack.");
        Count("replicas.log.shed", null, counts => counts.LogShed, "Entries or deltas that the logs' bounds have cost: repaired by key or in full.");
        Gauge("replicas.requests", null, counts => counts.Requests, "Requests of clients under way.");
        Count("replicas.refused", null, counts => counts.RecordsRefused + counts.Malformed, "Messages and records of peers that were malformed or refused.");
        Count("replicas.overflowed", null, counts => counts.Overflowed, "Inputs that a replica had no room for while it rearranged itself.");
        Gauge("repair.running", null, counts => counts.Sessions, "Syncs under way.");
        Gauge("repair.pace", "By/s", counts => counts.PaceBytesPerSecond, "What repairs may bring in as of now.");
        Count("repair.bytes", "By", counts => counts.RepairedBytes, "What repairs have brought in.");
        Count("repair.completed", null, counts => counts.SyncsCompleted, "Syncs that ended with nothing left to give.");
        Count("repair.broken", null, counts => counts.SyncsBroken, "Syncs that fell silent.");
        Count("repair.slowdowns", null, counts => counts.Slowdowns, "How often repairs went slower because clients waited longer.");
        Gauge("hints.held", "By", counts => counts.HintBytes, "About what is kept for primaries that could not be reached.");
        Count("hints.dropped", null, counts => counts.HintsDropped, "Keys whose hints were dropped because of a bound; a write quorum had each.");
        Count("hints.refused", null, counts => counts.HintsRefused, "Writes that were not taken as hints for want of room.");
    }

    public void Publish(ShardCounts counts) => _counts = counts;

    public void Dispose() => _meter.Dispose();

    private void Gauge(string name, string? unit, Func<ShardCounts, long> value, string description) =>
        _meter.CreateObservableGauge(name, () => new Measurement<long>(value(_counts), _tag), unit, description);

    private void Count(string name, string? unit, Func<ShardCounts, long> value, string description) =>
        _meter.CreateObservableCounter(name, () => new Measurement<long>(value(_counts), _tag), unit, description);
}

/// <summary>A shard as of its last look.</summary>
internal sealed record ShardCounts
{
    public long EntropyDots { get; init; }

    public long EntropyAgeSeconds { get; init; }

    public long Unsynced { get; init; }

    public long HeldBytes { get; init; }

    public long Keys { get; init; }

    public long LogEntries { get; init; }

    public long LogShed { get; init; }

    public long Requests { get; init; }

    public long RecordsRefused { get; init; }

    public long Malformed { get; init; }

    public long Overflowed { get; init; }

    public long Sessions { get; init; }

    public long PaceBytesPerSecond { get; init; }

    public long RepairedBytes { get; init; }

    public long SyncsCompleted { get; init; }

    public long SyncsBroken { get; init; }

    public long Slowdowns { get; init; }

    public long HintBytes { get; init; }

    public long HintsDropped { get; init; }

    public long HintsRefused { get; init; }
}
