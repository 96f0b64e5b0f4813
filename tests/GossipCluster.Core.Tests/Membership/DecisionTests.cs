using GossipCluster.Core.Causality;
using GossipCluster.Core.Membership;
using GossipCluster.Core.Metadata;

namespace GossipCluster.Core.Tests.Membership;

public sealed class DecisionTests
{
    private static readonly NodeName A = NodeName.Of("a");
    private static readonly NodeName B = NodeName.Of("b");
    private static readonly NodeName C = NodeName.Of("c");
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    [Theory]
    [InlineData(true, RingStanding.Member, false, false, 0, EnterStep.Entered)]
    [InlineData(true, RingStanding.Unknown, false, false, 0, EnterStep.Enter)]
    [InlineData(true, RingStanding.Left, true, true, 9, EnterStep.StayOut)]
    [InlineData(false, RingStanding.Unknown, false, true, 9, EnterStep.AskSeeds)]
    [InlineData(false, RingStanding.Unknown, true, false, 1, EnterStep.AskSeeds)]
    [InlineData(false, RingStanding.Unknown, true, false, 2, EnterStep.Form)]
    [InlineData(false, RingStanding.Unknown, true, true, 0, EnterStep.Form)]
    public void A_node_enters_by_what_it_knows(bool knows, RingStanding standing, bool first, bool all, int seconds, EnterStep expected) =>
        Assert.Equal(expected, EnterDecision.Next(knows, standing, first, all, TimeSpan.FromSeconds(seconds), Timeout));

    [Fact]
    public void The_first_by_name_of_those_that_reach_each_other_joins_itself_after_the_timeout()
    {
        Assert.True(JoinsItself([(C, false)]));
        Assert.False(JoinsItself([(C, false)], isLate: false));
        Assert.False(JoinsItself([(A, false), (C, false)]));
        Assert.False(JoinsItself([(C, true)]));
        Assert.False(JoinsItself([]));

        static bool JoinsItself((NodeName, bool)[] reachable, bool isLate = true) => EnterDecision.JoinsItself(B, isFirstSeed: true, isLate, isAlone: false, reachable);
    }

    [Theory]
    [InlineData(true, false, true)]
    [InlineData(false, false, false)]
    [InlineData(false, true, true)]
    public void Alone_in_the_ring_the_first_seed_joins_itself_at_once_and_who_has_just_entered_waits_for_the_others(bool isFirstSeed, bool isLate, bool expected) =>
        Assert.Equal(expected, EnterDecision.JoinsItself(B, isFirstSeed, isLate, isAlone: true, []));

    [Fact]
    public void Of_two_islands_exactly_one_gives_way()
    {
        var (large, small, equal) = (new Island(3, C), new Island(2, A), new Island(2, B));

        Assert.True(IslandDecision.GivesWay(small, large));
        Assert.False(IslandDecision.GivesWay(large, small));
        Assert.True(IslandDecision.GivesWay(equal, small));
        Assert.False(IslandDecision.GivesWay(small, equal));
    }

    [Fact]
    public void Who_is_in_no_island_or_the_same_one_stays()
    {
        Assert.False(IslandDecision.GivesWay(new Island(1, A), default));
        Assert.False(IslandDecision.GivesWay(default, new Island(1, A)));
        Assert.False(IslandDecision.GivesWay(new Island(2, A), new Island(2, A)));
    }

    [Fact]
    public void The_best_island_gives_way_to_none()
    {
        Assert.Equal(new Island(3, C), IslandDecision.Best([new Island(2, A), default, new Island(3, C), new Island(2, B)]));
        Assert.Equal(new Island(2, A), IslandDecision.Best([new Island(2, B), new Island(1, A), new Island(2, A)]));
        Assert.Equal(default, IslandDecision.Best([default]));
    }
}
