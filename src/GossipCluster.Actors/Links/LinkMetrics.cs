using System.Diagnostics.Metrics;

namespace GossipCluster.Actors.Links;

/// <summary>What the links count, for whoever listens to the meter <see cref="MeterName"/>. The links publish it with every beat; anybody reads it.</summary>
internal sealed class LinkMetrics : IDisposable
{
    public const string MeterName = "GossipCluster.Links";

    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _resets;
    private volatile IReadOnlyList<LinkCounts> _peers = [];

    public LinkMetrics()
    {
        _meter.CreateObservableGauge("links.reachable", () => Each(peer => peer.IsReachable ? 1 : 0), description: "1 where the peer is reachable by link.");
        _meter.CreateObservableGauge("links.waiting", () => Each(peer => peer.BytesWaiting), "By", "Bytes that wait to be sent.");
        _meter.CreateObservableCounter("links.dropped", () => Each(peer => peer.BytesDropped), "By", "Bytes that were to be sent and were not: the peer was gone, or its queue full. Repaired later.");
        _meter.CreateObservableCounter("links.frames.lost", () => Each(peer => peer.FramesLost), description: "Frames that the peer did not say to have received in time.");
        _resets = _meter.CreateCounter<long>("links.resets", description: "Times that the connections to a peer stood, nothing came of it, and they were made anew.");
    }

    public void ConnectionsReset() => _resets.Add(1);

    public void Publish(IReadOnlyList<LinkCounts> peers) => _peers = peers;

    public void Dispose() => _meter.Dispose();

    private IEnumerable<Measurement<long>> Each(Func<LinkCounts, long> value) =>
        _peers.Select(peer => new Measurement<long>(value(peer), new KeyValuePair<string, object?>("peer", peer.Peer)));
}

/// <summary>One link as of the last beat.</summary>
internal readonly record struct LinkCounts(string Peer, bool IsReachable, long BytesWaiting, long BytesDropped, long FramesLost);
