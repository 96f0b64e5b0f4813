using System.Diagnostics;
using GossipCluster.Core.DataTypes;

namespace GossipCluster.Node.Http.Answers;

/// <summary>The data types' names on the wire.</summary>
internal static class DataTypeNames
{
    public static string Of(DataType type) => type switch
    {
        DataType.Counter => "counter",
        DataType.Set => "set",
        DataType.GSet => "gset",
        DataType.Register => "register",
        DataType.Flag => "flag",
        DataType.Hll => "hll",
        DataType.Map => "map",
        _ => throw new UnreachableException($"No name for data type {(int)type}."),
    };

    public static ReadOnlySpan<byte> Utf8(DataType type) => type switch
    {
        DataType.Counter => "counter"u8,
        DataType.Set => "set"u8,
        DataType.GSet => "gset"u8,
        DataType.Register => "register"u8,
        DataType.Flag => "flag"u8,
        DataType.Hll => "hll"u8,
        DataType.Map => "map"u8,
        _ => throw new UnreachableException($"No name for data type {(int)type}."),
    };

    /// <summary>True for a name of <see cref="Of"/>.</summary>
    public static bool TryParse(string name, out DataType type)
    {
        foreach (var candidate in Enum.GetValues<DataType>())
        {
            if (Of(candidate) != name) continue;
            type = candidate;
            return true;
        }

        type = default;
        return false;
    }

    /// <summary>The type of a map's field by what follows the last '_' of its name; hll and gset are no types of fields.</summary>
    public static bool TryParseField(ReadOnlySpan<byte> suffix, out DataType type)
    {
        type = suffix switch
        {
            _ when suffix.SequenceEqual("counter"u8) => DataType.Counter,
            _ when suffix.SequenceEqual("set"u8) => DataType.Set,
            _ when suffix.SequenceEqual("register"u8) => DataType.Register,
            _ when suffix.SequenceEqual("flag"u8) => DataType.Flag,
            _ when suffix.SequenceEqual("map"u8) => DataType.Map,
            _ => default,
        };
        return type != default;
    }

    /// <summary>True where answers carry the context in their JSON: where something can be taken away that was observed.</summary>
    public static bool HasContext(DataType type) => type is DataType.Set or DataType.Map or DataType.Register or DataType.Flag;
}
