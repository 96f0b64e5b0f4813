namespace GossipCluster.Core.Audit;

/// <summary>A key whose items differ between two replicas with equal clocks.</summary>
/// <param name="Key">The key's flat bytes.</param>
/// <param name="Kind">In what way.</param>
/// <param name="Here">Its state hash on the asker's side, 0 where the asker has no such key.</param>
/// <param name="There">
/// Its state hash on the peer's side, 0 where the peer has no such key. With a third replica's, the two hashes name the majority.
/// </param>
public readonly record struct KeyDifference(ReadOnlyMemory<byte> Key, DifferenceKind Kind, UInt128 Here, UInt128 There);

/// <summary>In what way a key differs.</summary>
public enum DifferenceKind
{
    /// <summary>The asker has the key, its peer does not.</summary>
    OnlyHere,

    /// <summary>The peer has the key, the asker does not.</summary>
    OnlyThere,

    /// <summary>Both have the key, with different items.</summary>
    Differs,
}
