using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Causality;

/// <summary>Who names dots: one life of one node, so to speak. The generation is drawn at random and never counted up.</summary>
/// <remarks>
/// A node that cannot be sure to be the sole heir of its disk takes a new generation (DESIGN section 2, rule 6). A counter would repeat the
/// number that a lost disk had already used; a random 64-bit number repeats with probability 2^-64.
/// </remarks>
/// <param name="Node">The node, by the name it keeps.</param>
/// <param name="Generation">A random number, not zero.</param>
public readonly record struct ReplicaId(NodeName Node, ulong Generation) : IComparable<ReplicaId>
{
    /// <summary>The fewest bytes a replica id takes on the wire.</summary>
    internal const int WireBytesMin = 1 + 1 + sizeof(ulong);

    /// <summary>True where the two are the same; the generation alone decides nearly always.</summary>
    public bool Equals(ReplicaId other) => Generation == other.Generation && Node == other.Node;

    /// <inheritdoc/>
    public override int GetHashCode() => Generation.GetHashCode();

    /// <inheritdoc/>
    public int CompareTo(ReplicaId other)
    {
        var byNode = Node.CompareTo(other.Node);
        return byNode != 0 ? byNode : Generation.CompareTo(other.Generation);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Node}#{Generation:x}";

    /// <summary>Orders by node, then generation.</summary>
    public static bool operator <(ReplicaId left, ReplicaId right) => left.CompareTo(right) < 0;

    /// <summary>Orders by node, then generation.</summary>
    public static bool operator >(ReplicaId left, ReplicaId right) => left.CompareTo(right) > 0;

    /// <summary>Orders by node, then generation.</summary>
    public static bool operator <=(ReplicaId left, ReplicaId right) => left.CompareTo(right) <= 0;

    /// <summary>Orders by node, then generation.</summary>
    public static bool operator >=(ReplicaId left, ReplicaId right) => left.CompareTo(right) >= 0;

    /// <summary>A length byte, the name in ASCII, the generation in 8 bytes.</summary>
    internal void Write(WireWriter writer)
    {
        var text = Node.Text;
        writer.WriteByte((byte)text.Length);
        var span = writer.GetSpan(text.Length);
        for (var i = 0; i < text.Length; i++) span[i] = (byte)text[i];
        writer.Advance(text.Length);
        writer.WriteUInt64(Generation);
    }

    internal static ReplicaId Read(ref WireReader reader)
    {
        var name = reader.ReadBytes(reader.ReadByte());
        var generation = reader.ReadUInt64();
        if (reader.Failed) return default;
        if (NodeName.TryParse(name, out var node) && generation != 0) return new ReplicaId(node, generation);
        reader.Fail("a replica id: a node name and a generation other than zero");
        return default;
    }
}
