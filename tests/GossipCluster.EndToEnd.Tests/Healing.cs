using System.Globalization;
using System.Text.Json;
using GossipCluster.Client;
using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.EndToEnd.Tests;

/// <summary>Writes known amounts, and looks until every replica has them: over HTTP, as an operator does.</summary>
internal static class Healing
{
    private const string Bucket = "healing";
    private const int BatchSize = 1000;
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(60) };

    /// <summary>Increments each of so many counters by one, so many times; every one must be acknowledged.</summary>
    public static async Task IncrementAsync(ClusterNode through, int counters, int times, CancellationToken cancel, int first = 0)
    {
        for (var time = 0; time < times; time++)
        {
            foreach (var batch in Enumerable.Range(first, counters).Chunk(BatchSize))
            {
                var results = await through.Client.BatchAsync([.. batch.Select(number => new BatchItem(KeyOf(number), Operation.Increment()))], cancel);
                var refused = results.FirstOrDefault(result => !result.IsDone);
                Assert.True(refused is null, $"{refused?.Status} {refused?.Body}");
            }
        }
    }

    /// <summary>Waits until no node knows of any difference, hints or unsynced replica.</summary>
    /// <param name="nodes">All of them.</param>
    /// <param name="within">In time.</param>
    /// <param name="cancel">Ends it.</param>
    /// <param name="ofReachable">Only what reachable peers lack counts, and hints for the others are allowed.</param>
    public static Task WaitConvergedAsync(IEnumerable<ClusterNode> nodes, TimeSpan within, CancellationToken cancel, bool ofReachable = false) => Eventually.TrueAsync(
        async token =>
        {
            foreach (var node in nodes)
            {
                if (await TryEntropyAsync(node, token) is not { } entropy) return $"{node.Name} cannot say yet";
                var (dots, hints) = (entropy.GetProperty("dots").GetInt64(), entropy.GetProperty("hints").GetProperty("bytes").GetInt64());
                if (ofReachable) (dots, hints) = (DotsOfReachable(entropy), 0);
                if (dots != 0 || hints != 0 || !entropy.GetProperty("synced").GetBoolean()) return $"{node.Name}: {dots} dots, {hints} bytes of hints, {entropy.GetProperty("repair").GetRawText()}";
            }

            return null;
        },
        within,
        cancel);

    private static long DotsOfReachable(JsonElement entropy) =>
        (from replica in entropy.GetProperty("replicas").EnumerateArray()
         where replica.GetProperty("primary").GetBoolean()
         from peer in replica.GetProperty("peers").EnumerateArray()
         where peer.GetProperty("reachable").GetBoolean()
         select peer.GetProperty("dots_lacking").GetInt64() + peer.GetProperty("dots_ahead").GetInt64()).Sum();

    /// <summary>Each of so many counters has this value on this node's own disk, where the node is a primary of all of them.</summary>
    public static async Task AssertCountersAsync(ClusterNode node, int counters, long value, CancellationToken cancel, int first = 0)
    {
        foreach (var batch in Enumerable.Range(first, counters).Chunk(BatchSize))
        {
            var results = await node.Client.BatchAsync([.. batch.Select(number => new BatchItem(KeyOf(number), null))], cancel);
            for (var i = 0; i < batch.Length; i++)
            {
                Assert.True(results[i].IsDone, $"{node.Name}, counter {batch[i]}: {results[i].Status} {results[i].Body}");
                Assert.Equal(value, results[i].Body.GetProperty("value").GetInt64());
            }
        }
    }

    /// <summary>What a node says of its divergence; null where it cannot yet.</summary>
    public static async Task<JsonElement?> TryEntropyAsync(ClusterNode node, CancellationToken cancel)
    {
        using var response = await Http.GetAsync(new Uri(node.Url, "/cluster/entropy"), cancel);
        if (!response.IsSuccessStatusCode) return null;
        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync(cancel));
        return document.RootElement.Clone();
    }

    public static async Task OrderAsync(ClusterNode node, string order, CancellationToken cancel)
    {
        using var response = await Http.PostAsync(new Uri(node.Url, $"/cluster/{order}"), null, cancel);
        Assert.Equal(System.Net.HttpStatusCode.Accepted, response.StatusCode);
    }

    public static async Task<JsonElement> GetAsync(ClusterNode node, string path, CancellationToken cancel)
    {
        using var document = JsonDocument.Parse(await Http.GetStringAsync(new Uri(node.Url, path), cancel));
        return document.RootElement.Clone();
    }

    private static DataKey KeyOf(int number) => new("counters", Bucket, "c" + number.ToString(CultureInfo.InvariantCulture));
}
