using CsCheck;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Placement;

namespace GossipCluster.Core.Tests.Placement;

public sealed class RingTests
{
    private static readonly RingMember A = new(NodeName.Of("a"));
    private static readonly RingMember B = new(NodeName.Of("b"), 200, "west");
    private static readonly RingMember C = new(NodeName.Of("c"));

    [Fact]
    public void Members_are_held_in_the_order_of_their_names()
    {
        var ring = Ring.Of([C, A, B]);

        Assert.Equal([A, B, C], ring.Members);
        Assert.Equal(Partitions.CountDefault, ring.PartitionCount);
        Assert.Equal(0, ring.Version);
    }

    [Fact]
    public void Rings_are_equal_by_content()
    {
        Assert.Equal(Ring.Of([A, B], 64, 7), Ring.Of([B, A], 64, 7));
        Assert.Equal(Ring.Of([A, B], 64, 7).GetHashCode(), Ring.Of([B, A], 64, 7).GetHashCode());
        Assert.NotEqual(Ring.Of([A, B], 64, 7), Ring.Of([A, B], 64, 8));
        Assert.NotEqual(Ring.Of([A, B], 64, 7), Ring.Of([A, B], 65, 7));
        Assert.NotEqual(Ring.Of([A, B], 64, 7), Ring.Of([A, B with { Weight = 1 }], 64, 7));
        Assert.NotEqual(Ring.Of([A, B], 64, 7), Ring.Of([A, B with { Zone = "east" }], 64, 7));
    }

    [Fact]
    public void Each_change_is_a_new_ring_of_the_next_version()
    {
        var ring = Ring.Of([A, B], 128, 3);

        Assert.Equal(Ring.Of([A, B, C], 128, 4), ring.With(C));
        Assert.Equal(Ring.Of([A with { Zone = "east" }, B], 128, 4), ring.With(A with { Zone = "east" }));
        Assert.Equal(Ring.Of([B], 128, 4), ring.Without(A.Name));
        Assert.Equal(Ring.Of([A with { Weight = 7 }, B], 128, 4), ring.WithWeight(A.Name, 7));
        Assert.Equal(Ring.Of([A, B], 128, 3), ring);
    }

    [Fact]
    public void What_changes_nothing_takes_no_version()
    {
        var ring = Ring.Of([A, B], 128, 3);

        Assert.Same(ring, ring.With(B with { }));
        Assert.Same(ring, ring.WithWeight(B.Name, 200));
    }

    [Fact]
    public void Members_are_found_by_name()
    {
        var ring = Ring.Of([A, B, C]);

        Assert.Same(B, ring.Find(B.Name));
        Assert.True(ring.Contains(C.Name));
        Assert.False(ring.Contains(NodeName.Of("bb")));
        Assert.Null(ring.Find(default));
    }

    [Fact]
    public void A_ring_before_the_first_join_has_empty_lists() => Assert.Empty(Ring.Of([]).PreferenceList(0).Members);

    [Fact]
    public void A_name_stands_for_one_member() => Refused(
        [A, B, A with { Weight = 1 }],
        64,
        0,
        new RingError.DuplicateName(A.Name),
        "'a' is in the ring twice: a name stands for one member.");

    [Fact]
    public void A_member_needs_a_name() => Refused([A, new RingMember(default)], 64, 0, new RingError.NamelessMember());

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(10_001)]
    [InlineData(int.MaxValue)]
    public void A_weight_has_bounds(int weight) => Refused(
        [A with { Weight = weight }],
        64,
        0,
        new RingError.WeightOutOfRange(A.Name, weight),
        $"The weight {weight} of 'a' is out of range: a weight is 1 to 10000.");

    [Theory]
    [InlineData("two words")]
    [InlineData("Zürich")]
    [InlineData("01234567890123456789012345678901234567890123456789012345678901234")]
    [InlineData(null)]
    public void A_zone_is_short_and_plain(string? zone) => Refused([A with { Zone = zone! }], 64, 0, new RingError.MalformedZone(A.Name));

    [Theory]
    [InlineData(0)]
    [InlineData(-64)]
    [InlineData(65_537)]
    public void The_partition_count_has_bounds(int count) => Refused([A], count, 0, new RingError.PartitionCountOutOfRange(count));

    [Fact]
    public void A_version_is_never_below_zero() => Refused([A], 64, -1, new RingError.VersionOutOfRange());

    [Fact]
    public void There_is_no_version_after_the_last()
    {
        Assert.False(Ring.Of([A], 64, long.MaxValue).TryWith(B, out _, out var error));
        Assert.Equal(new RingError.VersionOutOfRange(), error);
    }

    [Fact]
    public void A_ring_has_at_most_1024_members()
    {
        var full = Ring.Of(Enumerable.Range(0, Ring.MembersMax).Select(index => new RingMember(NodeName.Of($"n{index}"))));

        Assert.False(full.TryWith(A, out var ring, out var error));
        Assert.Null(ring);
        Assert.Equal(new RingError.TooManyMembers(), error);
        Assert.Equal(full.Version + 1, full.WithWeight(full.Members[5].Name, 3).Version);
    }

    [Fact]
    public void A_member_that_is_not_there_neither_leaves_nor_changes()
    {
        var ring = Ring.Of([A, B]);

        Assert.False(ring.TryWithout(C.Name, out _, out var leave));
        Assert.False(ring.TryWithWeight(C.Name, 5, out _, out var change));
        Assert.Equal(new RingError.UnknownMember(C.Name), leave);
        Assert.Equal(new RingError.UnknownMember(C.Name), change);
        Assert.StartsWith("'c' is not in the ring.", Assert.Throws<ArgumentException>(() => ring.Without(C.Name)).Message);
    }

    [Fact]
    public void A_partition_outside_the_ring_has_no_list()
    {
        var ring = Ring.Of([A], 64);

        Assert.Throws<ArgumentOutOfRangeException>(() => ring.PreferenceList(64));
        Assert.Throws<ArgumentOutOfRangeException>(() => ring.PreferenceList(-1));
    }

    [Fact]
    public void The_list_of_a_partition_is_computed_once()
    {
        var ring = Ring.Of([A, B, C]);

        Assert.Same(ring.PreferenceList(5), ring.PreferenceList(5));
    }

    [Fact]
    public void Changes_keep_members_sorted_and_findable() =>
        Gen.Int[0, 40].Array[0, 60].Sample(names =>
        {
            var ring = Ring.Of([]);
            foreach (var name in names.Select(number => NodeName.Of($"n{number}")))
                ring = ring.Contains(name) ? ring.Without(name) : ring.With(new RingMember(name));

            Assert.Equal(ring.Members.OrderBy(member => member.Name.Text, StringComparer.Ordinal), ring.Members);
            Assert.All(ring.Members, member => Assert.Same(member, ring.Find(member.Name)));
            Assert.Equal(names.Length, ring.Version);
        });

    private static void Refused(RingMember[] members, int partitionCount, long version, RingError expected, string? sentence = null)
    {
        Assert.False(Ring.TryCreate(members, partitionCount, version, out var ring, out var error));
        Assert.Null(ring);
        Assert.Equal(expected, error);
        Assert.EndsWith(".", error.ToString());
        if (sentence is not null) Assert.Equal(sentence, error.Sentence);
        Assert.Throws<ArgumentException>(() => Ring.Of(members, partitionCount, version));
    }
}
