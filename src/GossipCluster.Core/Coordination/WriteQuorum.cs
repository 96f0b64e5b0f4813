namespace GossipCluster.Core.Coordination;

/// <summary>What a write waits for, in numbers.</summary>
/// <param name="N">Replicas that are to hold the key, 1 to <see cref="QuorumProperties.NMax"/>.</param>
/// <param name="W">Copies on distinct nodes, 1 to N. Sloppy: fallbacks count, and fewer do where fewer are reachable.</param>
/// <param name="Dw">Durable copies on distinct nodes, 0 to N. Sloppy like <paramref name="W"/>.</param>
/// <param name="Pw">Copies on primaries, 0 to N. Strict.</param>
/// <param name="NodeConfirms">Copies on distinct nodes, 0 to N. Strict: who wants a refusal instead of a short write asks for it.</param>
public readonly record struct WriteQuorum(int N, int W, int Dw, int Pw, int NodeConfirms)
{
    /// <summary>Resolves what a request and its bucket type ask for.</summary>
    /// <param name="n">n_val, 1 to <see cref="QuorumProperties.NMax"/>; anything else is a programming error.</param>
    /// <param name="asked">The request's values.</param>
    /// <param name="properties">The bucket type's.</param>
    /// <param name="errors">Gets one error for each value that <paramref name="n"/> does not allow.</param>
    /// <param name="quorum">Meaningful only where the result is true.</param>
    /// <remarks>
    /// A value of the bucket type is never cut down to a smaller n that a request asks for: that would weaken what the operator chose.
    /// </remarks>
    public static bool TryResolve(
        int n, QuorumParameters asked, QuorumProperties properties, List<QuorumError> errors, out WriteQuorum quorum)
    {
        ArgumentNullException.ThrowIfNull(asked);
        ArgumentNullException.ThrowIfNull(properties);
        ArgumentNullException.ThrowIfNull(errors);
        var before = errors.Count;
        var standard = QuorumProperties.Standard;
        quorum = new WriteQuorum(
            n,
            Math.Max(1, QuorumProperties.Resolve("w", n, asked.W, properties.W, standard.W, errors)),
            QuorumProperties.Resolve("dw", n, asked.Dw, properties.Dw, standard.Dw, errors),
            QuorumProperties.Resolve("pw", n, asked.Pw, properties.Pw, standard.Pw, errors),
            QuorumProperties.Resolve(
                "node_confirms", n, asked.NodeConfirms, properties.NodeConfirms, standard.NodeConfirms, errors));
        return errors.Count == before;
    }
}
