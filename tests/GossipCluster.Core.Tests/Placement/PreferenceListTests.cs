using CsCheck;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Placement;

namespace GossipCluster.Core.Tests.Placement;

public sealed class PreferenceListTests
{
    private static readonly Gen<RingMember[]> Members =
        Gen.Select(
                Gen.Int[0, 200],
                Gen.Int[RingMember.WeightMin, RingMember.WeightMax],
                Gen.Int[0, 4],
                (number, weight, zone) => Member($"n{number}", weight, zone == 0 ? "" : $"z{zone}"))
            .Array[1, 30]
            .Select(members => members.DistinctBy(member => member.Name).ToArray());

    private static readonly Gen<RingMember[]> UnzonedMembers =
        Members.Select(members => members.Select(member => member with { Zone = "" }).ToArray());

    [Theory]
    [InlineData(0, "n1 n5 n6 n4 n3 n2")]
    [InlineData(1, "n1 n5 n6 n4 n2 n3")]
    [InlineData(63, "n2 n5 n6 n3 n4 n1")]
    public void A_list_is_the_same_for_ever(int partition, string expected)
    {
        var (west, east) = (new[] { Member("n4", 200, "west"), Member("n5", 100, "west") }, Member("n6", 100, "east"));
        var ring = Ring.Of([Member("n1"), Member("n2"), Member("n3", 50), .. west, east]);

        Assert.Equal(expected, string.Join(' ', ring.PreferenceList(partition).Members));
    }

    [Fact]
    public void A_list_holds_every_member_once() =>
        Gen.Select(Members, Gen.Int[0, 63], Gen.Int[1, 40]).Sample((members, partition, n) =>
        {
            var list = Ring.Of(members).PreferenceList(partition);

            Assert.Equal(members.Select(member => member.Name).Order(), list.Members.Order());
            Assert.Equal(list.Members, [.. list.Primaries(n), .. list.Fallbacks(n)]);
            Assert.Equal(Math.Min(n, members.Length), list.Primaries(n).Length);
        });

    [Fact]
    public void Ranks_are_places_in_the_list() =>
        Gen.Select(Members, Gen.Int[1, 6]).Sample((members, n) =>
        {
            var list = Ring.Of(members).PreferenceList(7);

            Assert.All(list.Members, (node, rank) => Assert.Equal(rank, list.RankOf(node)));
            Assert.All(list.Members, (node, rank) => Assert.Equal(rank < n, list.IsPrimary(node, n)));
            Assert.Equal(-1, list.RankOf(NodeName.Of("stranger")));
            Assert.False(list.IsPrimary(NodeName.Of("stranger"), n));
        });

    [Fact]
    public void The_order_in_which_members_came_does_not_matter() =>
        Gen.Select(Members, Gen.Int[0, 1_000]).Sample((members, seed) =>
        {
            var shuffled = members.ToArray();
            new Random(seed).Shuffle(shuffled);

            Assert.Equal(Lists(Ring.Of(members)), Lists(Ring.Of(shuffled)));
        });

    [Fact]
    public void Zones_are_dealt_out_as_the_rule_says() =>
        Gen.Select(Members, Gen.Int[0, 63]).Sample((members, partition) =>
        {
            var ring = Ring.Of(members);
            var byBid = Ring.Of(members.Select(member => member with { Zone = "" })).PreferenceList(partition).Members;

            Assert.Equal(ByTheRule([.. byBid.Select(name => ring.Find(name)!)]), ring.PreferenceList(partition).Members);
        });

    [Fact]
    public void Primaries_lie_in_as_many_zones_as_they_can() =>
        Gen.Select(Members, Gen.Int[0, 63], Gen.Int[1, 6]).Sample((members, partition, n) =>
        {
            var ring = Ring.Of(members);

            var primaries = ring.PreferenceList(partition).Primaries(n).ToArray().Select(name => ring.Find(name)!);

            Assert.Equal(Math.Min(n, ZoneCount(members)), ZoneCount(primaries));
        });

    [Fact]
    public void A_newcomer_is_inserted_and_moves_nobody_past_anybody() =>
        UnzonedMembers.Sample(members =>
        {
            var before = Ring.Of(members);
            var after = before.With(new RingMember(NodeName.Of("newcomer"), 300));

            for (var partition = 0; partition < before.PartitionCount; partition++)
            {
                Assert.Equal(
                    before.PreferenceList(partition).Members,
                    after.PreferenceList(partition).Members.Remove(NodeName.Of("newcomer")));
            }
        });

    [Fact]
    public void In_zones_a_newcomer_moves_only_members_of_its_own_zone() =>
        Members.Sample(members =>
        {
            var before = Ring.Of(members);
            var after = before.With(new RingMember(NodeName.Of("newcomer"), 300, "z1"));

            for (var partition = 0; partition < before.PartitionCount; partition++)
            {
                Assert.Equal(OutsideZone(before, partition, "z1"), OutsideZone(after, partition, "z1"));
            }
        });

    [Fact]
    public void More_weight_moves_partitions_only_to_the_member_that_got_it() =>
        Gen.Select(UnzonedMembers, Gen.Int[RingMember.WeightMin, RingMember.WeightMax]).Sample((members, weight) =>
        {
            var name = members[0].Name;
            var (light, heavy) = (Math.Min(weight, members[0].Weight), Math.Max(weight, members[0].Weight));
            var (before, after) = (Ring.Of(members).WithWeight(name, light), Ring.Of(members).WithWeight(name, heavy));

            for (var partition = 0; partition < before.PartitionCount; partition++)
            {
                var (was, now) = (before.PreferenceList(partition), after.PreferenceList(partition));
                Assert.Equal(was.Members.Remove(name), now.Members.Remove(name));
                Assert.True(now.RankOf(name) <= was.RankOf(name));
            }
        });

    [Fact]
    public void The_eleventh_member_takes_one_eleventh_of_the_replicas()
    {
        var before = Ring.Of(Enumerable.Range(1, 10).Select(index => Member($"n{index}")), 4_096);
        var after = before.With(Member("n11"));

        var moved = Enumerable.Range(0, 4_096).Count(partition => after.PreferenceList(partition).IsPrimary(NodeName.Of("n11"), 3));

        // Each partition has 3 of 11 members as primaries; nothing else moved, as the property above says.
        Assert.Equal(4_096 * 3 / 11.0, moved, 4_096 * 0.02);
    }

    [Theory]
    [InlineData(1_024, 0.04)]
    [InlineData(16_384, 0.01)]
    public void Members_are_first_in_proportion_to_their_weight(int partitionCount, double tolerance)
    {
        var ring = Ring.Of([Member("n1"), Member("n2"), Member("n3", 200)], partitionCount);

        var firsts = Enumerable.Range(0, partitionCount)
            .CountBy(partition => ring.PreferenceList(partition).Members[0].Text)
            .ToDictionary();

        Assert.Equal(0.25, firsts["n1"] / (double)partitionCount, tolerance);
        Assert.Equal(0.25, firsts["n2"] / (double)partitionCount, tolerance);
        Assert.Equal(0.50, firsts["n3"] / (double)partitionCount, tolerance);
    }

    [Fact]
    public void Equal_members_are_primaries_equally_often()
    {
        var ring = Ring.Of(Enumerable.Range(1, 20).Select(index => Member($"node-{index}")), 8_192);

        var counts = Enumerable.Range(0, 8_192)
            .SelectMany(partition => ring.PreferenceList(partition).Primaries(3).ToArray())
            .CountBy(name => name)
            .Select(count => count.Value)
            .ToArray();

        // The mean is 1,229, the standard deviation 32: four of them.
        Assert.Equal(20, counts.Length);
        Assert.All(counts, count => Assert.InRange(count, 1_229 - 130, 1_229 + 130));
    }

    [Fact]
    public void Few_partitions_still_spread_over_many_members() =>
        Assert.True(
            Enumerable.Range(0, 64)
                .Select(Ring.Of(Enumerable.Range(1, 10).Select(index => Member($"n{index}"))).PreferenceList)
                .SelectMany(list => list.Primaries(3).ToArray())
                .CountBy(name => name)
                .All(count => count.Value is > 8 and < 32));

    [Fact]
    public void A_list_without_primaries_is_a_programming_error() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Ring.Of([Member("n1")]).PreferenceList(0).IsPrimary(NodeName.Of("n1"), 0));

    private static RingMember Member(string name, int weight = RingMember.WeightDefault, string zone = "") =>
        new(NodeName.Of(name), weight, zone);

    private static int ZoneCount(IEnumerable<RingMember> members) =>
        members.Select(member => member.Zone).Distinct(StringComparer.Ordinal).Count();

    private static NodeName[][] Lists(Ring ring) =>
        [.. Enumerable.Range(0, ring.PartitionCount).Select(partition => ring.PreferenceList(partition).Members.ToArray())];

    private static NodeName[] OutsideZone(Ring ring, int partition, string zone) =>
        [.. ring.PreferenceList(partition).Members.Where(name => !string.Equals(ring.Find(name)!.Zone, zone, StringComparison.Ordinal))];

    // The rule word for word: the best member of the zones not yet used; when all that are left are used, start over.
    private static List<NodeName> ByTheRule(List<RingMember> bestFirst)
    {
        var (chosen, used) = (new List<NodeName>(), new HashSet<string>(StringComparer.Ordinal));
        while (bestFirst.Count > 0)
        {
            if (bestFirst.TrueForAll(member => used.Contains(member.Zone))) used.Clear();
            var next = bestFirst.First(member => !used.Contains(member.Zone));
            bestFirst.Remove(next);
            used.Add(next.Zone);
            chosen.Add(next.Name);
        }

        return chosen;
    }
}
