using System.Text.Json;

namespace GossipCluster.Node.Tests.Http;

/// <summary>Bucket types, bucket properties, and lists of keys and buckets.</summary>
public class SchemaTests(MemoryNode node) : SchemaContract(node), IClassFixture<MemoryNode>;

/// <summary>What any node must do.</summary>
public abstract class SchemaContract(IHttpNode node)
{
    private IHttpNode Node => node;

    [Fact]
    public async Task A_type_shows_its_properties()
    {
        var reply = await Node.GetAsync("/types/counters/props");

        Assert.Equal("application/json", reply.ContentType);
        var props = JsonDocument.Parse(reply.Body).RootElement.GetProperty("props");
        Assert.Equal("counter", props.GetProperty("datatype").GetString());
        Assert.Equal(3, props.GetProperty("n_val").GetInt32());
        Assert.True(props.GetProperty("allow_mult").GetBoolean());
        Assert.True(props.GetProperty("active").GetBoolean());
        Assert.True(props.GetProperty("notfound_ok").GetBoolean());
        Assert.False(props.GetProperty("basic_quorum").GetBoolean());
        foreach (var name in new[] { "r", "w", "dw", "rw" }) Assert.Equal("quorum", props.GetProperty(name).GetString());
        foreach (var name in new[] { "pr", "pw", "node_confirms" }) Assert.Equal(0, props.GetProperty(name).GetInt32());
        Assert.False(props.TryGetProperty("name", out _));
        Assert.False(props.TryGetProperty("hll_precision", out _));
        Assert.Contains("\"hll_precision\":14", (await Node.GetAsync("/types/hlls/props")).Body, StringComparison.Ordinal);
        Assert.Equal(404, (await Node.GetAsync("/types/nosuch/props")).Status);
        Assert.Equal(404, (await Node.SendAsync("PUT", "/types/nosuch/props", """{"props":{}}"""u8.ToArray(), "application/json")).Status);
        Assert.Equal((200, string.Empty), await StatusOf("HEAD", "/types/counters/props"));
    }

    [Fact]
    public async Task A_type_that_is_retired_can_be_read_and_deleted_from_and_comes_back()
    {
        var type = Node.NewKey();
        var key = $"/types/{type}/buckets/b/datatypes/k";
        Assert.Equal(201, (await Put($"/types/{type}", "{\"props\":{\"datatype\":\"counter\"}}")).Status);
        Assert.Equal(204, (await Node.SendAsync("POST", key, "{\"increment\":3}"u8.ToArray(), "application/json")).Status);

        var retired = await Put($"/types/{type}/props", "{\"props\":{\"retired\":true}}");
        Assert.Equal((204, "3"), (retired.Status, retired.Header("GossipCluster-Nodes")));
        var refused = await Node.SendAsync("POST", key, "{\"increment\":3}"u8.ToArray(), "application/json");
        Assert.Equal(409, refused.Status);
        Assert.Contains($"The bucket type '{type}' is retired", refused.Body, StringComparison.Ordinal);
        Assert.Contains("\"value\":3", (await Node.GetAsync(key)).Body, StringComparison.Ordinal);
        Assert.Contains("\"retired\":true", (await Node.GetAsync($"/types/{type}/props")).Body, StringComparison.Ordinal);
        Assert.Equal(204, (await Node.SendAsync("DELETE", $"/types/{type}/buckets/b/keys/k", null, null)).Status);
        Assert.Equal(400, (await Put($"/types/{type}/buckets/b/props", "{\"props\":{\"retired\":false}}")).Status);

        Assert.Equal(204, (await Put($"/types/{type}/props", "{\"props\":{\"retired\":false}}")).Status);
        Assert.Equal(204, (await Node.SendAsync("POST", key, "{\"increment\":4}"u8.ToArray(), "application/json")).Status);
    }

    [Fact]
    public async Task A_bucket_has_its_own_properties_until_they_are_taken_back()
    {
        var bucket = Node.NewKey();
        var path = $"/types/sets/buckets/{bucket}/props";

        Assert.StartsWith($$"""{"props":{"name":"{{bucket}}",""", (await Node.GetAsync(path)).Body, StringComparison.Ordinal);
        Assert.Equal(204, (await Put(path, """{"props":{"r":1,"w":"all","notfound_ok":false,"young_vclock":20}}""")).Status);
        Assert.Equal(204, (await Put(path, """{"props":{"pw":"one"}}""")).Status);
        var body = (await Node.GetAsync(path)).Body;
        foreach (var part in new[] { "\"r\":1", "\"w\":\"all\"", "\"pw\":\"one\"", "\"notfound_ok\":false", "\"dw\":\"quorum\"" }) Assert.Contains(part, body, StringComparison.Ordinal);
        Assert.Equal(204, (await Node.SendAsync("DELETE", path, null, null)).Status);
        Assert.Contains("\"r\":\"quorum\"", (await Node.GetAsync(path)).Body, StringComparison.Ordinal);
        Assert.Equal(404, (await Node.SendAsync("DELETE", "/types/nosuch/buckets/b/props", null, null)).Status);
        Assert.Equal((200, string.Empty), await StatusOf("HEAD", path));
    }

    [Theory]
    [InlineData("{\"n_val\":\"x\"}", "{\"n_val\":\"not_integer\"}")]
    [InlineData("{\"n_val\":5}", "{\"n_val\":\"belongs to the bucket type and is fixed at 3\"}")]
    [InlineData("{\"datatype\":\"counter\"}", "{\"datatype\":\"belongs to the bucket type and is fixed at set\"}")]
    [InlineData("{\"r\":\"most\"}", "{\"r\":\"must be an integer, or 'one', 'quorum', 'all' or 'default'\"}")]
    [InlineData("{\"w\":4}", "{\"w\":\"must be an integer from 0 to 3, or 'one', 'quorum', 'all' or 'default'\"}")]
    [InlineData("{\"notfound_ok\":\"true\"}", "{\"notfound_ok\":\"not_boolean\"}")]
    [InlineData("{\"allow_mult\":false}", "{\"allow_mult\":\"must be true for data types\"}")]
    [InlineData("{\"hll_precision\":15}", "{\"hll_precision\":\"must be an integer from 4 to 14\"}")]
    public async Task A_bad_property_is_400_with_its_reason(string props, string body)
    {
        var reply = await Put("/types/sets/buckets/b/props", $$"""{"props":{{props}}}""");

        Assert.Equal((400, body, "application/json"), (reply.Status, reply.Body, reply.ContentType));
    }

    [Fact]
    public async Task The_n_val_and_datatype_that_there_are_may_be_said_again()
    {
        Assert.Equal(204, (await Put($"/types/sets/buckets/{Node.NewKey()}/props", """{"props":{"n_val":3,"datatype":"set","allow_mult":true}}""")).Status);
    }

    [Fact]
    public async Task The_precision_of_a_sketch_may_shrink_and_not_grow()
    {
        var path = $"/types/hlls/buckets/{Node.NewKey()}/props";

        Assert.Equal(204, (await Put(path, """{"props":{"hll_precision":12}}""")).Status);
        Assert.Equal((400, """{"hll_precision":"may shrink and not grow: it is 12"}"""), await Put(path, """{"props":{"hll_precision":13}}""") is var reply ? (reply.Status, reply.Body) : default);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"props\":3}")]
    [InlineData("{\"props\":")]
    [InlineData("[]")]
    [InlineData("")]
    [InlineData("{\"props\":{\"datatype\":\"\\ud800\"}}")]
    public async Task What_has_no_properties_is_400(string body)
    {
        var reply = await Put("/types/sets/buckets/b/props", body);

        Assert.Equal((400, "bucket PUT must be a JSON object of the form:\n{\"props\":{...bucket properties...}}\n"), (reply.Status, reply.Body));
    }

    [Fact]
    public async Task Properties_are_JSON()
    {
        Assert.Equal(415, (await Node.SendAsync("PUT", "/types/sets/buckets/b/props", "{}"u8.ToArray(), "text/plain")).Status);
        Assert.Equal(415, (await Node.SendAsync("PUT", "/types/sets/props", "{}"u8.ToArray(), null)).Status);
    }

    [Fact]
    public async Task A_type_is_created_and_listed_and_holds_data()
    {
        var type = $"t{Guid.NewGuid():n}";

        Assert.Equal(400, (await Put($"/types/{type}", """{"props":{}}""")).Status);
        Assert.Equal(400, (await Put($"/types/{type}", """{"props":{"datatype":"tree"}}""")).Status);
        Assert.Equal(400, (await Put($"/types/{type}", """{"props":{"datatype":"set","n_val":17}}""")).Status);
        Assert.Equal(400, (await Put($"/types/{type}", """{"props":{"datatype":"set","n_val":2,"w":3}}""")).Status);
        Assert.Equal(201, (await Put($"/types/{type}", """{"props":{"datatype":"set","n_val":2,"w":"all"}}""")).Status);
        Assert.Equal(204, (await Put($"/types/{type}", """{"props":{"datatype":"set","n_val":2,"w":1}}""")).Status);
        Assert.Equal(400, (await Put($"/types/{type}", """{"props":{"datatype":"map"}}""")).Status);
        Assert.Contains($$"""{"name":"{{type}}","datatype":"set","n_val":2,"retired":false}""", (await Node.GetAsync("/types")).Body, StringComparison.Ordinal);
        Assert.Equal(204, (await Node.PostAsync(Node.PathOf(type), """{"add":"a"}""")).Status);
        Assert.Equal("Specified w/dw/pw/node_confirms values invalid for bucket n value of 2\n", (await Node.GetAsync(Node.PathOf(type) + "?r=3")).Body);
        Assert.Equal(400, (await Put($"/types/{new string('x', 129)}", """{"props":{"datatype":"set"}}""")).Status);
        Assert.Equal("PUT", (await Node.GetAsync($"/types/{type}")).Header("Allow"));
    }

    [Fact]
    public async Task Keys_and_buckets_are_listed_on_request_only()
    {
        var bucket = Node.NewKey();
        foreach (var key in new[] { "a", "b", "c" }) await Node.PostAsync($"/types/gsets/buckets/{bucket}/datatypes/{key}", """{"add":"x"}""");
        var path = $"/types/gsets/buckets/{bucket}/keys";

        Assert.Equal("{}", (await Node.GetAsync(path)).Body);
        Assert.Equal(["a", "b", "c"], Names((await Node.GetAsync(path + "?keys=true")).Body, "keys"));
        var stream = await Node.GetAsync(path + "?keys=stream");
        Assert.Equal("application/json", stream.ContentType);
        Assert.True(stream.Message.Headers.TransferEncodingChunked);
        Assert.EndsWith("}{\"keys\":[]}", stream.Body, StringComparison.Ordinal);
        Assert.Equal("""{"keys":[]}""", (await Node.GetAsync("/types/gsets/buckets/no-such-bucket/keys?keys=true")).Body);
        Assert.Equal("""{"buckets":[]}""", (await Node.GetAsync("/types/gsets/buckets")).Body);
        Assert.Contains(bucket, Names((await Node.GetAsync("/types/gsets/buckets?buckets=true")).Body, "buckets"));
        Assert.EndsWith("{\"buckets\":[]}", (await Node.GetAsync("/types/gsets/buckets?buckets=stream")).Body, StringComparison.Ordinal);
        Assert.Equal((200, string.Empty), await StatusOf("HEAD", path + "?keys=true"));
        Assert.Equal(400, (await Node.GetAsync(path + "?keys=true&timeout=x")).Status);
    }

    private static IEnumerable<string?> Names(string body, string member) =>
        JsonDocument.Parse(body).RootElement.GetProperty(member).EnumerateArray().Select(name => name.GetString()).Order();

    private Task<Reply> Put(string path, string json) => Node.SendAsync("PUT", path, System.Text.Encoding.UTF8.GetBytes(json), "application/json");

    private async Task<(int Status, string Body)> StatusOf(string method, string path)
    {
        var reply = await Node.SendAsync(method, path, null, null);
        return (reply.Status, reply.Body);
    }
}
