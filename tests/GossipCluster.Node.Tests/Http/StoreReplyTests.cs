using GossipCluster.Actors.Store;
using GossipCluster.Core.DataTypes;

namespace GossipCluster.Node.Tests.Http;

/// <summary>What a store says that suffers, as the client hears it.</summary>
public sealed class StoreReplyTests : IAsyncLifetime
{
    private readonly MemoryNode _node = new();

    public ValueTask InitializeAsync() => _node.InitializeAsync();

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task A_quorum_unmet_is_503_with_its_sentence()
    {
        _node.Store.OnRead = _ => new ReadReply.Unsatisfied("PR-value unsatisfied: 2/3");
        _node.Store.OnWrite = _ => new WriteReply.Unsatisfied("PW-value unsatisfied: 2/3");

        var read = await _node.GetAsync(_node.PathOf("counters"));
        var write = await _node.PostAsync(_node.PathOf("counters"), "1");
        var delete = await _node.SendAsync("DELETE", "/types/counters/buckets/b/keys/k", null, null);

        Assert.Equal((503, "PR-value unsatisfied: 2/3\n", "text/plain"), (read.Status, read.Body, read.ContentType));
        Assert.Equal((503, "PW-value unsatisfied: 2/3\n"), (write.Status, write.Body));
        Assert.Equal((503, "PW-value unsatisfied: 2/3\n"), (delete.Status, delete.Body));
    }

    [Theory]
    [InlineData(0.2, "1")]
    [InlineData(1.5, "2")]
    [InlineData(30, "30")]
    public async Task A_full_store_is_503_and_says_when_to_come_back(double seconds, string header)
    {
        _node.Store.OnRead = _ => new ReadReply.Unavailable("The queue is full", TimeSpan.FromSeconds(seconds));
        _node.Store.OnWrite = _ => new WriteReply.Unavailable("The queue is full", TimeSpan.FromSeconds(seconds));

        foreach (var reply in new[] { await _node.GetAsync(_node.PathOf("sets")), await _node.PostAsync(_node.PathOf("sets"), """{"add":"a"}""") })
        {
            Assert.Equal((503, "The queue is full\n", header), (reply.Status, reply.Body, reply.Header("Retry-After")));
        }
    }

    [Fact]
    public async Task The_title_of_a_503_tells_a_write_of_which_nothing_was_done_from_one_that_may_have_been_applied()
    {
        foreach (var (reply, title) in new (WriteReply, string)[]
        {
            (new WriteReply.Unavailable("Why not.", TimeSpan.FromSeconds(1)), "unavailable"),
            (new WriteReply.Refused(new OperationError(OperationProblem.ContextNotSeen, "Why not.", DataType.Counter)), "context-not-seen"),
            (new WriteReply.Refused(new OperationError(OperationProblem.NeedsState, "Why not.", DataType.Counter)), "no-primary"),
            (new WriteReply.Unsatisfied("Why not."), "quorum-not-reached"),
        })
        {
            _node.Store.OnWrite = _ => reply;

            var answer = await _node.PostAsync(_node.PathOf("counters"), "1", ("Accept", "application/json, application/problem+json"));

            Assert.Equal((503, "application/problem+json", $$"""{"title":"{{title}}","status":503,"detail":"Why not."}"""), (answer.Status, answer.ContentType, answer.Body));
        }
    }

    [Theory]
    [InlineData(OperationProblem.WrongType, 400)]
    [InlineData(OperationProblem.CounterOverflow, 400)]
    [InlineData(OperationProblem.BadField, 400)]
    [InlineData(OperationProblem.TooDeep, 400)]
    [InlineData(OperationProblem.TooLarge, 413)]
    [InlineData(OperationProblem.NotPresent, 412)]
    [InlineData(OperationProblem.ContextNotSeen, 503)]
    [InlineData(OperationProblem.NeedsState, 503)]
    [InlineData(OperationProblem.Retired, 409)]
    public async Task What_the_store_refuses_has_a_status_of_its_own(OperationProblem problem, int status)
    {
        _node.Store.OnWrite = _ => new WriteReply.Refused(new OperationError(problem, "Why not.", DataType.Counter));

        var reply = await _node.PostAsync(_node.PathOf("counters"), "1");

        Assert.Equal(status, reply.Status);
        Assert.EndsWith("Why not.\n", reply.Body, StringComparison.Ordinal);
        Assert.Equal(status == 503, reply.Header("Retry-After") is not null);
    }

    [Fact]
    public async Task A_fault_of_the_store_shows_nothing_of_itself()
    {
        _node.Store.OnRead = _ => throw new InvalidOperationException("the secret inside");

        var reply = await _node.GetAsync(_node.PathOf("counters"));

        Assert.Equal(503, reply.Status);
        Assert.DoesNotContain("secret", reply.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Copies_are_what_the_store_counted()
    {
        _node.Store.OnWrite = _ => new WriteReply.Written(1, Core.Causality.DotSet.Empty, null);

        Assert.Equal("1", (await _node.PostAsync(_node.PathOf("counters"), "1")).Header("GossipCluster-Copies"));
    }

    [Fact]
    public async Task All_concurrent_values_of_a_register_are_given_on_request()
    {
        string[] texts = ["new", "old"];
        var versions = texts.Select((text, i) =>
            new RegisterVersion(10 - i, new Core.Causality.Dot(new Core.Causality.ReplicaId(Core.Causality.NodeName.Of("a"), 1), i + 1), System.Text.Encoding.UTF8.GetBytes(text)));
        var register = new DataValue.Register([.. versions]);
        _node.Store.OnRead = command => new ReadReply.Found(
            command.Key.Type == "registers" ? register : new DataValue.Map([KeyValuePair.Create(FieldName.Of(DataType.Register, "r"), (DataValue)register)]), Core.Causality.DotSet.Empty);

        Assert.Equal("""{"type":"register","value":"new"}""", (await _node.GetAsync(_node.PathOf("registers") + "?include_context=false")).Body);
        Assert.Equal("""{"type":"register","value":["new","old"]}""", (await _node.GetAsync(_node.PathOf("registers") + "?include_context=false&value=multi")).Body);
        Assert.Equal("""{"type":"map","value":{"r_register":["new","old"]}}""", (await _node.GetAsync(_node.PathOf("maps") + "?include_context=false&value=multi")).Body);
    }

    [Fact]
    public async Task A_counter_is_shown_to_its_last_digit()
    {
        _node.Store.OnRead = _ => new ReadReply.Found(new DataValue.Counter(Int128.MinValue), Core.Causality.DotSet.Empty);

        Assert.Equal("""{"type":"counter","value":-170141183460469231731687303715884105728}""", (await _node.GetAsync(_node.PathOf("counters"))).Body);
    }

    [Fact]
    public async Task Bytes_that_are_no_text_are_shown_with_replacements()
    {
        _node.Store.OnRead = _ => new ReadReply.Found(new DataValue.Elements(DataType.Set, [new byte[] { 0x61, 0xff, 0x22 }]), Core.Causality.DotSet.Empty);

        Assert.Equal("""{"type":"set","value":["a\ufffd\""]}""".Replace("\\ufffd", "\ufffd", StringComparison.Ordinal),
            (await _node.GetAsync(_node.PathOf("sets") + "?include_context=false")).Body);
    }

    [Fact]
    public async Task A_list_that_cannot_be_whole_is_503()
    {
        _node.Store.OnKeys = (_, _) => [["a"], null];

        Assert.Equal(503, (await _node.GetAsync("/types/sets/buckets/b/keys?keys=true")).Status);
    }

    [Fact]
    public async Task A_list_that_breaks_off_after_it_has_begun_ends_in_the_middle()
    {
        _node.Store.OnKeys = (_, _) => [Enumerable.Range(0, 50_000).Select(i => $"key number {i}").ToArray(), null];

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => _node.GetAsync("/types/sets/buckets/b/keys?keys=true"));
    }

    [Fact]
    public async Task A_long_list_is_whole()
    {
        var keys = Enumerable.Range(0, 50_000).Select(i => $"key number {i}").ToArray();
        _node.Store.OnKeys = (_, _) => keys.Chunk(999);

        var whole = await _node.GetAsync("/types/sets/buckets/b/keys?keys=true");
        var stream = await _node.GetAsync("/types/sets/buckets/b/keys?keys=stream");

        Assert.Equal($$"""{"keys":[{{string.Join(',', keys.Select(key => $"\"{key}\""))}}]}""", whole.Body);
        Assert.EndsWith("""{"keys":[]}""", stream.Body, StringComparison.Ordinal);
        Assert.Equal(keys, stream.Body[9..^2].Replace("{\"keys\":[", ",", StringComparison.Ordinal).Replace("]}", string.Empty, StringComparison.Ordinal)
            .Split(',', StringSplitOptions.RemoveEmptyEntries).Select(key => key.Trim('"')));
    }

    [Fact]
    public async Task A_node_that_does_not_serve_yet_says_why()
    {
        Assert.Equal(200, (await _node.GetAsync("/health/ready")).Status);
        _node.Store.Status = _node.Store.Status with { Recovered = false, RecoveryProgress = "Read back 3 of 64 partitions." };

        var ready = await _node.GetAsync("/health/ready");

        Assert.Equal((503, """{"status":"not-ready","node":"a","sentence":"Read back 3 of 64 partitions."}"""), (ready.Status, ready.Body));
        Assert.Equal(200, (await _node.GetAsync("/health/live")).Status);
        Assert.Equal(200, (await _node.GetAsync("/ping")).Status);
    }

    [Fact]
    public async Task A_node_whose_disk_takes_no_writes_is_ready_and_says_why_others_do_them()
    {
        _node.Store.Status = _node.Store.Status with { DiskTrouble = "The database does not take writes: the disk is full." };

        var ready = await _node.GetAsync("/health/ready");

        Assert.Equal(
            (200, """{"status":"ready","node":"a","sentence":"Serves reads, and has writes done by other nodes: its own disk takes none. The database does not take writes: the disk is full."}"""),
            (ready.Status, ready.Body));
    }

    [Fact]
    public async Task A_change_that_the_cluster_refuses_is_409()
    {
        _node.Store.Types.Refusal = "Two nodes did not stage it.";

        var reply = await _node.SendAsync("PUT", "/types/sets/props", """{"props":{"w":1}}"""u8.ToArray(), "application/json");

        Assert.Equal((409, "Two nodes did not stage it.\n"), (reply.Status, reply.Body));
    }
}
