using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Core.Tests.Kernel;

/// <summary>Counter-examples that were found once, where folds, trims and bounds meet.</summary>
public sealed class FoldCounterExamples
{
    private static readonly Key K = Key.Of("sets", "b", "k");
    private static readonly Key J = Key.Of("sets", "b", "j");

    [Fact(DisplayName = "An entry that is trimmed in part and then forgotten leaves no hole in the log")]
    public void A_trim_in_part_and_then_the_bound()
    {
        var node = Replicas.New(0, new ReplicaOptions { LogDeltaBytesMax = 1 });
        Add(node, K, "x");              // 1-2
        Add(node, J, "x");              // 3-4
        Add(node, K, "y");              // 5
        var peer = Replicas.New(1, new ReplicaOptions { LogEntriesMax = 2 });
        Replicas.Sync(peer, node);      // key states: K has 1-2 and 5
        peer.Trim(DotSet.Of(node.Self, 1, 4));
        Add(peer, Key.Of("sets", "b", "l"), "z");
        Add(peer, Key.Of("sets", "b", "m"), "z"); // K's entry goes
        var third = DotSet.Of(node.Self, 1, 4);
        Assert.NotEqual(SyncNeed.Nothing, peer.Missing(third, 1000).Need);
    }

    [Fact(DisplayName = "A fallback that is told of a fold can hand all of it on")]
    public void A_fold_is_told_whole()
    {
        var node = new Replica(Life(1));
        var d1 = Rec(node.Write(DataType.Counter, J, new Operation.Increment(5)));
        NewLife(node, Life(2));
        Add(node, K, "red");
        var primary = Replicas.New(1);
        Replicas.Sync(primary, node);
        NewLife(node, Life(3));
        Fold(node);
        var fallback = Replicas.New(2);
        Replicas.Feed(fallback, [d1]);
        Replicas.Feed(fallback, node.FoldsFor(fallback.Clock)); // what Offer is answered with
        Replicas.Sync(primary, fallback);
        node.Write(DataType.Set, K, Operation.RemoveFromSet("red"));
        Replicas.Sync(primary, node);
        Assert.Equal(node.Clock, primary.Clock);
        Assert.Equal(node.Value(K), primary.Value(K));
    }

    [Fact(DisplayName = "Dots of an id that come after its fold are folded once, not again and again")]
    public void Late_dots_of_a_folded_id()
    {
        var node = new Replica(Life(1));
        var other = new Replica(Life(1));
        Replicas.Feed(other, [Rec(Add(node, K, "x"))]);
        var late = Rec(Add(other, K, "y"));
        NewLife(node, Life(2));
        Fold(node);
        Replicas.Feed(node, [late]);
        for (var i = 0; i < 5 && node.TryStageFold(); i++) node.CommitAll();
        Assert.Empty(node.AbandonedIds);
    }

    [Fact(DisplayName = "News of a fold come in the first part of a sync, however small the parts")]
    public void Folds_come_first()
    {
        var node = new Replica(Life(1, "c"), new ReplicaOptions { LogDeltaBytesMax = 1 });
        Add(node, K, "x");
        var peer = Replicas.New(4);
        Replicas.Sync(peer, node);
        NewLife(node, Life(2, "c"));
        Fold(node);
        var a = Replicas.New(0);
        Replicas.Feed(node, [Rec(Add(a, K, "y"))]);
        for (var i = 0; i < 20 && !peer.Clock.Equals(node.Clock); i++)
        {
            foreach (var record in peer.Clock.Equals(node.Clock) ? [] : node.Missing(peer.Clock, 1).Records) { peer.Stage(record, out _); peer.CommitAll(); }
        }

        Assert.Equal(node.Clock, peer.Clock);
    }

    [Fact(DisplayName = "A log entry that is known in part by new names leaves no hole when the rest gets them")]
    public void Log_entries_known_in_part_by_new_names()
    {
        var node = new Replica(Life(1), new ReplicaOptions { LogDeltaBytesMax = 1 });
        var d1 = Rec(Add(node, K, "x"));
        Add(node, K, "y");
        var late = Replicas.New(1);
        Replicas.Sync(late, node);          // one range of K: 1-3
        NewLife(node, Life(2));
        Assert.True(node.TryStageFold());
        var fold = node.CommitAll().Records[0];
        var p = Replicas.New(2);
        Replicas.Feed(p, [fold, d1]);       // two of the three, under new names
        var states = new KeyStates.Builder(p.Table, p.Clock, DotSet.Empty);
        states.Add(K, p.Trees[K], p.LoggedDotsOf(K));
        Replicas.Feed(late, [states.Build(), fold]);
        Assert.NotEqual(SyncNeed.Nothing, late.Missing(DotSet.Empty, 10000).Need);
    }

    [Fact(DisplayName = "A snapshot brings the names that lost against others, too")]
    public void The_loser_of_two_folds()
    {
        var node = new Replica(Life(1));
        Add(node, K, "x", "y"); // 1-3
        NewLife(node, Life(2));
        Fold(node);
        Replicas.Feed(node, [new Fold(Life(3), 9, [new FoldedId(Life(1), 1, 3, 5)]).ToRecord()]);
        var again = Replicas.New(1);
        Replicas.Feed(again, node.Snapshot(1000));
        var loser = DotSet.Of(Life(3), 5, 7);
        Assert.Equal(node.Resolve(loser), again.Resolve(loser));
    }

    [Fact(DisplayName = "A log entry that reaches beyond the end of a fold leaves no hole")]
    public void Log_entries_across_the_end_of_a_fold()
    {
        var node = new Replica(Life(1), new ReplicaOptions { LogDeltaBytesMax = 1 });
        Add(node, K, "x", "y", "z");        // 1-4
        var late = Replicas.New(1);
        Replicas.Sync(late, node);
        Replicas.Feed(late, [new Fold(Life(2), 9, [new FoldedId(Life(1), 1, 2, 1)]).ToRecord()]);
        Assert.NotEqual(SyncNeed.Nothing, late.Missing(DotSet.Empty, 10000).Need);
    }

    [Fact(DisplayName = "Folds that lead in a ring do not send anybody round it")]
    public void Folds_in_a_ring()
    {
        var node = Replicas.New(3);

        Replicas.Feed(node,
        [
            new Fold(Life(2), 10, [new FoldedId(Life(1), 1, 3, 1)]).ToRecord(),
            new Fold(Life(1), 10, [new FoldedId(Life(2), 1, 3, 1)]).ToRecord(),
            Rec(Add(new Replica(Life(1)), K, "x")),
        ]);

        Assert.Equal("[78]", node.Value(K));
    }

    [Fact(DisplayName = "A snapshot of an emptied replica that knows a fold gives an empty replica that knows it")]
    public void An_emptied_replica_comes_back_empty()
    {
        var node = new Replica(Life(1));
        Add(node, K, "x");
        NewLife(node, Life(2));
        Fold(node);
        var fallback = Replicas.New(1);
        Replicas.Sync(fallback, node);
        fallback.StageEmptied();
        fallback.CommitAll();
        var again = Replicas.New(1);

        Replicas.Feed(again, fallback.Snapshot(1000));

        Assert.True(again.Clock.IsEmpty);
        Assert.Equal(fallback.Resolve(DotSet.Of(Life(1), 1, 2)), again.Resolve(DotSet.Of(Life(1), 1, 2)));
    }

    [Fact(DisplayName = "A counter that a peer gone bad has used up is refused to writers, and does not make records that nobody can read")]
    public void A_used_up_counter()
    {
        var evil = Replicas.New(0);
        var record = new Core.Wire.WireWriter(16);
        record.WriteByte(1);
        record.WriteVarint((ulong)DotSet.CounterMax - 4);
        Replicas.Feed(evil, [new Record(RecordKind.Emptied, record.ToArray())]);

        var result = evil.Stage(DataType.Set, K, Operation.AddToSet("x"), Replicas.Now);

        Assert.Equal(OperationProblem.TooLarge, result.Error?.Problem);
        Assert.False(evil.HasPending);
    }

    private static ReplicaId Life(ulong generation, string node = "a") => new(NodeName.Of(node), generation);

    private static Record Rec(Delta? delta) => new(RecordKind.Delta, delta!.Bytes);

    private static Delta Add(Replica replica, Key key, params string[] elements) => replica.Write(DataType.Set, key, Operation.AddToSet(elements))!;

    private static void NewLife(Replica replica, ReplicaId id)
    {
        replica.StageIdentity(id);
        replica.CommitAll();
    }

    private static void Fold(Replica replica)
    {
        Assert.True(replica.TryStageFold());
        replica.CommitAll();
    }
}
