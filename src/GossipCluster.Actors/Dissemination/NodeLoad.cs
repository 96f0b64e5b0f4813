using GossipCluster.Core.Wire;

namespace GossipCluster.Actors.Dissemination;

/// <summary>How busy a node is, and how far its replicas differ from those of others, in its own words.</summary>
/// <param name="Cores">Processor time of its process over the last interval: 1 is one core.</param>
/// <param name="Keys">Keys in its replicas.</param>
/// <param name="Entropy">Dots that others are not known to have or are known to have more of, see <see cref="Store.NodeEntropy.Dots"/>; 0 means converged.</param>
/// <param name="Hints">Dots that it keeps for others.</param>
/// <remarks>Form: version byte, then varints: thousandths of a core, keys, entropy, hints.</remarks>
public sealed record NodeLoad(double Cores, long Keys, long Entropy, long Hints)
{
    private const byte Version = 1;

    /// <summary>As bytes.</summary>
    public byte[] ToBytes()
    {
        var writer = new WireWriter(32);
        writer.WriteByte(Version);
        writer.WriteVarint((ulong)Math.Max(0, Math.Round(Cores * 1_000)));
        foreach (var count in (ReadOnlySpan<long>)[Keys, Entropy, Hints]) writer.WriteVarint((ulong)count);
        return writer.ToArray();
    }

    /// <summary>Reads what may be hostile; null where it is none.</summary>
    public static NodeLoad? Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new WireReader(bytes);
        if (reader.ReadByte() != Version) reader.Fail("a node's load of version 1");
        var load = new NodeLoad(reader.ReadLong() / 1_000.0, reader.ReadLong(), reader.ReadLong(), reader.ReadLong());
        return reader.AtEnd ? load : null;
    }
}

/// <summary>A load and when it was heard.</summary>
/// <param name="Load">What the node said.</param>
/// <param name="At">On <see cref="TimeProvider"/>'s time stamps.</param>
public sealed record HeardLoad(NodeLoad Load, long At);
