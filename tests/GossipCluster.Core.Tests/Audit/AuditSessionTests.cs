using CsCheck;
using GossipCluster.Core.Audit;

namespace GossipCluster.Core.Tests.Audit;

public sealed class AuditSessionTests
{
    private static readonly Gen<int> LeafCount = Gen.Int[1, 11].Select(bits => 1 << bits);

    private static readonly Gen<int[]> Numbers = Gen.Int[0, 400].Array[0, 120].Select(numbers => numbers.Distinct().ToArray());

    [Fact]
    public void Equal_replicas_are_found_equal_in_one_round_trip()
    {
        var (here, there) = Pair(1_000);

        var run = AuditRun.Between(here, there);

        Assert.Equal(new AuditOutcome.Equal(), run.Outcome);
        Assert.Equal(1, run.RoundTrips);
        Assert.Empty(run.Found);
    }

    [Fact]
    public void Two_empty_replicas_are_equal() => Assert.Equal(new AuditOutcome.Equal(), AuditRun.Between(new(), new()).Outcome);

    [Fact]
    public void One_changed_item_among_many_is_located_in_four_round_trips()
    {
        var (here, there) = Pair(10_000);
        there.Put("key-777", item: 2);

        var run = AuditRun.Between(here, there);

        Assert.Equal(["Differs key-777"], run.Found);
        Assert.Equal(new AuditOutcome.Compared(1, 0), run.Outcome);
        Assert.Equal(4, run.RoundTrips);
        Assert.Equal(4 + 16 + 16, run.Messages.OfType<AuditProtocol.Nodes>().Sum(nodes => nodes.Hashes.Length));
    }

    [Fact]
    public void A_key_that_one_side_lacks_is_reported_from_both_sides()
    {
        var (here, there) = Pair(500);
        here.Put("extra", item: 1);

        Assert.Equal(["OnlyHere extra"], AuditRun.Between(here, there).Found);
        Assert.Equal(["OnlyThere extra"], AuditRun.Between(there, here).Found);
    }

    [Fact]
    public void Exactly_the_keys_that_differ_are_found_and_the_other_side_finds_the_mirror_image() =>
        Gen.Select(LeafCount, Numbers, Numbers, Numbers).Sample((leafCount, onlyHere, onlyThere, changed) =>
        {
            var (here, there) = Pair(200, leafCount);
            foreach (var number in onlyHere) here.Put($"here-{number}", 1);
            foreach (var number in onlyThere) there.Put($"there-{number}", 1);
            foreach (var number in changed) there.Put($"key-{number % 200}", 2 + number);

            var run = AuditRun.Between(here, there);
            var mirror = AuditRun.Between(there, here);

            var differing = changed.Select(number => number % 200).Distinct().Select(number => $"Differs key-{number}").ToArray();
            string[] left = [.. onlyHere.Select(number => $"here-{number}")];
            string[] right = [.. onlyThere.Select(number => $"there-{number}")];
            Equal([.. left.Select(key => $"OnlyHere {key}"), .. right.Select(key => $"OnlyThere {key}"), .. differing], run.Found);
            Equal([.. left.Select(key => $"OnlyThere {key}"), .. right.Select(key => $"OnlyHere {key}"), .. differing], mirror.Found);
            Assert.Empty(run.Unexplained);
            Assert.Equal(run.Found.Count == 0 ? new AuditOutcome.Equal() : new AuditOutcome.Compared(run.Found.Count, 0), run.Outcome);
        });

    [Fact]
    public void Doubled_late_and_foreign_answers_are_not_listened_to() =>
        Gen.Select(LeafCount, Numbers, Gen.Int[0, 1_000]).Sample((leafCount, onlyHere, seed) =>
        {
            var (here, there) = Pair(50, leafCount);
            foreach (var number in onlyHere) here.Put($"here-{number}", 1);

            var run = AuditRun.Between(here, there, new Random(seed));

            Equal([.. onlyHere.Select(number => $"OnlyHere here-{number}")], run.Found);
        });

    [Theory]
    [InlineData(2, 5_000, 1)]
    [InlineData(1_024, 5_000, 1)]
    [InlineData(4_096, 5_000, 1)]
    [InlineData(16, 2_000, 400)]
    public void Whole_replicas_that_differ_are_compared_in_bounded_messages(int leafCount, int keys, int keyLength)
    {
        var (here, there) = (new AuditReplica(leafCount), new AuditReplica(leafCount));
        string[] names = [.. Enumerable.Range(0, keys).Select(number => $"{number}".PadLeft(keyLength, '-'))];
        foreach (var name in names) (name[^1] % 2 == 0 ? here : there).Put(name, 1);

        var run = AuditRun.Between(here, there);

        Equal([.. names.Select(name => name[^1] % 2 == 0 ? $"OnlyHere {name}" : $"OnlyThere {name}")], run.Found);
        Assert.All(run.Messages.OfType<AuditProtocol.Request>(), request => Assert.InRange(EntriesOf(request), 0, 64));
        Assert.All(run.Messages, message => Assert.InRange(EntriesOf(message), 0, AuditProtocol.EntriesPerMessageMax));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("~")]
    public void One_difference_in_a_leaf_of_many_keys_costs_a_few_symbols(string key)
    {
        var (here, there) = Pair(5_000, leafCount: 2);
        there.Put(key, 1);

        var run = AuditRun.Between(here, there);

        Assert.Equal([$"OnlyThere {key}"], run.Found);
        Assert.Empty(run.Unexplained);
        Assert.Equal(16, run.Messages.OfType<AuditProtocol.Symbols>().Sum(symbols => symbols.Coded.Length));
        Assert.Equal(key, System.Text.Encoding.UTF8.GetString(Assert.Single(Assert.Single(run.Messages.OfType<AuditProtocol.Names>()).Entries).Key.Span));
        Assert.Empty(run.Messages.OfType<AuditProtocol.Keys>());
    }

    [Fact]
    public void The_longest_keys_are_sent_four_in_a_message()
    {
        var (here, there) = (new AuditReplica(2), new AuditReplica(2));
        for (var number = 10; number < 30; number++) there.Put($"{number}".PadLeft(AuditProtocol.KeyBytesMax, '-'), 1);

        var run = AuditRun.Between(here, there);

        Assert.Equal(20, run.Found.Count);
        Assert.Equal(4, run.Messages.OfType<AuditProtocol.Keys>().Max(keys => keys.Leaves.Sum(leaf => leaf.Entries.Length)));
    }

    [Fact]
    public void Replicas_with_unequal_clocks_are_not_compared()
    {
        var (here, there) = Pair(10);
        there.Put("extra", 1);
        there.ClockFingerprint = 78;

        var run = AuditRun.Between(here, there);

        Assert.Equal(new AuditOutcome.ClockDiffers(), run.Outcome);
        Assert.Empty(run.Found);
    }

    [Fact]
    public void A_peer_whose_clock_moves_on_ends_the_audit()
    {
        var (here, there) = Pair(10);
        there.Put("extra", 1);

        var run = AuditRun.Between(here, there, before: request => there.ClockFingerprint += request is AuditProtocol.AskKeys ? 1u : 0u);

        Assert.Equal(new AuditOutcome.ClockDiffers(), run.Outcome);
        Assert.Empty(run.Found);
    }

    [Fact]
    public void An_own_clock_that_moves_on_ends_the_audit()
    {
        var (here, there) = Pair(10);
        there.Put("extra", 1);

        var run = AuditRun.Between(here, there, before: request => here.ClockFingerprint += request is AuditProtocol.AskKeys ? 1u : 0u);

        Assert.Equal(new AuditOutcome.ClockMoved(), run.Outcome);
        Assert.Empty(run.Found);
    }

    [Fact]
    public void Trees_of_different_shapes_are_not_compared() =>
        Assert.Equal(new AuditOutcome.ShapeDiffers(), AuditRun.Between(new(1_024), new(2_048)).Outcome);

    [Fact]
    public void A_tree_that_changes_its_shape_ends_the_audit()
    {
        var (here, there) = Pair(10);
        there.Put("extra", 1);

        Assert.Equal(new AuditOutcome.ShapeDiffers(), AuditRun.Between(here, there, before: Once(() => there.Reshape(16))).Outcome);
        (here, there) = Pair(10);
        there.Put("extra", 1);
        Assert.Equal(new AuditOutcome.ShapeDiffers(), AuditRun.Between(here, there, before: Once(() => here.Reshape(16))).Outcome);
    }

    [Fact]
    public void A_tree_that_is_not_that_of_its_items_is_reported()
    {
        var (here, there) = Pair(100);
        there.PutInTreeAlone("key-5", 9);

        var run = AuditRun.Between(here, there);

        Assert.Empty(run.Found);
        Assert.Equal((3, here.Tree.LeafOf(Core.Placement.KeyHash.Of("key-5"u8))), Assert.Single(run.Unexplained));
        Assert.Equal(new AuditOutcome.Compared(0, 1), run.Outcome);
    }

    [Fact]
    public void An_inner_node_that_differs_over_equal_children_is_reported()
    {
        var (here, there) = Pair(100);
        there.Put("extra", 1);
        var opened = AuditSession.Open(1, here).Session;
        var children = Enumerable.Range(0, 4).Select(index => new AuditProtocol.NodeHash(index, here.Tree.Node(1, index)));
        var same = new AuditProtocol.Nodes(1, 0, 1, [.. children]);

        var step = opened.Receive(same, here);

        Assert.Equal([new AuditEffect.Unexplained(0, 0), new AuditEffect.Ended(new AuditOutcome.Compared(0, 1))], step.Effects);
    }

    [Fact]
    public void An_answer_that_does_not_fit_its_request_ends_the_audit()
    {
        var (here, there) = (new AuditReplica(2), new AuditReplica(2));
        there.Put("a", 1);
        there.Put("b", 1);
        there.Put("c", 1);
        there.Put("d", 1);
        var opened = AuditSession.Open(1, here).Session;
        var asking = opened.Receive(AuditResponder.Answer(Request(opened), there), here).Session;
        var ask = Assert.IsType<AuditProtocol.AskKeys>(Request(asking));
        var leaf = ask.Leaves[0];
        var (a, b) = (new AuditKey("a"u8.ToArray(), 1), new AuditKey("b"u8.ToArray(), 1));

        Misunderstood(opened, new AuditProtocol.Keys(1, 0, []));
        Misunderstood(opened, new AuditProtocol.Nodes(1, 0, 1, []));
        Misunderstood(opened, new AuditProtocol.Nodes(1, 0, 2, [new(0, 1), new(1, 1)]));
        Misunderstood(opened, new AuditProtocol.Nodes(1, 0, 1, [new(0, 1), new(2, 1)]));
        Misunderstood(opened, new AuditProtocol.Refused(1, 0, AuditProtocol.Refusal.OutOfRange));
        Misunderstood(asking, new AuditProtocol.Agreed(1, 1));
        Misunderstood(asking, new AuditProtocol.Nodes(1, 1, 1, [new(0, 1), new(1, 1)]));
        Misunderstood(asking, new AuditProtocol.Keys(1, 1, []));
        Misunderstood(asking, new AuditProtocol.Keys(1, 1, [new(leaf + 1, true, [])]));
        Misunderstood(asking, new AuditProtocol.Keys(1, 1, [new(leaf, false, [])]));
        Misunderstood(asking, new AuditProtocol.Keys(1, 1, [new(leaf, true, [b, a])]));
        Misunderstood(asking, new AuditProtocol.Keys(1, 1, [new(leaf, true, [a, a])]));

        void Misunderstood(AuditSession session, AuditProtocol.Answer answer)
        {
            var step = session.Receive(answer, here);
            Assert.IsType<AuditOutcome.Misunderstood>(step.Session.Outcome);
            Assert.Equal([new AuditEffect.Ended(step.Session.Outcome)], step.Effects);
            Assert.Empty(step.Session.Repeat().Effects);
        }
    }

    [Fact]
    public void Nodes_that_no_tree_of_the_shape_has_are_refused()
    {
        var source = new AuditReplica(16);
        AuditProtocol.Request[] requests =
        [
            new AuditProtocol.AskNodes(1, 1, source.ClockFingerprint, 16, 1, [0]),
            new AuditProtocol.AskNodes(1, 1, source.ClockFingerprint, 16, 0, [1]),
            new AuditProtocol.AskKeys(1, 1, source.ClockFingerprint, 16, [15, 16], default),
        ];

        Assert.All(requests, request =>
            Assert.Equal(new AuditProtocol.Refused(1, 1, AuditProtocol.Refusal.OutOfRange), AuditResponder.Answer(request, source)));
    }

    private static (AuditReplica Here, AuditReplica There) Pair(int keys, int leafCount = MerkleTree.LeafCountDefault)
    {
        var (here, there) = (new AuditReplica(leafCount), new AuditReplica(leafCount));
        for (var number = 0; number < keys; number++)
        {
            here.Put($"key-{number}", item: 1);
            there.Put($"key-{keys - 1 - number}", item: 1);
        }

        return (here, there);
    }

    private static AuditProtocol.Request Request(AuditSession session) =>
        Assert.IsType<AuditEffect.Send>(Assert.Single(session.Repeat().Effects)).Request;

    private static int EntriesOf(AuditProtocol.Message message) => message switch
    {
        AuditProtocol.AskNodes ask => ask.Parents.Length,
        AuditProtocol.AskKeys ask => ask.Leaves.Length,
        AuditProtocol.Nodes nodes => nodes.Hashes.Length,
        AuditProtocol.Keys keys => keys.Leaves.Sum(leaf => leaf.Entries.Length),
        _ => 0,
    };

    // After the opening, which is answered as usual.
    private static Action<AuditProtocol.Request> Once(Action change) => request =>
    {
        if (request.Number == 1) change();
    };

    private static void Equal(IEnumerable<string> expected, IEnumerable<string> actual) =>
        Assert.Equal(expected.Order(StringComparer.Ordinal), actual.Order(StringComparer.Ordinal));
}
