using System.Net;
using System.Net.Sockets;

namespace GossipCluster.Client.Tests;

public sealed class GossipClusterClientTests
{
    private const string NoContent = "HTTP/1.1 204 No Content\r\nGossipCluster-Context: abc\r\nGossipCluster-Copies: 2\r\n\r\n";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("a/b c", "a%2Fb%20c")]
    [InlineData("..", "..")]
    [InlineData("%2F+?#", "%252F%2B%3F%23")]
    [InlineData("ключ", "%D0%BA%D0%BB%D1%8E%D1%87")]
    public async Task Any_text_is_a_key(string key, string segment)
    {
        await using var server = new ScriptedServer(NoContent);
        using var client = new GossipClusterClient(server.Url);

        var written = await client.Counters.IncrementAsync("pages", key, cancel: Cancel);

        Assert.StartsWith($"POST /types/counters/buckets/pages/datatypes/{segment} HTTP/1.1\r\n", server.Requests[0], StringComparison.Ordinal);
        Assert.Equal((key, 2, "abc"), (written.Key, written.Copies, written.Context));
    }

    [Fact]
    public async Task Parameters_and_contexts_go_where_the_http_api_has_them()
    {
        await using var server = new ScriptedServer(
            ScriptedServer.Answer("200 OK", """{"type":"set","value":["tea"],"context":"new"}"""),
            ScriptedServer.Answer("200 OK", """{"type":"set","value":["tea"],"context":"newer"}"""));
        using var client = new GossipClusterClient(server.Url);

        var written = await client.Sets.RemoveAsync(
            "carts", "alice", "milk", new WriteOptions { W = Quorum.All, DW = Quorum.One, PW = Quorum.Of(2), Context = "old", ReturnBody = true, Timeout = TimeSpan.FromSeconds(1) }, Cancel);
        var read = await client.Sets.ReadAsync("carts", "alice", new ReadOptions { R = Quorum.Majority, AtLeast = written.Context }, Cancel);

        Assert.StartsWith("POST /types/sets/buckets/carts/datatypes/alice?w=all&dw=one&pw=2&timeout=1000&returnbody=true HTTP/1.1\r\n", server.Requests[0], StringComparison.Ordinal);
        Assert.EndsWith("""{"remove_all":["milk"],"context":"old"}""", server.Requests[0], StringComparison.Ordinal);
        Assert.StartsWith("GET /types/sets/buckets/carts/datatypes/alice?r=quorum HTTP/1.1\r\n", server.Requests[1], StringComparison.Ordinal);
        Assert.Contains("GossipCluster-Context: new\r\n", server.Requests[1], StringComparison.Ordinal);
        Assert.Equal(["tea"], read.Value!);
        Assert.Equal("newer", read.Context);
    }

    [Fact]
    public async Task A_context_goes_into_a_header_where_the_operation_has_no_place_for_it()
    {
        await using var server = new ScriptedServer(NoContent, NoContent);
        using var client = new GossipClusterClient(server.Url);

        await client.Flags.SetAsync("features", "dark", enabled: false, new WriteOptions { Context = "old" }, Cancel);
        await client.DeleteAsync(new DataKey("flags", "features", "dark"), "old", Cancel);

        Assert.All(server.Requests, request => Assert.Contains("GossipCluster-Context: old\r\n", request, StringComparison.Ordinal));
        Assert.EndsWith("\r\n\r\n\"disable\"", server.Requests[0], StringComparison.Ordinal);
        Assert.StartsWith("DELETE /types/flags/buckets/features/keys/dark HTTP/1.1\r\n", server.Requests[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_server_may_make_the_key()
    {
        await using var server = new ScriptedServer("HTTP/1.1 201 Created\r\nLocation: /types/counters/buckets/pages/keys/x%20y\r\nContent-Length: 0\r\n\r\n");
        using var client = new GossipClusterClient(server.Url);

        Assert.Equal("x y", (await client.Counters.IncrementAsync("pages", key: null, cancel: Cancel)).Key);
    }

    [Fact]
    public async Task Counters_are_exact_beyond_64_bits()
    {
        await using var server = new ScriptedServer(ScriptedServer.Answer("200 OK", """{"type":"counter","value":18446744073709551614}"""));
        using var client = new GossipClusterClient(server.Url);

        Assert.Equal((Int128)long.MaxValue * 2, (await client.Counters.ReadAsync("pages", "home", cancel: Cancel)).Value);
    }

    [Fact]
    public async Task Maps_are_read_with_all_that_is_in_them()
    {
        await using var server = new ScriptedServer(ScriptedServer.Answer(
            "200 OK", """{"type":"map","value":{"a_b_counter":3,"in_map":{"tags_set":["x"]},"name_register":"Alice","seen_flag":false,"later_graph":{}}}"""));
        using var client = new GossipClusterClient(server.Url);

        var map = (await client.Maps.ReadAsync("users", "alice", cancel: Cancel)).Value!;

        Assert.Equal(3, map.Counters["a_b"]);
        Assert.Equal(["x"], map.Maps["in"].Sets["tags"]);
        Assert.Equal("Alice", map.Registers["name"]);
        Assert.False(map.Flags["seen"]);
    }

    [Fact]
    public async Task A_missing_key_is_a_result_and_an_unknown_bucket_type_is_a_failure()
    {
        await using var server = new ScriptedServer(
            ScriptedServer.Answer("404 Not Found", """{"type":"set","error":"notfound"}"""),
            ScriptedServer.Answer("404 Not Found", "Unknown bucket type: sets\n", "text/plain"));
        using var client = new GossipClusterClient(server.Url);

        var missing = await client.Sets.ReadAsync("carts", "alice", cancel: Cancel);
        var failed = await Assert.ThrowsAsync<GossipClusterException>(() => client.Sets.ReadAsync("carts", "alice", cancel: Cancel));

        Assert.False(missing.Exists);
        Assert.Empty(missing.Value!);
        Assert.Equal((Failure.Refused, "404: Unknown bucket type: sets"), (failed.Failure, failed.Message));
    }

    [Fact]
    public async Task A_503_may_have_been_applied_and_a_412_has_not()
    {
        await using var server = new ScriptedServer(
            ScriptedServer.Answer("503 Service Unavailable", "PW-value unsatisfied: 2/3\n", "text/plain", "Retry-After: 2\r\n"),
            ScriptedServer.Answer("412 Precondition Failed", "Precondition failed: not present: \"x\"\n", "text/plain"));
        using var client = new GossipClusterClient(server.Url);

        var unavailable = await Assert.ThrowsAsync<GossipClusterException>(() => client.Sets.RemoveAsync("carts", "alice", "x", cancel: Cancel));
        var refused = await Assert.ThrowsAsync<GossipClusterException>(() => client.Sets.RemoveAsync("carts", "alice", "x", cancel: Cancel));

        Assert.Equal((true, TimeSpan.FromSeconds(2)), (unavailable.MayHaveBeenApplied, unavailable.RetryAfter));
        Assert.Equal((false, HttpStatusCode.PreconditionFailed), (refused.MayHaveBeenApplied, refused.Status));
    }

    [Theory]
    [InlineData("quorum-not-reached", true)]
    [InlineData("internal-fault", true)]
    [InlineData("of-a-later-server", true)]
    [InlineData("unavailable", false)]
    [InlineData("context-not-seen", false)]
    [InlineData("no-primary", false)]
    [InlineData("bodies-full", false)]
    public async Task The_title_of_a_503_says_whether_something_may_have_been_done(string title, bool mayHaveBeenApplied)
    {
        await using var server = new ScriptedServer(ScriptedServer.Answer(
            "503 Service Unavailable", $$"""{"title":"{{title}}","status":503,"detail":"Not now."}""", "application/problem+json", "Retry-After: 2\r\n"));
        using var client = new GossipClusterClient(server.Url);

        var failed = await Assert.ThrowsAsync<GossipClusterException>(() => client.Counters.IncrementAsync("pages", "home", cancel: Cancel));

        Assert.Contains("Accept: application/json, application/problem+json\r\n", server.Requests[0], StringComparison.Ordinal);
        Assert.Equal((Failure.Unavailable, title, "Not now.", "503: Not now."), (failed.Failure, failed.Title, failed.Sentence, failed.Message));
        Assert.Equal((mayHaveBeenApplied, TimeSpan.FromSeconds(2)), (failed.MayHaveBeenApplied, failed.RetryAfter));
    }

    [Fact]
    public async Task A_missing_key_and_an_unknown_bucket_type_are_told_apart_by_the_titles_of_their_problems()
    {
        await using var server = new ScriptedServer(
            ScriptedServer.Answer("404 Not Found", """{"title":"not-found","status":404,"detail":"There is no such key.","datatype":"set"}""", "application/problem+json", "GossipCluster-Context: abc\r\n"),
            ScriptedServer.Answer("404 Not Found", """{"title":"unknown-bucket-type","status":404,"detail":"Unknown bucket type: sets"}""", "application/problem+json"));
        using var client = new GossipClusterClient(server.Url);

        var missing = await client.Sets.ReadAsync("carts", "alice", cancel: Cancel);
        var failed = await Assert.ThrowsAsync<GossipClusterException>(() => client.Sets.ReadAsync("carts", "alice", cancel: Cancel));

        Assert.Equal((false, "abc"), (missing.Exists, missing.Context));
        Assert.Equal((Failure.Refused, "unknown-bucket-type"), (failed.Failure, failed.Title));
    }

    [Theory]
    [InlineData("{\"title\":\"unavail")]
    [InlineData("[]")]
    [InlineData("{\"title\":7}")]
    public async Task A_problem_that_is_none_promises_nothing(string body)
    {
        await using var server = new ScriptedServer(ScriptedServer.Answer("503 Service Unavailable", body, "application/problem+json"));
        using var client = new GossipClusterClient(server.Url);

        var failed = await Assert.ThrowsAsync<GossipClusterException>(() => client.Counters.IncrementAsync("pages", "home", cancel: Cancel));

        Assert.Equal((null, body, true), (failed.Title, failed.Sentence, failed.MayHaveBeenApplied));
    }

    [Fact]
    public async Task A_write_goes_on_to_the_next_node_where_one_takes_no_connection()
    {
        await using var server = new ScriptedServer(NoContent, NoContent);
        using var client = new GossipClusterClient(Unused(), server.Url);

        await client.Counters.IncrementAsync("pages", "home", cancel: Cancel);
        await client.Counters.IncrementAsync("pages", "home", cancel: Cancel);

        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task A_write_that_was_sent_and_not_answered_is_not_repeated()
    {
        await using var breaking = new ScriptedServer("");
        await using var next = new ScriptedServer(NoContent);
        using var client = new GossipClusterClient(breaking.Url, next.Url);

        var failed = await Assert.ThrowsAsync<GossipClusterException>(() => client.Counters.IncrementAsync("pages", "home", cancel: Cancel));

        Assert.Equal((Failure.NoAnswer, true), (failed.Failure, failed.MayHaveBeenApplied));
        Assert.Single(breaking.Requests);
        Assert.Empty(next.Requests);
    }

    [Fact]
    public async Task A_read_that_was_sent_and_not_answered_is_repeated_at_the_next_node()
    {
        // Twice: the handler itself repeats a read on a connection that closed without a byte.
        await using var breaking = new ScriptedServer("HTTP/1.1 200 OK\r\nContent-Le", "");
        await using var next = new ScriptedServer(ScriptedServer.Answer("200 OK", """{"type":"counter","value":5}"""));
        using var client = new GossipClusterClient(breaking.Url, next.Url);
        breaking.CloseAfterEach = true;

        Assert.Equal(5, (await client.Counters.ReadAsync("pages", "home", cancel: Cancel)).Value);
    }

    [Fact]
    public async Task A_batch_has_one_result_an_item()
    {
        await using var server = new ScriptedServer(ScriptedServer.Answer(
            "200 OK", """{"results":[{"status":204},{"status":200,"type":"counter","value":1},{"status":412,"error":"no"}]}"""));
        using var client = new GossipClusterClient(server.Url);
        var key = new DataKey("counters", "pages", "home");

        var results = await client.BatchAsync([new BatchItem(key, Operation.Increment()), new BatchItem(key, null), new BatchItem(key, Operation.Increment())], Cancel);

        Assert.EndsWith(
            """{"operations":[{"type":"counters","bucket":"pages","key":"home","op":{"increment":1}},{"type":"counters","bucket":"pages","key":"home","read":true},{"type":"counters","bucket":"pages","key":"home","op":{"increment":1}}]}""",
            server.Requests[0],
            StringComparison.Ordinal);
        Assert.Equal([true, true, false], results.Select(result => result.IsDone));
        Assert.Equal(1, results[1].Body.GetProperty("value").GetInt32());
    }

    [Fact]
    public async Task A_node_that_takes_no_connection_is_not_ready()
    {
        using var client = new GossipClusterClient(Unused());

        var readiness = await client.ReadinessAsync(Cancel);

        Assert.False(readiness.IsReady);
        Assert.Contains("takes no connection", readiness.Sentence, StringComparison.Ordinal);
    }

    // Bound and not listening: refused, and nobody else can take it meanwhile.
    private static string Unused()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Bound.Add(socket);
        return $"http://{socket.LocalEndPoint}";
    }

    private static readonly List<Socket> Bound = [];
}
