using GossipCluster.Core.Causality;
using GossipCluster.Core.Metadata;
using GossipCluster.Core.Placement;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Membership;

/// <summary>Among whom a node counts itself in Akka.Cluster: how many members, and the least name among them. In none: <c>default</c>.</summary>
/// <param name="MemberCount">0 before it has joined.</param>
/// <param name="Least">The member whose name comes first.</param>
public readonly record struct Island(int MemberCount, NodeName Least)
{
    /// <summary>True where the node has joined.</summary>
    public bool IsJoined => MemberCount > 0;

    internal void Write(WireWriter writer)
    {
        writer.WriteCount(MemberCount);
        if (IsJoined) MetadataEntry.WriteText(writer, Least.Text);
    }

    internal static Island Read(ref WireReader reader)
    {
        var count = reader.ReadInt(2 * Ring.MembersMax, "a number of members");
        return count > 0 ? new Island(count, MetadataEntry.ReadNode(ref reader)) : default;
    }
}

/// <summary>Which of two islands stays: parts of one cluster that Akka.Cluster will never bring together by itself.</summary>
/// <remarks>
/// An island is made where nodes restart inside a cut and one of them joins itself. Neither data nor metadata depend on it: both go over links. What suffers
/// is what rides on Akka.Cluster: DistributedData's gossip and PubSub stop at the island's shore. See <see cref="IslandMending"/>.
/// </remarks>
public static class IslandDecision
{
    /// <summary>True where this node's island is the one to give way: the smaller one; of two equal ones that whose least name is greater.</summary>
    /// <remarks>A node is in one island at a time, so two with one least name are the same, told of at two moments.</remarks>
    /// <param name="own">This node's.</param>
    /// <param name="other">Of a node that is reachable and no member of this node's island, and has not been for a while.</param>
    public static bool GivesWay(Island own, Island other)
    {
        if (!own.IsJoined || !other.IsJoined || own.Least == other.Least) return false;
        return own.MemberCount != other.MemberCount ? own.MemberCount < other.MemberCount : own.Least > other.Least;
    }

    /// <summary>The island that gives way to none of these; <c>default</c> where nobody has joined.</summary>
    public static Island Best(IEnumerable<Island> islands)
    {
        ArgumentNullException.ThrowIfNull(islands);
        Island best = default;
        foreach (var island in islands)
        {
            if (!island.IsJoined) continue;
            if (!best.IsJoined || GivesWay(best, island) || (best.Least == island.Least && island.MemberCount > best.MemberCount)) best = island;
        }

        return best;
    }
}
