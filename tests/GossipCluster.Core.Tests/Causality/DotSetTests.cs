using CsCheck;
using GossipCluster.Core.Causality;

namespace GossipCluster.Core.Tests.Causality;

public sealed class DotSetTests
{
    private static readonly ReplicaId[] Ids = [.. Enumerable.Range(0, 4).Select(Replicas.Id)];

    private static readonly Gen<DotRange> Ranges = Gen.Select(
        Gen.OneOf(Ids), Gen.Long[1, 30], Gen.Long[0, 6], (id, first, more) => new DotRange(id, first, first + more));

    private static readonly Gen<(HashSet<Dot> Model, DotSet Set)> Sets = Ranges.Array[0, 12].Select(ranges => (ModelOf(ranges), SetOf(ranges)));

    private enum Change
    {
        Add,
        AddSet,
        Remove,
        Lend,
        Clear,
    }

    [Fact(DisplayName = "Every question to a set of dots is answered as by a plain hash set")]
    public void Questions_agree_with_a_hash_set() => Property.ForAll(
        Gen.Select(Sets, Sets, Ranges),
        (one, other, range) =>
        {
            var (model, set) = one;
            var dots = Expand(range).ToList();

            Assert.Equal(model.Order(), set.Dots());
            Assert.Equal(model.Count, set.Count);
            Assert.Equal(model.Count == 0, set.IsEmpty);
            Assert.Equal(model.Select(dot => dot.Replica).Distinct().Order(), set.Replicas);
            Assert.Equal(model.Select(dot => dot.Replica).Distinct().Count(), set.ReplicaCount);
            Assert.Equal(model.Count(dot => !model.Contains(dot with { Counter = dot.Counter - 1 })), set.RangeCount);
            Assert.Equal(model.Contains(dots[0]), set.Contains(dots[0]));
            Assert.Equal(dots.TrueForAll(model.Contains), set.ContainsAll(range.Replica, range.First, range.Last));
            Assert.Equal(dots.Exists(model.Contains), set.ContainsAny(range.Replica, range.First, range.Last));
            Assert.Equal(model.Where(dot => dot.Replica == range.Replica).Select(dot => dot.Counter).DefaultIfEmpty(0).Max(), set.LastOf(range.Replica));

            Assert.Equal(other.Model.IsSubsetOf(model), set.Dominates(other.Set));
            Assert.Equal(other.Model.Overlaps(model), set.Overlaps(other.Set));
            Assert.Equal(model.Except(other.Model).Count(), set.CountMissing(other.Set));
            Assert.Equal(model.SetEquals(other.Model), set.Equals(other.Set));
        },
        times: 3_000);

    [Fact(DisplayName = "The algebra of sets of dots is that of hash sets, and its results are canonical")]
    public void Algebra_agrees_with_a_hash_set() => Property.ForAll(
        Gen.Select(Sets, Sets, Ranges),
        (one, other, range) =>
        {
            var (model, set) = one;

            AssertIs(model.Union(other.Model), set.Union(other.Set));
            AssertIs(model.Except(other.Model), set.Except(other.Set));
            AssertIs(model.Intersect(other.Model), set.Intersect(other.Set));
            AssertIs(model.Append(new Dot(range.Replica, range.First)), set.With(new Dot(range.Replica, range.First)));
            AssertIs(model.Where(dot => dot.Replica != range.Replica), set.Without(range.Replica));

            // Nothing that was asked changed what was there.
            AssertIs(model, set);
            AssertIs(other.Model, other.Set);
        },
        times: 3_000);

    [Fact(DisplayName = "A builder is a hash set under any changes, and a set taken from it never changes afterwards")]
    public void A_builder_lends_and_never_changes_what_it_lent() => Property.ForAll(
        Gen.Select(Gen.Enum<Change>(), Ranges, Sets).Array[1, 60],
        changes =>
        {
            var builder = new DotSet.Builder();
            var model = new HashSet<Dot>();
            var lent = new List<(List<Dot> Then, DotSet Set)>();

            foreach (var (change, range, (dots, set)) in changes)
            {
                switch (change)
                {
                    case Change.Add:
                        builder.Add(range.Replica, range.First, range.Last);
                        model.UnionWith(Expand(range));
                        break;
                    case Change.AddSet:
                        builder.Add(set);
                        model.UnionWith(dots);
                        break;
                    case Change.Remove:
                        builder.Remove(set);
                        model.ExceptWith(dots);
                        break;
                    case Change.Lend:
                        // Changes go on both in this builder and in one that starts from what it lent.
                        lent.Add(([.. model.Order()], builder.ToSet()));
                        var branch = builder.ToSet().ToBuilder();
                        branch.Add(range.Replica, range.First, range.Last);
                        AssertIs(model.Union(Expand(range)), branch.ToSet());
                        break;
                    default:
                        if (range.First == 1) (builder, model) = (new DotSet.Builder(), []);
                        break;
                }

                Assert.Equal(model.Contains(new Dot(range.Replica, range.Last)), builder.Contains(range.Replica, range.Last));
                Assert.Equal(model.Count == 0, builder.IsEmpty);
            }

            AssertIs(model, builder.ToSet());
            Assert.All(lent, loan => Assert.Equal(loan.Then, loan.Set.Dots()));
        },
        times: 2_000);

    [Fact(DisplayName = "A builder of more replica ids than it can mark as its own still lends safely")]
    public void More_than_64_replica_ids_are_lent_safely()
    {
        var builder = new DotSet.Builder();
        var random = new Random(5);
        var ids = Enumerable.Range(0, 90).Select(i => new ReplicaId(NodeName.Of($"n{i:00}"), 7)).ToArray();
        random.Shuffle(ids);
        var model = new HashSet<Dot>();
        var lent = new List<(List<Dot> Then, DotSet Set)>();

        for (var i = 0; i < 2_000; i++)
        {
            var dot = new Dot(ids[random.Next(Math.Min(ids.Length, 1 + (i / 5)))], random.Next(1, 40));
            builder.Add(dot);
            model.Add(dot);
            if (i % 50 == 0) lent.Add(([.. model.Order()], builder.ToSet()));
        }

        AssertIs(model, builder.ToSet());
        Assert.All(lent, loan => Assert.Equal(loan.Then, loan.Set.Dots()));
    }

    [Fact(DisplayName = "The same dots in any order are equal sets of equal bytes")]
    public void Order_does_not_matter() => Property.ForAll(
        Ranges.Array[0, 20].SelectMany(ranges => Gen.Shuffle(ranges.SelectMany(Expand).ToArray()).Select(dots => (ranges, dots))),
        (ranges, dots) =>
        {
            var one = SetOf(ranges);

            var other = DotSet.Of(dots);

            Assert.Equal(one, other);
            Assert.Equal(one.GetHashCode(), other.GetHashCode());
            Assert.Equal(one.ToBytes(), other.ToBytes());
            Assert.Equal(one.RangeCount, other.RangeCount);
        },
        times: 1_000);

    private static void AssertIs(IEnumerable<Dot> expected, DotSet actual)
    {
        var dots = expected.Distinct().Order().ToList();
        Assert.Equal(dots, actual.Dots());
        Assert.Equal(DotSet.Of(dots), actual);
        Assert.Equal(DotSet.Of(dots).ToBytes(), actual.ToBytes());
    }

    private static IEnumerable<Dot> Expand(DotRange range)
    {
        for (var counter = range.First; counter <= range.Last; counter++) yield return new Dot(range.Replica, counter);
    }

    private static HashSet<Dot> ModelOf(IEnumerable<DotRange> ranges) => [.. ranges.SelectMany(Expand)];

    private static DotSet SetOf(IEnumerable<DotRange> ranges)
    {
        var builder = new DotSet.Builder();
        foreach (var range in ranges) builder.Add(range.Replica, range.First, range.Last);
        return builder.ToSet();
    }
}
