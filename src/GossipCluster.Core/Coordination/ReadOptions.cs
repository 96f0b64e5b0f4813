namespace GossipCluster.Core.Coordination;

/// <summary>How one read is coordinated, apart from its quorum.</summary>
public readonly record struct ReadOptions
{
    /// <summary>Each call's own deadline: how long a node may take before the next one is asked as well.</summary>
    /// <value>
    /// Above zero. From <see cref="LatencyEstimate.HedgeDelay"/>: 50 ms or the tracked p99, whichever is greater. Doubles for the calls
    /// that follow each round of late ones, so that a long wait asks a handful of nodes, not all.
    /// </value>
    public required TimeSpan HedgeDelay { get; init; }

    /// <summary>How long the client waits; then the answer is <see cref="ReadOutcome.TimedOut"/>.</summary>
    /// <value>Above zero. Who offers "no timeout" passes the longest it is ready to keep a request for.</value>
    public required TimeSpan RequestTimeout { get; init; }

    /// <summary>The client brought a token: what is joined must have seen at least that much.</summary>
    /// <value>Default: false.</value>
    public bool HasToken { get; init; }
}
