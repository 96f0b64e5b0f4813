namespace GossipCluster.Core.Coordination;

/// <summary>How one write is coordinated, apart from its quorum.</summary>
public readonly record struct WriteOptions
{
    /// <summary>How long a node may take before the next one is asked as well.</summary>
    /// <value>
    /// Above zero. From <see cref="LatencyEstimate.HedgeDelay"/>: 50 ms or the tracked p99, whichever is greater. Doubles with each
    /// further late node in the same place, so that a long wait asks a handful of nodes, not all.
    /// </value>
    public required TimeSpan HedgeDelay { get; init; }

    /// <summary>How long the client waits; then the answer is <see cref="WriteOutcome.TimedOut"/>.</summary>
    /// <value>Above zero. Who offers "no timeout" passes the longest it is ready to keep a request for.</value>
    public required TimeSpan RequestTimeout { get; init; }

    /// <summary>The operation looks at what is there (a remove, a delete, a disable): only a primary may coordinate it.</summary>
    /// <value>Default: false (adds, increments, register writes).</value>
    public bool NeedsState { get; init; }

    /// <summary>
    /// Applying the operation twice is as good as once (adding an element, assigning a register; not an increment): a coordinator that
    /// is late or lost is then replaced by the next one.
    /// </summary>
    /// <value>Default: false, which is never wrong: a lost coordinator then costs the client a retry.</value>
    public bool Repeatable { get; init; }

    /// <summary>The operation came from another node, which chose this one: it is coordinated here or refused, never sent on.</summary>
    /// <value>Default: false. So two nodes with different rings cannot send an operation to and fro.</value>
    public bool Forwarded { get; init; }
}
