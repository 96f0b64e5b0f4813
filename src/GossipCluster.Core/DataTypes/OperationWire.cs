using System.Diagnostics.CodeAnalysis;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.DataTypes;

/// <summary>The binary form of an <see cref="Operation"/>, for the node that coordinates it in another's place.</summary>
/// <remarks>
/// <code><![CDATA[
/// operation = 1 by:signed | 2 list list | 3 list | 4 list | 5 value:prefixed | 6 enabled:byte | 7 updates removes | 8
/// list      = count:varint element:prefixed*
/// updates   = count:varint (field operation)*      removes = count:varint field*      field = type:byte name:prefixed
/// ]]></code>
/// Only the form is checked, and that maps nest no deeper than <see cref="OperationLimits.DepthMax"/>: whether the operation makes sense is for
/// <see cref="OperationValidator"/> to say.
/// </remarks>
public static class OperationWire
{
    private enum Kind : byte
    {
        Increment = 1,
        UpdateSet = 2,
        AddToGSet = 3,
        AddToHll = 4,
        Assign = 5,
        SetFlag = 6,
        UpdateMap = 7,
        Delete = 8,
    }

    /// <summary>Appends an operation's bytes.</summary>
    public static void Write(WireWriter writer, Operation operation)
    {
        switch (operation)
        {
            case Operation.Increment increment:
                writer.WriteByte((byte)Kind.Increment);
                writer.WriteSigned(increment.By);
                break;
            case Operation.UpdateSet update:
                writer.WriteByte((byte)Kind.UpdateSet);
                WriteList(writer, update.Add);
                WriteList(writer, update.Remove);
                break;
            case Operation.AddToGSet add:
                writer.WriteByte((byte)Kind.AddToGSet);
                WriteList(writer, add.Add);
                break;
            case Operation.AddToHll add:
                writer.WriteByte((byte)Kind.AddToHll);
                WriteList(writer, add.Add);
                break;
            case Operation.Assign assign:
                writer.WriteByte((byte)Kind.Assign);
                writer.WritePrefixed(assign.Value.Span);
                break;
            case Operation.SetFlag flag:
                writer.WriteByte((byte)Kind.SetFlag);
                writer.WriteByte(flag.Enabled ? (byte)1 : (byte)0);
                break;
            case Operation.UpdateMap update:
                writer.WriteByte((byte)Kind.UpdateMap);
                writer.WriteCount(update.Update.Count);
                foreach (var field in update.Update)
                {
                    WriteField(writer, field.Field);
                    Write(writer, field.Operation);
                }

                writer.WriteCount(update.Remove.Count);
                foreach (var field in update.Remove) WriteField(writer, field);
                break;
            case Operation.Delete:
                writer.WriteByte((byte)Kind.Delete);
                break;
            default:
                throw new System.Diagnostics.UnreachableException($"{operation.GetType().Name} has no binary form.");
        }
    }

    /// <summary>Reads an operation from bytes that may be hostile; null after a failure.</summary>
    public static Operation? Read(ref WireReader reader) => Read(ref reader, 0);

    /// <summary>Reads exactly one operation; never throws.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out Operation? operation, out WireError error)
    {
        var reader = new WireReader(bytes);
        operation = Read(ref reader);
        if (!reader.Failed && !reader.AtEnd) reader.Fail("the end of the operation");
        error = reader.Error;
        if (reader.Failed) operation = null;
        return operation is not null;
    }

    private static Operation? Read(ref WireReader reader, int depth)
    {
        Operation? operation = null;
        switch ((Kind)reader.ReadByte())
        {
            case Kind.Increment:
                operation = new Operation.Increment(reader.ReadSigned());
                break;
            case Kind.UpdateSet:
                operation = new Operation.UpdateSet(ReadList(ref reader), ReadList(ref reader));
                break;
            case Kind.AddToGSet:
                operation = new Operation.AddToGSet(ReadList(ref reader));
                break;
            case Kind.AddToHll:
                operation = new Operation.AddToHll(ReadList(ref reader));
                break;
            case Kind.Assign:
                operation = new Operation.Assign(reader.ReadPrefixed().ToArray());
                break;
            case Kind.SetFlag:
                operation = new Operation.SetFlag(reader.ReadByte() == 1);
                break;
            case Kind.UpdateMap when depth < OperationLimits.DepthMax + 1:
                operation = ReadMap(ref reader, depth);
                break;
            case Kind.Delete:
                operation = Operation.Delete.Instance;
                break;
            default:
                reader.Fail("an operation, 1 to 8, not nested too deep");
                break;
        }

        return reader.Failed ? null : operation;
    }

    private static Operation.UpdateMap ReadMap(ref WireReader reader, int depth)
    {
        var updates = new FieldUpdate[reader.ReadCount(3)];
        for (var i = 0; i < updates.Length && !reader.Failed; i++)
        {
            var field = ReadField(ref reader);
            if (Read(ref reader, depth + 1) is { } operation) updates[i] = new FieldUpdate(field, operation);
        }

        var removes = new FieldName[reader.ReadCount(2)];
        for (var i = 0; i < removes.Length && !reader.Failed; i++) removes[i] = ReadField(ref reader);
        return new Operation.UpdateMap(updates, removes);
    }

    private static void WriteField(WireWriter writer, FieldName field)
    {
        writer.WriteByte((byte)field.Type);
        writer.WritePrefixed(field.Bytes.Span);
    }

    private static FieldName ReadField(ref WireReader reader)
    {
        var type = reader.ReadByte();
        if (type is < (byte)DataType.Counter or > (byte)DataType.Map) reader.Fail("a data type, 1 to 7");
        return new FieldName((DataType)type, reader.ReadPrefixed().ToArray());
    }

    private static void WriteList(WireWriter writer, IReadOnlyList<ReadOnlyMemory<byte>> elements)
    {
        writer.WriteCount(elements.Count);
        for (var i = 0; i < elements.Count; i++) writer.WritePrefixed(elements[i].Span);
    }

    private static ReadOnlyMemory<byte>[] ReadList(ref WireReader reader)
    {
        var elements = new ReadOnlyMemory<byte>[reader.ReadCount(1)];
        for (var i = 0; i < elements.Length && !reader.Failed; i++) elements[i] = reader.ReadPrefixed().ToArray();
        return elements;
    }
}
