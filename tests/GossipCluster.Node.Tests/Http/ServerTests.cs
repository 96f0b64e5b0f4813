using System.IO.Compression;
using System.Text.Json;

namespace GossipCluster.Node.Tests.Http;

/// <summary>What clients ask before they ask for data, and the forms in which answers come.</summary>
public class ServerTests(MemoryNode node) : ServerContract(node), IClassFixture<MemoryNode>;

/// <summary>What any node must do.</summary>
public abstract class ServerContract(IHttpNode node)
{
    private IHttpNode Node => node;

    [Fact]
    public async Task The_root_lists_the_resources_for_programs_and_for_people()
    {
        var json = await Node.GetAsync("/", ("Accept", "application/json"));
        var html = await Node.GetAsync("/");
        var any = await Node.GetAsync("/", ("Accept", "*/*"));

        var resources = JsonDocument.Parse(json.Body).RootElement;
        Assert.Equal("application/json", json.ContentType);
        Assert.Contains("\"riak_kv_wm_bucket_type\":\"/types\"", json.Body, StringComparison.Ordinal);
        foreach (var name in new[] { "riak_kv_wm_buckets", "riak_kv_wm_crdt", "riak_kv_wm_ping", "riak_kv_wm_stats" }) Assert.True(resources.TryGetProperty(name, out _), name);
        Assert.Contains("</ping>; rel=\"riak_kv_wm_ping\"", json.Header("Link"), StringComparison.Ordinal);
        Assert.Contains("Accept", json.Header("Vary"), StringComparison.Ordinal);
        Assert.Equal(("text/html", "text/html"), (html.ContentType, any.ContentType));
    }

    [Fact]
    public async Task Ping_is_OK_in_HTML()
    {
        foreach (var path in new[] { "/ping", "/ping/" })
        {
            var reply = await Node.GetAsync(path);
            Assert.Equal((200, "OK", "text/html"), (reply.Status, reply.Body, reply.ContentType));
        }

        var head = await Node.SendAsync("HEAD", "/ping", null, null);
        Assert.Equal((200, string.Empty, "2"), (head.Status, head.Body, head.Header("Content-Length")));
        Assert.Equal("GET, HEAD", (await Node.SendAsync("POST", "/ping", [], null)).Header("Allow"));
    }

    [Fact]
    public async Task Stats_say_the_version_that_clients_look_for()
    {
        var json = await Node.GetAsync("/stats/");
        var text = await Node.GetAsync("/stats", ("Accept", "text/plain"));

        Assert.Equal("application/json", json.ContentType);
        Assert.Equal("3.2.0", JsonDocument.Parse(json.Body).RootElement.GetProperty("riak_kv_version").GetString());
        Assert.Equal("text/plain", text.ContentType);
        Assert.StartsWith("{\n    \"", text.Body, StringComparison.Ordinal);
        Assert.Equal(406, (await Node.GetAsync("/stats", ("Accept", "image/png"))).Status);
    }

    [Fact]
    public async Task Health_and_members_are_JSON()
    {
        Assert.Equal("""{"status":"live"}""", (await Node.GetAsync("/health/live")).Body);
        Assert.Contains("\"status\":\"ready\"", (await Node.GetAsync("/health/ready")).Body, StringComparison.Ordinal);
        var members = JsonDocument.Parse((await Node.GetAsync("/cluster/members")).Body).RootElement;
        Assert.Contains(members.GetProperty("members").EnumerateArray(), member => member.GetProperty("name").GetString() == members.GetProperty("node").GetString());
    }

    [Fact]
    public async Task Large_answers_are_compressed_for_those_who_ask_and_small_ones_are_not()
    {
        var (large, small) = (Node.PathOf("gsets"), Node.PathOf("gsets"));
        await Node.PostAsync(large, $$"""{"add_all":[{{string.Join(',', Enumerable.Range(0, 1000).Select(i => $"\"element {i}\""))}}]}""");
        await Node.PostAsync(small, """{"add":"a"}""");

        var plain = await Node.GetAsync(large);
        var zipped = await Node.GetAsync(large, ("Accept-Encoding", "br, gzip;q=0.5"));
        var refused = await Node.GetAsync(large, ("Accept-Encoding", "gzip;q=0, *"));
        var head = await Node.SendAsync("HEAD", large, null, null, ("Accept-Encoding", "gzip"));
        var tiny = await Node.GetAsync(small, ("Accept-Encoding", "gzip"));

        Assert.Equal("gzip", zipped.Header("Content-Encoding"));
        Assert.Equal("Accept-Encoding", zipped.Header("Vary"));
        Assert.True(zipped.Message.Content.Headers.ContentLength < plain.Message.Content.Headers.ContentLength);
        await using var gzip = new GZipStream(await zipped.Message.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken), CompressionMode.Decompress);
        Assert.Equal(plain.Body, await new StreamReader(gzip).ReadToEndAsync(TestContext.Current.CancellationToken));
        Assert.Null(refused.Header("Content-Encoding"));
        Assert.Equal(zipped.Header("Content-Length"), head.Header("Content-Length"));
        Assert.Null(tiny.Header("Content-Encoding"));
    }

    [Theory]
    [InlineData("GET", "/types/counters/buckets/b/datatypes/no-such-key", null, 404, "not-found")]
    [InlineData("GET", "/types/nosuch/buckets/b/datatypes/k", null, 404, "unknown-bucket-type")]
    [InlineData("GET", "/nosuch", null, 404, "unknown-path")]
    [InlineData("GET", "/types/counters/buckets/b/datatypes/k?r=x", null, 400, "bad-parameter")]
    [InlineData("GET", "/types/counters/buckets/b/datatypes/%zz", null, 400, "bad-path")]
    [InlineData("PUT", "/types/counters/buckets/b/datatypes/k", "1", 405, "method-not-allowed")]
    [InlineData("POST", "/types/counters/buckets/b/datatypes/k", "x", 400, "bad-json")]
    [InlineData("POST", "/types/counters/buckets/b/datatypes/k", "{}", 400, "bad-operation")]
    [InlineData("POST", "/types/sets/buckets/b/datatypes/no-such-key", "{\"remove\":\"a\\\"b\"}", 412, "not-present")]
    [InlineData("POST", "/types/maps/buckets/b/datatypes/k", "{\"remove\":\"x\"}", 400, "bad-field")]
    [InlineData("PUT", "/types/sets/buckets/b/props", "{\"props\":{\"n_val\":\"x\"}}", 400, "bad-properties")]
    public async Task A_client_that_asks_for_problems_gets_problems(string method, string target, string? body, int status, string title)
    {
        var request = $"{method} {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAccept: application/json, application/problem+json\r\nContent-Type: application/json\r\nContent-Length: {body?.Length ?? 0}\r\n\r\n{body}";
        var answer = await Node.RawAsync(request);

        Assert.Contains("Content-Type: application/problem+json\r\n", answer, StringComparison.Ordinal);
        var problem = JsonDocument.Parse(HttpNodeExtensions.Parse(answer).Body).RootElement;
        Assert.Equal((status, title), (problem.GetProperty("status").GetInt32(), problem.GetProperty("title").GetString()));
        Assert.False(string.IsNullOrWhiteSpace(problem.GetProperty("detail").GetString()));
    }
}
