namespace GossipCluster.MultiNode.TestKit;

/// <summary>What a spec does to nodes and to the links between them, by role. After Akka's <c>TestConductor</c>.</summary>
/// <remarks>Any role's script may call it; two that act on one link or node at the same time are a mistake of the spec.</remarks>
public sealed class TestConductor
{
    private readonly ILinkFaults _links;
    private readonly IReadOnlyDictionary<Role, ClusterNode> _nodes;
    private readonly Lock _lock = new();

    // Who is not heard by whom.
    private readonly HashSet<(Role From, Role To)> _silent = [];

    internal TestConductor(ILinkFaults links, IReadOnlyDictionary<Role, ClusterNode> nodes) => (_links, _nodes) = (links, nodes);

    /// <summary>Nothing passes between the two that way; sockets stay open.</summary>
    public Task BlackholeAsync(Role a, Role b, LinkDirection direction = LinkDirection.Both)
    {
        lock (_lock)
        {
            if (direction.HasFlag(LinkDirection.Send)) _silent.Add((a, b));
            if (direction.HasFlag(LinkDirection.Receive)) _silent.Add((b, a));
        }

        return ApplyAsync(a, b);
    }

    /// <summary>Everything passes between the two that way again; a throttle is gone in any case.</summary>
    public Task PassThroughAsync(Role a, Role b, LinkDirection direction = LinkDirection.Both)
    {
        lock (_lock)
        {
            if (direction.HasFlag(LinkDirection.Send)) _silent.Remove((a, b));
            if (direction.HasFlag(LinkDirection.Receive)) _silent.Remove((b, a));
        }

        return ApplyAsync(a, b);
    }

    /// <summary>Cuts every role of one side from every role of the others; within a side everything passes.</summary>
    public Task PartitionAsync(params IReadOnlyList<Role>[] sides) => Task.WhenAll(
        from one in Enumerable.Range(0, sides.Length)
        from other in Enumerable.Range(one + 1, sides.Length - one - 1)
        from a in sides[one]
        from b in sides[other]
        select BlackholeAsync(a, b));

    /// <summary>Everything passes everywhere.</summary>
    public Task HealAsync()
    {
        lock (_lock) _silent.Clear();
        return _links.HealAllAsync();
    }

    /// <summary>So many bytes a second, each way.</summary>
    public Task ThrottleAsync(Role a, Role b, int bytesPerSecond) => _links.ThrottleAsync(_nodes[a], _nodes[b], bytesPerSecond);

    /// <summary>Closes the connections between the two; they come again by themselves.</summary>
    public Task DisconnectAsync(Role a, Role b) => _links.DisconnectAsync(_nodes[a], _nodes[b]);

    /// <summary>SIGKILL. Akka's <c>Exit</c>.</summary>
    public Task KillAsync(Role role) => _nodes[role].KillAsync();

    /// <summary>SIGTERM, and waits for the end. Akka's <c>Shutdown</c>.</summary>
    public Task StopAsync(Role role) => _nodes[role].StopAsync();

    /// <summary>SIGSTOP: it hangs, its connections stay open.</summary>
    public Task PauseAsync(Role role) => _nodes[role].PauseAsync();

    /// <summary>SIGCONT.</summary>
    public Task ResumeAsync(Role role) => _nodes[role].ResumeAsync();

    /// <summary>Starts a node that is not running again, of the same name.</summary>
    public Task RestartAsync(Role role, bool otherPorts = false, bool emptyDisk = false) => _nodes[role].RestartAsync(otherPorts, emptyDisk);

    private Task ApplyAsync(Role a, Role b)
    {
        bool sends, receives;
        lock (_lock) (sends, receives) = (!_silent.Contains((a, b)), !_silent.Contains((b, a)));
        return _links.SetAsync(_nodes[a], _nodes[b], sends, receives);
    }
}
