namespace GossipCluster.Core.Coordination;

/// <summary>Which part of a quorum could not be met.</summary>
public enum UnmetQuorum
{
    /// <summary>Copies of a write.</summary>
    W,

    /// <summary>Durable copies of a write.</summary>
    Dw,

    /// <summary>Primaries that hold a write.</summary>
    Pw,

    /// <summary>Distinct nodes that hold a write.</summary>
    NodeConfirms,

    /// <summary>Replicas that answer a read.</summary>
    R,

    /// <summary>Primaries that answer a read.</summary>
    Pr,

    /// <summary>A replica that has seen what the client's token has seen.</summary>
    Token,
}

/// <summary>The sentences that a client is told, without the newline that ends them there.</summary>
internal static class UnmetQuorumSentences
{
    public const string TimedOut = "request timed out";

    public static string Of(UnmetQuorum unmet, int got, int wanted) => unmet switch
    {
        UnmetQuorum.W => "Too many write failures to satisfy W/DW",
        UnmetQuorum.Dw => $"DW-value unsatisfied: {got}/{wanted}",
        UnmetQuorum.Pw => $"PW-value unsatisfied: {got}/{wanted}",
        UnmetQuorum.NodeConfirms => $"node_confirms-value unsatisfied: {got}/{wanted}",
        UnmetQuorum.R => $"R-value unsatisfied: {got}/{wanted}",
        UnmetQuorum.Pr => $"PR-value unsatisfied: {got}/{wanted}",
        _ => "No reachable replica has seen all that the context has seen; retry when more nodes are reachable",
    };
}
