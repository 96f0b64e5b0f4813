using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;
using GossipCluster.Actors.Store;
using GossipCluster.Core.Coordination;
using GossipCluster.Core.DataTypes;
using GossipCluster.Node.Http.Answers;

namespace GossipCluster.Node.Http.Properties;

/// <summary>Reads <c>{"props":{…}}</c> over the properties that there are: what is not named stays, what is not known is ignored.</summary>
internal sealed class PropertiesReader
{
    private readonly SortedDictionary<string, string> _reasons = new(StringComparer.Ordinal);
    private QuorumProperties _quorums;
    private int _hllPrecision;
    private int _priority;
    private bool _retired;

    private PropertiesReader(BucketProperties from)
    {
        _quorums = from.Quorums;
        _hllPrecision = from.HllPrecision;
        _priority = from.Priority;
        _retired = from.Retired;
    }

    /// <summary>What is read is a bucket's, which has no priority of its own.</summary>
    private bool IsBucket { get; init; }

    private DataType? Type { get; set; }

    private int? N { get; set; }

    /// <summary>Reads the properties of a type or bucket that exists.</summary>
    /// <param name="body">The body.</param>
    /// <param name="type">The bucket type.</param>
    /// <param name="from">What it has now.</param>
    /// <param name="isBucket">Whether it is a bucket.</param>
    /// <param name="properties">What it is to have; meaningful only where the result is null.</param>
    /// <returns>Null, or why not.</returns>
    public static PropertiesRefusal? Read(ReadOnlyMemory<byte> body, BucketType type, BucketProperties from, bool isBucket, out BucketProperties properties)
    {
        var reader = new PropertiesReader(from) { Type = type.DataType, N = type.N, IsBucket = isBucket };
        return reader.Read(body, out properties, out _, out _);
    }

    /// <summary>Reads a bucket type that does not exist yet: it needs a <c>datatype</c>, and may say its <c>n_val</c>, 3 where it does not.</summary>
    public static PropertiesRefusal? ReadNew(ReadOnlyMemory<byte> body, string name, out BucketType type)
    {
        type = null!;
        var reader = new PropertiesReader(BucketProperties.Standard);
        if (reader.Read(body, out var properties, out var dataType, out var n) is { } refusal) return refusal;
        if (dataType is not { } known) return new PropertiesRefusal([KeyValuePair.Create("datatype", "is needed: counter, set, gset, register, flag, hll or map")]);
        type = new BucketType(name, known, n ?? 3, properties);
        return null;
    }

    private PropertiesRefusal? Read(ReadOnlyMemory<byte> body, out BucketProperties properties, out DataType? type, out int? n)
    {
        properties = BucketProperties.Standard;
        (type, n) = (null, null);
        if (!Utf8.IsValid(body.Span)) return PropertiesRefusal.NotProperties;
        try
        {
            using var document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("props", out var props)
                || props.ValueKind != JsonValueKind.Object)
            {
                return PropertiesRefusal.NotProperties;
            }

            foreach (var property in props.EnumerateObject()) Take(property.Name, property.Value);
        }
        catch (Exception bad) when (bad is JsonException or InvalidOperationException)
        {
            // The second is for half surrogate pairs, which JSON's grammar allows and text does not.
            return PropertiesRefusal.NotProperties;
        }

        if (_reasons.Count == 0)
        {
            foreach (var error in _quorums.Validate(N ?? 3))
            {
                _reasons[error.Name] = string.Create(CultureInfo.InvariantCulture, $"must be an integer from 0 to {N ?? 3}, or 'one', 'quorum', 'all' or 'default'");
            }
        }

        if (_reasons.Count > 0) return new PropertiesRefusal([.. _reasons]);
        properties = new BucketProperties(_quorums, _hllPrecision) { Priority = _priority, Retired = _retired };
        (type, n) = (Type, N);
        return null;
    }

    private void Take(string name, JsonElement value)
    {
        switch (name)
        {
            case "r":
                TakeQuorum(name, value, quorum => _quorums = _quorums with { R = quorum });
                break;
            case "pr":
                TakeQuorum(name, value, quorum => _quorums = _quorums with { Pr = quorum });
                break;
            case "w":
                TakeQuorum(name, value, quorum => _quorums = _quorums with { W = quorum });
                break;
            case "dw":
                TakeQuorum(name, value, quorum => _quorums = _quorums with { Dw = quorum });
                break;
            case "pw":
                TakeQuorum(name, value, quorum => _quorums = _quorums with { Pw = quorum });
                break;
            case "node_confirms":
                TakeQuorum(name, value, quorum => _quorums = _quorums with { NodeConfirms = quorum });
                break;
            case "rw":
                TakeQuorum(name, value, _ => { });
                break;
            case "notfound_ok":
                TakeBoolean(name, value, yes => _quorums = _quorums with { NotFoundOk = yes });
                break;
            case "basic_quorum":
                TakeBoolean(name, value, yes => _quorums = _quorums with { BasicQuorum = yes });
                break;
            case "allow_mult":
                TakeBoolean(name, value, yes => Require(name, yes, "must be true for data types"));
                break;
            case "last_write_wins":
                TakeBoolean(name, value, yes => Require(name, !yes, "must be false for data types"));
                break;
            case "n_val":
                TakeN(name, value);
                break;
            case "datatype":
                TakeType(name, value);
                break;
            case "hll_precision":
                TakePrecision(name, value);
                break;
            case "retired":
                TakeBoolean(name, value, retired => TakeRetired(name, retired));
                break;
            case "priority":
                TakePriority(name, value);
                break;
        }
    }

    private void TakeQuorum(string name, JsonElement value, Action<QuorumValue> take)
    {
        var text = value.ValueKind switch
        {
            JsonValueKind.String => value.GetString(),
            JsonValueKind.Number => value.GetRawText(),
            _ => null,
        };
        if (QuorumValue.TryParse(text, out var quorum)) take(quorum);
        else _reasons[name] = "must be an integer, or 'one', 'quorum', 'all' or 'default'";
    }

    private void TakeBoolean(string name, JsonElement value, Action<bool> take)
    {
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False) take(value.GetBoolean());
        else _reasons[name] = "not_boolean";
    }

    private void TakeN(string name, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt32(out var n)) _reasons[name] = "not_integer";
        else if (N is { } fixedN) Require(name, n == fixedN, string.Create(CultureInfo.InvariantCulture, $"belongs to the bucket type and is fixed at {fixedN}"));
        else if (n is < 1 or > QuorumProperties.NMax) _reasons[name] = string.Create(CultureInfo.InvariantCulture, $"must be an integer from 1 to {QuorumProperties.NMax}");
        else N = n;
    }

    private void TakeType(string name, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String || !DataTypeNames.TryParse(value.GetString()!, out var type))
        {
            _reasons[name] = "must be counter, set, gset, register, flag, hll or map";
        }
        else if (Type is { } fixedType)
        {
            Require(name, type == fixedType, $"belongs to the bucket type and is fixed at {DataTypeNames.Of(fixedType)}");
        }
        else
        {
            Type = type;
        }
    }

    private void TakePrecision(string name, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt32(out var precision)) _reasons[name] = "not_integer";
        else if (precision is < 4 or > 14) _reasons[name] = "must be an integer from 4 to 14";
        else if (precision > _hllPrecision) _reasons[name] = string.Create(CultureInfo.InvariantCulture, $"may shrink and not grow: it is {_hllPrecision}");
        else _hllPrecision = precision;
    }

    private void TakePriority(string name, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt32(out var priority)) _reasons[name] = "not_integer";
        else if (priority is < 0 or > Core.Kernel.Replica.PriorityMax) _reasons[name] = string.Create(CultureInfo.InvariantCulture, $"must be an integer from 0 to {Core.Kernel.Replica.PriorityMax}");
        else if (IsBucket) Require(name, priority == _priority, string.Create(CultureInfo.InvariantCulture, $"belongs to the bucket type, where it is {_priority}"));
        else _priority = priority;
    }

    private void TakeRetired(string name, bool retired)
    {
        if (IsBucket) Require(name, retired == _retired, "belongs to the bucket type");
        else _retired = retired;
    }

    private void Require(string name, bool isGood, string reason)
    {
        if (!isGood) _reasons[name] = reason;
    }
}

/// <summary>Why properties were refused: property by property, or as a whole where there are no reasons.</summary>
internal sealed record PropertiesRefusal(IReadOnlyList<KeyValuePair<string, string>> Reasons)
{
    public static PropertiesRefusal NotProperties { get; } = new([]);
}
