using GossipCluster.Core.Causality;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Dissemination;

/// <summary>One life of one node, as those see it that spread news with it. A node that has restarted is another peer.</summary>
/// <param name="Node">The name, which outlives the process.</param>
/// <param name="Epoch">
/// Grows from life to life of a node: the time of its start, say. Of two peers of one node the greater epoch is the one that lives; messages from and to
/// an earlier one are dropped.
/// </param>
public readonly record struct PeerId(NodeName Node, ulong Epoch) : IComparable<PeerId>
{
    /// <summary>The fewest bytes a peer takes on the wire.</summary>
    internal const int WireBytesMin = 1 + 1 + 1;

    /// <inheritdoc/>
    public int CompareTo(PeerId other)
    {
        var byNode = Node.CompareTo(other.Node);
        return byNode != 0 ? byNode : Epoch.CompareTo(other.Epoch);
    }

    /// <summary>True where the two are lives of one node and this one is the later.</summary>
    public bool Succeeds(PeerId other) => Epoch > other.Epoch && Node == other.Node;

    /// <inheritdoc/>
    public override string ToString() => $"{Node}@{Epoch}";

    /// <summary>Orders by node, then epoch.</summary>
    public static bool operator <(PeerId left, PeerId right) => left.CompareTo(right) < 0;

    /// <summary>Orders by node, then epoch.</summary>
    public static bool operator >(PeerId left, PeerId right) => left.CompareTo(right) > 0;

    /// <summary>Orders by node, then epoch.</summary>
    public static bool operator <=(PeerId left, PeerId right) => left.CompareTo(right) <= 0;

    /// <summary>Orders by node, then epoch.</summary>
    public static bool operator >=(PeerId left, PeerId right) => left.CompareTo(right) >= 0;

    /// <summary>A length byte, the name in ASCII, the epoch as a varint.</summary>
    internal void Write(WireWriter writer)
    {
        var text = Node.Text;
        writer.WriteByte((byte)text.Length);
        var span = writer.GetSpan(text.Length + 1);
        for (var i = 0; i < text.Length; i++) span[i] = (byte)text[i];
        writer.Advance(text.Length);
        writer.WriteVarint(Epoch);
    }

    internal static PeerId Read(ref WireReader reader)
    {
        var name = reader.ReadBytes(reader.ReadByte());
        var epoch = reader.ReadVarint();
        if (reader.Failed) return default;
        if (NodeName.TryParse(name, out var node)) return new PeerId(node, epoch);
        reader.Fail("a peer: a node name and an epoch");
        return default;
    }
}
