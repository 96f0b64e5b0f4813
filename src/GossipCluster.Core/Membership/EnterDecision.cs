using GossipCluster.Core.Causality;
using GossipCluster.Core.Metadata;

namespace GossipCluster.Core.Membership;

/// <summary>How a node comes into the ring.</summary>
public enum EnterStep
{
    /// <summary>It is in it.</summary>
    Entered,

    /// <summary>It knows its cluster and was never in the ring: it writes its own entry.</summary>
    Enter,

    /// <summary>An operator took it out: it stays out.</summary>
    StayOut,

    /// <summary>It knows no cluster: it asks its seeds, and goes on asking.</summary>
    AskSeeds,

    /// <summary>It knows no cluster, is the first seed, and nobody else knows one: it forms the cluster.</summary>
    Form,
}

/// <summary>Decides it.</summary>
public static class EnterDecision
{
    /// <summary>What to do next.</summary>
    /// <param name="knowsCluster">A cluster entry is known, from disk or from a peer.</param>
    /// <param name="standing">This node's, in the ring as known.</param>
    /// <param name="isFirstSeed">It is the first of its seeds, or has none.</param>
    /// <param name="hasAllAnswers">Every other seed has said that it knows no cluster either.</param>
    /// <param name="waited">Since it first asked.</param>
    /// <param name="seedTimeout">How long the first seed waits for the others.</param>
    public static EnterStep Next(bool knowsCluster, RingStanding standing, bool isFirstSeed, bool hasAllAnswers, TimeSpan waited, TimeSpan seedTimeout)
    {
        if (knowsCluster)
        {
            return standing switch
            {
                RingStanding.Member => EnterStep.Entered,
                RingStanding.Left => EnterStep.StayOut,
                _ => EnterStep.Enter,
            };
        }

        return isFirstSeed && (hasAllAnswers || waited >= seedTimeout) ? EnterStep.Form : EnterStep.AskSeeds;
    }

    /// <summary>
    /// True where a node that has not joined Akka.Cluster within the seed timeout shall join itself, so that others can join it: where it comes first by
    /// name among the ring members that it reaches and none of these has joined. A node that reaches nobody in a ring of several waits: it would only make an island.
    /// </summary>
    /// <param name="self">This node.</param>
    /// <param name="ringSize">Members of the ring.</param>
    /// <param name="reachable">Other ring members that answer, and whether each has joined.</param>
    public static bool JoinsItself(NodeName self, int ringSize, IReadOnlyCollection<(NodeName Node, bool IsJoined)> reachable)
    {
        ArgumentNullException.ThrowIfNull(reachable);
        if (ringSize <= 1) return true;
        return reachable.Count > 0 && reachable.All(peer => !peer.IsJoined && self < peer.Node);
    }
}
