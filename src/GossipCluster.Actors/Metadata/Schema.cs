using System.Collections.Immutable;
using GossipCluster.Actors.Store;
using GossipCluster.Core.Metadata;

namespace GossipCluster.Actors.Metadata;

/// <summary>Bucket types and bucket properties out of metadata entries. Immutable: readers never wait.</summary>
internal sealed record Schema
{
    private Schema(ImmutableSortedDictionary<string, BucketType> types, ImmutableDictionary<(string Type, string Bucket), BucketProperties> buckets)
    {
        (Types, Buckets) = (types, buckets);
        All = [.. types.Values];
    }

    /// <summary>The built-in types and nothing else.</summary>
    public static Schema Initial { get; } = new(
        BucketType.BuiltIn.ToImmutableSortedDictionary(type => type.Name, type => type, StringComparer.Ordinal),
        ImmutableDictionary<(string, string), BucketProperties>.Empty);

    public ImmutableSortedDictionary<string, BucketType> Types { get; }

    public ImmutableDictionary<(string Type, string Bucket), BucketProperties> Buckets { get; }

    /// <summary>The types in the order of their names.</summary>
    public ImmutableArray<BucketType> All { get; }

    /// <summary>The schema of a table.</summary>
    public static Schema Of(MetadataTable table) => table.Entries.Aggregate(Initial, (schema, entry) => schema.With(entry));

    /// <summary>The schema after an entry has changed; this one where it has nothing to do with it, or cannot be read.</summary>
    public Schema With(MetadataEntry entry)
    {
        if (entry.Name.StartsWith(MetadataName.TypePrefix, StringComparison.Ordinal))
        {
            var name = entry.Name[MetadataName.TypePrefix.Length..];
            return SchemaValue.ReadType(name, entry.Value.Span) is { } type ? new Schema(Types.SetItem(name, type), Buckets) : this;
        }

        if (!MetadataName.TryBucketOf(entry.Name, out var typeName, out var bucket)) return this;
        if (!SchemaValue.TryReadBucket(entry.Value.Span, out var properties)) return this;
        return new Schema(Types, properties is null ? Buckets.Remove((typeName, bucket)) : Buckets.SetItem((typeName, bucket), properties));
    }

    /// <summary>What is said to him whose change another's, made at the same moment, has replaced.</summary>
    public static MetadataError Overtaken(MetadataEntry known)
    {
        if (MetadataName.TryBucketOf(known.Name, out _, out var bucket))
            return new MetadataError.Schema($"Node '{known.Author}' has changed the properties of bucket '{bucket}' at the same moment, and its change counts: look at them and try again.");
        var name = known.Name[MetadataName.TypePrefix.Length..];
        return SchemaValue.ReadType(name, known.Value.Span) is { } type
            ? new MetadataError.Schema($"Node '{known.Author}' has put '{name}' at the same moment, and that counts: it is a type of {type.DataType} with n_val {type.N}. Look at its properties and try again.")
            : new MetadataError.Schema($"Node '{known.Author}' has put '{name}' at the same moment, and that counts, in a form that this node does not know.");
    }

    /// <summary>Why a type cannot be put; null where it can.</summary>
    public MetadataError? Refuse(BucketType type)
    {
        if (type.Name.Length is 0 or > 128) return new MetadataError.Schema("A bucket type has a name of 1 to 128 bytes.");
        if (type.Properties.Quorums.Validate(type.N) is [var error, ..]) return new MetadataError.Schema(error.Sentence);
        if (type.Properties.Priority is < 0 or > Core.Kernel.Replica.PriorityMax) return new MetadataError.Schema($"A priority is 0 to {Core.Kernel.Replica.PriorityMax}.");
        if (!Types.TryGetValue(type.Name, out var known)) return null;
        if (known.DataType != type.DataType) return new MetadataError.Schema($"The data type of '{type.Name}' is {known.DataType} and never changes.");
        if (known.N != type.N) return new MetadataError.Schema($"The n_val of '{type.Name}' is {known.N} and never changes.");
        return type.Properties.HllPrecision > known.Properties.HllPrecision
            ? new MetadataError.Schema($"The precision of '{type.Name}' is {known.Properties.HllPrecision}: it may shrink and never grows.")
            : null;
    }

    /// <summary>Why a bucket cannot have these properties; null where it can.</summary>
    public MetadataError? Refuse(string type, BucketProperties? properties)
    {
        if (!Types.TryGetValue(type, out var known)) return new MetadataError.Schema($"There is no bucket type '{type}'.");
        return properties?.Quorums.Validate(known.N) is [var error, ..] ? new MetadataError.Schema(error.Sentence) : null;
    }
}
