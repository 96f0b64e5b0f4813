using System.Text;
using Akka.Actor;
using GossipCluster.Actors.Membership;
using GossipCluster.Core.Wire;

namespace GossipCluster.Actors.Metadata;

/// <summary>The value of an entry <c>node/name</c>.</summary>
/// <remarks>Form: version byte, varint incarnation, address, HTTP address, product version, 8 bytes of which the low four are the uid, varint start, which version 1 does not have; texts are UTF-8 with a varint length.</remarks>
internal static class PeerFactsValue
{
    private const byte Version = 2;
    private const int TextBytesMax = 1_024;

    public static byte[] Of(PeerFacts facts)
    {
        var writer = new WireWriter();
        writer.WriteByte(Version);
        writer.WriteVarint((ulong)facts.Incarnation);
        WriteText(writer, facts.Remote.ToString());
        WriteText(writer, facts.Http);
        WriteText(writer, facts.Version);
        writer.WriteUInt64(unchecked((uint)facts.Uid));
        writer.WriteVarint((ulong)facts.Start);
        return writer.ToArray();
    }

    /// <summary>Null where the value is none.</summary>
    public static PeerFacts? Read(ReadOnlySpan<byte> value)
    {
        var reader = new WireReader(value);
        var form = reader.ReadByte();
        if (form is < 1 or > Version) reader.Fail("node facts of version 1 or 2");
        var incarnation = reader.ReadLong();
        var remote = ReadText(ref reader);
        var (http, version) = (ReadText(ref reader), ReadText(ref reader));
        var uid = unchecked((int)reader.ReadUInt64());
        var start = form > 1 ? reader.ReadLong() : 0;
        if (!reader.AtEnd) return null;

        try
        {
            // Parse throws where a text is no address: a peer's word, not a broken invariant.
            return new PeerFacts(incarnation, Address.Parse(remote), http, version) { Uid = uid, Start = start };
        }
        catch (Exception error) when (error is UriFormatException or FormatException or ArgumentException)
        {
            return null;
        }
    }

    private static void WriteText(WireWriter writer, string text) => writer.WritePrefixed(Encoding.UTF8.GetBytes(text));

    private static string ReadText(ref WireReader reader) => Encoding.UTF8.GetString(reader.ReadPrefixed(TextBytesMax));
}
