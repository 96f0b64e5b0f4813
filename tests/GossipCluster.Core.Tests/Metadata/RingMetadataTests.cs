using GossipCluster.Core.Causality;
using GossipCluster.Core.Metadata;
using GossipCluster.Core.Placement;

namespace GossipCluster.Core.Tests.Metadata;

public sealed class RingMetadataTests
{
    private static readonly NodeName A = NodeName.Of("a");
    private static readonly NodeName B = NodeName.Of("b");

    [Fact]
    public void Members_enter_change_and_leave()
    {
        var table = Add(Add(MetadataTable.Empty, A), B);

        Assert.Equal([A, B], table.Ring(64).Members.Select(member => member.Name));

        Assert.True(table.TrySetWeight(B, 7, A, out var weight, out _));
        table = table.Merge(weight!);
        Assert.Equal(7, table.Ring(64).Find(B)!.Weight);

        Assert.True(table.TryRemove(B, A, out var gone, out _));
        table = table.Merge(gone!);
        Assert.Equal([A], table.Ring(64).Members.Select(member => member.Name));
        Assert.Equal(RingStanding.Left, table.StandingOf(B));
    }

    [Fact]
    public void What_changes_nothing_is_no_entry()
    {
        var table = Add(MetadataTable.Empty, A);

        Assert.True(table.TryAdd(new RingMember(A), mayReturn: false, A, out var entry, out _));
        Assert.Null(entry);
    }

    [Fact(DisplayName = "There and back again is another version of the ring: A, B, A")]
    public void A_version_never_comes_back()
    {
        var first = Add(Add(MetadataTable.Empty, A), B);
        Assert.True(first.TryRemove(B, A, out var gone, out _));
        var second = first.Merge(gone!);
        Assert.True(second.TryAdd(new RingMember(B), mayReturn: true, A, out var back, out _));
        var third = second.Merge(back!);

        Assert.Equal(first.Ring(64).Members, third.Ring(64).Members);
        Assert.Equal(3, new[] { first, second, third }.Select(table => table.Ring(64).Version).Distinct().Count());
    }

    [Fact]
    public void The_same_changes_in_another_order_are_the_same_version()
    {
        var (a, b) = (Add(MetadataTable.Empty, A), Add(MetadataTable.Empty, B));

        Assert.Equal(a.Merge(b).Ring(64), b.Merge(a).Ring(64));
        Assert.NotEqual(a.Ring(64).Version, a.Ring(128).Version);
        Assert.Equal(a.Ring(64).Version, a.Merge(MetadataEntry.Of("type/t", 1, A, default)).Ring(64).Version);
    }

    [Fact]
    public void Who_was_taken_out_comes_back_only_where_an_operator_says_so()
    {
        var table = Add(Add(MetadataTable.Empty, A), B);
        Assert.True(table.TryRemove(B, A, out var gone, out _));
        table = table.Merge(gone!);

        Assert.False(table.TryAdd(new RingMember(B), mayReturn: false, B, out _, out var error));
        Assert.Equal(new MetadataError.HasLeft(B), error);
        Assert.True(table.TryAdd(new RingMember(B), mayReturn: true, B, out var back, out _));
        Assert.Equal([A, B], table.Merge(back!).Ring(64).Members.Select(member => member.Name));
    }

    [Fact]
    public void Who_returns_has_the_weight_and_zone_that_it_had_and_leaving_twice_changes_nothing()
    {
        var table = Add(MetadataTable.Empty, A);
        Assert.True(table.TryAdd(new RingMember(B, 250, "rack-2"), mayReturn: false, B, out var entry, out _));
        table = table.Merge(entry!);
        Assert.True(table.TryReturn(B, A, out var nothing, out _));
        Assert.Null(nothing);
        Assert.True(table.TryRemove(B, A, out var gone, out _));
        table = table.Merge(gone!);

        Assert.True(table.TryRemove(B, A, out var again, out _));
        Assert.Null(again);
        Assert.True(table.TryReturn(B, A, out var back, out _));
        Assert.Equal(new RingMember(B, 250, "rack-2"), table.Merge(back!).Ring(64).Find(B));
        Assert.False(table.TryReturn(NodeName.Of("nobody"), A, out _, out var unknown));
        Assert.Equal("'nobody' is not in the ring.", unknown.Sentence);
    }

    [Fact]
    public void Refusals_are_sentences()
    {
        var table = Add(MetadataTable.Empty, A);

        Assert.False(table.TryRemove(A, A, out _, out var last));
        Assert.Equal(new MetadataError.LastMember(A), last);
        Assert.False(table.TryRemove(B, A, out _, out var unknown));
        Assert.Equal("'b' is not in the ring.", unknown.Sentence);
        Assert.False(table.TrySetWeight(A, 0, A, out _, out var weight));
        Assert.Equal("The weight 0 of 'a' is out of range: a weight is 1 to 10000.", weight.Sentence);
        Assert.False(table.TrySetWeight(B, 1, A, out _, out unknown));
        Assert.EndsWith(".", unknown.ToString());
    }

    [Fact]
    public void Entries_that_make_no_member_are_left_out()
    {
        var table = Add(MetadataTable.Empty, A)
            .Merge(MetadataEntry.Of("ring/b", 1, A, new byte[] { 9 }))
            .Merge(MetadataEntry.Of("ring/no name", 1, A, new RingEntry(RingStanding.Member, 1, "").ToValue()))
            .Merge(MetadataEntry.Of("ring/c", 1, A, new RingEntry(RingStanding.Member, 0, "").ToValue()));

        Assert.Equal([A], table.Ring(64).Members.Select(member => member.Name));
    }

    [Fact]
    public void Another_cluster_is_refused_in_a_sentence()
    {
        var own = new ClusterIdentity("gossip", 64);

        Assert.Null(own.Refuse(new ClusterIdentity("gossip", 64), "Node 'n2'"));
        Assert.StartsWith("Node 'n2' belongs to the cluster 'other', this node to 'gossip'", own.Refuse(new ClusterIdentity("other", 64), "Node 'n2'"));
        Assert.StartsWith("Node 'n2' has 128 partitions, this node has 64", own.Refuse(new ClusterIdentity("gossip", 128), "Node 'n2'"));
    }

    private static MetadataTable Add(MetadataTable table, NodeName node)
    {
        Assert.True(table.TryAdd(new RingMember(node), mayReturn: false, node, out var entry, out _));
        return table.Merge(entry!);
    }
}
