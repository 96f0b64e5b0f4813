namespace GossipCluster.Core.Audit;

/// <summary>What an audit asks its owner to do. A closed set.</summary>
public abstract record AuditEffect
{
    private AuditEffect()
    {
    }

    /// <summary>Send a request to the peer.</summary>
    public sealed record Send(AuditProtocol.Request Request) : AuditEffect;

    /// <summary>Log, count and repair: a key differs though the clocks are equal.</summary>
    public sealed record Found(KeyDifference Difference) : AuditEffect;

    /// <summary>
    /// Log, count and rebuild the own tree from the items: a node's hashes differ and nothing below it does. One of the two trees is not
    /// that of its items.
    /// </summary>
    /// <param name="Level">The node's level.</param>
    /// <param name="Index">The node's index.</param>
    public sealed record Unexplained(int Level, int Index) : AuditEffect;

    /// <summary>The session is over; it listens to nothing any more.</summary>
    public sealed record Ended(AuditOutcome Outcome) : AuditEffect;
}
