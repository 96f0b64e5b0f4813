using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Core.Tests.DataTypes;

public sealed class OperationErrorTests
{
    private static readonly Key Key = Key.Of("type", "b", "k");
    private static readonly OperationLimits Small = new() { RegisterBytesMax = 10, OperationItemsMax = 3, OperationBytesMax = 20, KeyBytesMax = 100 };

    [Fact(DisplayName = "An operation for another type than the datum's is refused")]
    public void Wrong_type_of_operation() => AssertRefused(
        Replicas.New(0), DataType.Counter, Operation.AddToSet("a"), OperationProblem.WrongType, DataType.Counter, "An operation for a set was sent to a counter.");

    [Fact(DisplayName = "An operation for another type than a field's is refused, and so is a delete of a field")]
    public void Wrong_type_of_field()
    {
        AssertRefused(
            Replicas.New(0), DataType.Map, Operation.UpdateField(DataType.Flag, "f", new Operation.Increment(1)),
            OperationProblem.WrongType, DataType.Flag, "An operation for a counter was sent to a flag.");
        AssertRefused(
            Replicas.New(0), DataType.Map, Operation.UpdateField(DataType.Set, "f", Operation.Delete.Instance),
            OperationProblem.WrongType, DataType.Set, "Delete is for a whole datum; a map's field is removed with the map's remove.");
    }

    [Fact(DisplayName = "A key that holds another type is not written, but it can be deleted")]
    public void Wrong_type_of_key()
    {
        var replica = Replicas.New(0);
        replica.Write(DataType.Set, Key, Operation.AddToSet("a"));

        AssertRefused(replica, DataType.Counter, new Operation.Increment(1), OperationProblem.WrongType, DataType.Set, "The key holds a set, not a counter.");

        replica.Write(DataType.Counter, Key, Operation.Delete.Instance);
        replica.Write(DataType.Counter, Key, new Operation.Increment(1));
        Assert.Equal("1", replica.Value(Key));
    }

    [Theory(DisplayName = "A counter's share that would leave 64 bits is refused; at the edge it is taken")]
    [InlineData(long.MaxValue, 1)]
    [InlineData(long.MinValue, -1)]
    [InlineData(long.MaxValue, long.MaxValue)]
    [InlineData(long.MinValue, long.MinValue)]
    public void Overflow(long share, long by)
    {
        var (replica, other) = (Replicas.New(0), Replicas.New(1));
        replica.Write(DataType.Counter, Key, new Operation.Increment(share));

        AssertRefused(
            replica, DataType.Counter, new Operation.Increment(by), OperationProblem.CounterOverflow, DataType.Counter,
            $"Adding {by} would take this node's share of the counter out of 64 bits. Nothing was added; use smaller steps or another counter.");

        // The sum of shares has 128 bits, and a share at its edge can go back.
        other.Write(DataType.Counter, Key, new Operation.Increment(share));
        Replicas.Sync(replica, other);
        Assert.Equal(((Int128)share * 2).ToString(null, null), replica.Value(Key));
        replica.Write(DataType.Counter, Key, new Operation.Increment(-Math.Sign(by)));
    }

    [Fact(DisplayName = "An overflow within a map refuses the whole map")]
    public void Overflow_within_a_map()
    {
        var replica = Replicas.New(0);
        replica.Write(DataType.Map, Key, Operation.UpdateField(DataType.Counter, "c", new Operation.Increment(long.MaxValue)));

        var update = new Operation.UpdateMap(
            [new(FieldName.Of(DataType.Set, "s"), Operation.AddToSet("a")), new(FieldName.Of(DataType.Counter, "c"), new Operation.Increment(1))], []);
        AssertRefused(replica, DataType.Map, update, OperationProblem.CounterOverflow, DataType.Counter, null);

        Assert.Equal($"{{c_counter={long.MaxValue}}}", replica.Value(Key));
    }

    [Fact(DisplayName = "A field that is named badly or twice is refused")]
    public void Bad_fields()
    {
        var max = OperationLimits.FieldNameBytesMax;
        AssertRefused(
            Replicas.New(0), DataType.Map, Operation.UpdateField(DataType.Flag, new string('n', max + 1), new Operation.SetFlag(true)),
            OperationProblem.BadField, DataType.Map, $"A field's name has {max + 1} bytes; at most {max} are allowed.");
        AssertRefused(
            Replicas.New(0), DataType.Map, Operation.RemoveField(DataType.Flag, new string('n', max + 1)), OperationProblem.BadField, DataType.Map, null);
        AssertRefused(
            Replicas.New(0), DataType.Map, Operation.RemoveField((DataType)99, "n"), OperationProblem.BadField, DataType.Map, "The field 'n' has no known type.");
        var twice = Operation.UpdateField(DataType.Flag, "n", new Operation.SetFlag(true)).Update[0];
        AssertRefused(
            Replicas.New(0), DataType.Map, new Operation.UpdateMap([twice, twice], []),
            OperationProblem.BadField, DataType.Map, "The field 'n_flag' is updated twice in one operation.");

        Replicas.New(0).Write(DataType.Map, Key, Operation.UpdateField(DataType.Flag, new string('n', max), new Operation.SetFlag(true)));
    }

    [Fact(DisplayName = "Maps are nested so deep and no deeper, and the deepest path travels")]
    public void Too_deep()
    {
        var (replica, peer) = (Replicas.New(0), Replicas.New(1));

        AssertRefused(
            replica, DataType.Map, Nested(OperationLimits.DepthMax + 1), OperationProblem.TooDeep, DataType.Map,
            $"Maps are nested more than {OperationLimits.DepthMax} deep.");
        AssertRefused(replica, DataType.Map, Nested(10_000), OperationProblem.TooDeep, DataType.Map, null);

        replica.Write(DataType.Map, Key, Nested(OperationLimits.DepthMax));
        Replicas.Sync(peer, replica);
        Replicas.AssertSame(replica, peer);
        Assert.Contains("=[65]", replica.Value(Key), StringComparison.Ordinal);
    }

    [Fact(DisplayName = "What is too large is refused, what is just not too large is taken")]
    public void Too_large()
    {
        var replica = Replicas.New(0, new ReplicaOptions { Limits = Small });
        var element = OperationLimits.ElementBytesMax;

        AssertRefused(
            replica, DataType.Register, Operation.AssignText(new string('r', 11)), OperationProblem.TooLarge, DataType.Register,
            "A register's value has 11 bytes; at most 10 are allowed.");
        AssertRefused(
            replica, DataType.Set, Operation.AddToSet("1", "2", "3", "4"), OperationProblem.TooLarge, DataType.Set,
            "The operation names 4 elements and fields; at most 3 are allowed in one.");
        AssertRefused(
            replica, DataType.GSet, new Operation.AddToGSet(Operation.Utf8(new string('e', 21))), OperationProblem.TooLarge, DataType.GSet,
            "The operation holds 21 bytes; at most 20 are allowed in one.");
        AssertRefused(
            Replicas.New(1), DataType.Set, Operation.RemoveFromSet(new string('e', element + 1)), OperationProblem.TooLarge, DataType.Set,
            $"An element has {element + 1} bytes; at most {element} are allowed.");
        AssertRefused(
            Replicas.New(1), DataType.Hll, new Operation.AddToHll(Operation.Utf8(new string('e', element + 1))), OperationProblem.TooLarge, DataType.Hll, null);

        Replicas.New(1).Write(DataType.Set, Key, Operation.AddToSet(new string('e', element)));
        replica.Write(DataType.Register, Key, Operation.AssignText(new string('r', 10)));
    }

    [Fact(DisplayName = "A key that is too large takes removes and nothing else")]
    public void Too_large_key()
    {
        var replica = Replicas.New(0, new ReplicaOptions { Limits = Small });
        for (var i = 0; i < 10; i++) replica.Stage(DataType.Set, Key, Operation.AddToSet($"{i} element"), Replicas.Now);
        replica.CommitAll();
        var before = ((DataValue.Elements)replica.Read(Key)!).Items.Count;

        AssertRefused(replica, DataType.Set, Operation.AddToSet("x"), OperationProblem.TooLarge, DataType.Set, null);
        replica.Write(DataType.Set, Key, Operation.RemoveFromSet("0 element", "1 element"));
        replica.Write(DataType.Set, Key, Operation.AddToSet("x"));

        Assert.Equal(before - 1, ((DataValue.Elements)replica.Read(Key)!).Items.Count);
    }

    [Fact(DisplayName = "A remove of something absent is refused without a context, and done already with one")]
    public void Not_present()
    {
        var replica = Replicas.New(0);
        var context = Replicas.Now with { Observed = DotSet.Empty };

        AssertRefused(replica, DataType.Set, Operation.Delete.Instance, OperationProblem.NotPresent, DataType.Set, "Precondition failed: not present: \"the key\"");
        AssertRefused(replica, DataType.Set, Operation.RemoveFromSet("x"), OperationProblem.NotPresent, DataType.Set, "Precondition failed: not present: \"x\"");
        Assert.True(replica.Stage(DataType.Set, Key, Operation.Delete.Instance, context).IsUnchanged);
        replica.Write(DataType.Set, Key, Operation.AddToSet("y"));
        AssertRefused(
            replica, DataType.Set, new Operation.UpdateSet(Operation.Utf8("z"), Operation.Utf8("y", "x")), OperationProblem.NotPresent, DataType.Set, null);
        Assert.True(replica.Stage(DataType.Set, Key, Operation.RemoveFromSet("x"), context).IsUnchanged);
        replica.Write(DataType.Set, Key, Operation.Delete.Instance);

        replica.Write(DataType.Map, Key, Operation.UpdateField(DataType.Set, "s", Operation.AddToSet("a")));
        AssertRefused(
            replica, DataType.Map, Operation.RemoveField(DataType.Counter, "s"), OperationProblem.NotPresent, DataType.Map, "Precondition failed: not present: \"s_counter\"");
        Assert.True(replica.Stage(DataType.Map, Key, Operation.RemoveField(DataType.Counter, "s"), context).IsUnchanged);
        Assert.True(replica.Stage(DataType.Map, Key, Operation.RemoveField(DataType.Set, "s"), context).IsUnchanged);
    }

    [Fact(DisplayName = "A context that has seen more than the replica is refused, and what has to be pulled is named")]
    public void Context_not_seen()
    {
        var (replica, other) = (Replicas.New(0), Replicas.New(1));
        replica.Write(DataType.Set, Key, Operation.AddToSet("a"));
        other.Write(DataType.Set, Key, Operation.AddToSet("a"));
        other.Write(DataType.Set, Key, Operation.AddToSet("b"));
        var observed = replica.Clock.Union(other.Clock);
        var context = Replicas.Now with { Observed = observed };
        var before = replica.Print();

        var result = replica.Stage(DataType.Set, Key, Operation.RemoveFromSet("a"), context);

        Assert.Equal(OperationProblem.ContextNotSeen, result.Error!.Problem);
        Assert.Equal("This replica has not yet seen all that the context has seen. Try again.", result.Error.Sentence);
        Assert.Equal(other.Clock, result.Missing);
        Assert.Equal(before, replica.Print());

        // What is staged counts as seen: the remove cannot become durable before it.
        foreach (var record in other.Missing(replica.Clock, 10_000).Records) Assert.True(replica.Stage(record, out _));
        Assert.Null(replica.Stage(DataType.Set, Key, Operation.RemoveFromSet("a"), context).Error);
        replica.CommitAll();
        Assert.Equal("[62]", replica.Value(Key));
    }

    [Fact(DisplayName = "A replica that may not remove takes adds, increments, enables and assigns, and refuses removes, deletes and disables")]
    public void Needs_state()
    {
        var replica = Replicas.New(0);
        var blind = Replicas.Now with { MayRemove = false };
        const string sentence = "This replica cannot tell what is there to remove: no primary of the key that has its state is reachable. Try again later.";
        (DataType Type, Operation Refused, Operation Taken)[] cases =
        [
            (DataType.Set, new Operation.UpdateSet(Operation.Utf8("a"), Operation.Utf8("a")), Operation.AddToSet("a")),
            (DataType.Flag, new Operation.SetFlag(false), new Operation.SetFlag(true)),
            (DataType.Map, Operation.RemoveField(DataType.Set, "s"), Operation.UpdateField(DataType.Counter, "c", new Operation.Increment(1))),
            (DataType.Map, Operation.UpdateField(DataType.Flag, "f", new Operation.SetFlag(false)), Operation.UpdateField(DataType.Register, "r", Operation.AssignText("x"))),
            (DataType.Counter, Operation.Delete.Instance, new Operation.Increment(1)),
            (DataType.Register, Operation.Delete.Instance, Operation.AssignText("x")),
            (DataType.Hll, Operation.Delete.Instance, new Operation.AddToHll(Operation.Utf8("x"))),
            (DataType.GSet, Operation.Delete.Instance, new Operation.AddToGSet(Operation.Utf8("x"))),
        ];

        for (var i = 0; i < cases.Length; i++)
        {
            var key = Key.Of("type", "b", $"{i}");
            Assert.Null(replica.Stage(cases[i].Type, key, cases[i].Taken, blind).Error);
            replica.CommitAll();
            var before = replica.Print();

            var error = replica.Stage(cases[i].Type, key, cases[i].Refused, blind).Error;

            Assert.Equal((OperationProblem.NeedsState, sentence), (error!.Problem, error.Sentence));
            Assert.Equal(before, replica.Print());
        }
    }

    [Fact(DisplayName = "The default context may not remove: who forgets to say so errs on the safe side")]
    public void The_default_context_may_not_remove() => Assert.False(default(WriteContext).MayRemove);

    private static Operation Nested(int depth)
    {
        Operation operation = Operation.AddToSet("e");
        for (var i = 0; i < depth; i++) operation = Operation.UpdateField(i == 0 ? DataType.Set : DataType.Map, new string('n', 1_024), operation);
        return operation;
    }

    /// <summary>Refused, and nothing happened: neither clock nor state moved, and the next delta takes the next dot.</summary>
    private static void AssertRefused(Replica replica, DataType type, Operation operation, OperationProblem problem, DataType at, string? sentence)
    {
        var before = replica.Print();
        var last = replica.Clock.LastOf(replica.Self);

        var result = replica.Stage(type, Key, operation, Replicas.Now);

        Assert.NotNull(result.Error);
        Assert.Equal((problem, at), (result.Error.Problem, result.Error.Type));
        if (sentence is not null) Assert.Equal(sentence, result.Error.Sentence);
        Assert.False(string.IsNullOrEmpty(result.Error.Sentence));
        Assert.Null(result.Delta);
        Assert.Null(result.Missing);
        Assert.False(result.IsUnchanged);
        Assert.Equal(before, replica.Print());
        var next = replica.Stage(DataType.Flag, Key.Of("flags", "b", "next"), new Operation.SetFlag(true), Replicas.Now).Delta!;
        Assert.Equal(last + 1, next.First);
        replica.CommitAll();
        replica.Write(DataType.Flag, Key.Of("flags", "b", "next"), Operation.Delete.Instance);
    }
}
