namespace GossipCluster.Core.DataTypes;

/// <summary>What a datum or a map's field is. The numbers are on disk and on the wire: they never change.</summary>
public enum DataType : byte
{
    /// <summary>A sum that can go up and down; 64 bits a contributing replica id, 128 bits in all.</summary>
    Counter = 1,

    /// <summary>A set of byte strings: adds win over concurrent removes.</summary>
    Set = 2,

    /// <summary>A set of byte strings that only grows.</summary>
    GSet = 3,

    /// <summary>A value of bytes: the greatest (timestamp, dot) of those written concurrently; all of them on request.</summary>
    Register = 4,

    /// <summary>True or false: enable wins over a concurrent disable.</summary>
    Flag = 5,

    /// <summary>A HyperLogLog of precision 14: how many distinct elements were added, within some 2 %.</summary>
    Hll = 6,

    /// <summary>Named fields, each of one of these types, maps too.</summary>
    Map = 7,
}
