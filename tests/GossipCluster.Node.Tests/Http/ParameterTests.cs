using GossipCluster.Actors.Store;
using GossipCluster.Core.Coordination;

namespace GossipCluster.Node.Tests.Http;

/// <summary>Query parameters: what is refused, and what reaches the store.</summary>
public sealed class ParameterTests(MemoryNode node) : IClassFixture<MemoryNode>
{
    public static TheoryData<string, string> Bad { get; } = new()
    {
        { "r=bogus", "r query parameter must be an integer or one of the following words: 'one', 'quorum' or 'all'\n" },
        { "pr=1.5", "pr query parameter must be an integer or one of the following words: 'one', 'quorum' or 'all'\n" },
        { "w=", "w query parameter must be an integer or one of the following words: 'one', 'quorum' or 'all'\n" },
        { "dw=ALL", "dw query parameter must be an integer or one of the following words: 'one', 'quorum' or 'all'\n" },
        { "pw=0x1", "pw query parameter must be an integer or one of the following words: 'one', 'quorum' or 'all'\n" },
        { "returnbody=yes", "returnbody query parameter must be true or false\n" },
        { "include_context=1", "include_context query parameter must be true or false\n" },
        { "notfound_ok=x", "notfound_ok query parameter must be true or false\n" },
        { "basic_quorum=", "basic_quorum query parameter must be true or false\n" },
        { "timeout=bogus", "timeout query parameter must be an integer greater than 0, bogus is invalid\n" },
        { "timeout=-1", "timeout query parameter must be an integer greater than 0, -1 is invalid\n" },
        { "timeout=1.5", "timeout query parameter must be an integer greater than 0, 1.5 is invalid\n" },
        { "n_val=4", "n_val query parameter must not be above the bucket type's n value of 3\n" },
        { "n_val=0", "n_val query parameter must be an integer greater than 0\n" },
        { "n_val=x", "n_val query parameter must be an integer greater than 0\n" },
        { "value=some", "value query parameter must be 'single' or 'multi'\n" },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task A_bad_parameter_is_400_on_reads_and_writes(string query, string body)
    {
        foreach (var reply in new[] { await node.GetAsync($"{node.PathOf("counters")}?{query}"), await node.PostAsync($"{node.PathOf("counters")}?{query}", "1") })
        {
            Assert.Equal((400, body, "text/plain"), (reply.Status, reply.Body, reply.ContentType));
        }
    }

    [Theory]
    [InlineData("GET", "r=4")]
    [InlineData("GET", "pr=4")]
    [InlineData("GET", "r=-1")]
    [InlineData("GET", "r=99999999999999999999")]
    [InlineData("POST", "w=4")]
    [InlineData("POST", "dw=4")]
    [InlineData("POST", "pw=4")]
    [InlineData("POST", "node_confirms=4")]
    public async Task More_than_n_is_400(string method, string query)
    {
        var path = $"{node.PathOf("counters")}?{query}";

        var reply = method == "GET" ? await node.GetAsync(path) : await node.PostAsync(path, "1");

        Assert.Equal((400, "Specified w/dw/pw/node_confirms values invalid for bucket n value of 3\n"), (reply.Status, reply.Body));
    }

    [Theory]
    [InlineData("", 3, 2, 2, 0, 0)]
    [InlineData("?w=all&dw=one&pw=quorum&node_confirms=2", 3, 3, 1, 2, 2)]
    [InlineData("?w=default&dw=0&pw=3", 3, 2, 0, 3, 0)]
    [InlineData("?n_val=1", 3, 1, 1, 0, 0)]
    [InlineData("?n_val=2&w=all", 3, 2, 2, 0, 0)]
    [InlineData("?return_body=x&unknown=%zz&w=1&w=3", 3, 1, 2, 0, 0)]
    public async Task Writes_wait_for_what_is_asked(string query, int n, int w, int dw, int pw, int nodes)
    {
        var key = node.NewKey();
        WriteCommand? seen = null;
        node.Store.OnWrite = command =>
        {
            if (command.Key.Name == key) seen = command;
            return null;
        };

        Assert.Equal(204, (await node.PostAsync(node.PathOf("counters", key) + query, "1")).Status);

        Assert.Equal(new WriteQuorum(n, w, dw, pw, nodes), seen!.Quorum);
    }

    [Theory]
    [InlineData("", 3, 2, 0, true, false)]
    [InlineData("?r=1&pr=all&notfound_ok=FALSE&basic_quorum=True", 3, 1, 3, false, true)]
    [InlineData("?r=0&notfound_ok=default", 3, 1, 0, true, false)]
    [InlineData("?n_val=1&r=all", 3, 1, 0, true, false)]
    public async Task Reads_wait_for_what_is_asked(string query, int n, int r, int pr, bool notFoundOk, bool basicQuorum)
    {
        var key = node.NewKey();
        ReadCommand? seen = null;
        node.Store.OnRead = command =>
        {
            if (command.Key.Name == key) seen = command;
            return null;
        };

        Assert.Equal(404, (await node.GetAsync(node.PathOf("counters", key) + query)).Status);

        Assert.Equal(new ReadQuorum(n, r, pr, notFoundOk, basicQuorum), seen!.Quorum);
    }

    [Theory]
    [InlineData("", 5_000)]
    [InlineData("?timeout=1", 1)]
    [InlineData("?timeout=0", 60_000)]
    [InlineData("?timeout=99999999999999999999", 60_000)]
    public async Task The_client_says_how_long_it_waits(string query, int milliseconds)
    {
        var key = node.NewKey();
        TimeSpan? seen = null;
        node.Store.OnRead = command =>
        {
            if (command.Key.Name == key) seen = command.Timeout;
            return null;
        };

        await node.GetAsync(node.PathOf("counters", key) + query);

        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), seen);
    }

    [Fact]
    public async Task A_buckets_own_properties_are_what_default_means()
    {
        var bucket = node.NewKey();
        WriteQuorum? seen = null;
        node.Store.OnWrite = command =>
        {
            if (command.Key.Bucket == bucket) seen = command.Quorum;
            return null;
        };
        await node.SendAsync("PUT", $"/types/counters/buckets/{bucket}/props", """{"props":{"w":"all","dw":1}}"""u8.ToArray(), "application/json");

        await node.PostAsync($"/types/counters/buckets/{bucket}/datatypes/k?w=default", "1");

        Assert.Equal(new WriteQuorum(3, 3, 1, 0, 0), seen);
    }
}
