using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Core.Tests.Kernel;

public sealed class TransferTests
{
    [Fact(DisplayName = "A transfer brings what is there, takes away what is gone, and keeps what its source has not seen")]
    public void A_transfer_is_a_join()
    {
        var (source, target) = (Replicas.New(0), Replicas.New(1));
        source.Write(DataType.Set, Name(0), Operation.AddToSet("a"));
        source.Write(DataType.Set, Name(1), Operation.AddToSet("b"));
        Replicas.Sync(target, source);
        source.Write(DataType.Set, Name(0), Operation.Delete.Instance);
        source.Write(DataType.Set, Name(2), Operation.AddToSet("c"));
        target.Write(DataType.Set, Name(3), Operation.AddToSet("d"));
        target.Write(DataType.Set, Name(2), Operation.AddToSet("e"));

        Replicas.Feed(target, Replicas.Everything(source, 1, bytesMax: 1));

        Assert.Equal(["nothing", "[62]", "[63,65]", "[64]"], Enumerable.Range(0, 4).Select(i => target.Value(Name(i))));
        Assert.True(target.Clock.Dominates(source.Clock));
        Replicas.AssertAuditIsTrue(target);
        Replicas.Sync(source, target);
        Replicas.AssertSame(source, target);
    }

    [Fact(DisplayName = "Chunks count only with their end, and only all of them")]
    public void Chunks_count_only_together()
    {
        var source = Source(10);
        var records = Replicas.Everything(source, 1, bytesMax: 1);
        var target = Replicas.New(1);
        var before = target.Print();

        Replicas.Feed(target, records[..5]);
        Assert.False(target.Stage(records[^1], out var error));

        Assert.Contains("every chunk", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(before, target.Print());
        Assert.Equal((1UL, 5), target.Incoming);
        Replicas.Feed(target, records[5..]);
        Replicas.AssertSame(source, target);
        Assert.Null(target.Incoming);
    }

    [Fact(DisplayName = "Chunks that come twice or too early are ignored and can come again")]
    public void Chunks_out_of_order_are_ignored()
    {
        var source = Source(10);
        var records = Replicas.Everything(source, 1, bytesMax: 1);
        var target = Replicas.New(1);

        Replicas.Feed(target, [records[3], records[0], records[0], records[2], records[1], records[0], .. records[2..]]);

        Replicas.AssertSame(source, target);
    }

    [Fact(DisplayName = "A new transfer takes the place of one that broke off, also where its source holds no key at all")]
    public void A_new_transfer_replaces_the_old()
    {
        var (source, emptied, target) = (Source(10), Source(3), Replicas.New(1));
        var first = Replicas.Everything(source, 1, bytesMax: 1);
        foreach (var key in emptied.Keys.ToList()) emptied.Write(DataType.Set, key, Operation.Delete.Instance);
        Replicas.Feed(target, first[..4]);

        Replicas.Feed(target, Replicas.Everything(emptied, 2));

        Assert.Equal(0, target.KeyCount);
        Replicas.AssertSame(emptied, target);
        Assert.False(target.Stage(first[^1], out _));
        Replicas.Feed(target, Replicas.Everything(source, 3));
    }

    [Fact(DisplayName = "A frozen replica stands still while its owner goes on")]
    public void A_frozen_replica_stands_still()
    {
        var source = Source(5);
        var (frozen, then) = (source.Freeze(1), Replicas.Everything(source, 1).Select(record => Show.Hex(record.Bytes)).ToList());

        foreach (var key in source.Keys.ToList()) source.Write(DataType.Set, key, Operation.Delete.Instance);
        source.Write(DataType.Set, Name(77), Operation.AddToSet("new"));

        Assert.Equal(then, ((Record[])[frozen.Chunk(0, 10_000, out _), frozen.End()]).Select(record => Show.Hex(record.Bytes)));
    }

    private static Key Name(int i) => Key.Of("sets", "b", $"k{i}");

    private static Replica Source(int keys)
    {
        var source = Replicas.New(0);
        for (var i = 0; i < keys; i++) source.Write(DataType.Set, Name(i), Operation.AddToSet("a", $"{i}"));
        return source;
    }
}
