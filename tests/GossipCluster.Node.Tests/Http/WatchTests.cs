namespace GossipCluster.Node.Tests.Http;

/// <summary>What of a watch is refused, and how. Feeds themselves are tested on real processes.</summary>
public sealed class WatchTests(MemoryNode node) : IClassFixture<MemoryNode>
{
    [Theory]
    [InlineData("/types/nosuch/buckets/b/watch", 404, "Unknown bucket type: nosuch")]
    [InlineData("/types/counters/buckets/b/watch?snapshot=perhaps", 400, "snapshot query parameter must be true or false")]
    [InlineData("/types/counters/buckets/b/keys/k/watch?prefix=a", 400, "prefix query parameter is for watching a bucket; this address is one key's")]
    public async Task A_bad_wish_is_refused_with_one_sentence(string path, int status, string sentence)
    {
        var reply = await node.GetAsync(path);

        Assert.Equal((status, sentence + "\n"), (reply.Status, reply.Body));
    }

    [Fact]
    public async Task A_prefix_that_no_key_can_have_is_refused() => Assert.Equal(400, (await node.GetAsync("/types/counters/buckets/b/watch?prefix=" + new string('x', 1025))).Status);

    [Fact]
    public async Task A_position_that_is_none_is_refused()
    {
        using var http = new HttpClient { BaseAddress = node.Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/types/counters/buckets/b/watch") { Headers = { { "Last-Event-ID", "made up" } } };
        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(400, (int)response.StatusCode);
        Assert.Equal("The position is not base64url. Send it as it was received.\n", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Who_does_not_take_event_streams_gets_none()
    {
        using var http = new HttpClient { BaseAddress = node.Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/types/counters/buckets/b/watch") { Headers = { { "Accept", "application/json" } } };
        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(406, (int)response.StatusCode);
    }

    [Fact]
    public async Task A_feed_can_only_be_read()
    {
        using var http = new HttpClient { BaseAddress = node.Address };
        using var response = await http.PostAsync("/types/counters/buckets/b/keys/k/watch", null, TestContext.Current.CancellationToken);

        Assert.Equal(405, (int)response.StatusCode);
        Assert.Equal(["GET", "HEAD"], response.Content.Headers.Allow);
    }

    [Fact]
    public async Task A_key_of_that_name_is_a_key_like_any_other() => Assert.Equal(404, (await node.GetAsync("/types/counters/buckets/b/keys/watch")).Status);
}
