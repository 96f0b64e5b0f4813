using System.Text.Encodings.Web;
using System.Text.Json;

namespace GossipCluster.Client;

/// <summary>One change to one datum, as the HTTP API spells it.</summary>
public abstract class Operation
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private protected Operation()
    {
    }

    /// <summary>Sets a flag; wins over a concurrent disable.</summary>
    public static Operation Enable { get; } = new FlagOperation("enable");

    /// <summary>Clears a flag, as far as it was seen.</summary>
    public static Operation Disable { get; } = new FlagOperation("disable");

    /// <summary>Adds <paramref name="by"/>, which may be negative, to a counter.</summary>
    public static Operation Increment(long by = 1) => new CounterOperation(by);

    /// <summary>Adds elements to a set, a grow-only set or a HyperLogLog.</summary>
    public static SetOperation Add(params IEnumerable<string> elements) => new SetOperation().Add(elements);

    /// <summary>Removes elements from a set.</summary>
    public static SetOperation Remove(params IEnumerable<string> elements) => new SetOperation().Remove(elements);

    /// <summary>Gives a register its text.</summary>
    public static Operation Assign(string text) => new RegisterOperation(text);

    /// <summary>Changes fields of a map: an empty change to build on.</summary>
    public static MapOperation Map() => new();

    /// <summary>The request body, for who speaks HTTP without this client.</summary>
    public byte[] ToJson(string? context = null)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, Relaxed)) Write(json, context);
        return stream.ToArray();
    }

    /// <summary>Has a place for a context in its own JSON; the others' context goes into a header.</summary>
    internal virtual bool HoldsContext => false;

    internal abstract void Write(Utf8JsonWriter json, string? context);

    private sealed class CounterOperation(long by) : Operation
    {
        internal override void Write(Utf8JsonWriter json, string? context)
        {
            json.WriteStartObject();
            json.WriteNumber("increment", by);
            json.WriteEndObject();
        }
    }

    private sealed class RegisterOperation(string text) : Operation
    {
        internal override void Write(Utf8JsonWriter json, string? context)
        {
            json.WriteStartObject();
            json.WriteString("assign", text);
            json.WriteEndObject();
        }
    }

    private sealed class FlagOperation(string word) : Operation
    {
        internal override void Write(Utf8JsonWriter json, string? context) => json.WriteStringValue(word);
    }
}

/// <summary>Adds and removes of one set, applied together; an element in both stays.</summary>
public sealed class SetOperation : Operation
{
    private readonly List<string> _added = [];
    private readonly List<string> _removed = [];

    internal SetOperation()
    {
    }

    /// <summary>Adds elements too.</summary>
    public new SetOperation Add(params IEnumerable<string> elements)
    {
        _added.AddRange(elements);
        return this;
    }

    /// <summary>Removes elements too.</summary>
    public new SetOperation Remove(params IEnumerable<string> elements)
    {
        _removed.AddRange(elements);
        return this;
    }

    internal override bool HoldsContext => true;

    internal override void Write(Utf8JsonWriter json, string? context)
    {
        json.WriteStartObject();
        if (_added.Count > 0 || _removed.Count == 0) Write(json, "add_all", _added);
        if (_removed.Count > 0) Write(json, "remove_all", _removed);
        if (context is not null) json.WriteString("context", context);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, List<string> elements)
    {
        json.WriteStartArray(name);
        foreach (var element in elements) json.WriteStringValue(element);
        json.WriteEndArray();
    }
}

/// <summary>Changes to the fields of one map, applied together. Field names here come without their type: <c>Counter("visits")</c> is <c>visits_counter</c>.</summary>
public sealed class MapOperation : Operation
{
    private readonly Dictionary<string, Operation> _updates = new(StringComparer.Ordinal);
    private readonly List<string> _removes = [];

    internal MapOperation()
    {
    }

    /// <summary>Increments a counter field; by zero only makes it present.</summary>
    public MapOperation Counter(string field, long by = 1) => Update($"{field}_counter", Increment(by));

    /// <summary>Changes a set field.</summary>
    public MapOperation Set(string field, SetOperation change) => Update($"{field}_set", change);

    /// <summary>Assigns a register field.</summary>
    public MapOperation Register(string field, string text) => Update($"{field}_register", Assign(text));

    /// <summary>Enables or disables a flag field.</summary>
    public MapOperation Flag(string field, bool enabled) => Update($"{field}_flag", enabled ? Enable : Disable);

    /// <summary>Changes fields of a map field.</summary>
    public MapOperation Map(string field, MapOperation change) => Update($"{field}_map", change);

    /// <summary>Removes a field. Takes effect before the updates of the same operation.</summary>
    /// <param name="fieldWithType">As in a value: <c>visits_counter</c>.</param>
    public MapOperation RemoveField(string fieldWithType)
    {
        _removes.Add(fieldWithType);
        return this;
    }

    internal override bool HoldsContext => true;

    internal override void Write(Utf8JsonWriter json, string? context)
    {
        json.WriteStartObject();
        if (_removes.Count > 0)
        {
            json.WriteStartArray("remove");
            foreach (var field in _removes) json.WriteStringValue(field);
            json.WriteEndArray();
        }

        if (_updates.Count > 0 || _removes.Count == 0)
        {
            json.WriteStartObject("update");
            foreach (var (field, operation) in _updates)
            {
                json.WritePropertyName(field);
                operation.Write(json, context: null);
            }

            json.WriteEndObject();
        }

        if (context is not null) json.WriteString("context", context);
        json.WriteEndObject();
    }

    private MapOperation Update(string field, Operation operation)
    {
        _updates[field] = operation;
        return this;
    }
}
