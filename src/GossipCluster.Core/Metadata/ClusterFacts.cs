using GossipCluster.Core.Placement;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Metadata;

/// <summary>What all nodes of a cluster have in common for ever. A node with another name or another Q is no node of it.</summary>
/// <param name="Name">1 to <see cref="NameLengthMax"/> characters out of A-Z a-z 0-9 and -, the first a letter or digit.</param>
/// <param name="PartitionCount">Q.</param>
public sealed record ClusterIdentity(string Name, int PartitionCount)
{
    /// <summary>The longest name, in characters (which are bytes: names are ASCII).</summary>
    public const int NameLengthMax = 64;

    /// <summary>The name where the operator says nothing.</summary>
    public const string NameDefault = "gossip";

    /// <summary>What a name must look like, as a sentence for error messages.</summary>
    public static string Rule => $"a cluster name has 1 to {NameLengthMax} characters out of A-Z a-z 0-9 and - and starts with a letter or digit.";

    /// <summary>True where the text is a cluster's name.</summary>
    public static bool IsName(string? text) =>
        text is { Length: > 0 and <= NameLengthMax } && text[0] != '-' && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');

    /// <summary>Null where the two are of one cluster; else why not, for the operator.</summary>
    /// <param name="other">What was met.</param>
    /// <param name="whose">Where it was met, as the subject of the sentence: "Node 'n2'".</param>
    public string? Refuse(ClusterIdentity other, string whose)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (Name != other.Name)
            return $"{whose} belongs to the cluster '{other.Name}', this node to '{Name}': give both the same cluster name, or other seeds or another data directory.";
        return PartitionCount == other.PartitionCount
            ? null
            : $"{whose} has {other.PartitionCount} partitions, this node has {PartitionCount}: the number is fixed for the life of a cluster.";
    }

    internal void Write(WireWriter writer)
    {
        MetadataEntry.WriteText(writer, Name);
        writer.WriteCount(PartitionCount);
    }

    internal static ClusterIdentity Read(ref WireReader reader)
    {
        var name = MetadataEntry.ReadText(ref reader, NameLengthMax);
        if (!IsName(name)) reader.Fail("the name of a cluster");
        var count = reader.ReadInt(Partitions.CountMax, "a number of partitions");
        if (count < Partitions.CountMin) reader.Fail("a number of partitions");
        return new ClusterIdentity(name, count);
    }
}

/// <summary>The entry <see cref="MetadataName.Cluster"/>: written by whoever forms a cluster, known by all that joined it.</summary>
/// <param name="Identity">Name and Q.</param>
/// <param name="Id">Drawn when the cluster was formed. Where two nodes each formed one of the same name, the greater remains; data do not depend on it.</param>
public sealed record ClusterFacts(ClusterIdentity Identity, ulong Id)
{
    private const byte Version = 1;

    /// <summary>The entry's value.</summary>
    public byte[] ToValue()
    {
        var writer = new WireWriter(96);
        writer.WriteByte(Version);
        Identity.Write(writer);
        writer.WriteUInt64(Id);
        return writer.ToArray();
    }

    /// <summary>Reads an entry's value; null where it is none.</summary>
    public static ClusterFacts? FromValue(ReadOnlySpan<byte> value)
    {
        var reader = new WireReader(value);
        if (reader.ReadByte() != Version) reader.Fail("cluster facts of version 1");
        var facts = new ClusterFacts(ClusterIdentity.Read(ref reader), reader.ReadUInt64());
        return reader.AtEnd ? facts : null;
    }
}
