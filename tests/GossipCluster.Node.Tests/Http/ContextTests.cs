using GossipCluster.Actors.Store;

namespace GossipCluster.Node.Tests.Http;

/// <summary>Context tokens: where they are, where they are taken from, and which are refused.</summary>
public class ContextTests(MemoryNode node) : ContextContract(node), IClassFixture<MemoryNode>
{
    private readonly MemoryNode _node = node;

    [Fact]
    public async Task A_read_asks_for_a_state_at_least_as_new_as_its_context()
    {
        var path = _node.PathOf("counters");
        var token = (await _node.PostAsync(path, "1")).Token!;
        var seen = new List<ReadCommand>();
        _node.Store.OnRead = command =>
        {
            seen.Add(command);
            return null;
        };

        Assert.Equal(200, (await _node.GetAsync(path, ("GossipCluster-Context", token))).Status);
        Assert.Equal(200, (await _node.GetAsync($"{path}?context={token}")).Status);
        Assert.Equal(200, (await _node.GetAsync($"{path}?context=")).Status);

        Assert.Equal([true, true, false], seen.Select(command => command.AtLeast is not null));
    }
}

/// <summary>What any node must make of a context.</summary>
public abstract class ContextContract(IHttpNode node)
{
    private IHttpNode Node => node;

    [Fact]
    public async Task Every_answer_for_a_key_has_a_context_in_its_header()
    {
        var key = Node.NewKey();
        var path = Node.PathOf("sets", key);

        Assert.NotNull((await Node.GetAsync(path)).Token);
        Assert.NotNull((await Node.PostAsync(path, """{"add":"a"}""")).Token);
        Assert.NotNull((await Node.GetAsync(path)).Token);
        Assert.NotNull((await Node.SendAsync("DELETE", $"/types/sets/buckets/b/keys/{key}", null, null)).Token);
        Assert.NotNull((await Node.GetAsync(path)).Token);
    }

    [Theory]
    [InlineData("\"!!!\"")]
    [InlineData("\"AAAA\"")]
    [InlineData("\"g2wAAAABaAJtAAAADMHSXwl1PnhpAABOKmEBag==\"")]
    [InlineData("5")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("\" \"")]
    public async Task A_context_that_this_store_has_not_made_is_400(string context)
    {
        var path = Node.PathOf("sets");
        await Node.PostAsync(path, """{"add":"a"}""");

        Assert.Equal(400, (await Node.PostAsync(path, $$"""{"remove":"a","context":{{context}}}""")).Status);
        Assert.Equal(400, (await Node.PostAsync(path, $$"""{"add":"a","context":{{context}}}""")).Status);
        Assert.Equal(400, (await Node.PostAsync(Node.PathOf("maps"), $$"""{"update":{},"context":{{context}}}""")).Status);
        Assert.Equal(204, (await Node.PostAsync(Node.PathOf("gsets"), $$"""{"add":"a","context":{{context}}}""")).Status);
    }

    [Fact]
    public async Task A_context_of_another_key_or_a_damaged_or_huge_one_is_400()
    {
        var (one, other) = (Node.PathOf("sets"), Node.PathOf("sets"));
        var token = (await Node.PostAsync(one, """{"add":"a"}""")).Token!;
        await Node.PostAsync(other, """{"add":"a"}""");
        var damaged = (token[0] == 'A' ? 'B' : 'A') + token[1..];

        foreach (var bad in new[] { token, damaged, token + "A", new string('A', 16_385), new string('A', 100_000) })
        {
            Assert.Equal(400, (await Node.PostAsync(other, $$"""{"remove":"a","context":"{{bad}}"}""")).Status);
            if (bad.Length < 20_000) Assert.Equal(400, (await Node.GetAsync($"{other}?context={bad}")).Status);
        }

        Assert.Equal(400, (await Node.SendAsync("DELETE", other.Replace("datatypes", "keys", StringComparison.Ordinal), null, null, ("GossipCluster-Context", token))).Status);
        Assert.Equal(200, (await Node.GetAsync(other)).Status);
    }

    [Fact]
    public async Task Two_contexts_in_one_operation_are_400()
    {
        Assert.Equal(400, (await Node.PostAsync(Node.PathOf("sets"), """{"context":"","context":""}""")).Status);
    }

    [Fact]
    public async Task An_operation_with_a_context_alone_is_none_and_creates_the_key()
    {
        var path = Node.PathOf("sets");
        var token = (await Node.GetAsync(path)).Token;

        var reply = await Node.PostAsync(path + "?returnbody=true&include_context=false", $$"""{"context":"{{token}}"}""");

        Assert.Equal((200, """{"type":"set","value":[]}"""), (reply.Status, reply.Body));
    }

    [Fact]
    public async Task A_context_in_the_header_serves_where_the_JSON_has_none()
    {
        var path = Node.PathOf("sets");
        var token = (await Node.PostAsync(path, """{"add":"a"}""")).Token!;
        await Node.PostAsync(path, """{"add":"a"}""");

        await Node.PostAsync(path, """{"remove":"a"}""", ("GossipCluster-Context", token));

        Assert.Equal("""{"type":"set","value":["a"]}""", (await Node.GetAsync(path + "?include_context=false")).Body);
    }
}
