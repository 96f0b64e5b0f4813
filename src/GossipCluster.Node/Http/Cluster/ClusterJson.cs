using System.Globalization;
using GossipCluster.Actors.Hosting;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Metadata;
using GossipCluster.Core.Placement;
using GossipCluster.Node.Http.Answers;

namespace GossipCluster.Node.Http.Cluster;

/// <summary>How nodes and rings are written.</summary>
internal static class ClusterJson
{
    /// <summary>A node that is or was in the ring, as an object.</summary>
    public static JsonBuffer Node(this JsonBuffer json, NodeState node, NodeName self)
    {
        json.Raw("{"u8).Member(node.Member).Name("standing"u8).Standing(node.Standing)
            .Name("self"u8).Boolean(node.Member.Name == self).Name("reachable"u8).Boolean(node.IsReachable);
        if (node.Facts is { } facts)
        {
            json.Name("http"u8).String(facts.Http).Name("remote"u8).String(facts.Remote.ToString())
                .Name("version"u8).String(facts.Version).Name("incarnation"u8).Number(facts.Incarnation);
        }

        if (node.Load is { } load)
        {
            json.Name("load"u8).Raw("{"u8).Name("cores"u8).Number(Math.Round(load.Cores, 3)).Name("keys"u8).Number(load.Keys).Name("entropy"u8).Number(load.Entropy)
                .Name("hints"u8).Number(load.Hints).Name("age_ms"u8).Number((long)node.LoadAge.TotalMilliseconds).Raw("}"u8);
        }

        return json.Name("akka"u8).Raw("{"u8).Name("status"u8).String(node.Akka ?? "absent").Name("reachable"u8).Boolean(node.Akka is not null && !node.IsUnreachableInAkka).Raw("}}"u8);
    }

    /// <summary>Name, weight and zone of a member, as members of an object that is open.</summary>
    public static JsonBuffer Member(this JsonBuffer json, RingMember member) =>
        json.Name("name"u8).String(member.Name.Text).Name("weight"u8).Number(member.Weight).Name("zone"u8).String(member.Zone);

    /// <summary>A ring's version: a fingerprint, so text, to be compared for equality alone.</summary>
    public static JsonBuffer Version(this JsonBuffer json, Ring ring) => json.Version(ring.Version);

    /// <inheritdoc cref="Version(JsonBuffer, Ring)"/>
    public static JsonBuffer Version(this JsonBuffer json, long version) => json.String(version.ToString("x16", CultureInfo.InvariantCulture));

    public static JsonBuffer Standing(this JsonBuffer json, RingStanding standing) => json.String(standing == RingStanding.Left ? "left"u8 : "member"u8);

    /// <summary>A share of 1, to four places.</summary>
    public static JsonBuffer Share(this JsonBuffer json, double share) => json.Number(Math.Round(share, 4));

    public static JsonBuffer NameOrNull(this JsonBuffer json, NodeName? name) => name is { } known ? json.String(known.Text) : json.Raw("null"u8);
}
