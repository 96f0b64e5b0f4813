using GossipCluster.Core.Audit;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Core.Tests.DataTypes;

/// <summary>What the contract promises of concurrent writes, one sentence a test. The histories cover the rest.</summary>
public sealed class ConcurrencyTests
{
    private static readonly Key Key = Key.Of("type", "b", "k");

    [Fact(DisplayName = "A delete concurrent with an increment keeps the whole share of the node that incremented")]
    public void A_delete_keeps_a_share_that_moved()
    {
        var (a, b) = Pair(DataType.Counter, new Operation.Increment(5), new Operation.Increment(7));

        a.Write(DataType.Counter, Key, Operation.Delete.Instance);
        b.Write(DataType.Counter, Key, new Operation.Increment(1));

        AssertBoth("8", a, b);
    }

    [Fact(DisplayName = "An add wins over a concurrent remove, and a remove that has seen the add wins over it for good")]
    public void Adds_win_and_observed_removes_stay()
    {
        var (a, b) = Pair(DataType.Set, Operation.AddToSet("x", "y"), Operation.AddToSet("z"));
        var old = a.Missing(Core.Causality.DotSet.Empty, 10_000).Records;

        a.Write(DataType.Set, Key, Operation.RemoveFromSet("x", "y"));
        b.Write(DataType.Set, Key, Operation.AddToSet("x"));

        AssertBoth("[78,7a]", a, b);
        Replicas.Feed(a, old);
        Assert.Equal("[78,7a]", a.Value(Key));
    }

    [Fact(DisplayName = "A remove with a context takes away what the context had seen and nothing else")]
    public void A_remove_takes_what_was_seen()
    {
        var replica = Replicas.New(0);
        replica.Write(DataType.Set, Key, Operation.AddToSet("x", "y"));
        var seen = replica.Clock;
        replica.Write(DataType.Set, Key, Operation.AddToSet("x"));

        replica.Write(DataType.Set, Key, Operation.RemoveFromSet("x", "y"), seen);

        Assert.Equal("[78]", replica.Value(Key));
        Assert.True(replica.Stage(DataType.Set, Key, Operation.RemoveFromSet("x", "y"), Replicas.Now with { Observed = seen }).IsUnchanged);
    }

    [Fact(DisplayName = "An element that is added and removed in one request is added")]
    public void Add_and_remove_in_one_request_adds()
    {
        var (a, b) = Pair(DataType.Set, Operation.AddToSet("x"), Operation.AddToSet("y"));

        a.Write(DataType.Set, Key, new Operation.UpdateSet(Operation.Utf8("x"), Operation.Utf8("x", "y")), a.Clock);

        AssertBoth("[78]", a, b);
    }

    [Fact(DisplayName = "Of registers written concurrently the greatest timestamp wins, then the dot; the others stay to be read; a later write takes the place of all")]
    public void The_latest_register_wins()
    {
        var (a, b, c) = (Replicas.New(0), Replicas.New(1), Replicas.New(2));
        Assign(a, "early", 5);
        Assign(b, "late", 9);
        Assign(c, "late too", 9);

        Replicas.Sync(a, b);
        Replicas.Sync(a, c);

        Assert.Equal(
            ["late too", "late", "early"],
            ((DataValue.Register)a.Read(Key)!).Versions.Select(version => System.Text.Encoding.UTF8.GetString(version.Value.Span)));
        Assign(a, "over all, though the clock is behind", 1);
        Replicas.Sync(b, a);
        Assert.Equal(Show.Hex(Show.Utf8("over all, though the clock is behind")) + "@1", b.Value(Key));

        static void Assign(Replica replica, string text, long at)
        {
            Assert.Null(replica.Stage(DataType.Register, Key, Operation.AssignText(text), Replicas.Now with { Now = new DateTimeOffset(at, TimeSpan.Zero) }).Error);
            replica.CommitAll();
        }
    }

    [Fact(DisplayName = "An enable wins over a concurrent disable")]
    public void Enables_win()
    {
        var (a, b) = Pair(DataType.Flag, new Operation.SetFlag(true), new Operation.SetFlag(true));

        a.Write(DataType.Flag, Key, new Operation.SetFlag(false));
        AssertBoth("false", a, b, syncOnly: true);
        a.Write(DataType.Flag, Key, new Operation.SetFlag(false));
        b.Write(DataType.Flag, Key, new Operation.SetFlag(true));

        AssertBoth("true", a, b);
    }

    [Fact(DisplayName = "A field updated concurrently with its removal stays with only what the remover had not seen")]
    public void A_field_stays_with_what_was_not_seen()
    {
        var (a, b) = Pair(
            DataType.Map,
            new Operation.UpdateMap(
                [
                    new(FieldName.Of(DataType.Set, "s"), Operation.AddToSet("Russell")),
                    new(FieldName.Of(DataType.Counter, "c"), new Operation.Increment(3)),
                    new(FieldName.Of(DataType.Flag, "f"), new Operation.SetFlag(true)),
                    new(FieldName.Of(DataType.Map, "m"), Operation.UpdateField(DataType.Register, "r", Operation.AssignText("old"))),
                ],
                []),
            Operation.UpdateField(DataType.Counter, "c", new Operation.Increment(10)));

        a.Write(DataType.Map, Key, new Operation.UpdateMap(
            [], [FieldName.Of(DataType.Set, "s"), FieldName.Of(DataType.Counter, "c"), FieldName.Of(DataType.Flag, "f"), FieldName.Of(DataType.Map, "m")]));
        b.Write(DataType.Map, Key, Operation.UpdateField(DataType.Set, "s", Operation.AddToSet("Sam")));
        b.Write(DataType.Map, Key, Operation.UpdateField(DataType.Counter, "c", new Operation.Increment(1)));
        b.Write(DataType.Map, Key, Operation.UpdateField(DataType.Map, "m", Operation.UpdateField(DataType.Set, "t", Operation.AddToSet("new"))));

        AssertBoth($"{{c_counter=11 m_map={{t_set=[{Show.Hex(Show.Utf8("new"))}]}} s_set=[{Show.Hex(Show.Utf8("Sam"))}]}}", a, b);
    }

    [Fact(DisplayName = "A field removed and updated in one request is left with the update alone")]
    public void Remove_acts_before_update()
    {
        var replica = Replicas.New(0);
        var (set, counter, map) = (FieldName.Of(DataType.Set, "s"), FieldName.Of(DataType.Counter, "c"), FieldName.Of(DataType.Map, "m"));
        replica.Write(DataType.Map, Key, new Operation.UpdateMap(
            [new(set, Operation.AddToSet("X", "Y")), new(counter, new Operation.Increment(5)), new(map, Operation.UpdateField(DataType.Flag, "f", new Operation.SetFlag(true)))], []));

        replica.Write(DataType.Map, Key, new Operation.UpdateMap(
            [new(set, Operation.AddToSet("Z")), new(counter, new Operation.Increment(2)), new(map, Operation.UpdateField(DataType.Set, "g", Operation.AddToSet()))],
            [set, counter, map, set]));

        Assert.Equal("{c_counter=2 m_map={g_set=[]} s_set=[5a]}", replica.Value(Key));
    }

    [Fact(DisplayName = "Any update makes a field present, also one that leaves it empty; only a remove takes it away")]
    public void Any_update_makes_present()
    {
        var replica = Replicas.New(0);
        replica.Write(DataType.Map, Key, new Operation.UpdateMap(
            [
                new(FieldName.Of(DataType.Counter, "f"), new Operation.Increment(0)),
                new(FieldName.Of(DataType.Set, "f"), Operation.AddToSet("x")),
                new(FieldName.Of(DataType.GSet, "f"), new Operation.AddToGSet([])),
                new(FieldName.Of(DataType.Flag, "f"), new Operation.SetFlag(false)),
                new(FieldName.Of(DataType.Hll, "f"), new Operation.AddToHll([])),
                new(FieldName.Of(DataType.Map, "f"), new Operation.UpdateMap([], [])),
                new(FieldName.Of(DataType.Register, "f"), Operation.AssignText("")),
            ],
            []));
        replica.Write(DataType.Map, Key, Operation.UpdateField(DataType.Set, "f", Operation.RemoveFromSet("x")));

        Assert.Equal("{f_counter=0 f_flag=false f_gset=[] f_hll=~0 f_map={} f_register=@1000 f_set=[]}", replica.Value(Key));

        foreach (var type in Enum.GetValues<DataType>()) replica.Write(DataType.Map, Key, Operation.RemoveField(type, "f"));
        Assert.Equal("{}", replica.Value(Key));
    }

    [Theory(DisplayName = "A datum of any type exists after an update that leaves it empty, and nothing is left of it after its delete")]
    [InlineData(DataType.Counter, "0")]
    [InlineData(DataType.Set, "[]")]
    [InlineData(DataType.GSet, "[]")]
    [InlineData(DataType.Register, "@1000")]
    [InlineData(DataType.Flag, "false")]
    [InlineData(DataType.Hll, "~0")]
    [InlineData(DataType.Map, "{}")]
    public void An_empty_datum_exists_and_a_deleted_one_does_not(DataType type, string value)
    {
        var (a, b) = (Replicas.New(0), Replicas.New(1));
        Operation empty = type switch
        {
            DataType.Counter => new Operation.Increment(0),
            DataType.Set => new Operation.UpdateSet([], []),
            DataType.GSet => new Operation.AddToGSet([]),
            DataType.Register => Operation.AssignText(""),
            DataType.Flag => new Operation.SetFlag(false),
            DataType.Hll => new Operation.AddToHll([]),
            _ => new Operation.UpdateMap([], []),
        };
        a.Write(type, Key, empty);
        Replicas.Sync(b, a);
        Assert.Equal(value, b.Value(Key));
        Assert.True(b.Has(Key));

        b.Write(type, Key, Operation.Delete.Instance);

        AssertBoth("nothing", a, b);
        Assert.Equal((0, new MerkleTree().Root), (a.KeyCount, a.AuditSource.Tree.Root));
        Assert.Empty(a.Keys);
    }

    /// <summary>Two replicas that have both writes, one of each.</summary>
    private static (Replica A, Replica B) Pair(DataType type, Operation byA, Operation byB)
    {
        var (a, b) = (Replicas.New(0), Replicas.New(1));
        a.Write(type, Key, byA);
        Replicas.Sync(b, a);
        b.Write(type, Key, byB);
        Replicas.Sync(a, b);
        return (a, b);
    }

    private static void AssertBoth(string value, Replica a, Replica b, bool syncOnly = false)
    {
        Replicas.Sync(a, b);
        Replicas.Sync(b, a);
        Assert.Equal(value, a.Value(Key));
        Replicas.AssertSame(a, b);
        if (!syncOnly) Replicas.AssertAuditIsTrue(a);
    }
}
