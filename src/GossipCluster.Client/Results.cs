using System.Text.Json;

namespace GossipCluster.Client;

/// <summary>What a read found.</summary>
/// <param name="Exists">False: no reachable primary has the key.</param>
/// <param name="Value">The default of its type where the key does not exist.</param>
/// <param name="Context">What was seen; give it to removes, and to reads that must be at least as new. Null where it was not asked for.</param>
public sealed record Datum<T>(bool Exists, T? Value, string? Context);

/// <summary>An acknowledged write.</summary>
/// <param name="Key">The key; new where the server made it.</param>
/// <param name="Value">With <see cref="WriteOptions.ReturnBody"/>; else the default of its type.</param>
/// <param name="Context">What the coordinator had seen right after.</param>
/// <param name="Copies">Distinct nodes known to hold it; 0 where the server did not say.</param>
public sealed record Written<T>(string Key, T? Value, string? Context, int Copies);

/// <summary>A ring member as the node that was asked sees it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Reachable">By that node's own link.</param>
/// <param name="Http">Its HTTP address, where known.</param>
/// <param name="Remote">Its address among the nodes, where known.</param>
public sealed record ClusterMember(string Name, bool Reachable, string? Http, string? Remote);

/// <summary>The answer to a health question.</summary>
/// <param name="IsReady">The node serves.</param>
/// <param name="Sentence">What it said: why not, or how it is.</param>
public sealed record Readiness(bool IsReady, string Sentence);

/// <summary>One entry of a batch.</summary>
/// <param name="Key">Where.</param>
/// <param name="Operation">What to do; null reads.</param>
public sealed record BatchItem(DataKey Key, Operation? Operation)
{
    /// <summary>What the caller had seen: for removes, and for reads that must be at least as new.</summary>
    public string? Context { get; init; }
}

/// <summary>How one entry of a batch ended.</summary>
/// <param name="Status">As the status of a request of its own.</param>
/// <param name="Body">The whole entry of the answer: <c>value</c> and <c>context</c> of a read, a sentence for what was refused.</param>
public sealed record BatchResult(int Status, JsonElement Body)
{
    /// <summary>Done: a status from 200 to 299.</summary>
    public bool IsDone => Status is >= 200 and <= 299;
}

/// <summary>The value of a map. Names come without their type.</summary>
public sealed record MapValue
{
    internal static readonly MapValue Empty = new();

    /// <summary>Counter fields.</summary>
    public IReadOnlyDictionary<string, Int128> Counters { get; private init; } = new Dictionary<string, Int128>(StringComparer.Ordinal);

    /// <summary>Set fields, elements in the order of their UTF-8 bytes.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Sets { get; private init; } = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);

    /// <summary>Register fields.</summary>
    public IReadOnlyDictionary<string, string> Registers { get; private init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Flag fields.</summary>
    public IReadOnlyDictionary<string, bool> Flags { get; private init; } = new Dictionary<string, bool>(StringComparer.Ordinal);

    /// <summary>Map fields.</summary>
    public IReadOnlyDictionary<string, MapValue> Maps { get; private init; } = new Dictionary<string, MapValue>(StringComparer.Ordinal);

    internal static MapValue Of(JsonElement json)
    {
        var counters = new Dictionary<string, Int128>(StringComparer.Ordinal);
        var sets = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        var registers = new Dictionary<string, string>(StringComparer.Ordinal);
        var flags = new Dictionary<string, bool>(StringComparer.Ordinal);
        var maps = new Dictionary<string, MapValue>(StringComparer.Ordinal);
        foreach (var field in json.EnumerateObject())
        {
            var suffix = field.Name.LastIndexOf('_');
            var name = field.Name[..Math.Max(0, suffix)];
            switch (field.Name[(suffix + 1)..])
            {
                case "counter":
                    counters[name] = Values.Counter(field.Value);
                    break;
                case "set":
                    sets[name] = Values.Elements(field.Value);
                    break;
                case "register":
                    registers[name] = Values.Text(field.Value);
                    break;
                case "flag":
                    flags[name] = Values.Flag(field.Value);
                    break;
                case "map":
                    maps[name] = Of(field.Value);
                    break;
                default:
                    // A type that a later server knows and this client does not: left out, as an unknown JSON member is.
                    break;
            }
        }

        return new MapValue { Counters = counters, Sets = sets, Registers = registers, Flags = flags, Maps = maps };
    }
}

/// <summary>JSON to values.</summary>
internal static class Values
{
    // From the digits: a counter is a sum of 64-bit shares and may be larger than one of them.
    public static Int128 Counter(JsonElement json) => Int128.Parse(json.GetRawText(), System.Globalization.CultureInfo.InvariantCulture);

    public static IReadOnlyList<string> Elements(JsonElement json) => [.. json.EnumerateArray().Select(element => element.GetString()!)];

    public static string Text(JsonElement json) => json.GetString() ?? "";

    public static bool Flag(JsonElement json) => json.GetBoolean();
}
