namespace GossipCluster.Core.Dissemination;

/// <summary>Makes spreaders of news.</summary>
public static class DisseminationFactory
{
    /// <summary>One of the three ways.</summary>
    /// <param name="way">Which; all nodes of a cluster should go the same, and understand the others' payloads and digests where they do not.</param>
    /// <param name="self">This node, with an epoch greater than that of any life before.</param>
    /// <param name="options">Times and bounds.</param>
    /// <param name="random">Seeded: the same seed and inputs give the same effects.</param>
    public static IDissemination Create(DisseminationWay way, PeerId self, DisseminationOptions options, Random random)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(random);
        return way switch
        {
            DisseminationWay.Direct => new DirectDissemination(self, options, random),
            DisseminationWay.Exchange => new ExchangeDissemination(self, options, random),
            DisseminationWay.Cooperative => new CooperativeDissemination(self, options, random),
            _ => throw new ArgumentOutOfRangeException(nameof(way), way, "No such way."),
        };
    }
}
