using CsCheck;
using GossipCluster.Core.DataTypes;

namespace GossipCluster.Core.Tests;

/// <summary>What can happen to a group of replicas.</summary>
public enum StepKind
{
    /// <summary>A client writes.</summary>
    Write,

    /// <summary>The batch being gathered is closed and stays in flight.</summary>
    Seal,

    /// <summary>Everything that is staged becomes durable.</summary>
    Commit,

    /// <summary>Nothing that is staged became durable.</summary>
    Abort,

    /// <summary>A client reads and keeps the clock as its context.</summary>
    Remember,

    /// <summary>A replica gets everything that another has, in parts.</summary>
    Sync,

    /// <summary>A replica gets one part of what another has.</summary>
    SyncPart,

    /// <summary>A delta of any age arrives, perhaps again.</summary>
    Deliver,

    /// <summary>One key is repaired by its state.</summary>
    Repair,

    /// <summary>A replica gets everything by a full transfer.</summary>
    Transfer,

    /// <summary>A replica is built anew from its records.</summary>
    Replay,

    /// <summary>A replica is built anew from a snapshot.</summary>
    Restore,

    /// <summary>A replica learns what all have and trims its log.</summary>
    Trim,
}

/// <summary>One thing that happens. Numbers are taken modulo what there is.</summary>
internal sealed record Step(StepKind Kind, int Replica, int Other, int Key, int Number, Operation Operation)
{
    public override string ToString() => Kind switch
    {
        StepKind.Write => $"Write({Replica}, key {Key}, context {Number}, {Show.Of(Operation)})",
        _ => $"{Kind}({Replica}, {Other}, key {Key}, {Number})",
    };
}

/// <summary>Generators of operations and histories, shared by all tests.</summary>
internal static class Histories
{
    private static readonly string[] Elements = ["", "a", "b", "ab", "\0", "é", "𝄞", new string('z', 60)];
    private static readonly string[] FieldNames = ["", "f", "f_g", "é"];
    private static readonly DataType[] LeafTypes = [DataType.Counter, DataType.Set, DataType.Register, DataType.Flag, DataType.GSet, DataType.Hll];

    public static Gen<IReadOnlyList<ReadOnlyMemory<byte>>> ElementLists { get; } =
        Gen.OneOf(Elements).Array[0, 3].Select(texts => Operation.Utf8(texts));

    /// <summary>Any number of bytes.</summary>
    public static Gen<byte[]> Bytes(int max) => Gen.Byte.Array[0, max];

    public static Gen<Operation> OperationsOf(DataType type, int depth = 0) => type switch
    {
        DataType.Counter => Gen.Frequency((20, Gen.Long[-5, 5]), (1, Gen.OneOf(long.MaxValue, long.MinValue, long.MaxValue / 2)))
            .Select(by => (Operation)new Operation.Increment(by)),
        DataType.Set => Gen.Select(ElementLists, ElementLists, (add, remove) => (Operation)new Operation.UpdateSet(add, remove)),
        DataType.GSet => ElementLists.Select(add => (Operation)new Operation.AddToGSet(add)),
        DataType.Hll => Gen.Int[0, 200].Array[0, 3].Select(numbers => (Operation)new Operation.AddToHll(Operation.Utf8([.. numbers.Select(n => $"e{n}")]))),
        DataType.Register => Gen.OneOf(Elements).Select(text => (Operation)Operation.AssignText(text)),
        DataType.Flag => Gen.Bool.Select(enabled => (Operation)new Operation.SetFlag(enabled)),
        _ => Gen.Select(
            FieldUpdates(depth).Array[0, 3],
            Fields(depth).Array[0, 2],
            (updates, removes) => (Operation)new Operation.UpdateMap([.. updates.DistinctBy(update => update.Field)], removes)),
    };

    /// <summary>Histories of one data type, on two keys; with deletes now and then.</summary>
    public static Gen<Step[]> Of(DataType type, int lengthMax = 80) => Steps(OperationsOf(type)).Array[1, lengthMax];

    private static Gen<Step> Steps(Gen<Operation> operations) =>
        Gen.Select(
            Gen.Frequency(
                (24, Gen.Const(StepKind.Write)),
                (3, Gen.Const(StepKind.Seal)),
                (8, Gen.Const(StepKind.Commit)),
                (2, Gen.Const(StepKind.Abort)),
                (5, Gen.Const(StepKind.Remember)),
                (3, Gen.Const(StepKind.Sync)),
                (3, Gen.Const(StepKind.SyncPart)),
                (10, Gen.Const(StepKind.Deliver)),
                (3, Gen.Const(StepKind.Repair)),
                (1, Gen.Const(StepKind.Transfer)),
                (1, Gen.Const(StepKind.Replay)),
                (1, Gen.Const(StepKind.Restore)),
                (1, Gen.Const(StepKind.Trim))),
            Gen.Int[0, 2],
            Gen.Int[1, 2],
            Gen.Int[0, 1],
            Gen.Int[0, 1_000],
            Gen.Frequency((12, operations), (1, Gen.Const((Operation)Operation.Delete.Instance))),
            (kind, replica, other, key, number, operation) => new Step(kind, replica, (replica + other) % 3, key, number, operation));

    private static Gen<FieldName> Fields(int depth) =>
        Gen.Select(Gen.OneOf(depth < 2 ? [.. LeafTypes, DataType.Map, DataType.Map] : LeafTypes), Gen.OneOf(FieldNames), FieldName.Of);

    private static Gen<FieldUpdate> FieldUpdates(int depth) =>
        Fields(depth).SelectMany(field => OperationsOf(field.Type, depth + 1).Select(operation => new FieldUpdate(field, operation)));
}
