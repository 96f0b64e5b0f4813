using System.Collections.Immutable;
using GossipCluster.Core.Causality;

namespace GossipCluster.Core.Placement;

/// <summary>
/// All members of a ring in the order in which they are to hold one partition: the first n are its primaries, the rest its fallbacks.
/// </summary>
/// <remarks>
/// <para>
/// The order is that of weighted rendezvous hashing (<see cref="Rendezvous"/>), dealt out by zones: the best member of each zone, best
/// first; then the second of each zone, and so on. So any prefix is spread over as many zones as it can be, whatever n is: n decides only
/// where the primaries end, and bucket types with different n share one list.
/// </para>
/// <para>
/// What spreading costs: where zones differ in weight, a small zone's members take more than their weight, for zones come first.
/// What a join costs: in a ring of one zone, a list changes only by the newcomer's being inserted. With zones, those of the newcomer's own
/// zone that it outbids also go back by a round; all other members keep their order.
/// </para>
/// </remarks>
public sealed class PreferenceList
{
    private PreferenceList(ImmutableArray<NodeName> members) => Members = members;

    /// <summary>Every member of the ring once, first choice first.</summary>
    public ImmutableArray<NodeName> Members { get; }

    /// <summary>
    /// The members that should hold the partition; fewer than <paramref name="n"/> only where the ring is smaller. Allocates nothing.
    /// </summary>
    /// <param name="n">n_val of the bucket type, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="n"/> is below 1: a programming error.</exception>
    public ReadOnlySpan<NodeName> Primaries(int n) => Members.AsSpan()[..PrimaryCount(n)];

    /// <summary>The members that stand in for absent primaries, in the order in which they are asked. Allocates nothing.</summary>
    /// <param name="n">n_val of the bucket type, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="n"/> is below 1: a programming error.</exception>
    public ReadOnlySpan<NodeName> Fallbacks(int n) => Members.AsSpan()[PrimaryCount(n)..];

    /// <summary>True where <paramref name="node"/> is one of the first <paramref name="n"/>. O(n).</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="n"/> is below 1: a programming error.</exception>
    public bool IsPrimary(NodeName node, int n) => Primaries(n).Contains(node);

    /// <summary>
    /// The place of <paramref name="node"/> in the list, 0 for the first choice; -1 where it is not in the ring. O(members).
    /// </summary>
    public int RankOf(NodeName node) => Members.IndexOf(node);

    /// <summary>Computes the list. O(m log m) in the members.</summary>
    /// <param name="members">In the order of their names, no name twice.</param>
    /// <param name="partition">Which partition.</param>
    internal static PreferenceList Of(ImmutableArray<RingMember> members, int partition)
    {
        var bids = new Rendezvous.Bid[members.Length];
        for (var place = 0; place < bids.Length; place++)
        {
            var member = members[place];
            bids[place] = new Rendezvous.Bid(Rendezvous.Cost(Rendezvous.Draw(member.Name, partition)), member.Weight, place);
        }

        Array.Sort(bids, Rendezvous.Compare);
        return new PreferenceList([.. SpreadOverZones([.. bids.Select(bid => members[bid.Place])])]);
    }

    // "The best of the zones not yet used, and when all are used, start over" is the same as: order by rank within the zone, then by bid.
    private static IEnumerable<NodeName> SpreadOverZones(ImmutableArray<RingMember> bestFirst)
    {
        var taken = new Dictionary<string, int>(StringComparer.Ordinal);
        var round = new int[bestFirst.Length];
        for (var index = 0; index < round.Length; index++)
        {
            var zone = bestFirst[index].Zone;
            round[index] = taken.GetValueOrDefault(zone);
            taken[zone] = round[index] + 1;
        }

        // OrderBy is stable: within a round the better bid stays in front.
        return Enumerable.Range(0, round.Length).OrderBy(index => round[index]).Select(index => bestFirst[index].Name);
    }

    private int PrimaryCount(int n)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
        return Math.Min(n, Members.Length);
    }
}
