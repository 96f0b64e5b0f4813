namespace GossipCluster.Core.Reconciliation;

/// <summary>The sum of the entries that are mapped to one index: one cell of an invertible Bloom lookup table without an end.</summary>
/// <param name="Sum">All entries, exclusive or.</param>
/// <param name="Hash">Their hashes, exclusive or.</param>
/// <param name="Count">How many; of a difference of two sets negative where the other side has more.</param>
public readonly record struct CodedSymbol(SetEntry Sum, ulong Hash, long Count)
{
    /// <summary>True where nothing is in it, or all that was in it is taken out.</summary>
    public bool IsEmpty => Count == 0 && Hash == 0 && Sum == default;

    /// <summary>This symbol of one set without that of another.</summary>
    public CodedSymbol Without(CodedSymbol other) => new(Sum ^ other.Sum, Hash ^ other.Hash, Count - other.Count);

    /// <summary>With one entry more (+1) or less (-1).</summary>
    public CodedSymbol With(SetEntry entry, ulong hash, int sign) => new(Sum ^ entry, Hash ^ hash, Count + sign);
}
