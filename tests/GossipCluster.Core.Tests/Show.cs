using System.Text;
using GossipCluster.Core.DataTypes;

namespace GossipCluster.Core.Tests;

/// <summary>Values and operations as text: to compare and to read.</summary>
internal static class Show
{
    public static string Of(DataValue? value) => value switch
    {
        null => "nothing",
        DataValue.Counter counter => $"{counter.Sum}",
        DataValue.Elements elements => "[" + string.Join(',', elements.Items.Select(item => Hex(item))) + "]",
        DataValue.Register register => string.Join('|', register.Versions.Select(version => Version(version.Timestamp, version.Value))),
        DataValue.Flag flag => flag.Enabled ? "true" : "false",
        DataValue.Hll hll => $"~{hll.Estimate}",
        DataValue.Map map => "{" + string.Join(' ', map.Fields.Select(field => $"{field.Key}={Of(field.Value)}")) + "}",
        _ => throw new System.Diagnostics.UnreachableException(value.GetType().Name),
    };

    public static string Of(Operation operation) => operation switch
    {
        Operation.Increment increment => $"+{increment.By}",
        Operation.UpdateSet update => $"add {List(update.Add)} remove {List(update.Remove)}",
        Operation.AddToGSet add => $"add {List(add.Add)}",
        Operation.AddToHll add => $"count {List(add.Add)}",
        Operation.Assign assign => $"assign {Hex(assign.Value)}",
        Operation.SetFlag flag => flag.Enabled ? "enable" : "disable",
        Operation.UpdateMap map => "update {" + string.Join("; ", map.Update.Select(update => $"{update.Field}: {Of(update.Operation)}"))
            + "} remove {" + string.Join(' ', map.Remove) + "}",
        Operation.Delete => "delete",
        _ => throw new System.Diagnostics.UnreachableException(operation.GetType().Name),
    };

    public static string Version(long timestamp, ReadOnlyMemory<byte> value) => $"{Hex(value)}@{timestamp}";

    /// <summary>Hexadecimal: its ordinal order is the order of the bytes.</summary>
    public static string Hex(ReadOnlyMemory<byte> bytes) => Convert.ToHexStringLower(bytes.Span);

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static string List(IReadOnlyList<ReadOnlyMemory<byte>> elements) => "[" + string.Join(',', elements.Select(element => Hex(element))) + "]";
}
