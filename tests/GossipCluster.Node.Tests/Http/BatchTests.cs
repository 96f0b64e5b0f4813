using System.Text;
using System.Text.Json;
using GossipCluster.Actors.Store;

namespace GossipCluster.Node.Tests.Http;

/// <summary>Many operations in one request.</summary>
public class BatchTests(MemoryNode node) : BatchContract(node), IClassFixture<MemoryNode>
{
    [Fact]
    public async Task Operations_run_concurrently_and_are_answered_in_order()
    {
        await using var own = new MemoryNode();
        await own.InitializeAsync();
        var entered = 0;
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        own.Store.OnWriteAsync = async command =>
        {
            if (Interlocked.Increment(ref entered) == 100) all.SetResult();
            await all.Task;
            return command.Key.Name == "k7" ? new WriteReply.Unsatisfied("request timed out") : null;
        };

        var reply = await own.PostAsync("/batch?include_context=false", Batch(Enumerable.Range(0, 100).Select(i => Increment($"k{i}"))));

        var results = Results(reply);
        Assert.Equal(100, results.Length);
        Assert.Equal("""{"status":503,"error":"request timed out"}""", results[7]);
        Assert.All(results.Where((_, i) => i != 7), result => Assert.Equal("""{"status":204,"copies":1}""", result));
    }

    [Fact]
    public async Task A_batch_is_bounded_in_operations_and_bytes()
    {
        await using var own = new MemoryNode(MemoryNode.Options with { BatchOperationsMax = 3, BatchBodyBytesMax = 2048 });
        await own.InitializeAsync();

        Assert.Equal(200, (await own.PostAsync("/batch", Batch(Enumerable.Range(0, 3).Select(i => Increment($"a{i}"))))).Status);
        Assert.Equal(413, (await own.PostAsync("/batch", Batch(Enumerable.Range(0, 4).Select(i => Increment($"b{i}"))))).Status);
        Assert.Equal(413, (await own.PostAsync("/batch", Batch([Increment(new string('x', 2048))]))).Status);
        Assert.Equal(404, (await own.GetAsync("/types/counters/buckets/b/datatypes/b0")).Status);
    }
}

/// <summary>What any node must do.</summary>
public abstract class BatchContract(IHttpNode node)
{
    private IHttpNode Node => node;

    [Fact]
    public async Task Each_operation_has_an_answer_of_its_own()
    {
        var key = Node.NewKey();
        await Node.PostAsync(Node.PathOf("sets", key), """{"add_all":["b","a"]}""");

        var results = Results(await Node.PostAsync("/batch?include_context=false", $$$"""
            {"operations":[
            {"type":"sets","bucket":"b","key":"{{{key}}}","read":true},
            {"key":"{{{key}}}","op":{"increment":5},"bucket":"b","type":"counters"},
            {"type":"counters","bucket":"b","key":"{{{Node.NewKey()}}}","read":true},
            {"type":"counters","bucket":"b","key":"{{{Node.NewKey()}}}","delete":true},
            {"type":"nosuch","bucket":"b","key":"k","read":true},
            {"type":"counters","bucket":"b","key":"k","op":{"add":"x"}},
            {"type":"sets","bucket":"b","key":"{{{Node.NewKey()}}}","op":{"remove":"x"}},
            {"type":"counters","bucket":"b","key":"k"},
            {"type":"counters","bucket":"b","key":"k","read":true,"op":1},
            {"type":"counters","bucket":"b","op":1},
            {"type":"counters","bucket":"b","key":"","op":1},
            {"type":1,"bucket":"b","key":"k","op":1},
            {"type":"counters","bucket":"b","key":"k","op":1,"more":2},
            {"type":"sets","bucket":"b","key":"k","op":{"add":"x","context":"AAAA"}},
            7
            ]}
            """));

        Assert.Equal("""{"status":200,"value":["a","b"]}""", results[0]);
        Assert.StartsWith("{\"status\":204,\"copies\":", results[1], StringComparison.Ordinal);
        Assert.Equal("""{"status":404,"error":"notfound"}""", results[2]);
        Assert.Equal("""{"status":404,"error":"notfound"}""", results[3]);
        Assert.Equal("""{"status":404,"error":"Unknown bucket type: nosuch"}""", results[4]);
        Assert.Equal("""{"status":400,"error":"Invalid operation on datatype 'counter': {\"add\":\"x\"}"}""", results[5]);
        Assert.Equal("""{"status":412,"error":"Precondition failed: not present: \"x\""}""", results[6]);
        Assert.All(results[7..], result => Assert.StartsWith("{\"status\":400,\"error\":\"", result, StringComparison.Ordinal));
        Assert.Equal("""{"type":"counter","value":5}""", (await Node.GetAsync(Node.PathOf("counters", key))).Body);
    }

    [Fact]
    public async Task Values_and_contexts_come_and_go_as_with_single_operations()
    {
        var key = Node.NewKey();
        var add = $$$"""{"type":"sets","bucket":"b","key":"{{{key}}}","op":{"add":"x"}}""";

        var first = JsonDocument.Parse(Results(await Node.PostAsync("/batch?returnbody=true", Batch([add])))[0]).RootElement;
        var token = first.GetProperty("context").GetString();
        await Node.PostAsync("/batch", Batch([add]));
        var kept = Results(await Node.PostAsync("/batch?returnbody=true&include_context=false", Batch([$$$"""{"type":"sets","bucket":"b","key":"{{{key}}}","op":{"remove":"x","context":"{{{token}}}"}}"""])));
        var gone = Results(await Node.PostAsync("/batch?include_context=false", Batch([$$$"""{"type":"sets","bucket":"b","key":"{{{key}}}","delete":true}"""])));

        Assert.Equal((200, """["x"]"""), (first.GetProperty("status").GetInt32(), first.GetProperty("value").GetRawText()));
        Assert.StartsWith("""{"status":200,"value":["x"],"copies":""", kept[0], StringComparison.Ordinal);
        Assert.StartsWith("{\"status\":204", gone[0], StringComparison.Ordinal);
        Assert.Equal(404, (await Node.GetAsync(Node.PathOf("sets", key))).Status);
    }

    [Fact]
    public async Task One_operation_a_line_is_answered_by_a_line()
    {
        var (one, two) = (Node.NewKey(), Node.NewKey());

        var reply = await Node.SendAsync("POST", "/batch?include_context=false", Encoding.UTF8.GetBytes($"{Increment(one)}\n\n{Increment(two)}\r\n{{\"type\":\"counters\",\"bucket\":\"b\",\"key\":\"\",\"read\":true}}"), "application/x-ndjson");
        var nothing = await Node.SendAsync("POST", "/batch", [], "application/x-ndjson");

        Assert.Equal("application/x-ndjson", reply.ContentType);
        var lines = reply.Body.Split('\n');
        Assert.Equal(4, lines.Length);
        Assert.StartsWith("{\"status\":204", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("{\"status\":400", lines[2], StringComparison.Ordinal);
        Assert.Equal((200, string.Empty), (nothing.Status, nothing.Body));
        Assert.Equal("""{"type":"counter","value":1}""", (await Node.GetAsync(Node.PathOf("counters", two))).Body);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("3")]
    [InlineData("{\"operations\":3}")]
    [InlineData("{\"operation\":[]}")]
    [InlineData("{\"operations\":[{]}")]
    [InlineData("{\"operations\":[]} x")]
    public async Task What_is_no_batch_is_400_and_nothing_of_it_is_done(string body)
    {
        var key = Node.NewKey();

        Assert.Equal(400, (await Node.PostAsync("/batch", body)).Status);
        Assert.Equal(400, (await Node.PostAsync("/batch", $"{{\"operations\":[{Increment(key)}],\"x\":")).Status);
        Assert.Equal(404, (await Node.GetAsync(Node.PathOf("counters", key))).Status);
    }

    [Fact]
    public async Task A_batch_has_the_parameters_and_types_of_single_operations()
    {
        Assert.Equal(400, (await Node.PostAsync("/batch?w=x", Batch([]))).Status);
        Assert.Equal(406, (await Node.SendAsync("POST", "/batch", "{}"u8.ToArray(), "text/plain")).Status);
        Assert.Equal("POST", (await Node.GetAsync("/batch")).Header("Allow"));
        Assert.Equal("""{"results":[]}""", (await Node.PostAsync("/batch", Batch([]))).Body);
        Assert.Equal(["""{"status":400,"error":"Specified w/dw/pw/node_confirms values invalid for bucket n value of 3"}"""], Results(await Node.PostAsync("/batch?w=4", Batch([Increment("k")]))));
    }

    [Fact]
    public async Task A_large_batch_is_whole()
    {
        var bucket = Node.NewKey();

        var results = Results(await Node.PostAsync("/batch", Batch(Enumerable.Range(0, 10_000).Select(i => $$$"""{"type":"counters","bucket":"{{{bucket}}}","key":"{{{i % 5000}}}","op":1}"""))));
        var reads = Results(await Node.PostAsync("/batch?include_context=false", Batch(Enumerable.Range(0, 5000).Select(i => $$$"""{"type":"counters","bucket":"{{{bucket}}}","key":"{{{i}}}","read":true}"""))));

        Assert.Equal(10_000, results.Count(result => result.StartsWith("{\"status\":204", StringComparison.Ordinal)));
        Assert.Equal(5000, reads.Count(result => result == """{"status":200,"value":2}"""));
    }

    private protected static string Batch(IEnumerable<string> operations) => $"{{\"operations\":[{string.Join(',', operations)}]}}";

    private protected static string Increment(string key) => $$$"""{"type":"counters","bucket":"b","key":"{{{key}}}","op":{"increment":1}}""";

    private protected static string[] Results(Reply reply)
    {
        Assert.True(reply.Status == 200, reply.ToString());
        return [.. JsonDocument.Parse(reply.Body).RootElement.GetProperty("results").EnumerateArray().Select(result => result.GetRawText())];
    }
}
