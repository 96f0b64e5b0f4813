using System.Collections.Immutable;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Coordination;

namespace GossipCluster.Core.Tests.Coordination;

public sealed class CandidatesTests
{
    [Fact]
    public void A_ring_smaller_than_n_has_fewer_primaries_and_no_fallbacks()
    {
        var candidates = Candidates.Of(Node(1), Nodes(2), 3, Down());

        Assert.Equal(2, Candidates.Count(candidates.Primaries));
        Assert.Equal(0UL, candidates.Fallbacks);
        Assert.Equal(3, candidates.N);
    }

    [Fact]
    public void A_node_is_never_unreachable_to_itself() => Assert.Equal(0b100UL, Candidates.Of(Node(0), Nodes(3), 3, Down(0, 2)).Down);

    [Fact]
    public void A_node_outside_the_ring_has_no_bit()
    {
        var candidates = Candidates.Of(NodeName.Of("stranger"), Nodes(3), 3, Down());

        Assert.Equal(0UL, candidates.Self);
        Assert.Equal(0UL, candidates.BitOf(NodeName.Of("other")));
        Assert.Equal(0UL, candidates.BitOf(default));
    }

    [Fact]
    public void Sixty_four_nodes_fill_the_word() => Assert.Equal(ulong.MaxValue, Candidates.Of(Node(63), Nodes(64), 3, Down()).All);

    [Theory]
    [InlineData(1)]
    [InlineData(50)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(199)]
    [InlineData(-1)]
    public void A_long_list_keeps_its_primaries_the_node_itself_and_reachable_fallbacks_in_order(int self)
    {
        var down = Enumerable.Range(0, 150).Where(index => index % 2 == 0).ToArray();
        var candidates = Candidates.Of(self < 0 ? NodeName.Of("stranger") : Node(self), Nodes(200), 3, Down(down));

        var kept = Enumerable.Range(0, 64).Select(candidates.NodeAt).ToArray();
        Assert.Equal(Nodes(3), kept[..3]);
        Assert.Equal(64, kept.Distinct().Count());
        Assert.Equal(self >= 0, candidates.Self != 0);
        Assert.All(kept[3..], node => Assert.True(node == Node(self) || !down.Contains(IndexOf(node))));
        Assert.Equal(kept.OrderBy(IndexOf), kept);
    }

    [Fact]
    public void A_long_list_that_is_mostly_gone_is_filled_up_with_those_that_may_come_back()
    {
        var candidates = Candidates.Of(Node(199), Nodes(200), 3, Down([.. Enumerable.Range(0, 190)]));

        Assert.Equal(64, Candidates.Count(candidates.All));
        Assert.Equal(10, Candidates.Count(candidates.All & ~candidates.Down));
    }

    private static NodeName Node(int index) => NodeName.Of($"n{Math.Max(index, 0)}");

    private static int IndexOf(NodeName node) => int.Parse(node.Text.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture);

    private static ImmutableArray<NodeName> Nodes(int count) => [.. Enumerable.Range(0, count).Select(Node)];

    private static HashSet<NodeName> Down(params int[] indices) => [.. indices.Select(Node)];
}
