using GossipCluster.Actors.Replicas;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Coordination;
using GossipCluster.Core.Placement;
using GossipCluster.Core.Replication;
using GossipCluster.Core.Wire;

namespace GossipCluster.Actors.Identity;

/// <summary>From a node that starts: may I go on under this id? (DESIGN.md, rule 6)</summary>
/// <param name="Question">Comes back with the answer.</param>
/// <param name="Id">Which id.</param>
/// <param name="Start">Of its disk.</param>
/// <param name="Next">For each replica that ever had something, the counter of the next dot that its disk would name.</param>
internal sealed record IdentityAsk(long Question, ReplicaId Id, NodeStart Start, IReadOnlyDictionary<ReplicaAddress, long> Next);

/// <summary>The answer of another ring member, whose own log is recovered.</summary>
internal sealed record IdentityAnswer(long Question, bool KnowsMore);

/// <summary>The binary form of both.</summary>
/// <remarks>
/// <code><![CDATA[
/// ask    = 1 question:varint id number:varint nonce:8 count:varint (n:byte partition:varint next:varint)*
/// answer = 2 question:varint knowsMore:byte            id = node:prefixed generation:8
/// ]]></code>
/// </remarks>
internal static class IdentityWire
{
    public static byte[] ToBytes(IdentityAsk ask)
    {
        var writer = new WireWriter(128);
        writer.WriteByte(1);
        writer.WriteVarint((ulong)ask.Question);
        WriteId(writer, ask.Id);
        writer.WriteVarint((ulong)ask.Start.Number);
        writer.WriteUInt64(ask.Start.Nonce);
        writer.WriteCount(ask.Next.Count);
        foreach (var (address, next) in ask.Next)
        {
            writer.WriteByte((byte)address.N);
            writer.WriteCount(address.Partition);
            writer.WriteVarint((ulong)next);
        }

        return writer.ToArray();
    }

    public static byte[] ToBytes(IdentityAnswer answer)
    {
        var writer = new WireWriter(16);
        writer.WriteByte(2);
        writer.WriteVarint((ulong)answer.Question);
        writer.WriteByte(answer.KnowsMore ? (byte)1 : (byte)0);
        return writer.ToArray();
    }

    /// <summary>An ask or an answer; null for bytes that are neither.</summary>
    public static object? Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new WireReader(bytes);
        object? read = reader.ReadByte() switch
        {
            1 => ReadAsk(ref reader),
            2 => new IdentityAnswer(reader.ReadLong(), reader.ReadByte() == 1),
            _ => null,
        };
        return reader.AtEnd ? read : null;
    }

    public static void WriteId(WireWriter writer, ReplicaId id)
    {
        writer.WritePrefixed(System.Text.Encoding.ASCII.GetBytes(id.Node.Text));
        writer.WriteUInt64(id.Generation);
    }

    public static ReplicaId ReadId(ref WireReader reader)
    {
        var isName = NodeName.TryParse(reader.ReadPrefixed(NodeName.LengthMax), out var node);
        var generation = reader.ReadUInt64();
        if (isName && generation != 0) return new ReplicaId(node, generation);
        reader.Fail("a replica id");
        return default;
    }

    private static IdentityAsk ReadAsk(ref WireReader reader)
    {
        var question = reader.ReadLong();
        var id = ReadId(ref reader);
        var start = new NodeStart(reader.ReadLong(), reader.ReadUInt64());
        var count = reader.ReadCount(3);
        var next = new Dictionary<ReplicaAddress, long>();
        for (var i = 0; i < count && !reader.Failed; i++)
        {
            var address = new ReplicaAddress(reader.ReadInt(QuorumProperties.NMax, "n_val"), reader.ReadInt(Partitions.CountMax - 1, "a partition"));
            next[address] = reader.ReadLong();
        }

        return new IdentityAsk(question, id, start, next);
    }
}
