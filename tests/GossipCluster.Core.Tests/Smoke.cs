using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;
namespace GossipCluster.Core.Tests;
public sealed class Smoke
{
    [Fact]
    public void It_runs()
    {
        var a = new Replica(new ReplicaId(NodeName.Of("a"), 1));
        var b = new Replica(new ReplicaId(NodeName.Of("b"), 2));
        var key = Key.Of("counters", "b", "k");
        var ctx = new WriteContext(DateTimeOffset.UnixEpoch);
        for (var i = 0; i < 3; i++) { a.Stage(DataType.Counter, key, new Operation.Increment(5), ctx); a.Commit(a.Seal()); }
        b.Stage(DataType.Counter, key, new Operation.Increment(-1), ctx);
        var set = Key.Of("sets", "b", "k");
        var e = Enumerable.Range(0, 5000).Select(i => "element" + (i * 7919 % 5000)).ToArray();
        b.Stage(DataType.Set, set, Operation.AddToSet(e), ctx); b.Commit(b.Seal());
        foreach (var x in e.Take(4000)) b.Stage(DataType.Set, set, Operation.RemoveFromSet(x), ctx);
        b.Commit(b.Seal());
        Sync(a, b); Sync(b, a);
        Assert.Equal(a.Clock, b.Clock);
        Assert.Equal(14, (long)((DataValue.Counter)a.Read(key)!).Sum);
        Assert.Equal(1000, ((DataValue.Elements)a.Read(set)!).Items.Count);
        Assert.Equal(a.AuditSource.Tree.Root, b.AuditSource.Tree.Root);
        var m = Key.Of("maps", "b", "m");
        var r = a.Stage(DataType.Map, m, Operation.UpdateField(DataType.Map, "x", Operation.UpdateField(DataType.Register, "r", Operation.AssignText("hi"))), ctx);
        Assert.Null(r.Error); a.Commit(a.Seal()); Sync(b, a);
        Assert.Equal(a.Clock, b.Clock); Assert.NotNull(b.Read(m));
        Assert.Null(b.Stage(DataType.Map, m, Operation.Delete.Instance, ctx with { Observed = b.Clock }).Error); b.Commit(b.Seal());
        Assert.Null(b.Read(m));
        var c = new Replica(new ReplicaId(NodeName.Of("c"), 3));
        foreach (var rec in b.Snapshot(2000)) { Assert.True(c.Stage(rec, out var err), err.ToString()); c.Commit(c.Seal()); }
        Assert.Equal(c.Clock, b.Clock); Assert.Equal(c.AuditSource.Tree.Root, b.AuditSource.Tree.Root); Assert.Equal(b.Self, c.Self);
    }
    private static void Sync(Replica to, Replica from)
    {
        var ans = from.Missing(to.Clock, 1000);
        while (ans.Need == SyncNeed.Records)
        {
            foreach (var rec in ans.Records) Assert.True(to.Stage(rec, out var err), err.ToString());
            to.Commit(to.Seal());
            ans = from.Missing(to.Clock, 1000);
        }
        Assert.Equal(SyncNeed.Nothing, ans.Need);
    }
}
