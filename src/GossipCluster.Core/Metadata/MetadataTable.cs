using System.Collections.Immutable;
using GossipCluster.Core.Causality;

namespace GossipCluster.Core.Metadata;

/// <summary>All metadata of a cluster as one node knows it: the greatest entry of each name. Immutable.</summary>
/// <remarks>
/// A join-semilattice by construction: merging is taking the greater of two in a total order, name by name. So tables may meet in any order, over any
/// way (links, DistributedData, disk), any number of times.
/// The digest is the sum modulo 2^64 of the entries' hashes: it needs no order, and a change costs one subtraction and one addition. Equal tables have
/// equal digests; unequal ones have equal digests by a chance of 2^-64, which the next change of either ends.
/// </remarks>
public sealed class MetadataTable : IEquatable<MetadataTable>
{
    /// <summary>How many entries a command may bring the table to. What other nodes took in before is merged beyond it: convergence goes first.</summary>
    public const int EntriesMax = 16_384;

    private readonly ImmutableSortedDictionary<string, MetadataEntry> _entries;

    private MetadataTable(ImmutableSortedDictionary<string, MetadataEntry> entries, ulong digest) => (_entries, Digest) = (entries, digest);

    /// <summary>Nothing known.</summary>
    public static MetadataTable Empty { get; } = new(ImmutableSortedDictionary.Create<string, MetadataEntry>(StringComparer.Ordinal), 0);

    /// <summary>Equal where the tables are; 0 for the empty one.</summary>
    public ulong Digest { get; }

    /// <summary>How many names are known.</summary>
    public int Count => _entries.Count;

    /// <summary>All entries in the order of their names.</summary>
    public IEnumerable<MetadataEntry> Entries => _entries.Values;

    /// <summary>The entry of that name; null where there is none.</summary>
    public MetadataEntry? Find(string name) => _entries.GetValueOrDefault(name);

    /// <summary>The entries whose names begin with <paramref name="prefix"/>, in their order.</summary>
    public IEnumerable<MetadataEntry> Under(string prefix)
    {
        foreach (var (name, entry) in _entries)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal)) yield return entry;
        }
    }

    /// <summary>The table with this entry, where it beats the one of its name; else this very table.</summary>
    /// <remarks>Node facts count only where their owner wrote them: nobody speaks for another.</remarks>
    public MetadataTable Merge(MetadataEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var known = Find(entry.Name);
        if (!entry.Beats(known) || !IsOwnWord(entry)) return this;
        return new MetadataTable(_entries.SetItem(entry.Name, entry), unchecked(Digest - (known?.Hash ?? 0) + entry.Hash));
    }

    /// <summary>The least table that has what both have.</summary>
    public MetadataTable Merge(MetadataTable other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (ReferenceEquals(this, other) || other.Count == 0) return this;
        return other.Entries.Aggregate(this, (table, entry) => table.Merge(entry));
    }

    /// <summary>The entry that would replace what is known of a name; not yet in the table.</summary>
    public MetadataEntry Next(string name, NodeName author, ReadOnlyMemory<byte> value) =>
        MetadataEntry.Of(name, Math.Min(MetadataEntry.EpochMax, (Find(name)?.Epoch ?? 0) + 1), author, value);

    /// <inheritdoc/>
    public bool Equals(MetadataTable? other) =>
        other is not null && Digest == other.Digest && Count == other.Count && Entries.SequenceEqual(other.Entries);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as MetadataTable);

    /// <inheritdoc/>
    public override int GetHashCode() => Digest.GetHashCode();

    /// <inheritdoc/>
    public override string ToString() => $"{Count} metadata entries, digest {Digest:x16}";

    private static bool IsOwnWord(MetadataEntry entry) =>
        !entry.Name.StartsWith(MetadataName.NodePrefix, StringComparison.Ordinal)
        || (MetadataName.TryNodeOf(entry.Name, MetadataName.NodePrefix, out var owner) && owner == entry.Author);
}
