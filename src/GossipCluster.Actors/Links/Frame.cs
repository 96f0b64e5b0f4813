using GossipCluster.Core.Causality;
using GossipCluster.Core.Wire;

namespace GossipCluster.Actors.Links;

/// <summary>The head of a frame: who speaks to whom, and what has arrived.</summary>
/// <remarks>
/// <code><![CDATA[
/// frame  = version:byte from:prefixed to:prefixed incarnation:varint sequence:varint ackedLife:varint acked:varint sentAt:varint sentAtThere:varint address:prefixed parcel*
/// parcel = kind:byte body:prefixed                    kind 0 is a fragment: stream:varint total:varint offset:varint bytes
/// ]]></code>
/// </remarks>
/// <param name="From">The sender.</param>
/// <param name="To">Whom it means: a node that has taken over another's port does not take its frames.</param>
/// <param name="Incarnation">Of the sender: grows with each start.</param>
/// <param name="Sequence">Counts the frames with parcels of this life to this peer, from 1; 0 for a frame without any.</param>
/// <param name="AckedIncarnation">The receiver's life as the sender knows it, 0 for none: whose frames are acknowledged, and for whom the parcels are.</param>
/// <param name="Acked">The last sequence that has arrived of that life.</param>
/// <param name="SentAt">When it left, on the sender's monotonic clock; whole microseconds on the wire.</param>
/// <param name="SentAtThere">And on the receiver's, or earlier: what that clock said when the receiver was last heard, and the time since. Zero where it was not heard in this life.</param>
/// <param name="Address">Where the sender listens, so that a node that has moved is found.</param>
public readonly record struct FrameHead(
    NodeName From, NodeName To, long Incarnation, long Sequence, long AckedIncarnation, long Acked, TimeSpan SentAt, TimeSpan SentAtThere, string Address)
{
    private const byte Version = 2;

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
        WriteTime(writer, SentAt);
        WriteTime(writer, SentAtThere);
        WriteText(writer, Address);
    }

    /// <summary>Reads a head; fails the reader on anything else.</summary>
    public static FrameHead Read(ref WireReader reader)
    {
        if (reader.ReadByte() != Version) reader.Fail("a frame of version 2");
        var from = ReadName(ref reader);
        var to = ReadName(ref reader);
        return new FrameHead(
            from, to, reader.ReadLong(), reader.ReadLong(), reader.ReadLong(), reader.ReadLong(), ReadTime(ref reader), ReadTime(ref reader),
            System.Text.Encoding.UTF8.GetString(reader.ReadPrefixed(AddressBytesMax)));
    }

    private static NodeName ReadName(ref WireReader reader)
    {
        if (NodeName.TryParse(reader.ReadPrefixed(NodeName.LengthMax), out var name)) return name;
        reader.Fail("a node name");
        return default;
    }

    private static TimeSpan ReadTime(ref WireReader reader) =>
        TimeSpan.FromTicks(Math.Min(reader.ReadLong(), TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerMicrosecond) * TimeSpan.TicksPerMicrosecond);

    // Rounded down, which SentAtThere may be.
    private static void WriteTime(WireWriter writer, TimeSpan time) => writer.WriteVarint((ulong)(time.Ticks / TimeSpan.TicksPerMicrosecond));

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
