using GossipCluster.Core.Placement;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Metadata;

/// <summary>Whether a node is in the ring. The numbers are on disk and on the wire: they never change.</summary>
public enum RingStanding : byte
{
    /// <summary>Nothing was ever written of it.</summary>
    Unknown = 0,

    /// <summary>It holds its share.</summary>
    Member = 1,

    /// <summary>An operator took it out. A state, not a deletion: what is absent could not be told from what is not yet known.</summary>
    Left = 2,
}

/// <summary>The value of an entry <c>ring/name</c>.</summary>
/// <param name="Standing">In, or out again.</param>
/// <param name="Weight">As in <see cref="RingMember"/>.</param>
/// <param name="Zone">As in <see cref="RingMember"/>.</param>
public sealed record RingEntry(RingStanding Standing, int Weight, string Zone)
{
    private const byte Version = 1;

    /// <summary>The entry's value.</summary>
    public byte[] ToValue()
    {
        var writer = new WireWriter(RingMember.ZoneLengthMax + 8);
        writer.WriteByte(Version);
        writer.WriteByte((byte)Standing);
        writer.WriteCount(Weight);
        MetadataEntry.WriteText(writer, Zone);
        return writer.ToArray();
    }

    /// <summary>Reads an entry's value; null where it is none.</summary>
    public static RingEntry? FromValue(ReadOnlySpan<byte> value)
    {
        var reader = new WireReader(value);
        if (reader.ReadByte() != Version) reader.Fail("a ring entry of version 1");
        var standing = (RingStanding)reader.ReadByte();
        if (standing is not (RingStanding.Member or RingStanding.Left)) reader.Fail("a standing in the ring");
        var weight = reader.ReadInt(RingMember.WeightMax, "a weight");
        var zone = MetadataEntry.ReadText(ref reader, RingMember.ZoneLengthMax);
        return reader.AtEnd ? new RingEntry(standing, weight, zone) : null;
    }
}
