namespace GossipCluster.Core.Coordination;

/// <summary>What a read waits for, in numbers.</summary>
/// <param name="N">Replicas that are to hold the key, 1 to <see cref="QuorumProperties.NMax"/>.</param>
/// <param name="R">Distinct nodes that answer, 1 to N. Sloppy: fallbacks count, and fewer do where fewer are reachable.</param>
/// <param name="Pr">Primaries that answer, 0 to N. Strict.</param>
/// <param name="NotFoundOk">
/// Accepted, and without effect. In Riak, false keeps one replica's "not found" from being the answer; here it never is: absence takes
/// the word of every reachable primary, and one replica that has the datum outweighs all that have not.
/// </param>
/// <param name="BasicQuorum">
/// Accepted, and without effect. In Riak, true lets a majority of "not found" cut the wait for the others short; here a majority is no
/// evidence of absence.
/// </param>
public readonly record struct ReadQuorum(int N, int R, int Pr, bool NotFoundOk = true, bool BasicQuorum = false)
{
    /// <summary>Resolves what a request and its bucket type ask for.</summary>
    /// <param name="n">n_val, 1 to <see cref="QuorumProperties.NMax"/>; anything else is a programming error.</param>
    /// <param name="asked">The request's values.</param>
    /// <param name="properties">The bucket type's.</param>
    /// <param name="errors">Gets one error for each value that <paramref name="n"/> does not allow.</param>
    /// <param name="quorum">Meaningful only where the result is true.</param>
    public static bool TryResolve(
        int n, QuorumParameters asked, QuorumProperties properties, List<QuorumError> errors, out ReadQuorum quorum)
    {
        ArgumentNullException.ThrowIfNull(asked);
        ArgumentNullException.ThrowIfNull(properties);
        ArgumentNullException.ThrowIfNull(errors);
        var before = errors.Count;
        var standard = QuorumProperties.Standard;
        quorum = new ReadQuorum(
            n,
            Math.Max(1, QuorumProperties.Resolve("r", n, asked.R, properties.R, standard.R, errors)),
            QuorumProperties.Resolve("pr", n, asked.Pr, properties.Pr, standard.Pr, errors),
            asked.NotFoundOk ?? properties.NotFoundOk,
            asked.BasicQuorum ?? properties.BasicQuorum);
        return errors.Count == before;
    }
}
