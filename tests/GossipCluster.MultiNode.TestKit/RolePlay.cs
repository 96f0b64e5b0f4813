using GossipCluster.Client;

namespace GossipCluster.MultiNode.TestKit;

/// <summary>A spec's script as one role plays it.</summary>
public sealed class RolePlay
{
    private readonly MultiNodeRun _run;

    internal RolePlay(MultiNodeRun run, Role role) => (_run, Role) = (run, role);

    /// <summary>Which role this is: Akka's <c>Myself</c>.</summary>
    public Role Role { get; }

    /// <summary>The role's node.</summary>
    public ClusterNode Node => _run.NodeOf(Role);

    /// <summary>A client of the role's node and no other.</summary>
    public GossipClusterClient Client => Node.Client;

    /// <summary>Cuts links, kills and restarts.</summary>
    public TestConductor TestConductor => _run.Conductor;

    /// <summary>The node that plays a role.</summary>
    public ClusterNode NodeOf(Role role) => _run.NodeOf(role);

    /// <summary>Does something where this is one of these roles, and nothing elsewhere.</summary>
    public Task RunOnAsync(Func<Task> act, params IReadOnlyCollection<Role> roles) => roles.Contains(Role) ? act() : Task.CompletedTask;

    /// <summary>Waits for all other roles. The same barriers in the same order in every role's script.</summary>
    /// <exception cref="BarrierException">Somebody does not come.</exception>
    public Task EnterBarrierAsync(string name) => _run.Barriers.EnterAsync(Role, name, _run.Cancel);

    /// <summary>Calls <c>gossip HOST:PORT ...</c> for the role's node.</summary>
    public Task<CliResult> GossipAsync(params IReadOnlyList<string> arguments) => GossipCli.RunAsync(Node, arguments, _run.Cancel);
}
