namespace GossipCluster.Core.Reconciliation;

/// <summary>One member of a set that is reconciled: 32 bytes, of which the set's owner knows what they stand for.</summary>
/// <param name="Name">Says which, as a key's digest does.</param>
/// <param name="Value">Says what about it, as a key's state hash does.</param>
public readonly record struct SetEntry(UInt128 Name, UInt128 Value)
{
    /// <summary>Its length on the wire.</summary>
    public const int WireBytes = 32;

    /// <summary>The two, bit by bit, one or the other.</summary>
    public static SetEntry operator ^(SetEntry left, SetEntry right) => new(left.Name ^ right.Name, left.Value ^ right.Value);

    /// <summary>The entry's keyed hash: its checksum in a coded symbol, and what decides in which symbols it is.</summary>
    public ulong HashUnder(SipHash key) => key.Of((ulong)Name, (ulong)(Name >> 64), (ulong)Value, (ulong)(Value >> 64));
}
