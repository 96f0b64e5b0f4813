using System.Text;
using System.Text.Json;
using CsCheck;
using GossipCluster.Core.DataTypes;
using GossipCluster.Node.Http.Answers;
using GossipCluster.Node.Http.Operations;
using GossipCluster.Node.Http.Paths;

namespace GossipCluster.Node.Tests.Http;

/// <summary>Laws over generated input: whatever comes in, nothing but an answer comes out.</summary>
public sealed class FuzzTests(MemoryNode node) : IClassFixture<MemoryNode>
{
    private static readonly string[] Words =
    [
        "increment", "decrement", "add", "add_all", "remove", "remove_all", "update", "context", "assign", "enable", "disable", "a_counter", "b_set", "c_register", "d_flag",
        "e_map", "f_hll", "", "x", "operations", "type", "bucket", "key", "op", "read", "delete", "\ud83d\ude00", "props", "n_val", "datatype", "r",
    ];

    private static readonly string[] Types = ["counters", "sets", "gsets", "hlls", "maps", "registers", "flags"];

    private static readonly string[] Scalars = ["1.5", "1e3", "true", "null", "99999999999999999999", "-0", "\"\\ud800\"", "\"\\u0000\"", "\"AAAA\""];

    // Up to the surrogates, with the ASCII that JSON and paths mind about more often than chance would have it.
    private static readonly Gen<string> Text = Gen.OneOf(
        OneOf(Words), Gen.OneOf(Gen.Char['\u0001', '\u007f'], Gen.Char['\u0001', '\ud7ff']).Array[1, 8].Select(chars => new string(chars)));

    private static readonly Gen<string> Json = JsonOf(5);

    private static Gen<string> OneOf(string[] texts) => Gen.Int[0, texts.Length - 1].Select(i => texts[i]);

    private static Gen<string> JsonOf(int depth)
    {
        var scalar = Gen.OneOf(
            Text.Select(text => JsonSerializer.Serialize(text)), Gen.Long.Select(n => n.ToString(System.Globalization.CultureInfo.InvariantCulture)), OneOf(Scalars));
        if (depth == 0) return scalar;
        var nested = JsonOf(depth - 1);
        return Gen.OneOf(
            scalar,
            nested.Array[0, 3].Select(items => $"[{string.Join(',', items)}]"),
            Gen.Select(Text, nested).Array[0, 3].Select(members => $"{{{string.Join(',', members.Select(member => $"{JsonSerializer.Serialize(member.Item1)}:{member.Item2}"))}}}"));
    }

    [Fact]
    public void Any_JSON_in_any_place_is_answered_below_500() => Gen.Select(Json, OneOf(Types), Gen.Int[0, 3]).Sample(
        (json, type, place) =>
        {
            var (method, path) = place switch
            {
                0 => ("PUT", $"/types/{type}/buckets/fuzz/props"),
                1 => ("POST", "/batch"),
                _ => ("POST", $"/types/{type}/buckets/fuzz/datatypes/{place}?returnbody=true"),
            };
            var reply = node.SendAsync(method, path, Encoding.UTF8.GetBytes(json), "application/json").GetAwaiter().GetResult();
            Assert.True(reply.Status < 500, reply.ToString());
        }, iter: 1500, threads: 2);

    [Fact]
    public void Any_bytes_are_answered_below_500() => Gen.Select(Gen.Byte.Array[0, 40], OneOf(Types)).Sample(
        (bytes, type) =>
        {
            var reply = node.SendAsync("POST", $"/types/{type}/buckets/fuzz/datatypes/k", bytes, "application/json").GetAwaiter().GetResult();
            Assert.True(reply.Status < 500, reply.ToString());
        }, iter: 300, threads: 2);

    [Fact]
    public void Damaged_JSON_never_makes_the_parser_throw() => Gen.Select(Json, Gen.Int[0, 1000], Gen.Byte, Gen.Enum<DataType>()).Sample(
        (json, position, value, type) =>
        {
            var bytes = Encoding.UTF8.GetBytes(json);
            if (bytes.Length > 0) bytes[position % bytes.Length] = value;
            OperationParser.Parse(type, bytes, OperationLimits.Default, out _, out _);
        }, iter: 20_000, threads: 2);

    [Fact]
    public void The_elements_of_a_set_come_back_as_they_were_sent() => Text.Array[0, 6].Sample(elements =>
    {
        var refusal = OperationParser.Parse(DataType.Set, Encoding.UTF8.GetBytes($"{{\"add_all\":{JsonSerializer.Serialize(elements)}}}"), OperationLimits.Default, out var operation, out _);
        Assert.Null(refusal);
        var added = ((Operation.UpdateSet)operation).Add;
        Assert.Equal(elements, added.Select(element => Encoding.UTF8.GetString(element.Span)));

        using var json = new JsonBuffer();
        ValueWriter.Write(json, new DataValue.Elements(DataType.Set, added), allVersions: false);
        Assert.Equal(elements, JsonSerializer.Deserialize<string[]>(json.Written.Span));
    });

    [Fact]
    public void Any_name_is_found_again_in_its_path() => Gen.Select(Text, Text, Text).Where((type, bucket, key) => type.Length * bucket.Length * key.Length > 0).Sample((type, bucket, key) =>
    {
        foreach (var encode in new Func<string, string>[] { Uri.EscapeDataString, text => Uri.EscapeDataString(text).Replace("%20", "+", StringComparison.Ordinal), EncodeAll })
        {
            Assert.Null(RequestPath.Split($"//types/{encode(type)}/buckets/{encode(bucket)}//datatypes/{encode(key)}/?x=/", out var names, out var routed));
            Assert.Equal((type, bucket, key), (names!.Type, names.Bucket, names.Key));
            Assert.Equal("/types/-/buckets/-/datatypes/-", routed!.Value.Value);
        }
    });

    [Fact]
    public void Any_target_is_split_or_refused() => Gen.OneOf(Gen.String, Gen.Char["/%+.?#2Fftypesa:"].Array[0, 30].Select(chars => "/types/" + new string(chars))).Sample(
        target => RequestPath.Split(target, out _, out _), iter: 20_000);

    private static string EncodeAll(string text) => string.Concat(Encoding.UTF8.GetBytes(text).Select(b => $"%{b:x2}"));
}
