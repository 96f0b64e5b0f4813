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
    /// True where a node that has not joined Akka.Cluster shall join itself, so that others can join it. Within the seed timeout that is the first seed alone, in a ring of
    /// itself: it has just formed the cluster, or is all of it. Afterwards it is the one that comes first by name among the ring members that it reaches, where none of
    /// these has joined.
    /// </summary>
    /// <remarks>
    /// Whoever enters a cluster that was formed a moment ago may see itself before the others in the ring; it waits for them. A node that reaches nobody in a ring of
    /// several waits too: either would only make an island.
    /// </remarks>
    /// <param name="self">This node.</param>
    /// <param name="isFirstSeed">It is the first of its seeds, or has none.</param>
    /// <param name="isLate">It has tried to join others for the seed timeout.</param>
    /// <param name="isAlone">The ring as known has no other member.</param>
    /// <param name="reachable">Other ring members that answer, and whether each has joined.</param>
    public static bool JoinsItself(NodeName self, bool isFirstSeed, bool isLate, bool isAlone, IReadOnlyCollection<(NodeName Node, bool IsJoined)> reachable)
    {
        ArgumentNullException.ThrowIfNull(reachable);
        if (isAlone) return isFirstSeed || isLate;
        return isLate && reachable.Count > 0 && reachable.All(peer => !peer.IsJoined && self < peer.Node);
    }
}
