using GossipCluster.Core.Causality;
using GossipCluster.Core.Wire;

namespace GossipCluster.Actors.Links;

/// <summary>The head of a frame: who speaks to whom, and what has arrived.</summary>
/// <remarks>
/// <code><![CDATA[
/// frame  = version:byte from:prefixed to:prefixed incarnation:varint sequence:varint ackedLife:varint acked:varint address:prefixed parcel*
/// parcel = kind:byte body:prefixed                    kind 0 is a fragment: stream:varint total:varint offset:varint bytes
/// ]]></code>
/// </remarks>
/// <param name="From">The sender.</param>
/// <param name="To">Whom it means: a node that has taken over another's port does not take its frames.</param>
/// <param name="Incarnation">Of the sender: grows with each start.</param>
/// <param name="Sequence">Counts the frames with parcels of this life to this peer, from 1; 0 for a frame without any.</param>
/// <param name="AckedIncarnation">Whose frames are acknowledged: the receiver's life as the sender knows it, 0 for none.</param>
/// <param name="Acked">The last sequence that has arrived of that life.</param>
/// <param name="Address">Where the sender listens, so that a node that has moved is found.</param>
public readonly record struct FrameHead(
    NodeName From, NodeName To, long Incarnation, long Sequence, long AckedIncarnation, long Acked, string Address)
{
    private const byte Version = 1;

    /// <summary>The longest address, in bytes.</summary>
    public const int AddressBytesMax = 512;

    /// <summary>Appends the head.</summary>
    public void Write(WireWriter writer)
    {
        writer.WriteByte(Version);
        WriteText(writer, From.Text);
        WriteText(writer, To.Text);
        writer.WriteVarint((ulong)Incarnation);
        writer.WriteVarint((ulong)Sequence);
        writer.WriteVarint((ulong)AckedIncarnation);
        writer.WriteVarint((ulong)Acked);
        WriteText(writer, Address);
    }

    /// <summary>Reads a head; fails the reader on anything else.</summary>
    public static FrameHead Read(ref WireReader reader)
    {
        if (reader.ReadByte() != Version) reader.Fail("a frame of version 1");
        var from = ReadName(ref reader);
        var to = ReadName(ref reader);
        return new FrameHead(
            from, to, reader.ReadLong(), reader.ReadLong(), reader.ReadLong(), reader.ReadLong(),
            System.Text.Encoding.UTF8.GetString(reader.ReadPrefixed(AddressBytesMax)));
    }

    private static NodeName ReadName(ref WireReader reader)
    {
        if (NodeName.TryParse(reader.ReadPrefixed(NodeName.LengthMax), out var name)) return name;
        reader.Fail("a node name");
        return default;
    }

    private static void WriteText(WireWriter writer, string text)
    {
        writer.WriteCount(System.Text.Encoding.UTF8.GetByteCount(text));
        var span = writer.GetSpan(Math.Max(1, System.Text.Encoding.UTF8.GetMaxByteCount(text.Length)));
        writer.Advance(System.Text.Encoding.UTF8.GetBytes(text, span));
    }
}

/// <summary>Parcels one after another, as they lie in a frame.</summary>
public static class Parcels
{
    /// <summary>The kind of a parcel's fragment; no parcel has it.</summary>
    internal const byte Fragment = 0;

    /// <summary>Appends one.</summary>
    public static void Write(WireWriter writer, ParcelKind kind, ReadOnlySpan<byte> body)
    {
        writer.WriteByte((byte)kind);
        writer.WritePrefixed(body);
    }

    /// <summary>Takes the next parcel off the front; false at the end, and where the bytes are malformed.</summary>
    internal static bool TryNext(ref ReadOnlyMemory<byte> rest, out byte kind, out ReadOnlyMemory<byte> body, out int headBytes)
    {
        (kind, body, headBytes) = (0, default, 0);
        var reader = new WireReader(rest.Span);
        kind = reader.ReadByte();
        var length = reader.ReadInt(int.MaxValue, "the length of a parcel");
        if (reader.Failed || length > reader.Remaining) return false;
        headBytes = reader.Position;
        body = rest.Slice(headBytes, length);
        rest = rest[(headBytes + length)..];
        return true;
    }
}
