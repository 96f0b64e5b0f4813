using System.Collections.Immutable;
using Akka.Actor;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Metadata;
using GossipCluster.Core.Placement;

namespace GossipCluster.Actors.Membership;

/// <summary>What this node is by its options and its ActorSystem, before it knows anybody else.</summary>
/// <param name="Name">Its name: what stays when everything else changes.</param>
/// <param name="Cluster">Of which cluster it is.</param>
/// <param name="Remote">Where its ActorSystem is reached.</param>
/// <param name="Uid">Of its ActorSystem.</param>
/// <param name="Http">Where its HTTP is reached.</param>
/// <param name="Version">Of the product.</param>
public sealed record LocalNode(NodeName Name, ClusterIdentity Cluster, Address Remote, int Uid, string Http, string Version)
{
    /// <summary>Tells this start from earlier ones, which are less: milliseconds since 1970. What links and news know the node's life by.</summary>
    public long Start { get; init; }

    /// <summary>With which it enters the ring at its first join; later an operator's word counts.</summary>
    public int Weight { get; init; } = RingMember.WeightDefault;

    /// <summary>With which it enters the ring at its first join.</summary>
    public string Zone { get; init; } = string.Empty;

    /// <summary>Whom to ask for the ring, in the order in which the operator names them; may hold this node.</summary>
    public ImmutableArray<Address> Seeds { get; init; } = [];

    /// <summary>The seeds but this node.</summary>
    public IEnumerable<Address> OtherSeeds => Seeds.Where(seed => !IsHere(seed));

    /// <summary>True where this node forms the cluster if nobody else knows one: it is named first, or nobody is named.</summary>
    public bool IsFirstSeed => Seeds.IsEmpty || IsHere(Seeds[0]);

    /// <summary>This node in the ring.</summary>
    public RingMember Member => new(Name, Weight, Zone);

    private bool IsHere(Address address) => address.Port == Remote.Port && string.Equals(address.Host, Remote.Host, StringComparison.OrdinalIgnoreCase);
}
