namespace GossipCluster.MultiNode.TestKit;

/// <summary>A spec whose script every role plays on a node process of its own. After Akka's <c>MultiNodeSpec</c>.</summary>
/// <example>
/// <code>
/// [Fact]
/// public Task A_write_on_one_node_is_read_on_another() => PlayAsync(Config, async play =>
/// {
///     await play.RunOnAsync(() => play.Client.Counters.IncrementAsync("pages", "home"), Config.First);
///     await play.EnterBarrierAsync("written");
///     Assert.Equal(1, (await play.Client.Counters.ReadAsync("pages", "home")).Value);
/// });
/// </code>
/// </example>
public abstract class MultiNodeSpec : ClusterTest
{
    /// <summary>How long the first at a barrier waits for the last.</summary>
    protected static readonly TimeSpan BarrierTimeout = TimeSpan.FromSeconds(120);

    /// <summary>How long a spec waits for the cluster to become what it shall be.</summary>
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Starts a cluster, waits until it is complete, and lets every role play the script.</summary>
    protected async Task PlayAsync(MultiNodeConfig config, Func<RolePlay, Task> script)
    {
        ArgumentNullException.ThrowIfNull(config);
        var cluster = await StartCompleteAsync(config.Roles.Count, config.CommonConfig);
        var links = (ILinkFaults?)config.CommonConfig.Network ?? new AdapterLinkFaults(cluster.Links);
        await new MultiNodeRun(config.Roles, cluster, links, BarrierTimeout, Cancel).PlayAsync(script);
    }
}
