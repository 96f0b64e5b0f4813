using System.Diagnostics.Metrics;

namespace GossipCluster.Actors.Storage;

/// <summary>What the storage counts, for whoever listens to the meter <see cref="MeterName"/>.</summary>
internal sealed class StorageMetrics : IDisposable
{
    public const string MeterName = "GossipCluster.Storage";

    private readonly Meter _meter = new(MeterName);

    public StorageMetrics(Func<long> waitingBytes, Func<long> tailBytes, Func<long> tailEvents)
    {
        Events = _meter.CreateCounter<long>("storage.log.events", description: "Events written to the log.");
        EventBytes = _meter.CreateCounter<long>("storage.log.bytes", "By", "Bytes of those events.");
        Batches = _meter.CreateCounter<long>("storage.log.batches", description: "Batches of replicas in those events.");
        WriteTime = _meter.CreateHistogram<double>("storage.log.write", "ms", "How long one event took.");
        Unknown = _meter.CreateCounter<long>("storage.log.unknown", description: "Writes whose outcome nobody knew, and that were done again.");
        Rejected = _meter.CreateCounter<long>("storage.log.rejected", description: "Appends that were refused and are not on disk.");
        Full = _meter.CreateCounter<long>("storage.log.full", description: "How often more than AppendBytesMax waited.");
        CutBytes = _meter.CreateCounter<long>("storage.log.cut", "By", "Bytes cut off the log.");
        Snapshots = _meter.CreateCounter<long>("storage.snapshots", description: "Snapshots that are complete.");
        SnapshotBytes = _meter.CreateCounter<long>("storage.snapshots.bytes", "By", "Bytes of chunks.");
        SnapshotsDropped = _meter.CreateCounter<long>("storage.snapshots.dropped", description: "Snapshots that were begun and given up.");
        FactsRefused = _meter.CreateCounter<long>("storage.facts.refused", description: "Facts out of bounds.");
        _meter.CreateObservableGauge("storage.log.waiting", waitingBytes, "By", "Bytes that wait for the disk.");
        _meter.CreateObservableGauge("storage.log.tail.bytes", tailBytes, "By", "Bytes of the log that the next start may have to read.");
        _meter.CreateObservableGauge("storage.log.tail.events", tailEvents, description: "Events of the log that the next start may have to read.");
    }

    public Counter<long> Events { get; }

    public Counter<long> EventBytes { get; }

    public Counter<long> Batches { get; }

    public Histogram<double> WriteTime { get; }

    public Counter<long> Unknown { get; }

    public Counter<long> Rejected { get; }

    public Counter<long> Full { get; }

    public Counter<long> CutBytes { get; }

    public Counter<long> Snapshots { get; }

    public Counter<long> SnapshotBytes { get; }

    public Counter<long> SnapshotsDropped { get; }

    public Counter<long> FactsRefused { get; }

    public void Dispose() => _meter.Dispose();
}
