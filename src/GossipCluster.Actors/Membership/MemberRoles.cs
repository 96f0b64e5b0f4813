using Akka.Cluster;
using GossipCluster.Core.Causality;

namespace GossipCluster.Actors.Membership;

/// <summary>How a member of Akka.Cluster says which node it is: by a role.</summary>
public static class MemberRoles
{
    private const string Prefix = "node:";

    /// <summary>The role of a node.</summary>
    public static string Of(NodeName node) => Prefix + node.Text;

    /// <summary>The node that a member is.</summary>
    public static bool TryNodeOf(Member member, out NodeName node)
    {
        ArgumentNullException.ThrowIfNull(member);
        foreach (var role in member.Roles)
        {
            if (role.StartsWith(Prefix, StringComparison.Ordinal) && NodeName.TryParse(role[Prefix.Length..], out node)) return true;
        }

        node = default;
        return false;
    }
}
