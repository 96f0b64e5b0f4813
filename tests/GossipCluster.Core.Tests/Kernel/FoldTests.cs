using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Tests.Kernel;

/// <summary>The dots of abandoned ids get new names; nothing else changes, for nobody, in whatever order the news come.</summary>
public sealed class FoldTests
{
    private static readonly Key Visits = Key.Of("counters", "b", "visits");
    private static readonly Key Tags = Key.Of("sets", "b", "tags");

    [Fact(DisplayName = "A fold is this record, byte for byte")]
    public void Golden_bytes()
    {
        var fold = new Fold(Life(2), 4, [new FoldedId(Life(1), 1, 3, 1)]);

        Assert.Equal("0101610200000000000000040101610100000000000000010301", Show.Hex(fold.ToRecord().Bytes));
    }

    [Fact(DisplayName = "After a fold the values are the same and the clock has one run for the node")]
    public void A_fold_changes_names_only()
    {
        var node = InSecondLife(out _);
        var before = node.Value(Tags);

        Assert.True(node.TryStageFold());
        node.CommitAll();

        Assert.Equal(before, node.Value(Tags));
        Assert.Equal("5", node.Value(Visits));
        Assert.Empty(node.AbandonedIds);
        Assert.Equal([Life(2)], node.Clock.Replicas);
        Assert.Equal(1, node.Clock.RangeCount);
    }

    [Fact(DisplayName = "The next increment sums the shares of earlier lives into one")]
    public void Shares_become_one()
    {
        var node = InSecondLife(out _);
        node.Write(DataType.Counter, Visits, new Operation.Increment(1));
        Assert.Equal(2, node.ItemCount(Visits));
        node.TryStageFold();
        node.CommitAll();

        node.Write(DataType.Counter, Visits, new Operation.Increment(1));

        Assert.Equal("7", node.Value(Visits));
        Assert.Equal(1, node.ItemCount(Visits));
    }

    [Fact(DisplayName = "A delta under old names that comes after the news of the fold is understood, and told twice changes nothing")]
    public void Old_names_are_understood()
    {
        var node = InSecondLife(out var deltas);
        node.TryStageFold();
        var fold = node.CommitAll().Records[0];
        var peer = Replicas.New(1);
        Replicas.Feed(peer, [fold]);

        Replicas.Feed(peer, [.. deltas, .. deltas]);

        Assert.Equal(node.Clock, peer.Clock);
        AssertSame(node, peer);
    }

    [Fact(DisplayName = "Whoever removed under the old name, before the news of the fold, has removed under the new one")]
    public void A_remove_under_the_old_name_counts()
    {
        var node = InSecondLife(out _);
        var peer = Replicas.New(1);
        Replicas.Sync(peer, node);
        peer.Write(DataType.Set, Tags, Operation.RemoveFromSet("red"));
        node.TryStageFold();
        node.CommitAll();

        Replicas.Sync(peer, node);
        Replicas.Sync(node, peer);

        Assert.Equal(node.Clock, peer.Clock);
        AssertSame(node, peer);
        Assert.DoesNotContain("red", ((DataValue.Elements)node.Read(Tags)!).Texts);
    }

    [Fact(DisplayName = "A dot that came under its new name before the news of the fold, and is dead under its old one, is dead")]
    public void A_dot_known_by_both_names_is_one()
    {
        var node = InSecondLife(out _);
        var (peer, late) = (Replicas.New(1), Replicas.New(2));
        Replicas.Sync(late, node);
        late.Write(DataType.Set, Tags, Operation.RemoveFromSet("red"));
        node.TryStageFold();
        var fold = node.CommitAll().Records[0];
        Replicas.Sync(peer, node);

        // A key state under new names reaches the one that knows only the old ones.
        var states = new KeyStates.Builder(peer.Table, peer.Clock, DotSet.Empty);
        states.Add(Tags, peer.Trees[Tags], peer.LoggedDotsOf(Tags));
        Replicas.Feed(late, [states.Build()]);
        Replicas.Feed(late, [fold]);

        Replicas.Sync(node, late);
        Replicas.Sync(late, node);
        Assert.Equal(node.Clock, late.Clock);
        AssertSame(node, late);
        Assert.DoesNotContain("red", ((DataValue.Elements)late.Read(Tags)!).Texts);
    }

    [Fact(DisplayName = "A context from before the fold still covers what it covered")]
    public void An_old_context_still_removes()
    {
        var node = InSecondLife(out _);
        var observed = node.Clock;
        node.TryStageFold();
        node.CommitAll();

        node.Write(DataType.Set, Tags, Operation.RemoveFromSet("red"), observed);

        Assert.DoesNotContain("red", ((DataValue.Elements)node.Read(Tags)!).Texts);
    }

    [Fact(DisplayName = "Two folds of one id by lives that did not know of each other become one, whichever comes first")]
    public void Folded_twice()
    {
        var node = InSecondLife(out var deltas);
        node.TryStageFold();
        var one = node.CommitAll().Records[0];
        var other = new Fold(Life(3), 9, [new FoldedId(Life(1), 1, node.Clock.LastOf(Life(2)) - 1, 1)]).ToRecord();
        var (first, second) = (Replicas.New(1), Replicas.New(2));

        Replicas.Feed(first, [.. deltas, one, other]);
        Replicas.Feed(second, [other, .. deltas, one]);

        Assert.Equal(first.Clock, second.Clock);
        AssertSame(first, second);
        Assert.Equal("5", first.Value(Visits));
    }

    [Fact(DisplayName = "A thousand lives later the first names are still understood, by way of one renaming each")]
    public void Names_lead_on()
    {
        var node = InSecondLife(out var deltas);
        for (var life = 3UL; life < 1000; life++)
        {
            node.TryStageFold();
            node.CommitAll();
            node.StageIdentity(Life(life));
            node.CommitAll();
        }

        node.TryStageFold();
        node.CommitAll();
        Replicas.Feed(node, deltas);

        Assert.Equal("5", node.Value(Visits));
        Assert.Equal(1, node.Clock.RangeCount);
        Assert.All(node.Table.Renamings, renaming => Assert.Equal(Life(999), node.Table[renaming.To]));
    }

    [Fact(DisplayName = "A snapshot and a full transfer bring the folds along")]
    public void Folds_are_in_snapshots_and_transfers()
    {
        var node = InSecondLife(out var deltas);
        node.TryStageFold();
        node.CommitAll();
        var (restored, filled) = (Replicas.New(5), Replicas.New(1));

        Replicas.Feed(restored, [.. node.Snapshot(100)]);
        Replicas.Feed(filled, Replicas.Everything(node, 7, 100));
        Replicas.Feed(restored, deltas);
        Replicas.Feed(filled, deltas);

        Assert.Equal(node.Clock, restored.Clock);
        Assert.Equal(node.Clock, filled.Clock);
        AssertSame(node, restored);
        AssertSame(node, filled);
    }

    [Fact(DisplayName = "A reader of two replicas, of which one knows the fold, sees each dot once")]
    public void A_reader_learns_the_names()
    {
        var node = InSecondLife(out _);
        var peer = Replicas.New(1);
        Replicas.Sync(peer, node);
        node.TryStageFold();
        node.CommitAll();
        node.Write(DataType.Set, Tags, Operation.RemoveFromSet("red"));
        var reader = new KeyReader();

        foreach (var fold in node.FoldsFor(peer.Clock)) Assert.True(reader.TryLearn(fold, out _));
        Assert.True(reader.TryJoin(peer.StateOf(Tags), out _));
        Assert.True(reader.TryJoin(node.StateOf(Tags), out _));

        Assert.Equal(node.Value(Tags), Show.Of(reader.Value));
    }

    [Fact(DisplayName = "A replica that does not know whom it is joined with sends all names along")]
    public void All_names_go_along()
    {
        var node = InSecondLife(out _);
        var peer = Replicas.New(1);
        Replicas.Sync(peer, node);
        node.TryStageFold();
        node.CommitAll();
        var reader = new KeyReader();

        foreach (var fold in node.AllFolds()) Assert.True(reader.TryLearn(fold, out _));
        Assert.True(reader.TryJoin(node.StateOf(Tags), out _));

        Assert.True(reader.Covers(peer.Clock));
        Assert.Equal(node.DigestOf(Tags), reader.Digest);
        Assert.Empty(peer.AllFolds());
    }

    [Theory(DisplayName = "A fold that is none is refused")]
    [InlineData("0201610200000000000000040101610100000000000000010301")] // another version
    [InlineData("0101610200000000000000040101620100000000000000010301")] // an id of another node
    [InlineData("0101610200000000000000040101610200000000000000010301")] // the own id
    [InlineData("0101610200000000000000030101610100000000000000010301")] // names up to the event
    [InlineData("010161020000000000000004010161010000000000000001030100")] // more bytes
    public void Bad_folds_are_refused(string hex)
    {
        var node = Replicas.New(0);

        Assert.False(node.Stage(new Record(RecordKind.Fold, Convert.FromHexString(hex)), out var error));

        Assert.NotEqual(default, error);
        Assert.False(node.HasPending);
    }

    private static ReplicaId Life(ulong generation) => new(NodeName.Of("a"), generation);

    /// <summary>Node a, which named three dots in its first life and is in its second; and the deltas of the first.</summary>
    private static Replica InSecondLife(out List<Record> deltas)
    {
        var node = new Replica(Life(1));
        deltas =
        [
            new Record(RecordKind.Delta, node.Write(DataType.Counter, Visits, new Operation.Increment(5))!.Bytes),
            new Record(RecordKind.Delta, node.Write(DataType.Set, Tags, Operation.AddToSet("red", "blue"))!.Bytes),
        ];
        node.StageIdentity(Life(2));
        node.CommitAll();
        return node;
    }

    private static void AssertSame(Replica one, Replica other)
    {
        Assert.Equal(one.AuditSource.Tree.Root, other.AuditSource.Tree.Root);
        Assert.Equal(one.Value(Visits), other.Value(Visits));
        Assert.Equal(one.Value(Tags), other.Value(Tags));
    }
}
