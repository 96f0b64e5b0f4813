using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using GossipCluster.Core.DataTypes;
using GossipCluster.Node.Http.Answers;

namespace GossipCluster.Node.Http.Operations;

/// <summary>Reads an operation from the bytes of a body. Strict: what is not exactly an operation is refused, and the refusal shows the innermost thing at fault.</summary>
/// <remarks>
/// Elements and names are slices of the body where they have no escapes; the body must not change afterwards. Members may come in any order and, where they
/// add up (<c>add</c>, <c>remove</c>, <c>update</c>), more than once.
/// </remarks>
internal ref struct OperationParser
{
    // A map takes two levels of JSON, the set in the innermost one two more.
    private const int JsonDepthMax = (2 * OperationLimits.DepthMax) + 8;

    private readonly ReadOnlyMemory<byte> _body;
    private readonly int _itemsMax;
    private Utf8JsonReader _reader;
    private Refusal? _refusal;
    private string? _context;
    private int _items;

    private OperationParser(ReadOnlyMemory<byte> body, OperationLimits limits)
    {
        _body = body;
        _itemsMax = limits.OperationItemsMax;
        _reader = new Utf8JsonReader(body.Span, new JsonReaderOptions { MaxDepth = JsonDepthMax });
    }

    /// <summary>Reads an operation on a datum.</summary>
    /// <param name="type">The datum's type.</param>
    /// <param name="body">One JSON text.</param>
    /// <param name="limits">How large it may be.</param>
    /// <param name="operation">The operation; meaningful only where the result is null.</param>
    /// <param name="context">The context that came with it; null for none.</param>
    /// <returns>Null, or why it is refused.</returns>
    public static Refusal? Parse(DataType type, ReadOnlyMemory<byte> body, OperationLimits limits, out Operation operation, out string? context)
    {
        (operation, context) = (Operation.Delete.Instance, null);
        if (body.IsEmpty) return Refusal.EmptyBody;
        if (!Utf8.IsValid(body.Span)) return Refusal.NotUtf8;
        var parser = new OperationParser(body, limits);
        try
        {
            parser._reader.Read();
            if (parser.Read(type, 0) is not { } parsed) return parser._refusal!;

            // Throws where something follows.
            parser._reader.Read();
            operation = parsed;
            context = string.IsNullOrEmpty(parser._context) ? null : parser._context;
            return null;
        }
        catch (JsonException bad)
        {
            return Refusal.BadJson(bad.Message);
        }
    }

    private Operation? Read(DataType type, int depth) => type switch
    {
        DataType.Counter => ReadCounter(),
        DataType.Set => ReadSet(depth),
        DataType.GSet or DataType.Hll => ReadGrowOnly(type),
        DataType.Register => ReadRegister(depth),
        DataType.Flag => ReadFlag(),
        DataType.Map => ReadMap(depth),
        _ => throw new UnreachableException($"No operations for {type}."),
    };

    private Operation? ReadCounter()
    {
        var start = _reader.TokenStartIndex;
        switch (_reader.TokenType)
        {
            case JsonTokenType.Number when _reader.TryGetInt64(out var by):
                return new Operation.Increment(by);
            case JsonTokenType.String:
                if (!TryString(out var word)) return null;
                return word.Span.SequenceEqual("increment"u8) ? new Operation.Increment(1)
                    : word.Span.SequenceEqual("decrement"u8) ? new Operation.Increment(-1)
                    : Invalid(DataType.Counter, start);
            case JsonTokenType.StartObject:
                _reader.Read();
                if (_reader.TokenType == JsonTokenType.EndObject) return Invalid(DataType.Counter, start);
                if (!TryString(out var name)) return null;
                var isDecrement = name.Span.SequenceEqual("decrement"u8);
                if (!isDecrement && !name.Span.SequenceEqual("increment"u8)) return Invalid(DataType.Counter, start);
                _reader.Read();
                if (_reader.TokenType != JsonTokenType.Number || !_reader.TryGetInt64(out var amount)) return Invalid(DataType.Counter, start);
                if (isDecrement && amount == long.MinValue) return Invalid(DataType.Counter, start);
                _reader.Read();
                if (_reader.TokenType != JsonTokenType.EndObject) return Invalid(DataType.Counter, start);
                return new Operation.Increment(isDecrement ? -amount : amount);
            default:
                return Invalid(DataType.Counter, start);
        }
    }

    private Operation? ReadSet(int depth)
    {
        var start = _reader.TokenStartIndex;
        if (_reader.TokenType != JsonTokenType.StartObject) return Invalid(DataType.Set, start);
        List<ReadOnlyMemory<byte>>? add = null, remove = null;
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
        {
            if (!TryString(out var name)) return null;
            _reader.Read();
            var isRead = name.Span switch
            {
                var n when n.SequenceEqual("add"u8) => TryElement(DataType.Set, start, ref add),
                var n when n.SequenceEqual("add_all"u8) => TryElements(DataType.Set, start, ref add),
                var n when n.SequenceEqual("remove"u8) => TryElement(DataType.Set, start, ref remove),
                var n when n.SequenceEqual("remove_all"u8) => TryElements(DataType.Set, start, ref remove),
                var n when n.SequenceEqual("context"u8) && depth == 0 => TryContext(),
                _ => Invalid(DataType.Set, start) is not null,
            };
            if (!isRead) return null;
        }

        return new Operation.UpdateSet(add is null ? [] : add, remove is null ? [] : remove);
    }

    private Operation? ReadGrowOnly(DataType type)
    {
        var start = _reader.TokenStartIndex;
        if (_reader.TokenType != JsonTokenType.StartObject) return Invalid(type, start);
        List<ReadOnlyMemory<byte>>? add = null;
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
        {
            if (!TryString(out var name)) return null;
            _reader.Read();
            var isRead = name.Span switch
            {
                var n when n.SequenceEqual("add"u8) => TryElement(type, start, ref add),
                var n when n.SequenceEqual("add_all"u8) => TryElements(type, start, ref add),
                var n when n.SequenceEqual("context"u8) => TrySkip(),
                _ => Invalid(type, start) is not null,
            };
            if (!isRead) return null;
        }

        IReadOnlyList<ReadOnlyMemory<byte>> elements = add is null ? [] : add;
        return type == DataType.GSet ? new Operation.AddToGSet(elements) : new Operation.AddToHll(elements);
    }

    private Operation? ReadRegister(int depth)
    {
        var start = _reader.TokenStartIndex;
        if (_reader.TokenType == JsonTokenType.String) return TryString(out var text) ? new Operation.Assign(text) : null;
        if (_reader.TokenType != JsonTokenType.StartObject) return Invalid(DataType.Register, start);
        ReadOnlyMemory<byte>? value = null;
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
        {
            if (!TryString(out var name)) return null;
            _reader.Read();
            if (name.Span.SequenceEqual("assign"u8) && value is null && _reader.TokenType == JsonTokenType.String)
            {
                if (!TryString(out var assigned)) return null;
                value = assigned;
            }
            else if (name.Span.SequenceEqual("context"u8) && depth == 0)
            {
                if (!TryContext()) return null;
            }
            else
            {
                return Invalid(DataType.Register, start);
            }
        }

        return value is { } bytes ? new Operation.Assign(bytes) : Invalid(DataType.Register, start);
    }

    private Operation? ReadFlag()
    {
        var start = _reader.TokenStartIndex;
        if (_reader.TokenType != JsonTokenType.String) return Invalid(DataType.Flag, start);
        if (!TryString(out var word)) return null;
        return word.Span.SequenceEqual("enable"u8) ? new Operation.SetFlag(true)
            : word.Span.SequenceEqual("disable"u8) ? new Operation.SetFlag(false)
            : Invalid(DataType.Flag, start);
    }

    private Operation? ReadMap(int depth)
    {
        var start = _reader.TokenStartIndex;
        if (_reader.TokenType != JsonTokenType.StartObject) return Invalid(DataType.Map, start);
        if (depth > OperationLimits.DepthMax)
        {
            _refusal = Refusal.TooDeep;
            return null;
        }

        List<FieldUpdate>? update = null;
        List<FieldName>? remove = null;
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
        {
            var nameStart = _reader.TokenStartIndex;
            if (!TryString(out var name)) return null;
            _reader.Read();
            var isRead = name.Span switch
            {
                var n when n.SequenceEqual("update"u8) => TryUpdates(start, depth, ref update),
                var n when n.SequenceEqual("remove"u8) => TryRemoves(start, ref remove),
                var n when n.SequenceEqual("context"u8) && depth == 0 => TryContext(),
                _ => Invalid(DataType.Map, nameStart) is not null,
            };
            if (!isRead) return null;
        }

        return new Operation.UpdateMap(update is null ? [] : update, remove is null ? [] : remove);
    }

    private bool TryUpdates(long start, int depth, ref List<FieldUpdate>? updates)
    {
        if (_reader.TokenType != JsonTokenType.StartObject) return Invalid(DataType.Map, start) is not null;
        updates ??= [];
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
        {
            if (!TryField(out var field)) return false;
            _reader.Read();
            if (Read(field.Type, depth + 1) is not { } operation) return false;
            updates.Add(new FieldUpdate(field, operation));
        }

        return true;
    }

    private bool TryRemoves(long start, ref List<FieldName>? removes)
    {
        removes ??= [];
        if (_reader.TokenType == JsonTokenType.String)
        {
            if (!TryField(out var field)) return false;
            removes.Add(field);
            return true;
        }

        if (_reader.TokenType != JsonTokenType.StartArray) return Invalid(DataType.Map, start) is not null;
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            if (_reader.TokenType != JsonTokenType.String) return Invalid(DataType.Map, start) is not null;
            if (!TryField(out var field)) return false;
            removes.Add(field);
        }

        return true;
    }

    /// <summary>A field's name: what follows its last '_' is its type.</summary>
    private bool TryField(out FieldName field)
    {
        field = default;
        if (!TryString(out var name) || !TryCount()) return false;
        var separator = name.Span.LastIndexOf((byte)'_');
        if (separator < 0 || !DataTypeNames.TryParseField(name.Span[(separator + 1)..], out var type))
        {
            _refusal = Refusal.BadField(Encoding.UTF8.GetString(name.Span));
            return false;
        }

        field = new FieldName(type, name[..separator]);
        return true;
    }

    private bool TryElement(DataType type, long start, ref List<ReadOnlyMemory<byte>>? elements)
    {
        if (_reader.TokenType != JsonTokenType.String) return Invalid(type, start) is not null;
        if (!TryString(out var element) || !TryCount()) return false;
        (elements ??= new List<ReadOnlyMemory<byte>>(1)).Add(element);
        return true;
    }

    private bool TryElements(DataType type, long start, ref List<ReadOnlyMemory<byte>>? elements)
    {
        if (_reader.TokenType != JsonTokenType.StartArray) return Invalid(type, start) is not null;
        elements ??= [];
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            if (!TryElement(type, start, ref elements)) return false;
        }

        return true;
    }

    private bool TryContext()
    {
        if (_reader.TokenType != JsonTokenType.String || _context is not null)
        {
            _refusal = Refusal.BadContext(_context is null ? "The context is a string." : "The operation has two contexts.");
            return false;
        }

        if (!TryString(out var text)) return false;
        _context = Encoding.UTF8.GetString(text.Span);
        return true;
    }

    private bool TrySkip()
    {
        _reader.Skip();
        return true;
    }

    private bool TryCount()
    {
        if (++_items <= _itemsMax) return true;
        _refusal = Refusal.TooManyItems(_itemsMax);
        return false;
    }

    /// <summary>The bytes of the string or member name that the reader is at.</summary>
    private bool TryString(out ReadOnlyMemory<byte> text)
    {
        if (!_reader.ValueIsEscaped)
        {
            text = _body.Slice((int)_reader.TokenStartIndex + 1, _reader.ValueSpan.Length);
            return true;
        }

        var decoded = JsonText.Unescape(_reader.ValueSpan);
        text = decoded;
        if (decoded is not null) return true;
        _refusal = Refusal.LoneSurrogate;
        return false;
    }

    /// <summary>Refuses; shows the value that begins at <paramref name="start"/>. Always gives null, as the operation that there is not.</summary>
    private Operation? Invalid(DataType type, long start)
    {
        var rest = _body.Span[(int)start..];
        var shown = new Utf8JsonReader(rest, new JsonReaderOptions { MaxDepth = JsonDepthMax, AllowMultipleValues = true });
        shown.Read();
        var from = shown.TokenStartIndex;

        // A name is followed by a colon, at which a reader that takes it for a whole text would stumble.
        if (shown.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray) shown.Skip();
        var to = shown.TokenType is JsonTokenType.String ? from + shown.ValueSpan.Length + 2 : shown.BytesConsumed;
        _refusal = Refusal.BadOperation(type, JsonText.Compact(rest[(int)from..(int)to]));
        return null;
    }
}
