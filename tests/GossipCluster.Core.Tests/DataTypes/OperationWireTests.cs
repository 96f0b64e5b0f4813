using CsCheck;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Tests.DataTypes;

public sealed class OperationWireTests
{
    private static readonly Operation[] Operations =
    [
        new Operation.Increment(long.MinValue),
        Operation.AddToSet("a", string.Empty, "\0"),
        new Operation.UpdateSet(Operation.Utf8("x"), Operation.Utf8("y", "z")),
        new Operation.AddToGSet(Operation.Utf8("g")),
        new Operation.AddToHll(Operation.Utf8("h")),
        Operation.AssignText("value"),
        new Operation.SetFlag(true),
        new Operation.SetFlag(false),
        new Operation.UpdateMap(
            [
                new FieldUpdate(FieldName.Of(DataType.Map, "inner"), Operation.UpdateField(DataType.Counter, string.Empty, new Operation.Increment(1))),
                new FieldUpdate(FieldName.Of(DataType.Flag, "f"), new Operation.SetFlag(true)),
            ],
            [FieldName.Of(DataType.Register, "gone")]),
        Operation.Delete.Instance,
    ];

    [Fact]
    public void Every_operation_reads_back_as_it_was_written()
    {
        foreach (var operation in Operations)
        {
            var bytes = Bytes(operation);

            Assert.True(OperationWire.TryRead(bytes, out var read, out var error), error.ToString());
            Assert.Equal(operation.GetType(), read.GetType());
            Assert.Equal(bytes, Bytes(read));
        }
    }

    [Fact]
    public void There_is_a_form_for_every_operation() =>
        Assert.Equal(typeof(Operation).GetNestedTypes().Length, Operations.Select(operation => operation.GetType()).Distinct().Count());

    [Fact(DisplayName = "Bytes that are cut, changed or made up are refused with a reason, or are an operation; nothing throws")]
    public void Hostile_bytes_are_refused_or_taken() => Property.ForAll(
        Hostile.Mutations([.. Operations.Select(Bytes)]),
        bytes =>
        {
            if (!OperationWire.TryRead(bytes, out _, out var error)) Assert.False(string.IsNullOrEmpty(error.Expected));
        },
        times: 20_000);

    [Fact]
    public void Maps_within_maps_without_end_are_refused()
    {
        // Each level says: one update, of the map field "", which is again a map.
        byte[] bytes = [.. Enumerable.Repeat<byte[]>([7, 1, 7, 0], 100_000).SelectMany(level => level)];

        Assert.False(OperationWire.TryRead(bytes, out _, out _));
    }

    [Fact]
    public void The_form_stays_as_it_was() =>
        Assert.Equal("070107027765010A01040166", Convert.ToHexString(Bytes(new Operation.UpdateMap(
            [new FieldUpdate(FieldName.Of(DataType.Map, "we"), new Operation.Increment(5))], [FieldName.Of(DataType.Register, "f")]))));

    private static byte[] Bytes(Operation operation)
    {
        var writer = new WireWriter();
        OperationWire.Write(writer, operation);
        return writer.ToArray();
    }
}
