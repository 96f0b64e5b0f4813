namespace GossipCluster.Core.Audit;

/// <summary>How an audit ended. A closed set.</summary>
public abstract record AuditOutcome
{
    private AuditOutcome()
    {
    }

    /// <summary>The roots are equal: so, but for chance, are all items.</summary>
    public sealed record Equal : AuditOutcome;

    /// <summary>The roots differ and everything below them was compared.</summary>
    /// <param name="Differences">How many keys were reported.</param>
    /// <param name="Unexplained">How many nodes were reported as differing over nothing that differs.</param>
    public sealed record Compared(long Differences, long Unexplained) : AuditOutcome;

    /// <summary>The peer has another clock: nothing to audit until they have synced. What was reported before stands.</summary>
    public sealed record ClockDiffers : AuditOutcome;

    /// <summary>The own clock has moved since the audit began. What was reported before stands.</summary>
    public sealed record ClockMoved : AuditOutcome;

    /// <summary>The peer no longer has a view of the clock. What was reported before stands.</summary>
    public sealed record ViewLost : AuditOutcome;

    /// <summary>The trees have different leaf counts: a difference of settings, not of data.</summary>
    public sealed record ShapeDiffers : AuditOutcome;

    /// <summary>The peer's answer does not fit the request, or it found the request unfit: a bug on one side or the other.</summary>
    /// <param name="Why">What does not fit, in a sentence.</param>
    public sealed record Misunderstood(string Why) : AuditOutcome;
}
