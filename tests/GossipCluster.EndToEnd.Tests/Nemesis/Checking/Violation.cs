namespace GossipCluster.EndToEnd.Tests.Nemesis.Checking;

/// <summary>A promise that a history shows broken.</summary>
/// <param name="Check">Which checker found it: set, counter, observed-remove, session, convergence.</param>
/// <param name="Kind">What: lost, unexpected, stale, ...</param>
/// <param name="Key">Of which datum; empty for the cluster as a whole.</param>
/// <param name="Sentence">For people.</param>
internal sealed record Violation(string Check, string Kind, string Key, string Sentence)
{
    /// <summary>The element, where it is about one.</summary>
    public string? Element { get; init; }

    /// <summary>Those that contradict each other.</summary>
    public IReadOnlyList<Operation> Operations { get; init; } = [];
}

/// <summary>What one checker says.</summary>
/// <param name="Check">Its name.</param>
/// <param name="Violations">None: the history keeps the promise.</param>
/// <param name="Measures">What was counted, in words: also that there was something to check.</param>
internal sealed record CheckResult(string Check, IReadOnlyList<Violation> Violations, string Measures);
