using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;
using GossipCluster.Core.Metadata;
using GossipCluster.Core.Placement;

namespace GossipCluster.Node;

/// <summary>What one node is told by its operator. Explained key by key in <c>hocon/reference.conf</c>.</summary>
internal sealed record NodeOptions
{
    /// <summary>Where these settings are.</summary>
    public const string Section = "gossip-cluster";

    /// <summary>The node's name, the same over restarts on any address.</summary>
    /// <value>A node name. No default: a name that changed by itself would be another node.</value>
    public string Name { get; init; } = string.Empty;

    /// <summary>Where HTTP is served.</summary>
    /// <value>An http or https address. Default: loopback, so that nothing is open that nobody opened.</value>
    public string Http { get; init; } = "http://127.0.0.1:8098";

    /// <summary>Where other nodes reach this one.</summary>
    /// <value>HOST:PORT; port 0 takes a free one. Default: loopback.</value>
    public string Remote { get; init; } = "127.0.0.1:4053";

    /// <summary>Where to listen for other nodes if that differs from <see cref="Remote"/>.</summary>
    /// <value>HOST or HOST:PORT. Default: as <see cref="Remote"/>.</value>
    public string RemoteBind { get; init; } = string.Empty;

    /// <summary>Whom to ask for the cluster, the same order on every node; the first one forms it.</summary>
    /// <value>HOST:PORT each. Default: nobody, a cluster of one.</value>
    public ImmutableArray<string> Seeds { get; init; } = [];

    /// <summary>The directory of the node's data.</summary>
    /// <value>Default: <c>data</c> where the node was started.</value>
    public string Data { get; init; } = "data";

    /// <summary>Timeouts for one machine, one data centre, several.</summary>
    /// <value>local, lan or wan. Default: lan.</value>
    public string Profile { get; init; } = "lan";

    /// <summary>What all nodes of a cluster have in common.</summary>
    /// <value>A cluster name. Default: gossip.</value>
    public string ClusterName { get; init; } = ClusterIdentity.NameDefault;

    /// <summary>The key of context tokens, the same on every node.</summary>
    /// <value>At least 16 characters. Default: derived from the cluster's name, which keeps nobody from forging a token.</value>
    public string ClusterSecret { get; init; } = string.Empty;

    /// <summary>Q, fixed for the life of a cluster.</summary>
    /// <value>1 to 65,536. Default: 64, enough for ten nodes.</value>
    [Range(Core.Placement.Partitions.CountMin, Core.Placement.Partitions.CountMax)]
    public int Partitions { get; init; } = Core.Placement.Partitions.CountDefault;

    /// <summary>The node's share beside the others' when it first joins.</summary>
    /// <value>1 to 10,000. Default: 100.</value>
    [Range(RingMember.WeightMin, RingMember.WeightMax)]
    public int Weight { get; init; } = RingMember.WeightDefault;

    /// <summary>What fails together with this node.</summary>
    /// <value>Up to 64 characters. Default: none.</value>
    public string Zone { get; init; } = string.Empty;

    /// <summary>Where data are kept.</summary>
    /// <value>sqlite or postgresql. Default: sqlite, nothing to install.</value>
    public string StorageProvider { get; init; } = "sqlite";

    /// <summary>For PostgreSQL.</summary>
    /// <value>Default: none.</value>
    public string StorageConnectionString { get; init; } = string.Empty;

    /// <summary>The certificate with which nodes prove themselves to each other: a PKCS #12 file.</summary>
    /// <value>Default: none, no TLS.</value>
    public string TlsCertificate { get; init; } = string.Empty;

    /// <summary>Its password.</summary>
    /// <value>Default: none.</value>
    public string TlsCertificatePassword { get; init; } = string.Empty;

    /// <summary>Whether the certificate must name the peer's host.</summary>
    /// <value>Default: off.</value>
    public bool TlsValidateHostName { get; init; }

    /// <summary>Believe any certificate.</summary>
    /// <value>Default: off; on is refused outside the local profile, because any peer could join then.</value>
    public bool TlsSuppressValidation { get; init; }

    /// <summary>A process with whose end this one ends too.</summary>
    /// <value>A process id. Default: 0, none.</value>
    [Range(0, int.MaxValue)]
    public int Parent { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"node {Name} of {ClusterName} at {Remote}";
}
