namespace GossipCluster.MultiNode.TestKit;

/// <summary>One run of a spec: its nodes, and the scripts of its roles beside each other.</summary>
internal sealed class MultiNodeRun
{
    private readonly IReadOnlyDictionary<Role, ClusterNode> _nodes;

    public MultiNodeRun(IReadOnlyList<Role> roles, ProcessCluster cluster, ILinkFaults links, TimeSpan barrierWithin, CancellationToken cancel)
    {
        _nodes = roles.Select((role, place) => (role, place)).ToDictionary(pair => pair.role, pair => cluster[pair.place]);
        Barriers = new Barriers(roles, barrierWithin);
        Conductor = new TestConductor(links, _nodes);
        Cancel = cancel;
    }

    public Barriers Barriers { get; }

    public TestConductor Conductor { get; }

    public CancellationToken Cancel { get; }

    public ClusterNode NodeOf(Role role) => _nodes[role];

    /// <summary>Plays the script once for each role, all at the same time; fails with what failed first, not with who waited for it.</summary>
    public async Task PlayAsync(Func<RolePlay, Task> script)
    {
        var failures = new List<Exception>();
        await Task.WhenAll(_nodes.Keys.Select(role => Task.Run(() => PlayAsync(role, script, failures), Cancel)));
        var first = failures.Find(failure => failure is not BarrierException) ?? failures.FirstOrDefault();
        if (first is not null) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(first);
    }

    private async Task PlayAsync(Role role, Func<RolePlay, Task> script, List<Exception> failures)
    {
        Exception? failure = null;
        try
        {
            await script(new RolePlay(this, role));
        }
        catch (Exception failed)
        {
            failure = failed;
            lock (failures) failures.Add(failed);
        }

        Barriers.Leave(role, failure);
    }
}
