using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Serialization;

namespace GossipCluster.MultiNode.TestKit;

/// <summary>The links between the processes of a cluster, and how to cut them. Each is set on both its ends; a paused or dead end is left out.</summary>
/// <remarks>
/// A cut is silence: sockets stay open and nothing comes through. A two-way cut holds over restarts of either process; what is one-way or throttled holds on the ends
/// that were not restarted. A node that is restarted on other ports is another peer, and cut from nobody who did not hear of it.
/// </remarks>
public sealed class ClusterLinks : IDisposable
{
    private readonly IReadOnlyList<ClusterNode> _nodes;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10) };
    private readonly HashSet<(ClusterNode, ClusterNode)> _cut = [];

    internal ClusterLinks(IReadOnlyList<ClusterNode> nodes) => _nodes = nodes;

    /// <summary>Nothing passes between the two.</summary>
    public async Task CutAsync(ClusterNode a, ClusterNode b)
    {
        _cut.UnionWith([(a, b), (b, a)]);
        await Task.WhenAll(SetAsync(a, b, "blackhole", "both"), SetAsync(b, a, "blackhole", "both"));
    }

    /// <summary>What <paramref name="from"/> sends does not arrive; the other way is open.</summary>
    public Task CutOneWayAsync(ClusterNode from, ClusterNode to) => Task.WhenAll(SetAsync(from, to, "blackhole", "send"), SetAsync(to, from, "blackhole", "receive"));

    /// <summary>Everything passes between the two.</summary>
    public async Task HealAsync(ClusterNode a, ClusterNode b)
    {
        _cut.ExceptWith([(a, b), (b, a)]);
        await Task.WhenAll(SetAsync(a, b, "pass", "both"), SetAsync(b, a, "pass", "both"));
    }

    /// <summary>Everything passes everywhere.</summary>
    public Task HealAllAsync() => Task.WhenAll(Pairs().Select(pair => HealAsync(pair.A, pair.B)));

    /// <summary>Cuts every node of one side from every node of the other sides.</summary>
    public Task PartitionAsync(params IReadOnlyList<ClusterNode>[] sides) => Task.WhenAll(
        Pairs().Where(pair => !sides.Any(side => side.Contains(pair.A) && side.Contains(pair.B)) && sides.Any(side => side.Contains(pair.A)) && sides.Any(side => side.Contains(pair.B)))
            .Select(pair => CutAsync(pair.A, pair.B)));

    /// <summary>So many bytes a second, each way.</summary>
    public Task ThrottleAsync(ClusterNode a, ClusterNode b, int bytesPerSecond) => Task.WhenAll(
        SetAsync(a, b, "throttle", "send", bytesPerSecond), SetAsync(b, a, "throttle", "send", bytesPerSecond));

    /// <summary>Closes the connections between the two; they come again by themselves.</summary>
    public Task DisconnectAsync(ClusterNode a, ClusterNode b) => Task.WhenAll(SetAsync(a, b, "disconnect", "both"), SetAsync(b, a, "disconnect", "both"));

    /// <summary>Leaves the connections half open: <paramref name="forgets"/> has none any more, <paramref name="other"/> is not told and writes into those that were.</summary>
    public Task HalfOpenAsync(ClusterNode forgets, ClusterNode other) => SetAsync(forgets, other, "disconnect", "both");

    /// <summary>Akka.Cluster as a node sees it.</summary>
    public async Task<NodeMembership> MembershipAsync(ClusterNode node, CancellationToken cancel = default) =>
        (await _http.GetFromJsonAsync<NodeMembership>(new Uri(node.Url, "/testing/membership"), cancel))!;

    /// <summary>Waits until every node counts every node as Up or WeaklyUp, reachable, in its present ActorSystem; null where it is so.</summary>
    public async Task<string?> NotOneClusterAsync(IReadOnlyList<ClusterNode> nodes, CancellationToken cancel)
    {
        var expected = string.Join(' ', nodes.Select(node => $"{node.Name}@{node.Remote}").Order(StringComparer.Ordinal));
        foreach (var node in nodes)
        {
            var seen = (await MembershipAsync(node, cancel)).Up;
            if (seen != expected) return $"{node.Name} counts {seen}, not {expected}";
        }

        return null;
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    /// <summary>With which a process starts: the switch, and from whom it is cut off already.</summary>
    internal IReadOnlyDictionary<string, string> EnvironmentOf(ClusterNode node) => new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["GOSSIPCLUSTER_TESTING"] = "1",
        ["GOSSIPCLUSTER__TESTING__LINK_FAULTS"] = "on",
        ["GOSSIPCLUSTER__TESTING__CUT"] = string.Join(',', _cut.Where(cut => cut.Item1 == node).Select(cut => cut.Item2.Remote)),
    };

    private IEnumerable<(ClusterNode A, ClusterNode B)> Pairs() =>
        from a in Enumerable.Range(0, _nodes.Count)
        from b in Enumerable.Range(a + 1, _nodes.Count - a - 1)
        select (_nodes[a], _nodes[b]);

    private async Task SetAsync(ClusterNode on, ClusterNode peer, string mode, string direction, int bytesPerSecond = 0)
    {
        if (!on.IsRunning) return;
        var query = string.Create(CultureInfo.InvariantCulture, $"/testing/links?peer={peer.Remote}&mode={mode}&direction={direction}&bytes-per-second={bytesPerSecond}");
        using var answer = await _http.PostAsync(new Uri(on.Url, query), content: null);
        answer.EnsureSuccessStatusCode();
    }
}

/// <summary>Akka.Cluster as one node sees it.</summary>
/// <param name="Restarts">How often its process has restarted its ActorSystem.</param>
/// <param name="Members">All members, former ActorSystems of a node among them.</param>
public sealed record NodeMembership([property: JsonPropertyName("restarts")] int Restarts, [property: JsonPropertyName("members")] IReadOnlyList<NodeMember> Members)
{
    /// <summary>Those that are Up or WeaklyUp and reachable, as name@host:port, in order.</summary>
    public string Up => string.Join(' ', Members.Where(member => member is { IsReachable: true, Status: "Up" or "WeaklyUp" }).Select(member => $"{member.Name}@{member.Address}").Order(StringComparer.Ordinal));
}

/// <summary>A member of Akka.Cluster.</summary>
/// <param name="Name">Of the node.</param>
/// <param name="Address">host:port.</param>
/// <param name="Status">Akka's word.</param>
/// <param name="IsReachable">By Akka.Cluster's own failure detector.</param>
public sealed record NodeMember(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("address")] string Address,
    [property: JsonPropertyName("status")] string Status,
    [property: JsonPropertyName("reachable")] bool IsReachable);
