using System.Collections.Immutable;
using System.Runtime.InteropServices;
using GossipCluster.Core.Causality;

namespace GossipCluster.Core.Placement;

/// <summary>What a change of the ring would move, before anybody makes it.</summary>
/// <remarks>
/// Counted in places: a place is one replica of one partition under one n_val. A place moves where a member becomes a primary that was none; what it
/// gets are the data of one replica.
/// </remarks>
public sealed class RingPlan
{
    private RingPlan(int placeCount, ImmutableArray<Move> moves) => (PlaceCount, Moves) = (placeCount, moves);

    /// <summary>All places under the ring that would be.</summary>
    public int PlaceCount { get; }

    /// <summary>How many of them would have another holder.</summary>
    public int MovedCount => Moves.Where(move => move.To is not null).Sum(move => move.Count);

    /// <summary>The same as a share, 0 to 1; 0 where there are no places.</summary>
    public double MovedShare => PlaceCount == 0 ? 0 : (double)MovedCount / PlaceCount;

    /// <summary>From whom to whom, in the order of their names; each pair once.</summary>
    public ImmutableArray<Move> Moves { get; }

    /// <summary>Compares two rings of one partition count. O(Q n) once both have their preference lists.</summary>
    /// <param name="before">As it is.</param>
    /// <param name="after">As it would be.</param>
    /// <param name="nVals">The n_vals in use, each once and at least 1.</param>
    /// <exception cref="ArgumentException">The partition counts differ, which they never do in one cluster: a programming error.</exception>
    public static RingPlan Of(Ring before, Ring after, IEnumerable<int> nVals)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        ArgumentNullException.ThrowIfNull(nVals);
        if (before.PartitionCount != after.PartitionCount) throw new ArgumentException("The rings have different partition counts.", nameof(after));

        var places = 0;
        var counts = new Dictionary<(NodeName? From, NodeName? To), int>();
        foreach (var n in nVals)
        {
            for (var partition = 0; partition < after.PartitionCount; partition++)
            {
                var (had, has) = (before.PreferenceList(partition).Primaries(n).ToArray(), after.PreferenceList(partition).Primaries(n).ToArray());
                places += has.Length;
                var (lost, gained) = (had.Except(has).ToArray(), has.Except(had).ToArray());
                for (var index = 0; index < Math.Max(lost.Length, gained.Length); index++)
                {
                    var move = (index < lost.Length ? lost[index] : (NodeName?)null, index < gained.Length ? gained[index] : (NodeName?)null);
                    CollectionsMarshal.GetValueRefOrAddDefault(counts, move, out _)++;
                }
            }
        }

        return new RingPlan(places, [.. counts.Select(pair => new Move(pair.Key.From, pair.Key.To, pair.Value)).OrderBy(move => move.From).ThenBy(move => move.To)]);
    }

    /// <summary>In how many partitions each member is a primary under one n_val, in the order of the ring's members.</summary>
    public static ImmutableArray<int> PrimaryCounts(Ring ring, int n)
    {
        ArgumentNullException.ThrowIfNull(ring);
        var counts = new int[ring.Members.Length];
        var places = new Dictionary<NodeName, int>();
        for (var index = 0; index < counts.Length; index++) places.Add(ring.Members[index].Name, index);
        for (var partition = 0; partition < ring.PartitionCount; partition++)
        {
            foreach (var primary in ring.PreferenceList(partition).Primaries(n)) counts[places[primary]]++;
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(counts);
    }

    /// <summary>Places that would go from one member to another.</summary>
    /// <param name="From">Who would lose them; null where the ring was too small for n_val replicas and a replica more is made.</param>
    /// <param name="To">Who would get them; null where the ring would be too small and there is a replica less.</param>
    /// <param name="Count">How many, at least 1.</param>
    public sealed record Move(NodeName? From, NodeName? To, int Count);
}
