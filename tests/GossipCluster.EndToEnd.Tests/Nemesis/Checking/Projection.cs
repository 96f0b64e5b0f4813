namespace GossipCluster.EndToEnd.Tests.Nemesis.Checking;

/// <summary>The type of a datum.</summary>
internal enum DatumKind
{
    /// <summary>A set.</summary>
    Set,

    /// <summary>A counter.</summary>
    Counter,

    /// <summary>A register.</summary>
    Register,

    /// <summary>A flag.</summary>
    Flag,

    /// <summary>A HyperLogLog.</summary>
    Distinct,

    /// <summary>A map with a set, a counter and a register.</summary>
    Map,
}

/// <summary>What is made of others, as these: what holds for a set holds for one in a map, and a flag is a set that has one element or none.</summary>
/// <remarks>Each operation keeps its number, its times and its end, so that a basis is found again under every key that it concerns.</remarks>
internal static class Projection
{
    /// <summary>The one element of a flag.</summary>
    public const string Enabled = "enabled";

    private const char Separator = '/';

    /// <summary>The name of a map's set in requests, and after the map's in a key.</summary>
    public const string Set = "tags";

    /// <summary>Of a map's counter.</summary>
    public const string Counter = "hits";

    /// <summary>Of a map's register.</summary>
    public const string Register = "last";

    /// <summary>An operation as those on sets, counters, registers and HyperLogLogs.</summary>
    public static IEnumerable<Operation> Of(Operation operation) => operation.Request.Act switch
    {
        Act.Enable => [As(operation, Act.Add)],
        Act.Disable => [As(operation, Act.Remove)],
        Act.ReadFlag => [As(operation, Act.ReadSet)],
        Act.UpdateMap => [As(operation, Act.Add, Set), As(operation, Act.Increment, Counter), As(operation, Act.Assign, Register)],
        Act.RemoveFromMap => [As(operation, Act.Remove, Set)],
        Act.ReadMap => [As(operation, Act.ReadSet, Set), As(operation, Act.ReadCounter, Counter), As(operation, Act.ReadRegister, Register)],
        _ => [operation],
    };

    /// <summary>The datum that a key is, or that it is a part of.</summary>
    public static string DatumOf(string key) => key.IndexOf(Separator, StringComparison.Ordinal) is >= 0 and var end ? key[..end] : key;

    /// <summary>The type on which something is done.</summary>
    public static DatumKind KindOf(Act act) => act switch
    {
        Act.Add or Act.Remove or Act.ReadSet => DatumKind.Set,
        Act.Increment or Act.ReadCounter => DatumKind.Counter,
        Act.Assign or Act.ReadRegister => DatumKind.Register,
        Act.Enable or Act.Disable or Act.ReadFlag => DatumKind.Flag,
        Act.AddDistinct or Act.ReadDistinct => DatumKind.Distinct,
        Act.UpdateMap or Act.RemoveFromMap or Act.ReadMap => DatumKind.Map,
        _ => throw new System.Diagnostics.UnreachableException(act.ToString()),
    };

    /// <summary>How a type is read.</summary>
    public static Act ReadOf(DatumKind kind) => kind switch
    {
        DatumKind.Set => Act.ReadSet,
        DatumKind.Counter => Act.ReadCounter,
        DatumKind.Register => Act.ReadRegister,
        DatumKind.Flag => Act.ReadFlag,
        DatumKind.Distinct => Act.ReadDistinct,
        DatumKind.Map => Act.ReadMap,
        _ => throw new System.Diagnostics.UnreachableException(kind.ToString()),
    };

    private static Operation As(Operation operation, Act act, string? field = null) =>
        operation with { Request = operation.Request with { Act = act, Key = field is null ? operation.Request.Key : $"{operation.Request.Key}{Separator}{field}" } };
}
