using GossipCluster.Core.Causality;
using GossipCluster.Core.Replication;
using GossipCluster.Core.Wire;

namespace GossipCluster.Actors.Identity;

/// <summary>What the disk says about the node's lives on it: the fact <see cref="FactName"/>.</summary>
/// <param name="Start">The latest start.</param>
/// <param name="Id">Under which dots were named last; null before the first.</param>
/// <param name="StoppedCleanly">True only between a clean stop and the next start, which takes the mark away before anything else.</param>
internal sealed record NodeLife(NodeStart Start, ReplicaId? Id, bool StoppedCleanly)
{
    public const string FactName = "node/life";

    private const byte Version = 1;

    /// <summary>Of a disk that nobody ever lived on.</summary>
    public static readonly NodeLife None = new(default, null, false);

    /// <summary>This start's life: one more, nothing clean about it yet.</summary>
    public NodeLife Next(ulong nonce) => new(new NodeStart(Start.Number + 1, nonce), Id, false);

    public byte[] ToBytes()
    {
        var writer = new WireWriter(96);
        writer.WriteByte(Version);
        writer.WriteVarint((ulong)Start.Number);
        writer.WriteUInt64(Start.Nonce);
        writer.WriteByte((byte)((StoppedCleanly ? 1 : 0) | (Id is null ? 0 : 2)));
        if (Id is { } id) IdentityWire.WriteId(writer, id);
        return writer.ToArray();
    }

    /// <summary>Reads the fact; one that cannot be read says nothing, and a node that knows nothing takes a new id.</summary>
    public static NodeLife Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new WireReader(bytes);
        if (reader.ReadByte() != Version) reader.Fail("a life of version 1");
        var start = new NodeStart(reader.ReadLong(), reader.ReadUInt64());
        var flags = reader.ReadByte();
        var id = (flags & 2) != 0 ? IdentityWire.ReadId(ref reader) : (ReplicaId?)null;
        return reader.AtEnd ? new NodeLife(start, id, (flags & 1) != 0) : None;
    }
}
