using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using GossipCluster.Actors.Store;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Coordination;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;
using GossipCluster.Node.Http.Answers;
using GossipCluster.Node.Http.Datatypes;
using GossipCluster.Node.Http.Operations;
using GossipCluster.Node.Http.Parameters;

namespace GossipCluster.Node.Http.Batch;

/// <summary>Reads a batch: <c>{"operations":[…]}</c>, or one operation a line.</summary>
/// <remarks>What is not JSON refuses the batch whole, before any of it is done; what is wrong with one operation refuses that one.</remarks>
internal ref struct BatchParser
{
    // What an operation may need, and the three levels around it.
    private const int JsonDepthMax = (2 * OperationLimits.DepthMax) + 12;

    private readonly Door _door;
    private readonly ReadOnlyMemory<byte> _body;
    private readonly RequestParameters _parameters;
    private readonly List<BatchEntry> _entries = [];
    private Utf8JsonReader _reader;

    // Most batches stay in one bucket: the last one is remembered.
    private string? _bucketType;
    private string? _bucket;
    private Place _place;
    private Refusal? _placeRefusal;
    private WriteQuorum _writes;
    private ReadQuorum _reads;

    private BatchParser(Door door, ReadOnlyMemory<byte> body, bool isLines, in RequestParameters parameters)
    {
        _door = door;
        _body = body;
        _parameters = parameters;
        _reader = new Utf8JsonReader(body.Span, new JsonReaderOptions { MaxDepth = JsonDepthMax, AllowMultipleValues = isLines });
    }

    /// <summary>Reads a batch.</summary>
    /// <returns>Null, or why the whole batch is refused.</returns>
    public static Refusal? Parse(Door door, ReadOnlyMemory<byte> body, bool isLines, in RequestParameters parameters, out List<BatchEntry> entries)
    {
        entries = [];
        if (body.IsEmpty && !isLines) return Refusal.EmptyBody;
        if (!Utf8.IsValid(body.Span)) return Refusal.NotUtf8;
        var parser = new BatchParser(door, body, isLines, parameters);
        try
        {
            entries = parser._entries;
            return isLines ? parser.ReadLines() : parser.ReadObject();
        }
        catch (JsonException bad)
        {
            return Refusal.BadJson(bad.Message);
        }
    }

    private Refusal? ReadLines()
    {
        while (_reader.Read())
        {
            if (ReadEntry() is { } refusal) return refusal;
        }

        return null;
    }

    private Refusal? ReadObject()
    {
        _reader.Read();
        if (_reader.TokenType != JsonTokenType.StartObject) return Refusal.NotABatch;
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
        {
            if (!Text().SequenceEqual("operations"u8)) return Refusal.NotABatch;
            _reader.Read();
            if (_reader.TokenType != JsonTokenType.StartArray) return Refusal.NotABatch;
            while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
            {
                if (ReadEntry() is { } refusal) return refusal;
            }
        }

        // Throws where something follows.
        _reader.Read();
        return null;
    }

    /// <summary>Reads one operation; gives a refusal only where it is one too many.</summary>
    private Refusal? ReadEntry()
    {
        if (_entries.Count == _door.Options.BatchOperationsMax) return Refusal.TooManyOperations(_entries.Count);
        if (_reader.TokenType != JsonTokenType.StartObject)
        {
            _reader.Skip();
            _entries.Add(BatchEntry.Refused(Refusal.BadBatchEntry("An operation of a batch is an object.")));
            return null;
        }

        Members members = default;
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject) Take(ref members);
        _entries.Add(Build(members));
        return null;
    }

    private void Take(ref Members members)
    {
        var name = Text();
        var kind = name switch
        {
            _ when name.SequenceEqual("type"u8) => Member.Type,
            _ when name.SequenceEqual("bucket"u8) => Member.Bucket,
            _ when name.SequenceEqual("key"u8) => Member.Key,
            _ when name.SequenceEqual("op"u8) => Member.Op,
            _ when name.SequenceEqual("read"u8) => Member.Read,
            _ when name.SequenceEqual("delete"u8) => Member.Delete,
            _ when name.SequenceEqual("context"u8) => Member.Context,
            _ => Member.Unknown,
        };
        if (kind == Member.Unknown) members.Refusal ??= Refusal.BadBatchEntry($"An operation of a batch has no member '{Encoding.UTF8.GetString(name)}'.");
        _reader.Read();
        var start = (int)_reader.TokenStartIndex;
        switch (kind)
        {
            case Member.Type:
                members.Type = String(_bucketType, ref members);
                break;
            case Member.Bucket:
                members.Bucket = String(_bucket, ref members);
                break;
            case Member.Key:
                members.Key = String(null, ref members);
                break;
            case Member.Context:
                members.Context = String(null, ref members);
                break;
            case Member.Read:
                members.IsRead = _reader.TokenType == JsonTokenType.True;
                _reader.Skip();
                break;
            case Member.Delete:
                members.IsDelete = _reader.TokenType == JsonTokenType.True;
                _reader.Skip();
                break;
            case Member.Op:
                _reader.Skip();
                members.Op = _body[start..(int)_reader.BytesConsumed];
                break;
            default:
                _reader.Skip();
                break;
        }
    }

    private BatchEntry Build(in Members members)
    {
        if (members.Refusal is { } refusal) return BatchEntry.Refused(refusal);
        if (members.Type is null || members.Bucket is null || members.Key is null) return BatchEntry.Refused(Refusal.BadBatchEntry("An operation of a batch needs type, bucket and key."));
        var asked = (members.IsRead ? 1 : 0) + (members.IsDelete ? 1 : 0) + (members.Op.IsEmpty ? 0 : 1);
        if (asked != 1) return BatchEntry.Refused(Refusal.BadBatchEntry("An operation of a batch has one of op, \"read\":true and \"delete\":true."));
        if (EnterBucket(members.Type, members.Bucket) is { } badPlace) return BatchEntry.Refused(badPlace);
        if (!Key.TryCreate(members.Type, members.Bucket, members.Key, out var key, out var badKey)) return BatchEntry.Refused(Refusal.BadKey(badKey));
        return members.IsRead ? BuildRead(members, key) : BuildWrite(members, key);
    }

    private readonly BatchEntry BuildRead(in Members members, in Key key)
    {
        if (_door.Decode(key, members.Context, out var atLeast) is { } badToken) return BatchEntry.Refused(badToken);
        return new BatchEntry(_place.Type.DataType, null, new ReadCommand(key, _reads) { Timeout = _parameters.Timeout, AtLeast = atLeast, AwaitRepair = _parameters.AwaitRepair }, null);
    }

    private readonly BatchEntry BuildWrite(in Members members, in Key key)
    {
        var type = _place.Type.DataType;
        Operation operation = Operation.Delete.Instance;
        var token = members.Context;
        if (!members.IsDelete)
        {
            if (OperationParser.Parse(type, members.Op, _door.Options.Limits, out operation, out var inner) is { } badOperation) return BatchEntry.Refused(badOperation);
            token = inner ?? token;
        }

        DotSet? observed = null;
        if (_door.Decode(key, token, out observed) is { } badToken && (members.IsDelete || Door.LooksAtContext(type))) return BatchEntry.Refused(badToken);
        return new BatchEntry(type, new WriteCommand(key, type, operation, _writes)
        {
            Timeout = _parameters.Timeout,
            Observed = observed,
            ReturnValue = _parameters.ReturnBody && !members.IsDelete,
        }, null, null);
    }

    private Refusal? EnterBucket(string type, string bucket)
    {
        if (ReferenceEquals(type, _bucketType) && ReferenceEquals(bucket, _bucket)) return _placeRefusal;
        (_bucketType, _bucket) = (type, bucket);
        _placeRefusal = _door.Resolve(type, bucket, out _place)
            ?? _parameters.Resolve(_place.Type, _place.Properties, out _writes)
            ?? _parameters.Resolve(_place.Type, _place.Properties, out _reads);
        return _placeRefusal;
    }

    /// <summary>The string that the reader is at; the remembered one where it is the same.</summary>
    private string? String(string? remembered, ref Members members)
    {
        if (_reader.TokenType != JsonTokenType.String)
        {
            members.Refusal ??= Refusal.BadBatchEntry("type, bucket, key and context of a batch's operation are strings.");
            _reader.Skip();
            return null;
        }

        var utf8 = Text();
        if (utf8.IsEmpty && _reader.ValueSpan.Length > 0) members.Refusal ??= Refusal.LoneSurrogate;
        if (remembered is not null && Ascii.Equals(utf8, remembered)) return remembered;
        return Encoding.UTF8.GetString(utf8);
    }

    private readonly ReadOnlySpan<byte> Text() => _reader.ValueIsEscaped ? JsonText.Unescape(_reader.ValueSpan) : _reader.ValueSpan;

    private enum Member
    {
        Unknown,
        Type,
        Bucket,
        Key,
        Op,
        Read,
        Delete,
        Context,
    }

    private struct Members
    {
        public string? Type;
        public string? Bucket;
        public string? Key;
        public string? Context;
        public ReadOnlyMemory<byte> Op;
        public bool IsRead;
        public bool IsDelete;
        public Refusal? Refusal;
    }
}
