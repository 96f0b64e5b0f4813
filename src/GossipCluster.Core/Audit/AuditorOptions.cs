namespace GossipCluster.Core.Audit;

/// <summary>Bounds and patience of audits.</summary>
public sealed record AuditorOptions
{
    /// <summary>The defaults.</summary>
    public static readonly AuditorOptions Default = new();

    /// <summary>How many keys one step looks at; a table of at most 1,024 may go beyond.</summary>
    /// <value>Keys. Default: 4,096, some two milliseconds.</value>
    public int KeysPerStep { get; init; } = 4_096;

    /// <summary>How long a moment is sought at which the clocks are equal; then those are compared that are.</summary>
    /// <value>Default: 10 s.</value>
    public TimeSpan AgreementTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long after one moment another is tried, at least; at most four times that.</summary>
    /// <value>Default: 20 ms.</value>
    public TimeSpan AgreementRetry { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>How long an answer is waited for before the question is repeated.</summary>
    /// <value>Default: 3 s.</value>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How often one question is asked; a peer that answers none is left out.</summary>
    /// <value>Default: 3.</value>
    public int AsksMax { get; init; } = 3;

    /// <summary>How long a view is kept for a peer that says nothing.</summary>
    /// <value>Default: 1 minute.</value>
    public TimeSpan ViewTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>When an audit is given up that comes to no end.</summary>
    /// <value>Default: 1 hour.</value>
    public TimeSpan AuditTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The most keys that one audit repairs; what is beyond is left to the next.</summary>
    /// <value>Keys. Default: 10,000.</value>
    public int FindingsMax { get; init; } = 10_000;
}
