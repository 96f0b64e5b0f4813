using Akka.DistributedData;
using GossipCluster.Core.Metadata;

namespace GossipCluster.Actors.Metadata;

/// <summary>Some of the metadata as Akka.DistributedData carries it: the same table, the same merge.</summary>
public sealed class MetadataGroup : IReplicatedData<MetadataGroup>, IReplicatedDataSerialization, IEquatable<MetadataGroup>
{
    /// <summary>Nothing known.</summary>
    public static readonly MetadataGroup Empty = new(MetadataTable.Empty);

    /// <summary>A group of these entries.</summary>
    public MetadataGroup(MetadataTable table) => Table = table;

    /// <summary>Its entries.</summary>
    public MetadataTable Table { get; }

    /// <inheritdoc/>
    public MetadataGroup Merge(MetadataGroup other) => Merge(other.Table);

    /// <inheritdoc/>
    public IReplicatedData Merge(IReplicatedData other) => Merge((MetadataGroup)other);

    /// <inheritdoc/>
    public bool Equals(MetadataGroup? other) => other is not null && Table.Equals(other.Table);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as MetadataGroup);

    /// <inheritdoc/>
    public override int GetHashCode() => Table.GetHashCode();

    internal MetadataGroup Merge(MetadataTable other)
    {
        var table = Table.Merge(other);
        return ReferenceEquals(table, Table) ? this : new MetadataGroup(table);
    }
}

/// <summary>Under which key a group is replicated: cluster, Q and number are part of it, so that two clusters never mix.</summary>
public sealed class MetadataGroupKey(string id) : Key<MetadataGroup>(id);
