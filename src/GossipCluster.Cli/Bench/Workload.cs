using System.Globalization;
using System.Text;

namespace GossipCluster.Cli.Bench;

/// <summary>An operation that bench can do on a type.</summary>
/// <param name="Name">As in --mix.</param>
/// <param name="Method">POST writes, GET reads, DELETE deletes.</param>
/// <param name="Body">JSON; null where there is none. <c>$</c> stands for an element or text.</param>
internal sealed record BenchOperation(string Name, string Method, string? Body)
{
    /// <summary>Answers that are as good as any: reading or deleting what is not there is no failure.</summary>
    public bool IsGood(int status) => status is 200 or 201 or 204 || (status == 404 && Method != "POST");
}

/// <summary>The types that bench knows, each with its operations.</summary>
internal static class BenchTypes
{
    private static readonly BenchOperation Read = new("read", "GET", null);
    private static readonly BenchOperation Delete = new("delete", "DELETE", null);
    private static readonly BenchOperation Add = new("add", "POST", """{"add":"$"}""");

    public static IReadOnlyDictionary<string, (IReadOnlyList<BenchOperation> Operations, string DefaultMix)> All { get; } =
        new Dictionary<string, (IReadOnlyList<BenchOperation>, string)>(StringComparer.Ordinal)
        {
            ["counters"] =
            (
                [new("increment", "POST", """{"increment":1}"""), new("decrement", "POST", """{"decrement":1}"""), Read, Delete],
                "increment=80,read=20"
            ),
            ["sets"] = ([Add, new("remove", "POST", """{"remove":"$"}"""), Read, Delete], "add=80,read=20"),
            ["gsets"] = ([Add, Read, Delete], "add=80,read=20"),
            ["hlls"] = ([Add, Read, Delete], "add=80,read=20"),
            ["maps"] =
            (
                [
                    new("increment", "POST", """{"update":{"visits_counter":{"increment":1}}}"""),
                    new("add", "POST", """{"update":{"tags_set":{"add":"$"}}}"""),
                    new("assign", "POST", """{"update":{"name_register":"$"}}"""),
                    new("enable", "POST", """{"update":{"seen_flag":"enable"}}"""),
                    Read,
                    Delete,
                ],
                "increment=20,add=20,assign=20,enable=20,read=20"
            ),
            ["registers"] = ([new("assign", "POST", """{"assign":"$"}"""), Read, Delete], "assign=80,read=20"),
            ["flags"] = ([new("enable", "POST", "\"enable\""), new("disable", "POST", "\"disable\""), Read, Delete], "enable=40,disable=40,read=20"),
        };
}

/// <summary>Writes requests for one node. What is the same in every request is made once; the rest is a few copies.</summary>
internal sealed class Workload
{
    private const int KeyDigits = 8;
    private const int ElementDigits = 8;
    private const string LengthPlace = "00000000";
    private readonly BenchSettings _settings;
    private readonly Template[] _single;
    private readonly Template[] _entries;
    private readonly byte[] _batchHead;
    private readonly int _batchLengthAt;

    public Workload(BenchSettings settings, Uri node)
    {
        _settings = settings;
        _single = [.. settings.Operations.Select(operation => Single(operation, node.Authority))];
        _entries = [.. settings.Operations.Select(Entry)];
        var head = $"POST /batch HTTP/1.1\r\nHost: {node.Authority}\r\nContent-Type: application/json\r\nContent-Length: {LengthPlace}\r\n\r\n";
        _batchHead = Encoding.ASCII.GetBytes(head);
        _batchLengthAt = head.IndexOf(LengthPlace, StringComparison.Ordinal);
    }

    /// <summary>One request for one operation.</summary>
    public void WriteSingle(RequestBuffer buffer, int operation, int key, Random random)
    {
        buffer.Clear();
        Write(buffer, _single[operation], key, random);
    }

    /// <summary>One request for many operations, drawn by the settings' mix; <paramref name="counts"/> takes how many of each.</summary>
    public void WriteBatch(RequestBuffer buffer, Random random, int[] counts)
    {
        buffer.Clear();
        buffer.Add(_batchHead);
        buffer.Add("""{"operations":["""u8);
        for (var entry = 0; entry < _settings.Batch; entry++)
        {
            if (entry > 0) buffer.Add(","u8);
            var operation = _settings.Mix.Draw(random);
            counts[operation]++;
            Write(buffer, _entries[operation], _settings.Keys.Draw(random), random);
        }

        buffer.Add("]}"u8);
        Digits(buffer.Written.Slice(_batchLengthAt, LengthPlace.Length), buffer.Written.Length - _batchHead.Length);
    }

    private void Write(RequestBuffer buffer, Template template, int key, Random random)
    {
        buffer.Add(template.BeforeKey);
        Digits(buffer.Take(KeyDigits), key);
        buffer.Add(template.AfterKey);
        if (template.AfterElement is null) return;
        var element = buffer.Take(_settings.ValueSize);
        element.Fill((byte)'x');
        Digits(element[..Math.Min(ElementDigits, element.Length)], random.Next(_settings.Elements));
        buffer.Add(template.AfterElement);
    }

    private Template Single(BenchOperation operation, string authority)
    {
        var folder = operation.Method == "DELETE" ? "keys" : "datatypes";
        var before = $"{operation.Method} /types/{_settings.Type}/buckets/{Uri.EscapeDataString(_settings.Bucket)}/{folder}/k";
        var head = $"{_settings.QueryOf(operation)} HTTP/1.1\r\nHost: {authority}\r\n";
        if (operation.Body is null) return Template.Of(before, head + "\r\n");
        var length = operation.Body.Length + (operation.Body.Contains('$', StringComparison.Ordinal) ? _settings.ValueSize - 1 : 0);
        return Template.Of(before, string.Create(CultureInfo.InvariantCulture, $"{head}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{operation.Body}"));
    }

    private Template Entry(BenchOperation operation) => Template.Of(
        $$"""{"type":"{{_settings.Type}}","bucket":"{{_settings.Bucket}}","key":"k""",
        operation.Body is null ? $"\",\"{(operation.Method == "DELETE" ? "delete" : "read")}\":true}}" : $"\",\"op\":{operation.Body}}}");

    private static void Digits(Span<byte> place, int number)
    {
        for (var at = place.Length - 1; at >= 0; at--)
        {
            place[at] = (byte)('0' + (number % 10));
            number /= 10;
        }
    }

    private sealed record Template(byte[] BeforeKey, byte[] AfterKey, byte[]? AfterElement)
    {
        public static Template Of(string beforeKey, string afterKey)
        {
            var element = afterKey.IndexOf('$', StringComparison.Ordinal);
            return element < 0
                ? new Template(Encoding.UTF8.GetBytes(beforeKey), Encoding.UTF8.GetBytes(afterKey), null)
                : new Template(Encoding.UTF8.GetBytes(beforeKey), Encoding.UTF8.GetBytes(afterKey[..element]), Encoding.UTF8.GetBytes(afterKey[(element + 1)..]));
        }
    }
}

/// <summary>The bytes of one request, in memory that is used again for the next.</summary>
internal sealed class RequestBuffer
{
    private byte[] _bytes = new byte[1024];
    private int _length;

    public Span<byte> Written => _bytes.AsSpan(0, _length);

    public Memory<byte> Memory => _bytes.AsMemory(0, _length);

    public void Clear() => _length = 0;

    public void Add(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    public Span<byte> Take(int count)
    {
        if (_length + count > _bytes.Length) Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + count));
        _length += count;
        return _bytes.AsSpan(_length - count, count);
    }
}
