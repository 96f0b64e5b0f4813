using CsCheck;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Placement;

namespace GossipCluster.Core.Tests.Placement;

public sealed class RendezvousTests
{
    private const double Unit = 1.0 / (1UL << Rendezvous.FractionBits);

    private static readonly Gen<ulong> Cost = Gen.ULong[1, Rendezvous.CostMax];
    private static readonly Gen<int> Weight = Gen.Int[RingMember.WeightMin, RingMember.WeightMax];

    [Theory]
    [InlineData("n1", 0, 0xC273893925176E13UL)]
    [InlineData("n1", 1, 0x96A1962EBB0BCAB3UL)]
    [InlineData("n2", 0, 0x8D6A5F935F5CDABUL)]
    [InlineData("node-with-a-name-of-sixty-four-characters-which-is-the-longest-1", 65_535, 0x11BEBA748F86BBE7UL)]
    public void A_draw_is_the_same_for_ever(string member, int partition, ulong expected) =>
        Assert.Equal(expected, Rendezvous.Draw(NodeName.Of(member), partition));

    [Theory]
    [InlineData(0, Rendezvous.CostMax)]
    [InlineData(1, Rendezvous.CostMax)]
    [InlineData(3, 68_626_059_478_533UL)]
    [InlineData(0x8000_0000_0000_0000, 1_099_511_627_776UL)]
    [InlineData(0x0123_4567_89AB_CDEF, 8_591_343_276_641UL)]
    [InlineData(0xFEDC_BA98_7654_3210, 7_065_757_665UL)]
    [InlineData(ulong.MaxValue, 1UL)]
    public void A_cost_is_the_same_for_ever(ulong draw, ulong expected) => Assert.Equal(expected, Rendezvous.Cost(draw));

    [Fact]
    public void A_cost_is_the_logarithm_rounded_up_by_less_than_a_unit() =>
        Gen.Select(Gen.ULong, Gen.Int[0, 63]).Sample((bits, zeros) =>
        {
            var draw = (bits >> zeros) | 1;
            var exact = 64 - Math.Log2(draw);

            var cost = Rendezvous.Cost(draw) * Unit;

            // The double itself is off by some 2^-46 near 64.
            Assert.InRange(cost, exact - 1e-13, exact + Unit + 1e-13);
        });

    [Fact]
    public void A_greater_draw_never_costs_more() =>
        Gen.Select(Gen.ULong, Gen.ULong, Gen.Int[0, 63]).Sample((draw, step, shift) =>
        {
            var greater = draw + Math.Min(step >> shift, ulong.MaxValue - draw);

            Assert.True(Rendezvous.Cost(greater) <= Rendezvous.Cost(draw));
        });

    [Fact]
    public void Bids_compare_as_exact_fractions() =>
        Gen.Select(Cost, Weight, Cost, Weight)
            .Sample((leftCost, leftWeight, rightCost, rightWeight) =>
            {
                var expected = ((UInt128)leftCost * (uint)rightWeight).CompareTo((UInt128)rightCost * (uint)leftWeight);
                var actual = Rendezvous.Compare(new(leftCost, leftWeight, 5), new(rightCost, rightWeight, 5));

                Assert.Equal(Math.Sign(expected), Math.Sign(actual));
            });

    [Fact]
    public void The_greatest_cost_at_the_greatest_weight_does_not_overflow() =>
        Assert.True(
            Rendezvous.Compare(
                new(Rendezvous.CostMax - 1, RingMember.WeightMax, 1),
                new(Rendezvous.CostMax, RingMember.WeightMax, 0)) < 0);

    [Fact]
    public void Equal_bids_are_decided_by_name() =>
        Gen.Select(Cost.Where(cost => cost < Rendezvous.CostMax / 2), Gen.Int[1, 5_000]).Sample((cost, weight) =>
        {
            Assert.True(Rendezvous.Compare(new(cost, weight, 0), new(2 * cost, 2 * weight, 1)) < 0);
            Assert.True(Rendezvous.Compare(new(cost, weight, 1), new(2 * cost, 2 * weight, 0)) > 0);
        });
}
