namespace GossipCluster.Core.Audit;

/// <summary>What an audit reads of a replica: the live one, or a view of it that stands still.</summary>
/// <remarks>
/// The three must belong together: the tree and the keys are those of the clock. A live source whose clock moves on ends the audit
/// (<see cref="AuditOutcome.ClockMoved"/>); on a busy partition the owner gives a frozen view instead.
/// </remarks>
public interface IAuditSource
{
    /// <summary>A hash of the replica's clock: equal for equal clocks.</summary>
    UInt128 ClockFingerprint { get; }

    /// <summary>The replica's tree.</summary>
    MerkleTree Tree { get; }

    /// <summary>
    /// The keys of a leaf with their state hashes, each key once, in any order; computed from the items themselves and not from what the
    /// tree was told. Asked once per differing leaf and message.
    /// </summary>
    /// <param name="leaf">0 to the tree's leaf count - 1.</param>
    IEnumerable<AuditKey> KeysOf(int leaf);

    /// <summary>How many keys a leaf has.</summary>
    /// <param name="leaf">0 to the tree's leaf count - 1.</param>
    int KeyCountOf(int leaf);
}

/// <summary>A key as the audit compares it.</summary>
/// <param name="Key">The key's flat bytes, 1 to <see cref="AuditProtocol.KeyBytesMax"/>.</param>
/// <param name="StateHash">The sum of the <see cref="ItemHash"/>es of its live items modulo 2^128.</param>
public readonly record struct AuditKey(ReadOnlyMemory<byte> Key, UInt128 StateHash);
