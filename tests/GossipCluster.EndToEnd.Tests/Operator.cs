using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.EndToEnd.Tests;

/// <summary>Changes the ring, and waits until the data have followed: over HTTP, as an operator's tools do.</summary>
internal static class Operator
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(60) };

    public static Task LeaveAsync(ClusterNode through, string name, CancellationToken cancel) => AcceptedAsync(Http.PostAsync(new Uri(through.Url, $"/cluster/members/{name}/leave"), null, cancel));

    public static Task JoinAsync(ClusterNode through, string name, CancellationToken cancel) => AcceptedAsync(Http.PostAsync(new Uri(through.Url, $"/cluster/members/{name}/join"), null, cancel));

    public static Task WeightAsync(ClusterNode through, string name, int weight, CancellationToken cancel) =>
        AcceptedAsync(Http.PutAsJsonAsync(new Uri(through.Url, $"/cluster/members/{name}/weight"), new { weight }, cancel));

    public static Task<JsonElement> PlanAsync(ClusterNode through, string change, CancellationToken cancel) => GetAsync(through, "/cluster/ring/plan?" + change, cancel);

    /// <summary>Of how many partitions each member is a primary.</summary>
    public static async Task<Dictionary<string, int>> PrimariesAsync(ClusterNode through, CancellationToken cancel) =>
        (await GetAsync(through, "/cluster/ring", cancel)).GetProperty("members").EnumerateArray()
            .ToDictionary(member => member.GetProperty("name").GetString()!, member => member.GetProperty("primary").GetProperty("3").GetInt32(), StringComparer.Ordinal);

    /// <summary>Waits until a node that has left is empty.</summary>
    public static async Task WaitEmptyAsync(ClusterNode left, TimeSpan within, CancellationToken cancel)
    {
        var wait = within.TotalSeconds.ToString("0", CultureInfo.InvariantCulture);
        var handoff = await GetAsync(left, $"/cluster/members/{left.Name}/handoff?standing=left&wait={wait}s", cancel);
        Assert.True(handoff.GetProperty("done").GetBoolean(), $"{left.Name} is not empty after {wait} s: {handoff.GetRawText()}");
    }

    /// <summary>Waits until all these members see one ring of so many, have what they shall have in it, and nothing else.</summary>
    public static Task WaitSettledAsync(IReadOnlyCollection<ClusterNode> members, int ringSize, TimeSpan within, CancellationToken cancel) => Eventually.TrueAsync(
        async token =>
        {
            var versions = new HashSet<string>(StringComparer.Ordinal);
            foreach (var node in members)
            {
                var ring = await GetAsync(node, "/cluster/ring", token);
                if (ring.GetProperty("members").GetArrayLength() != ringSize) return $"{node.Name} sees a ring of {ring.GetProperty("members").GetArrayLength()}";
                if (await TryGetAsync(node, $"/cluster/members/{node.Name}/handoff", token) is not { } handoff) return $"{node.Name} cannot say yet";
                if (!handoff.GetProperty("done").GetBoolean()) return handoff.GetRawText();
                versions.Add(handoff.GetProperty("ring_version").GetString()!);
            }

            return versions.Count == 1 ? null : "they see different rings";
        },
        within,
        cancel);

    private static async Task<JsonElement> GetAsync(ClusterNode node, string path, CancellationToken cancel)
    {
        var answer = await TryGetAsync(node, path, cancel);
        Assert.True(answer is not null, $"{node.Name} refused {path}");
        return answer!.Value;
    }

    /// <summary>Null where it was refused.</summary>
    private static async Task<JsonElement?> TryGetAsync(ClusterNode node, string path, CancellationToken cancel)
    {
        using var response = await Http.GetAsync(new Uri(node.Url, path), cancel);
        if (!response.IsSuccessStatusCode) return null;
        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync(cancel));
        return document.RootElement.Clone();
    }

    private static async Task AcceptedAsync(Task<HttpResponseMessage> asked)
    {
        using var response = await asked;
        Assert.True(response.StatusCode == System.Net.HttpStatusCode.Accepted, $"{(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
    }
}
