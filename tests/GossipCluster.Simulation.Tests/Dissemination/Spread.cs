using GossipCluster.Core.Dissemination;

namespace GossipCluster.Simulation.Tests.Dissemination;

/// <summary>How one message got about.</summary>
internal sealed class Spread(MessageId id, int publisher, TimeSpan at, int nodes)
{
    private readonly TimeSpan?[] _reached = new TimeSpan?[nodes];
    private bool _publisherHas = true;

    public MessageId Id => id;

    public TimeSpan At => at;

    /// <summary>Nodes that have it, the publisher among them, dead ones too.</summary>
    public int ReachedCount { get; private set; } = 1;

    public int LastHop { get; private set; }

    /// <summary>From its publication to its last delivery so far.</summary>
    public TimeSpan Time { get; private set; }

    /// <summary>Payloads sent, lost ones too.</summary>
    public long Payloads { get; set; }

    /// <summary>Deliveries for the second time: never.</summary>
    public int Repeated { get; private set; }

    /// <summary>m / (n - 1) - 1: payloads more than one for each node but the publisher.</summary>
    public double Redundancy => ReachedCount > 1 ? ((double)Payloads / (ReachedCount - 1)) - 1 : 0;

    public bool Has(int node) => (node == publisher && _publisherHas) || _reached[node] is not null;

    /// <summary>When each node but the publisher had it, since its publication, in order.</summary>
    public IEnumerable<TimeSpan> Times => _reached.OfType<TimeSpan>().Order();

    /// <summary>A node has restarted: its new life has to get the message again.</summary>
    public void Forget(int node)
    {
        if (!Has(node)) return;
        if (node == publisher) _publisherHas = false;
        _reached[node] = null;
        ReachedCount--;
    }

    public void Reached(int node, int hop, TimeSpan now)
    {
        if (Has(node))
        {
            Repeated++;
            return;
        }

        _reached[node] = now - at;
        ReachedCount++;
        LastHop = Math.Max(LastHop, hop);
        Time = now - at;
    }
}
