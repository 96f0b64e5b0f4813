using System.Diagnostics.Metrics;
using GossipCluster.Core.Dissemination;

namespace GossipCluster.Actors.Dissemination;

/// <summary>What has happened to news, as instruments of the meter <c>GossipCluster.Dissemination</c>.</summary>
internal sealed class SpreadMetrics : IDisposable
{
    private readonly Meter _meter = new("GossipCluster.Dissemination");

    public SpreadMetrics(DisseminationCounters counters)
    {
        Count("dissemination.published", "News of this node.", () => counters.Published);
        Count("dissemination.delivered", "News of others that came for the first time.", () => counters.Delivered);
        Count("dissemination.duplicates", "News that came again.", () => counters.Duplicates);
        Count("dissemination.delivered.exchange", "News that a digest alone brought.", () => counters.DeliveredByExchange);
        Count("dissemination.dropped", "News or announcements let go because of a bound.", () =>
            counters.PayloadsEvicted + counters.IdsForgottenEarly + counters.DigestsCut + counters.RepliesCut + counters.AnnouncementsDropped + counters.AnnouncementsIgnored);
        Count("dissemination.islands.joined", "Links made to another overlay of the same members.", () => counters.IslandsJoined);
    }

    public void Dispose() => _meter.Dispose();

    private void Count(string name, string description, Func<long> value) => _meter.CreateObservableCounter(name, value, unit: null, description);
}
