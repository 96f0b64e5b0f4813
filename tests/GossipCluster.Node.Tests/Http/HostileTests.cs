using System.Net.Sockets;
using System.Text;

namespace GossipCluster.Node.Tests.Http;

/// <summary>Clients that mean harm or break off: a 4xx and a node that goes on, never a 5xx, a hang or memory that grows.</summary>
public sealed class HostileTests : IAsyncLifetime
{
    private readonly MemoryNode _node = new(MemoryNode.Options with
    {
        BodyBytesMax = 1 << 20,
        BatchBodyBytesMax = 2 << 20,
        BodiesBytesMax = 4 << 20,
        RequestHeadersTimeout = TimeSpan.FromMilliseconds(300),
        RequestLineBytesMax = 8 << 10,
        RequestHeadersBytesMax = 16 << 10,
    });

    public ValueTask InitializeAsync() => _node.InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        // Whatever was done to it, it serves.
        Assert.Equal(204, (await _node.PostAsync(_node.PathOf("counters"), "1")).Status);
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task A_body_beyond_the_bound_is_413()
    {
        var path = _node.PathOf("registers");

        var announced = await _node.SendAsync("POST", path, new byte[(1 << 20) + 1], "application/json");
        var chunks = await _node.RawAsync(Encoding.Latin1.GetBytes(
            $"POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n180000\r\n{new string('x', 0x180000)}\r\n0\r\n\r\n"));

        Assert.Equal(413, announced.Status);
        Assert.StartsWith("HTTP/1.1 413 ", Encoding.Latin1.GetString(chunks), StringComparison.Ordinal);
        Assert.Equal(404, (await _node.GetAsync(path)).Status);
    }

    [Fact]
    public async Task A_body_at_the_bound_is_taken()
    {
        var path = _node.PathOf("registers");
        var text = new string('x', (1 << 20) - 2);

        Assert.Equal(204, (await _node.PostAsync(path, $"\"{text}\"")).Status);
        Assert.Equal($$"""{"type":"register","value":"{{text}}"}""", (await _node.GetAsync(path + "?include_context=false")).Body);
    }

    [Fact]
    public async Task A_body_in_many_small_chunks_is_one_body()
    {
        var path = _node.PathOf("registers");
        var body = $"\"{new string('y', 3000)}\"";
        var chunks = string.Concat(body.Chunk(7).Select(chunk => $"{chunk.Length:x}\r\n{new string(chunk)}\r\n"));

        var answer = await _node.RawAsync($"POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}0\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 204 ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_element_beyond_the_bound_is_413()
    {
        Assert.Equal(204, (await _node.PostAsync(_node.PathOf("sets"), $$"""{"add":"{{new string('x', 65_536)}}"}""")).Status);
        Assert.Equal(413, (await _node.PostAsync(_node.PathOf("sets"), $$"""{"add":"{{new string('x', 65_537)}}"}""")).Status);
    }

    [Fact]
    public async Task More_elements_than_an_operation_may_name_are_413()
    {
        foreach (var element in new[] { "\"\"", "\"\\u0061\"" })
        {
            var reply = await _node.PostAsync(_node.PathOf("gsets"), $$"""{"add_all":[{{string.Join(',', Enumerable.Repeat(element, 100_001))}}]}""");

            Assert.Equal(413, reply.Status);
        }
    }

    [Theory]
    [InlineData(30, 204)]
    [InlineData(31, 204)]
    [InlineData(32, 400)]
    [InlineData(33, 400)]
    [InlineData(5000, 400)]
    public async Task Maps_may_be_nested_as_deep_as_the_store_takes_them(int depth, int status)
    {
        var open = string.Concat(Enumerable.Repeat("{\"update\":{\"m_map\":", depth));

        var reply = await _node.PostAsync(_node.PathOf("maps"), $"{open}{{\"update\":{{\"c_counter\":1}}}}{new string('}', 2 * depth)}");

        Assert.True(reply.Status == status, reply.ToString());
    }

    [Fact]
    public async Task Nesting_without_end_is_400()
    {
        foreach (var piece in new[] { "[", "{\"update\":", "{\"a\":" })
        {
            Assert.Equal(400, (await _node.PostAsync(_node.PathOf("maps"), string.Concat(Enumerable.Repeat(piece, 50_000)))).Status);
            Assert.Equal(400, (await _node.PostAsync("/batch", "{\"operations\":" + string.Concat(Enumerable.Repeat(piece, 50_000)))).Status);
        }
    }

    [Fact]
    public async Task A_long_request_line_is_414_and_long_headers_are_431()
    {
        Assert.StartsWith("HTTP/1.1 414 ", await _node.RawAsync($"GET /{new string('x', 10_000)} HTTP/1.1\r\nHost: a\r\n\r\n"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 431 ", await _node.RawAsync($"GET / HTTP/1.1\r\nHost: a\r\nX: {new string('x', 20_000)}\r\n\r\n"), StringComparison.Ordinal);
        var many = string.Concat(Enumerable.Range(0, 200).Select(i => $"X{i}: 1\r\n"));
        Assert.StartsWith("HTTP/1.1 431 ", await _node.RawAsync($"GET / HTTP/1.1\r\nHost: a\r\n{many}\r\n"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\0\0\0\0\r\n\r\n")]
    [InlineData("GET\r\n\r\n")]
    [InlineData("GET / HTTP/9.9\r\nHost: a\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nBad Header: x\r\n\r\n")]
    [InlineData("POST /types/counters/buckets/b/datatypes/k HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: -1\r\n\r\n1")]
    [InlineData("POST /types/counters/buckets/b/datatypes/k HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 99999999999999999999\r\n\r\n1")]
    [InlineData("POST /types/counters/buckets/b/datatypes/k HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n1\r\n0\r\n\r\n")]
    [InlineData("POST /types/counters/buckets/b/datatypes/k HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n1")]
    [InlineData("POST /types/counters/buckets/b/datatypes/k HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nConnection: close\r\nTransfer-Encoding: gzip\r\n\r\n1")]
    public async Task What_is_no_request_gets_4xx_or_5xx_of_the_protocol_alone(string request)
    {
        var answer = await _node.RawAsync(request);

        var (status, _) = HttpNodeExtensions.Parse(answer);
        Assert.True(status is (>= 400 and < 500) or 501 or 505, answer);
    }

    [Fact]
    public async Task Headers_that_never_end_are_given_up()
    {
        var answer = await _node.RawAsync("GET / HTTP/1.1\r\nHost: a\r\n");

        Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 408 ", StringComparison.Ordinal), answer);
    }

    [Fact]
    public async Task A_client_that_breaks_off_in_its_body_holds_nothing()
    {
        var bodies = new List<Socket>();
        for (var i = 0; i < 30; i++)
        {
            var socket = await _node.ConnectAsync();
            bodies.Add(socket);
            await socket.SendAsync(Encoding.Latin1.GetBytes(
                $"POST {_node.PathOf("registers")} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{new string('x', 200_000)}"), TestContext.Current.CancellationToken);
        }

        foreach (var socket in bodies) socket.Dispose();

        // The bound on all bodies is 4 MiB: it is free again.
        await Eventually(async () => (await _node.PostAsync(_node.PathOf("registers"), $"\"{new string('y', 900_000)}\"")).Status == 204);
        await Eventually(() => Task.FromResult(_node.BodiesBytes == 0));
    }

    [Fact]
    public async Task More_large_bodies_than_there_is_room_for_are_503()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _node.Store.OnWriteAsync = async _ =>
        {
            await release.Task;
            return null;
        };
        var body = $"\"{new string('x', 1_000_000)}\"";

        var held = Enumerable.Range(0, 4).Select(_ => _node.PostAsync(_node.PathOf("registers"), body)).ToList();
        await Eventually(() => Task.FromResult(_node.BodiesBytes > 3_900_000));
        var refused = await _node.PostAsync(_node.PathOf("registers"), body);
        release.SetResult();

        Assert.Equal((503, "1"), (refused.Status, refused.Header("Retry-After")));
        Assert.All(await Task.WhenAll(held), reply => Assert.Equal(204, reply.Status));
        Assert.Equal(0, _node.BodiesBytes);
    }

    [Fact]
    public async Task A_client_that_leaves_before_its_answer_harms_nobody()
    {
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _node.Store.OnWriteAsync = async _ =>
        {
            entered.TrySetResult();
            await release.Task;
            return null;
        };
        using (var socket = await _node.ConnectAsync())
        {
            await socket.SendAsync(Encoding.Latin1.GetBytes($"POST {_node.PathOf("counters")} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n1"), TestContext.Current.CancellationToken);
            await entered.Task;
        }

        release.SetResult();
    }

    [Fact]
    public async Task Requests_in_one_packet_are_answered_in_order()
    {
        var path = _node.PathOf("counters");
        var post = $"POST {path}?returnbody=true HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n1";

        var answer = await _node.RawAsync($"{post}{post}{post}GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

        Assert.Equal(["1", "2", "3", "3"], answer.Split("\"value\":").Skip(1).Select(part => part[..1]));
    }

    [Fact]
    public async Task Headers_of_any_bytes_are_refused_or_ignored()
    {
        foreach (var header in new[] { "Accept: \u00ff/\u00fe;q=x,,;", "Accept: ;;;,,,", "Accept-Encoding: gzip;q=zz", "Accept: */*;q=1e999", "Content-Type: ;", "GossipCluster-Context: \u00e9", "X-Riak-Vclock: !", "Range: bytes=0-1", "Expect: 200-maybe" })
        {
            foreach (var request in new[] { "GET /types/sets/buckets/b/datatypes/k", "DELETE /types/sets/buckets/b/keys/k", "POST /types/sets/buckets/b/datatypes/k" })
            {
                var (status, body) = HttpNodeExtensions.Parse(await _node.RawAsync($"{request} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{header}\r\nContent-Length: 0\r\n\r\n"));
                Assert.True(status < 500, $"{status} {body} {header}");
            }
        }
    }

    private static async Task Eventually(Func<Task<bool>> condition)
    {
        for (var i = 0; i < 500; i++)
        {
            if (await condition()) return;
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        Assert.Fail("It did not come about within ten seconds.");
    }
}
