using System.Diagnostics;
using GossipCluster.Core.DataTypes;

namespace GossipCluster.Node.Http.Answers;

/// <summary>Values as JSON. The same value gives the same bytes on every node.</summary>
internal static class ValueWriter
{
    /// <summary>A datum: type, value, and the context where there is one.</summary>
    public static void WriteDatum(JsonBuffer json, DataType type, DataValue value, string? context, bool allVersions)
    {
        json.Raw("{\"type\":\""u8).Raw(DataTypeNames.Utf8(type)).Raw("\",\"value\":"u8);
        Write(json, value, allVersions);
        if (context is not null) json.Raw(",\"context\":"u8).String(context);
        json.Raw((byte)'}');
    }

    /// <summary>A value alone.</summary>
    /// <param name="json">Gets it.</param>
    /// <param name="value">The value.</param>
    /// <param name="allVersions">A register is an array of all values written concurrently, the winner first.</param>
    public static void Write(JsonBuffer json, DataValue value, bool allVersions)
    {
        switch (value)
        {
            case DataValue.Counter counter:
                json.Number(counter.Sum);
                break;
            case DataValue.Hll hll:
                json.Number(hll.Estimate);
                break;
            case DataValue.Flag flag:
                json.Boolean(flag.Enabled);
                break;
            case DataValue.Register register when allVersions:
                WriteVersions(json, register.Versions);
                break;
            case DataValue.Register register:
                json.String(register.Value.Span);
                break;
            case DataValue.Elements elements:
                WriteElements(json, elements.Items);
                break;
            case DataValue.Map map:
                WriteFields(json, map.Fields, allVersions);
                break;
            default:
                throw new UnreachableException($"No JSON for {value.GetType().Name}.");
        }
    }

    private static void WriteElements(JsonBuffer json, IReadOnlyList<ReadOnlyMemory<byte>> items)
    {
        json.Raw((byte)'[');
        for (var i = 0; i < items.Count; i++) json.Comma().String(items[i].Span);
        json.Raw((byte)']');
    }

    private static void WriteVersions(JsonBuffer json, IReadOnlyList<RegisterVersion> versions)
    {
        json.Raw((byte)'[');
        for (var i = 0; i < versions.Count; i++) json.Comma().String(versions[i].Value.Span);
        json.Raw((byte)']');
    }

    private static void WriteFields(JsonBuffer json, IReadOnlyList<KeyValuePair<FieldName, DataValue>> fields, bool allVersions)
    {
        json.Raw((byte)'{');
        for (var i = 0; i < fields.Count; i++)
        {
            var (field, value) = fields[i];
            json.Comma().Raw((byte)'"').Escape(field.Bytes.Span);
            json.Raw((byte)'_').Raw(DataTypeNames.Utf8(field.Type)).Raw("\":"u8);
            Write(json, value, allVersions);
        }

        json.Raw((byte)'}');
    }
}
