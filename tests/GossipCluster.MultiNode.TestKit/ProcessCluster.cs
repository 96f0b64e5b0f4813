using System.Collections;
using System.Globalization;
using System.Reflection;
using GossipCluster.Cli.Processes;
using GossipCluster.Client;

namespace GossipCluster.MultiNode.TestKit;

/// <summary>A cluster of real node processes on loopback, in a folder of its own. Disposing it kills what runs and, unless told otherwise, deletes the folder.</summary>
public sealed class ProcessCluster : IReadOnlyList<ClusterNode>, IAsyncDisposable
{
    private readonly string _folder;
    private readonly NodeBinary _binary;
    private readonly ClusterPlan _plan;
    private readonly List<ClusterNode> _nodes;

    private ProcessCluster(string folder, NodeBinary binary, ClusterPlan plan, List<ClusterNode> nodes)
    {
        _folder = folder;
        _binary = binary;
        _plan = plan;
        _nodes = nodes;
        Client = new GossipClusterClient([.. nodes.Select(node => node.Url.AbsoluteUri)]);
        Links = new ClusterLinks(nodes);
    }

    /// <summary>The links between the nodes, to be cut; only where the cluster was started with link faults.</summary>
    public ClusterLinks Links { get; }

    /// <summary>A client that knows all nodes by the addresses with which they were first started.</summary>
    public GossipClusterClient Client { get; }

    /// <summary>How many nodes, running or not.</summary>
    public int Count => _nodes.Count;

    /// <summary>True leaves data and logs where they are, for a look after a failed test.</summary>
    public bool KeepFolder { get; set; }

    /// <summary>A node by its place, from 0.</summary>
    public ClusterNode this[int index] => _nodes[index];

    /// <summary>Starts the processes and waits for nothing.</summary>
    /// <param name="nodes">How many.</param>
    /// <param name="binary">GossipCluster.Node.dll, or what stands in for it; null for the one built along.</param>
    /// <param name="extra">Further arguments for every node.</param>
    public static ProcessCluster Start(int nodes, string? binary = null, params IReadOnlyList<string> extra) => Start(nodes, new ClusterPlan { Extra = extra }, binary);

    /// <summary>Starts the processes and waits for nothing.</summary>
    /// <param name="nodes">How many.</param>
    /// <param name="plan">With what they are started.</param>
    /// <param name="binary">GossipCluster.Node.dll, or what stands in for it; null for the one built along.</param>
    public static ProcessCluster Start(int nodes, ClusterPlan plan, string? binary = null)
    {
        var folder = Directory.CreateTempSubdirectory("gossip-test-").FullName;
        var node = new NodeBinary(binary ?? BuiltAlong);
        var cluster = new ProcessCluster(folder, node, plan, [.. Enumerable.Range(1, nodes).Select(number =>
            new ClusterNode(node, "n" + number.ToString(CultureInfo.InvariantCulture), folder, plan.Network?[number - 1]))]);
        var seeds = cluster.Select(member => member.Remote).Take(plan.Seeds ?? nodes).ToArray();
        foreach (var member in cluster) cluster.Start(member, seeds);
        return cluster;
    }

    /// <summary>Starts one more node, of the next name, that is told of the others as its seeds; waits for nothing.</summary>
    /// <returns>The node, which is the last of the cluster from here on.</returns>
    public ClusterNode Add()
    {
        var node = new ClusterNode(_binary, "n" + (_nodes.Count + 1).ToString(CultureInfo.InvariantCulture), _folder, _plan.Network?[_nodes.Count]);
        var seeds = _nodes.Select(member => member.Remote).ToArray();
        _nodes.Add(node);
        Start(node, seeds);
        return node;
    }

    private void Start(ClusterNode node, IReadOnlyList<string> seeds)
    {
        node.EnvironmentAtStart = () => EnvironmentOf(node);
        node.Prepare(seeds, [.. _plan.Extra, .. _plan.ExtraOf?.Invoke(node.Name) ?? []]);
        if (!_plan.Later.Contains(node.Name)) node.Start();
    }

    private Dictionary<string, string> EnvironmentOf(ClusterNode node)
    {
        var environment = new Dictionary<string, string>(_plan.Environment, StringComparer.Ordinal);
        foreach (var (name, value) in _plan.EnvironmentOf?.Invoke(node.Name) ?? new Dictionary<string, string>(StringComparer.Ordinal)) environment[name] = value;
        if (!_plan.LinkFaults) return environment;
        foreach (var (name, value) in Links.EnvironmentOf(node)) environment[name] = value;
        return environment;
    }

    /// <summary>Waits until every node is ready and reaches every other.</summary>
    public async Task WaitRingCompleteAsync(TimeSpan within, CancellationToken cancel = default)
    {
        var deadline = DateTimeOffset.UtcNow + within;
        foreach (var node in _nodes)
        {
            await node.WaitReadyAsync(Left(), cancel);
            await Eventually.TrueAsync(
                async token =>
                {
                    var reached = (await node.Client.MembersAsync(token)).Where(member => member.Reachable || member.Name == node.Name).Select(member => member.Name);
                    var missing = _nodes.Select(other => other.Name).Except(reached, StringComparer.Ordinal).ToArray();
                    return missing.Length == 0 ? null : $"{node.Name} does not reach {string.Join(", ", missing)}";
                },
                Left(),
                cancel);
        }

        TimeSpan Left() => deadline - DateTimeOffset.UtcNow;
    }

    /// <summary>The end of every node's log, for a failed test.</summary>
    public string Logs(int linesEach = 60) => string.Join(
        '\n',
        _nodes.Select(node => $"--- {node.Name} {node.Url} ({(node.IsRunning ? "running" : "ended")}), log {node.LogFile}\n{string.Join('\n', node.LogTail(linesEach))}"));

    /// <inheritdoc/>
    public IEnumerator<ClusterNode> GetEnumerator() => _nodes.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Links.Dispose();
        await Task.WhenAll(_nodes.Select(node => node.DisposeAsync().AsTask()));
        if (!KeepFolder) Directory.Delete(_folder, recursive: true);
    }

    private static string BuiltAlong => typeof(ProcessCluster).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "NodeBinary").Value!;
}
