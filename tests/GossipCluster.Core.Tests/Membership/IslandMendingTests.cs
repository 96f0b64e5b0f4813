using CsCheck;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Membership;

namespace GossipCluster.Core.Tests.Membership;

public sealed class IslandMendingTests
{
    private static readonly TimeSpan After = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);
    private static readonly NodeName[] Names = [.. Enumerable.Range(1, 5).Select(number => NodeName.Of($"n{number}"))];

    [Fact]
    public void The_smaller_island_moves_one_node_at_a_time_last_name_first()
    {
        // n1 n2 n3 stay; n4 n5 move.
        var islands = new[] { I(3, 1), I(3, 1), I(3, 1), I(2, 4), I(2, 4) };

        Assert.Equal(IslandStanding.Stays, Settled(1, islands).Standing);
        var waits = Settled(4, islands);
        Assert.Equal((IslandStanding.WaitsForTurn, Names[4]), (waits.Standing, Assert.Single(waits.Nodes)));
        var moves = Settled(5, islands);
        Assert.Equal(IslandStanding.Moves, moves.Standing);
        Assert.Equal([Names[0], Names[1], Names[2]], moves.Nodes);

        // It is over there: the next.
        Assert.Equal(IslandStanding.Moves, Settled(4, [I(4, 1), I(4, 1), I(4, 1), I(1, 4), I(4, 1)]).Standing);
    }

    [Fact]
    public void Nobody_moves_while_a_ring_member_is_away_or_in_no_island()
    {
        var away = Settled(5, [I(3, 1), I(3, 1), I(3, 1), default, I(2, 4)]);
        Assert.Equal((IslandStanding.WaitsForOthers, Names[3]), (away.Standing, Assert.Single(away.Nodes)));

        var cut = Settled(5, [I(3, 1), I(3, 1), I(3, 1), I(2, 4), I(2, 4)], unreachable: 2);
        Assert.Equal((IslandStanding.WaitsForOthers, Names[1]), (cut.Standing, Assert.Single(cut.Nodes)));
    }

    [Fact]
    public void A_cut_is_no_island()
    {
        var peers = new[] { new IslandPeer(Names[1], IsReachable: false, IsMember: false, I(2, 2)), new IslandPeer(Names[2], IsReachable: false, IsMember: true, I(2, 2)) };

        Assert.Equal(IslandStanding.One, Settled(new IslandMending(Names[0], After, Interval, null), I(1, 1), peers).Standing);
    }

    [Fact]
    public void All_must_have_been_so_for_a_while_without_a_break()
    {
        var mending = new IslandMending(Names[1], After, Interval, null);
        var stranger = new IslandPeer(Names[0], IsReachable: true, IsMember: false, I(1, 1));

        Assert.Equal(IslandStanding.Unsettled, mending.Look(I(1, 2), [stranger], TimeSpan.Zero).Standing);
        Assert.Equal(IslandStanding.One, mending.Look(I(1, 2), [stranger with { IsReachable = false }], After / 2).Standing);
        Assert.Equal(IslandStanding.Unsettled, mending.Look(I(1, 2), [stranger], After).Standing);
        Assert.Equal(IslandStanding.Unsettled, mending.Look(I(1, 2), [stranger], After * 1.9).Standing);
        Assert.Equal(IslandStanding.Moves, mending.Look(I(1, 2), [stranger], After * 2).Standing);
    }

    [Fact]
    public void A_node_that_has_moved_waits_before_it_moves_again()
    {
        var mending = new IslandMending(Names[1], After, Interval, TimeSpan.Zero);
        var stranger = new IslandPeer(Names[0], IsReachable: true, IsMember: false, I(1, 1));

        mending.Look(I(1, 2), [stranger], TimeSpan.FromSeconds(1));
        Assert.Equal(IslandStanding.WaitsForInterval, mending.Look(I(1, 2), [stranger], TimeSpan.FromMinutes(4)).Standing);
        Assert.Equal(IslandStanding.Moves, mending.Look(I(1, 2), [stranger], Interval).Standing);
    }

    [Fact(DisplayName = "However a ring is split, exactly one node moves, until there is one island")]
    public void Any_split_is_mended() =>
        Gen.Int[0, 3].Array[1, 8].Sample(split =>
        {
            for (var moves = 0; split.Distinct().Count() > 1; moves++)
            {
                Assert.True(moves < split.Length, "some node moved twice");
                var islands = split.Select(place => new Island(split.Count(other => other == place), NameOf(Array.IndexOf(split, place)))).ToArray();
                var movers = Enumerable.Range(0, split.Length).Where(node => Verdict(node).Standing == IslandStanding.Moves).ToList();
                var mover = Assert.Single(movers);
                split[mover] = split[Array.FindIndex(islands, island => NameOf(Array.IndexOf(islands, island)) == Verdict(mover).Nodes[0])];

                IslandVerdict Verdict(int node) => Settled(
                    new IslandMending(NameOf(node), After, Interval, null),
                    islands[node],
                    [.. Enumerable.Range(0, split.Length).Where(other => other != node).Select(other => new IslandPeer(NameOf(other), true, split[other] == split[node], islands[other]))]);
            }
        });

    private static NodeName NameOf(int index) => NodeName.Of($"n{index}");

    private static Island I(int count, int least) => new(count, Names[least - 1]);

    private static IslandVerdict Settled(int number, Island[] islands, int unreachable = 0)
    {
        var own = islands[number - 1];
        return Settled(
            new IslandMending(Names[number - 1], After, Interval, null),
            own,
            [.. Enumerable.Range(1, islands.Length).Where(other => other != number).Select(other =>
                new IslandPeer(Names[other - 1], other != unreachable, islands[other - 1].IsJoined && islands[other - 1].Least == own.Least, islands[other - 1]))]);
    }

    private static IslandVerdict Settled(IslandMending mending, Island own, IReadOnlyCollection<IslandPeer> peers)
    {
        mending.Look(own, peers, TimeSpan.FromHours(1));
        return mending.Look(own, peers, TimeSpan.FromHours(1) + After);
    }
}
