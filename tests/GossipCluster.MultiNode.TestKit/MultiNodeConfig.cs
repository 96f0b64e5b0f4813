using System.Globalization;

namespace GossipCluster.MultiNode.TestKit;

/// <summary>The roles of a spec, and with what their nodes are started. Akka's <c>MultiNodeConfig</c>: derive from it, or make one with <see cref="Of"/>.</summary>
public class MultiNodeConfig
{
    private readonly List<Role> _roles = [];

    /// <summary>All roles, in the order in which they were named.</summary>
    public IReadOnlyList<Role> Roles => _roles;

    /// <summary>With what all nodes are started. Links can be cut unless it says otherwise.</summary>
    public ClusterPlan CommonConfig { get; init; } = new() { LinkFaults = true };

    /// <summary>So many roles, and no names for them.</summary>
    public static MultiNodeConfig Of(int roles, ClusterPlan? plan = null)
    {
        var config = plan is null ? new MultiNodeConfig() : new MultiNodeConfig { CommonConfig = plan };
        for (var role = 0; role < roles; role++) config.Role();
        return config;
    }

    /// <summary>The next role. Its node is named n1, n2, ... in the order of the calls.</summary>
    protected Role Role()
    {
        var role = new Role("n" + (_roles.Count + 1).ToString(CultureInfo.InvariantCulture));
        _roles.Add(role);
        return role;
    }
}
