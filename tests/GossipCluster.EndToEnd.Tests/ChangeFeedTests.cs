using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using GossipCluster.Client;
using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.EndToEnd.Tests;

/// <summary>The change feed of real processes: docs/change-feed.md.</summary>
public sealed class ChangeFeedTests : ClusterTest
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_watcher_of_one_node_sees_what_is_written_at_another_in_order_for_each_key()
    {
        var cluster = await StartCompleteAsync();
        await cluster[1].Client.Counters.IncrementAsync("pages", "user-0", cancel: Cancel);
        await cluster[1].Client.Counters.IncrementAsync("pages", "other", cancel: Cancel);
        await using var feed = new Feed(cluster[0].Client, new DataKey("counters", "pages", null), new WatchOptions { Prefix = "user-", Snapshot = true }, Cancel);
        await feed.ReadyAsync(Patience);
        Assert.Equal("1", feed.Values["user-0"]);

        for (var i = 0; i < 200; i++) await cluster[1 + (i % 2)].Client.Counters.IncrementAsync("pages", $"user-{i % 5}", cancel: Cancel);
        await cluster[1].Client.Counters.IncrementAsync("pages", "other", cancel: Cancel);
        await cluster[2].Client.DeleteAsync(new DataKey("counters", "pages", "user-4"), cancel: Cancel);

        await feed.UntilAsync(values => values.GetValueOrDefault("user-0") == "41" && values.GetValueOrDefault("user-3") == "40" && values.GetValueOrDefault("user-4") == "gone", Patience);
        Assert.DoesNotContain("other", feed.Values.Keys);
        Assert.Equal(0, feed.Resets);
        Assert.Empty(feed.Backwards);
    }

    [Fact(DisplayName = "A watch goes on at another node after kill -9 of the first, and nothing is left out")]
    public async Task Resume()
    {
        var cluster = await StartCompleteAsync();
        using var client = new GossipClusterClient(cluster.Select(node => node.Url.ToString()).ToArray());
        await using var feed = new Feed(client, new DataKey("counters", "pages", null), new WatchOptions(), Cancel);
        await feed.ReadyAsync(Patience);
        using var writing = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var writer = WriteAsync(cluster[2].Client, writing.Token);
        await feed.UntilAsync(values => values.Count == 20, Patience);

        await cluster[0].KillAsync();
        await Eventually.TrueAsync(
            async token => (await cluster[2].Client.MembersAsync(token)).Any(member => member.Name == cluster[0].Name && member.Reachable) ? "nobody misses it yet" : null, Patience, Cancel);

        // What is written from now on, by a cluster that knows, is heard from another node.
        var then = (await cluster[2].Client.Counters.ReadAsync("pages", "k0", cancel: Cancel)).Value;
        await feed.UntilAsync(values => long.Parse(values["k0"], CultureInfo.InvariantCulture) > then, Patience);
        await writing.CancelAsync();
        await writer;

        var expected = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < 20; i++) expected[$"k{i}"] = (await cluster[2].Client.Counters.ReadAsync("pages", $"k{i}", cancel: Cancel)).Value.ToString(CultureInfo.InvariantCulture);
        await feed.UntilAsync(values => expected.All(entry => values.GetValueOrDefault(entry.Key) == entry.Value), Patience);
        Assert.Equal(0, feed.Resets);
    }

    [Fact]
    public async Task A_node_without_a_replica_of_the_key_tells_its_watchers_all_the_same()
    {
        TakesLong();
        var cluster = await StartCompleteAsync(5, new ClusterPlan());
        var feeds = cluster.Select(node => new Feed(node.Client, new DataKey("counters", "pages", "home"), new WatchOptions(), Cancel)).ToArray();
        foreach (var feed in feeds) await feed.ReadyAsync(Patience);

        for (var i = 0; i < 20; i++) await cluster[i % 5].Client.Counters.IncrementAsync("pages", "home", cancel: Cancel);

        foreach (var feed in feeds)
        {
            await feed.UntilAsync(values => values.GetValueOrDefault("home") == "20", Patience);
            Assert.Empty(feed.Backwards);
            await feed.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_reader_that_does_not_read_is_told_how_much_it_missed_and_gets_it_all_the_same()
    {
        var cluster = await StartCompleteAsync(1, new ClusterPlan
        {
            Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["GOSSIPCLUSTER__WATCH__WAITING_KEYS_MAX"] = "16", ["GOSSIPCLUSTER__WATCH__BATCH_BYTES_MAX"] = "65536" },
        });
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 8192 };
        await socket.ConnectAsync(cluster[0].Url.Host, cluster[0].Url.Port, Cancel);
        await socket.SendAsync("GET /types/registers/buckets/large/watch HTTP/1.1\r\nHost: n1\r\nAccept: text/event-stream\r\n\r\n"u8.ToArray(), Cancel);
        await using var stream = new NetworkStream(socket);
        using var lines = new StreamReader(stream);
        while (await lines.ReadLineAsync(Cancel) is not "event: position")
        {
            // It watches from here on.
        }

        var large = new string('x', 100_000);
        for (var i = 0; i < 200; i++) await cluster[0].Client.Registers.AssignAsync("large", $"k{i}", large, cancel: Cancel);

        var (seen, missed) = (new HashSet<string>(StringComparer.Ordinal), false);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        deadline.CancelAfter(Patience);
        while (seen.Count < 200)
        {
            var line = await lines.ReadLineAsync(deadline.Token);
            Assert.NotNull(line);
            missed |= line == "event: missed";
            Assert.NotEqual("event: reset", line);
            if (line.StartsWith("data: {\"key\":\"", StringComparison.Ordinal)) seen.Add(line["data: {\"key\":\"".Length..line.IndexOf("\",", StringComparison.Ordinal)]);
        }

        Assert.True(missed);
    }

    [Fact]
    public async Task A_node_that_stops_ends_its_feeds_with_a_sentence_and_does_not_wait_for_the_watchers()
    {
        var cluster = await StartCompleteAsync(1, new ClusterPlan());
        using var http = new HttpClient();
        using var response = await http.GetAsync(new Uri(cluster[0].Url, "/types/counters/buckets/pages/watch"), HttpCompletionOption.ResponseHeadersRead, Cancel);
        var all = response.Content.ReadAsStringAsync(Cancel);

        await cluster[0].StopAsync();

        Assert.Contains("event: end\ndata: {\"reason\":", await all, StringComparison.Ordinal);
    }

    private static async Task WriteAsync(GossipClusterClient client, CancellationToken cancel)
    {
        for (var i = 0; !cancel.IsCancellationRequested; i++)
        {
            try
            {
                await client.Counters.IncrementAsync("pages", $"k{i % 20}", cancel: cancel);
                await Task.Delay(5, cancel);
            }
            catch (Exception failed) when (failed is GossipClusterException or OperationCanceledException)
            {
                // What was not acknowledged may be there or not: the values are read afterwards.
            }
        }
    }

    /// <summary>What a watcher knows by now.</summary>
    private sealed class Feed : IAsyncDisposable
    {
        private readonly CancellationTokenSource _ends;
        private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Task _reading;
        private int _resets;

        public Feed(GossipClusterClient client, DataKey key, WatchOptions options, CancellationToken cancel)
        {
            _ends = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            _reading = ReadAsync(client, key, options, _ends.Token);
        }

        public ConcurrentDictionary<string, string> Values { get; } = new(StringComparer.Ordinal);

        /// <summary>Counters that became less.</summary>
        public ConcurrentQueue<string> Backwards { get; } = [];

        public int Resets => Volatile.Read(ref _resets);

        public Task ReadyAsync(TimeSpan within) => _ready.Task.WaitAsync(within, _ends.Token);

        public Task UntilAsync(Func<IReadOnlyDictionary<string, string>, bool> isTrue, TimeSpan within) => Eventually.TrueAsync(
            _ => Task.FromResult(_reading.IsFaulted ? throw _reading.Exception! : isTrue(Values) ? null : string.Join(' ', Values.OrderBy(value => value.Key, StringComparer.Ordinal).Select(value => $"{value.Key}={value.Value}"))), within, _ends.Token);

        public async ValueTask DisposeAsync()
        {
            if (!_ends.IsCancellationRequested) await _ends.CancelAsync();
            await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _ends.Dispose();
        }

        private async Task ReadAsync(GossipClusterClient client, DataKey key, WatchOptions options, CancellationToken cancel)
        {
            await foreach (var told in client.WatchAsync(key, options, cancel))
            {
                switch (told)
                {
                    case WatchEvent.Changed changed:
                        var before = Values.GetValueOrDefault(changed.Key);
                        var now = changed.Value.GetRawText();
                        if (long.TryParse(before, CultureInfo.InvariantCulture, out var old) && long.Parse(now, CultureInfo.InvariantCulture) < old) Backwards.Enqueue($"{changed.Key}: {old}, then {now}");
                        Values[changed.Key] = now;
                        break;
                    case WatchEvent.Deleted deleted:
                        Values[deleted.Key] = "gone";
                        break;
                    case WatchEvent.Position:
                        _ready.TrySetResult();
                        break;
                    case WatchEvent.Reset:
                        Interlocked.Increment(ref _resets);
                        break;
                }
            }
        }
    }
}
