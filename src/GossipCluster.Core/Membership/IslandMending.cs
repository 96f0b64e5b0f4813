using System.Collections.Immutable;
using GossipCluster.Core.Causality;

namespace GossipCluster.Core.Membership;

/// <summary>Another ring member, as a node that looks for islands sees it.</summary>
/// <param name="Node">Which.</param>
/// <param name="IsReachable">By link.</param>
/// <param name="IsMember">Its present ActorSystem is a member of this node's own island; a former one does not count.</param>
/// <param name="Island">What it said last of itself.</param>
public readonly record struct IslandPeer(NodeName Node, bool IsReachable, bool IsMember, Island Island);

/// <summary>What a node makes of the islands that it sees.</summary>
public enum IslandStanding
{
    /// <summary>There is one.</summary>
    One,

    /// <summary>There seem to be more, or something about them has changed: not for long enough to act on it.</summary>
    Unsettled,

    /// <summary>This node's island stays: the nodes of the others are to come over.</summary>
    Stays,

    /// <summary>This node's island gives way, and another node comes before this one.</summary>
    WaitsForTurn,

    /// <summary>This node's island gives way, but some ring member is unreachable or in no island: one more that is away could cost a quorum.</summary>
    WaitsForOthers,

    /// <summary>This node's island gives way and it is this node's turn, but it has done so not long ago.</summary>
    WaitsForInterval,

    /// <summary>This node leaves its island now, and joins the one that stays.</summary>
    Moves,
}

/// <summary>What a look at the islands says.</summary>
/// <param name="Standing">What to do.</param>
/// <param name="Other">The island that stays, or, where the own one does, the largest of the others. <c>default</c> with <see cref="IslandStanding.One"/>.</param>
/// <param name="Nodes">Whom to wait for, or, with <see cref="IslandStanding.Moves"/>, the nodes of the island to join; by name.</param>
public sealed record IslandVerdict(IslandStanding Standing, Island Other, ImmutableArray<NodeName> Nodes)
{
    /// <summary>Nothing to do.</summary>
    public static readonly IslandVerdict One = new(IslandStanding.One, default, []);
}

/// <summary>When a node gives up its island. Pure: time comes in, and every node that sees the same decides the same.</summary>
/// <remarks>
/// <code>
///   islands of all reachable nodes --Best--> the one that stays
///   nodes of all the others, last name first --> whose turn it is, one at a time
///   all ring members reachable by link, each in an island, and so for islandAfter --> it moves
/// </code>
/// So a cut is never the time: then nodes are unreachable. Nor is a restart, of whatever node and for whatever reason: the node that moves is away itself, and the next
/// one waits until it is back in an island. A ring member that is dead for long holds the mending up: nothing about data waits for it.
/// </remarks>
/// <param name="self">This node.</param>
/// <param name="islandAfter">How long all must have been so.</param>
/// <param name="restartIntervalMin">The least time between two moves of this node.</param>
/// <param name="movedBefore">When it last moved, on the clock of <see cref="Look"/>; null where it has not since the process began.</param>
public sealed class IslandMending(NodeName self, TimeSpan islandAfter, TimeSpan restartIntervalMin, TimeSpan? movedBefore)
{
    private IslandVerdict _seen = IslandVerdict.One;
    private TimeSpan _seenSince;

    /// <summary>What is to be done as of now.</summary>
    /// <param name="own">This node's island.</param>
    /// <param name="peers">All other members of the ring, reachable or not.</param>
    /// <param name="now">Of a clock that does not go back.</param>
    public IslandVerdict Look(Island own, IReadOnlyCollection<IslandPeer> peers, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(peers);
        var verdict = Judge(own, peers);
        if (verdict.Standing != _seen.Standing || verdict.Other.Least != _seen.Other.Least) (_seen, _seenSince) = (verdict, now);
        if (verdict.Standing == IslandStanding.One) return verdict;
        if (now - _seenSince < islandAfter) return verdict with { Standing = IslandStanding.Unsettled, Nodes = [] };
        if (verdict.Standing == IslandStanding.Moves && now - movedBefore < restartIntervalMin) return verdict with { Standing = IslandStanding.WaitsForInterval, Nodes = [self] };
        return verdict;
    }

    private IslandVerdict Judge(Island own, IReadOnlyCollection<IslandPeer> peers)
    {
        var strangers = peers.Where(peer => peer is { IsReachable: true, IsMember: false, Island.IsJoined: true } && peer.Island.Least != own.Least).ToList();
        if (!own.IsJoined || strangers.Count == 0) return IslandVerdict.One;

        var other = IslandDecision.Best(strangers.Select(peer => peer.Island));
        if (!IslandDecision.GivesWay(own, other)) return new IslandVerdict(IslandStanding.Stays, other, []);

        var absent = peers.Where(peer => !peer.IsReachable || !peer.Island.IsJoined).Select(peer => peer.Node).Order().ToImmutableArray();
        if (absent.Length > 0) return new IslandVerdict(IslandStanding.WaitsForOthers, other, absent);

        var last = peers.Where(peer => peer.Island.Least != other.Least).Select(peer => peer.Node).Append(self).Max();
        return last == self
            ? new IslandVerdict(IslandStanding.Moves, other, [.. strangers.Where(peer => peer.Island.Least == other.Least).Select(peer => peer.Node).Order()])
            : new IslandVerdict(IslandStanding.WaitsForTurn, other, [last]);
    }
}
