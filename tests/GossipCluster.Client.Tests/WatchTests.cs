namespace GossipCluster.Client.Tests;

public sealed class WatchTests
{
    private const string Head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\nretry: 1000\n\n";
    private const string Position = "id: P1\nevent: position\ndata: {}\n\n";
    private const string Change = "event: change\ndata: {\"key\":\"k\",\"type\":\"counter\",\"value\":5,\"context\":\"c\"}\n\n";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Events_come_as_they_were_sent_and_what_is_unknown_is_left_out()
    {
        await using var server = new ScriptedServer(
            Head + ": nothing new\n\n" + Change + "event: deleted\ndata: {\"key\":\"d\",\"context\":\"c\"}\n\nevent: later\ndata: {}\n\nevent: missed\ndata: {\"keys\":3}\n\nevent: reset\ndata: {}\n\n" + Position) { CloseAfterEach = true };
        using var client = new GossipClusterClient(server.Url);

        var told = await TakeAsync(client, 5, new WatchOptions { Prefix = "a b", Snapshot = true });

        Assert.StartsWith("GET /types/counters/buckets/b/watch?snapshot=true&prefix=a%20b HTTP/1.1\r\n", server.Requests[0], StringComparison.Ordinal);
        var changed = Assert.IsType<WatchEvent.Changed>(told[0]);
        Assert.Equal(("k", "counter", 5, "c"), (changed.Key, changed.Type, changed.Value.GetInt32(), changed.Context));
        Assert.Equal([new WatchEvent.Deleted("d", "c"), new WatchEvent.Missed(3), new WatchEvent.Reset(), new WatchEvent.Position("P1")], told[1..]);
    }

    [Fact]
    public async Task Where_a_connection_ends_the_next_node_goes_on_from_the_last_position()
    {
        await using var first = new ScriptedServer(Head + Position) { CloseAfterEach = true };
        await using var second = new ScriptedServer(ScriptedServer.Answer("503 Service Unavailable", "The node is starting.\n", "text/plain"), Head + Change) { CloseAfterEach = true };
        using var client = new GossipClusterClient(new GossipClusterClientOptions { Nodes = [new Uri(first.Url), new Uri(second.Url)], RequestTimeout = TimeSpan.FromSeconds(1) });

        var told = await TakeAsync(client, 2, new WatchOptions { RetryAfter = TimeSpan.FromMilliseconds(10) });

        Assert.IsType<WatchEvent.Position>(told[0]);
        Assert.IsType<WatchEvent.Changed>(told[1]);
        Assert.Contains("Last-Event-ID: P1\r\n", second.Requests[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_position_everything_is_asked_for_again()
    {
        await using var server = new ScriptedServer(Head + Change, Head + Change) { CloseAfterEach = true };
        using var client = new GossipClusterClient(server.Url);

        var told = await TakeAsync(client, 3, new WatchOptions { RetryAfter = TimeSpan.FromMilliseconds(10) });

        Assert.IsType<WatchEvent.Reset>(told[1]);
        Assert.StartsWith("GET /types/counters/buckets/b/watch?snapshot=true HTTP/1.1\r\n", server.Requests[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_cluster_refuses_is_thrown()
    {
        await using var server = new ScriptedServer(ScriptedServer.Answer("400 Bad Request", "The position is not base64url.\n", "text/plain"));
        using var client = new GossipClusterClient(server.Url);

        var refused = await Assert.ThrowsAsync<GossipClusterException>(() => TakeAsync(client, 1, new WatchOptions { After = "x" }));

        Assert.Equal(Failure.Refused, refused.Failure);
    }

    private static async Task<List<WatchEvent>> TakeAsync(GossipClusterClient client, int count, WatchOptions options)
    {
        var told = new List<WatchEvent>();
        await foreach (var one in client.WatchAsync(new DataKey("counters", "b", null), options, Cancel))
        {
            told.Add(one);
            if (told.Count == count) break;
        }

        return told;
    }
}
