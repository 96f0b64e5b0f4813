using GossipCluster.Core.Causality;
using GossipCluster.Core.Placement;

namespace GossipCluster.Core.Tests.Placement;

public sealed class RingPlanTests
{
    private static readonly int[] Three = [3];
    private static readonly int[] TwoAndThree = [2, 3];

    [Fact]
    public void A_member_that_leaves_gives_up_its_places_and_no_other_moves()
    {
        var ring = RingOf(5);
        var gone = NodeName.Of("n2");

        var plan = RingPlan.Of(ring, ring.Without(gone), Three);

        Assert.Equal(64 * 3, plan.PlaceCount);
        Assert.Equal(RingPlan.PrimaryCounts(ring, 3)[1], plan.MovedCount);
        Assert.All(plan.Moves, move => Assert.Equal(gone, move.From));
        Assert.Equal((double)plan.MovedCount / plan.PlaceCount, plan.MovedShare);
    }

    [Fact]
    public void A_member_that_joins_takes_its_share_and_nobody_else_gains()
    {
        var ring = RingOf(4);
        var newcomer = new RingMember(NodeName.Of("n5"));

        var plan = RingPlan.Of(ring, ring.With(newcomer), TwoAndThree);

        Assert.Equal(64 * 5, plan.PlaceCount);
        Assert.All(plan.Moves, move => Assert.Equal(newcomer.Name, move.To));
        Assert.InRange(plan.MovedShare, 0.1, 0.3);
    }

    [Fact]
    public void More_weight_moves_places_to_its_member_alone()
    {
        var ring = RingOf(5);

        var plan = RingPlan.Of(ring, ring.WithWeight(NodeName.Of("n1"), 300), Three);

        Assert.NotEmpty(plan.Moves);
        Assert.All(plan.Moves, move => Assert.Equal(NodeName.Of("n1"), move.To));
        Assert.Equal(
            RingPlan.PrimaryCounts(ring.WithWeight(NodeName.Of("n1"), 300), 3)[0] - RingPlan.PrimaryCounts(ring, 3)[0],
            plan.MovedCount);
    }

    [Fact]
    public void Where_a_ring_was_too_small_replicas_are_made_and_where_it_becomes_too_small_they_end()
    {
        var ring = RingOf(2);

        var more = RingPlan.Of(ring, ring.With(new RingMember(NodeName.Of("n3"))), Three);
        var fewer = RingPlan.Of(ring, ring.Without(NodeName.Of("n2")), Three);

        Assert.Equal([new RingPlan.Move(null, NodeName.Of("n3"), 64)], more.Moves);
        Assert.Equal([new RingPlan.Move(NodeName.Of("n2"), null, 64)], fewer.Moves);
        Assert.Equal((64, 0), (more.MovedCount, fewer.MovedCount));
    }

    [Fact]
    public void Nothing_moves_where_nothing_changes_and_an_empty_ring_has_no_places()
    {
        var ring = RingOf(3);

        Assert.Empty(RingPlan.Of(ring, ring, Three).Moves);
        Assert.Equal(0, RingPlan.Of(RingOf(0), RingOf(0), Three).MovedShare);
        Assert.Throws<ArgumentException>(() => RingPlan.Of(ring, Ring.Of(ring.Members, 8), Three));
    }

    private static Ring RingOf(int members) => Ring.Of(Enumerable.Range(1, members).Select(number => new RingMember(NodeName.Of($"n{number}"))));
}
