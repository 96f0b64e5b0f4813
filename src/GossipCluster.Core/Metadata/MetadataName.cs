using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using GossipCluster.Core.Causality;

namespace GossipCluster.Core.Metadata;

/// <summary>How entries are named. The names are on disk and on the wire: they never change.</summary>
public static class MetadataName
{
    /// <summary>Who the cluster is: <see cref="ClusterFacts"/>.</summary>
    public const string Cluster = "cluster";

    /// <summary>What ring entries begin with.</summary>
    public const string RingPrefix = "ring/";

    /// <summary>What node facts begin with.</summary>
    public const string NodePrefix = "node/";

    /// <summary>What bucket types begin with.</summary>
    public const string TypePrefix = "type/";

    /// <summary>What bucket properties begin with.</summary>
    public const string BucketPrefix = "bucket/";

    /// <summary>What the names begin with under which entries are stored.</summary>
    public const string FactPrefix = "metadata/";

    /// <summary>A node in the ring, or one that left it: <see cref="RingEntry"/>.</summary>
    public static string Ring(NodeName node) => RingPrefix + node.Text;

    /// <summary>What a node says of itself.</summary>
    public static string Node(NodeName node) => NodePrefix + node.Text;

    /// <summary>A bucket type.</summary>
    public static string Type(string type) => TypePrefix + type;

    /// <summary>A bucket's own properties. The type is escaped, so that the first slash after it ends it.</summary>
    public static string Bucket(string type, string bucket) => $"{BucketPrefix}{Uri.EscapeDataString(type)}/{bucket}";

    /// <summary>The node that a ring entry or node facts are about.</summary>
    public static bool TryNodeOf(string name, string prefix, out NodeName node)
    {
        node = default;
        return name.StartsWith(prefix, StringComparison.Ordinal) && NodeName.TryParse(name[prefix.Length..], out node);
    }

    /// <summary>The bucket type and bucket that an entry is about.</summary>
    public static bool TryBucketOf(string name, [NotNullWhen(true)] out string? type, [NotNullWhen(true)] out string? bucket)
    {
        (type, bucket) = (null, null);
        if (!name.StartsWith(BucketPrefix, StringComparison.Ordinal)) return false;
        var end = name.IndexOf('/', BucketPrefix.Length);
        if (end < 0) return false;
        (type, bucket) = (Uri.UnescapeDataString(name[BucketPrefix.Length..end]), name[(end + 1)..]);
        return true;
    }

    /// <summary>The name under which an entry is stored: of one length, and no two names share one, however a client chose them.</summary>
    public static string FactOf(string name) =>
        FactPrefix + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, 16));
}
