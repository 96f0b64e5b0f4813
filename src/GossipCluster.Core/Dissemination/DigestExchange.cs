using System.Collections.Immutable;

namespace GossipCluster.Core.Dissemination;

/// <summary>Periodic exchange: what two nodes have seen of late is compared, and each is given what it lacks.</summary>
/// <remarks>
/// <code>
///   A                                          B
///   |-- Digest(seen by A, wants an answer) --->|   sends what A lacks
///   |&lt;- Gossip ... ---------------------------|
///   |&lt;- Digest(seen by B) --------------------|   only where A listed something that B lacks
///   |-- Gossip ... --------------------------->|
/// </code>
/// Alone it is a way of dissemination; beside the other two it is what makes them certain. Then a node sends only what it has had for a while, so that what
/// is on its way along the tree is not sent twice.
/// </remarks>
internal sealed class DigestExchange(ExchangeOptions options, RecentMessages recent, Random random, DisseminationCounters counters)
{
    private TimeSpan _due = TimeSpan.MaxValue;

    /// <summary>When the next digest is to be sent.</summary>
    public TimeSpan NextDue => _due;

    /// <summary>Begins, at a moment of its own within the interval.</summary>
    public void Start(TimeSpan now)
    {
        if (_due == TimeSpan.MaxValue) _due = now + (options.Interval * random.NextDouble());
    }

    /// <summary>True where a digest is due; then the next one is an interval away.</summary>
    public bool TakeDue(TimeSpan now)
    {
        if (now < _due) return false;
        _due = now + options.Interval;
        return true;
    }

    /// <summary>Sends a digest.</summary>
    public void Ask(PeerId peer, Beacon? beacon, bool wantsAnswer, TimeSpan now, Outbox outbox)
    {
        var (seen, horizon) = recent.Digest(Math.Min(options.IdsMax, DisseminationWire.IdsMax), now);
        outbox.Send(peer, new DisseminationMessage.Digest([.. seen], horizon, wantsAnswer, beacon));
    }

    /// <summary>A digest has come.</summary>
    public void Receive(PeerId from, DisseminationMessage.Digest digest, Beacon? beacon, TimeSpan now, Outbox outbox)
    {
        var bytes = 0;
        foreach (var gossip in recent.Lacking([.. digest.Seen], digest.Horizon, options.OfferAfter, now))
        {
            if (bytes > 0 && bytes + gossip.Payload.Length > options.ReplyBytesMax)
            {
                counters.RepliesCut++;
                break;
            }

            bytes += gossip.Payload.Length;
            outbox.Send(from, gossip);
        }

        if (digest.WantsAnswer && digest.Seen.Any(id => !recent.Has(id))) Ask(from, beacon, wantsAnswer: false, now, outbox);
    }
}
