using System.Collections.Immutable;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Dissemination;

/// <summary>The binary form of a <see cref="DisseminationParcel"/>. Each parcel has exactly one form.</summary>
/// <remarks>
/// <code><![CDATA[
/// parcel       = version:byte kind:byte from:peer to:peer body          peer = length:byte name epoch:varint
/// Join, Prune  =                                                        id   = peer number:varint
/// ForwardJoin  = joining:peer ttl:byte                                  beacon = root:peer beat:varint
/// Neighbor     = high:byte          NeighborAnswer = accepted:byte      Disconnect = leaving:byte
/// Shuffle      = origin:peer ttl:byte peers                             ShuffleReply = peers
/// peers        = count:varint peer*                                     Keepalive = beacon
/// Gossip       = id hop:varint ageMs:varint way:byte payload:prefixed
/// IHave        = count:varint (id hop:varint)*                          count from 1
/// Graft        = ids                                                    ids = origins:varint (peer count:varint first:varint gap:varint*)*
/// Digest       = flags:byte horizonMs:varint beacon? ids                flags: 1 = wants an answer, 2 = beacon
/// ]]></code>
/// Ids are sorted: origins in their order, numbers in theirs, each but an origin's first as the distance to the one before it, from 1.
/// </remarks>
public static class DisseminationWire
{
    /// <summary>The largest payload, in bytes: with its head it fits a frame of a link.</summary>
    public const int PayloadBytesMax = 64 << 10;

    /// <summary>The most ids in one message: with the longest names it still fits a frame.</summary>
    public const int IdsMax = 1_024;

    /// <summary>The most peers in one message.</summary>
    public const int PeersMax = 64;

    /// <summary>The most hops that are told apart.</summary>
    public const int HopMax = 1_023;

    /// <summary>The longest random walk.</summary>
    public const int TtlMax = 32;

    private const byte Version = 1;
    private const int MillisecondsMax = 24 * 60 * 60 * 1000;

    private enum Kind : byte
    {
        Join = 1,
        ForwardJoin = 2,
        Neighbor = 3,
        NeighborAnswer = 4,
        Disconnect = 5,
        Shuffle = 6,
        ShuffleReply = 7,
        Keepalive = 8,
        Gossip = 9,
        IHave = 10,
        Graft = 11,
        Prune = 12,
        Digest = 13,
    }

    /// <summary>Appends a parcel's bytes.</summary>
    public static void Write(WireWriter writer, DisseminationParcel parcel)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(parcel);
        writer.WriteByte(Version);
        writer.WriteByte((byte)KindOf(parcel.Message));
        parcel.From.Write(writer);
        parcel.To.Write(writer);
        switch (parcel.Message)
        {
            case DisseminationMessage.Join or DisseminationMessage.Prune:
                break;
            case DisseminationMessage.ForwardJoin walking:
                walking.Joining.Write(writer);
                writer.WriteByte((byte)walking.Ttl);
                break;
            case DisseminationMessage.Neighbor asked:
                WriteFlag(writer, asked.IsHigh);
                break;
            case DisseminationMessage.NeighborAnswer answer:
                WriteFlag(writer, answer.IsAccepted);
                break;
            case DisseminationMessage.Disconnect end:
                WriteFlag(writer, end.IsLeaving);
                break;
            case DisseminationMessage.Shuffle shuffle:
                shuffle.Origin.Write(writer);
                writer.WriteByte((byte)shuffle.Ttl);
                WritePeers(writer, shuffle.Peers);
                break;
            case DisseminationMessage.ShuffleReply reply:
                WritePeers(writer, reply.Peers);
                break;
            case DisseminationMessage.Keepalive keepalive:
                keepalive.Beacon.Write(writer);
                break;
            case DisseminationMessage.Gossip gossip:
                WriteId(writer, gossip.Id);
                writer.WriteCount(gossip.Hop);
                WriteTime(writer, gossip.Age);
                writer.WriteByte((byte)gossip.Way);
                writer.WritePrefixed(gossip.Payload.Span);
                break;
            case DisseminationMessage.IHave announced:
                writer.WriteCount(announced.Messages.Length);
                foreach (var one in announced.Messages)
                {
                    WriteId(writer, one.Id);
                    writer.WriteCount(one.Hop);
                }

                break;
            case DisseminationMessage.Graft graft:
                WriteIds(writer, graft.Lacking.Sort());
                break;
            case DisseminationMessage.Digest digest:
                writer.WriteByte((byte)((digest.WantsAnswer ? 1 : 0) | (digest.Beacon is null ? 0 : 2)));
                WriteTime(writer, digest.Horizon);
                digest.Beacon?.Write(writer);
                WriteIds(writer, digest.Seen);
                break;
            default:
                throw new UnreachableException($"{parcel.Message.GetType().Name} has no binary form.");
        }
    }

    /// <summary>Reads exactly one parcel from bytes that may be hostile; never throws.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out DisseminationParcel? parcel, out WireError error)
    {
        var reader = new WireReader(bytes);
        if (reader.ReadByte() != Version) reader.Fail("a dissemination message of version 1");
        var kind = (Kind)reader.ReadByte();
        var from = PeerId.Read(ref reader);
        var to = PeerId.Read(ref reader);
        var message = ReadBody(ref reader, kind);
        if (!reader.Failed && !reader.AtEnd) reader.Fail("the end of the message");
        parcel = reader.Failed || message is null ? null : new DisseminationParcel(from, to, message);
        error = reader.Error;
        return parcel is not null;
    }

    private static Kind KindOf(DisseminationMessage message) => message switch
    {
        DisseminationMessage.Join => Kind.Join,
        DisseminationMessage.ForwardJoin => Kind.ForwardJoin,
        DisseminationMessage.Neighbor => Kind.Neighbor,
        DisseminationMessage.NeighborAnswer => Kind.NeighborAnswer,
        DisseminationMessage.Disconnect => Kind.Disconnect,
        DisseminationMessage.Shuffle => Kind.Shuffle,
        DisseminationMessage.ShuffleReply => Kind.ShuffleReply,
        DisseminationMessage.Keepalive => Kind.Keepalive,
        DisseminationMessage.Gossip => Kind.Gossip,
        DisseminationMessage.IHave => Kind.IHave,
        DisseminationMessage.Graft => Kind.Graft,
        DisseminationMessage.Prune => Kind.Prune,
        DisseminationMessage.Digest => Kind.Digest,
        _ => throw new UnreachableException($"{message.GetType().Name} has no binary form."),
    };

    private static DisseminationMessage? ReadBody(ref WireReader reader, Kind kind)
    {
        switch (kind)
        {
            case Kind.Join:
                return DisseminationMessage.Join.Instance;
            case Kind.ForwardJoin:
                return new DisseminationMessage.ForwardJoin(PeerId.Read(ref reader), ReadTtl(ref reader));
            case Kind.Neighbor:
                return new DisseminationMessage.Neighbor(ReadFlag(ref reader));
            case Kind.NeighborAnswer:
                return new DisseminationMessage.NeighborAnswer(ReadFlag(ref reader));
            case Kind.Disconnect:
                return new DisseminationMessage.Disconnect(ReadFlag(ref reader));
            case Kind.Shuffle:
                var origin = PeerId.Read(ref reader);
                return new DisseminationMessage.Shuffle(origin, ReadTtl(ref reader), ReadPeers(ref reader));
            case Kind.ShuffleReply:
                return new DisseminationMessage.ShuffleReply(ReadPeers(ref reader));
            case Kind.Keepalive:
                return new DisseminationMessage.Keepalive(Beacon.Read(ref reader));
            case Kind.Gossip:
                var (id, hop, age) = (ReadId(ref reader), ReadHop(ref reader), ReadTime(ref reader));
                var way = reader.ReadByte();
                if (way > (byte)GossipWay.Exchanged) reader.Fail("why a payload travels, 0 to 2");
                return new DisseminationMessage.Gossip(id, hop, age, (GossipWay)way, reader.ReadPrefixed(PayloadBytesMax).ToArray());
            case Kind.IHave:
                return ReadAnnounced(ref reader);
            case Kind.Graft:
                return new DisseminationMessage.Graft(ReadIds(ref reader));
            case Kind.Prune:
                return DisseminationMessage.Prune.Instance;
            case Kind.Digest:
                var flags = reader.ReadByte();
                if (flags > 3) reader.Fail("flags out of 3");
                var horizon = ReadTime(ref reader);
                Beacon? beacon = (flags & 2) != 0 ? Beacon.Read(ref reader) : null;
                return new DisseminationMessage.Digest(ReadIds(ref reader), horizon, (flags & 1) != 0, beacon);
            default:
                reader.Fail("a kind of dissemination message, 1 to 13");
                return null;
        }
    }

    private static void WriteFlag(WireWriter writer, bool flag) => writer.WriteByte(flag ? (byte)1 : (byte)0);

    private static bool ReadFlag(ref WireReader reader)
    {
        var flag = reader.ReadByte();
        if (flag > 1) reader.Fail("yes or no");
        return flag == 1;
    }

    private static void WriteTime(WireWriter writer, TimeSpan time) => writer.WriteVarint((ulong)Math.Clamp((long)time.TotalMilliseconds, 0, MillisecondsMax));

    private static TimeSpan ReadTime(ref WireReader reader) => TimeSpan.FromMilliseconds(reader.ReadInt(MillisecondsMax, "milliseconds of at most a day"));

    private static int ReadHop(ref WireReader reader)
    {
        var hop = reader.ReadInt(HopMax, $"hops from 1 to {HopMax}");
        if (hop == 0) reader.Fail($"hops from 1 to {HopMax}");
        return hop;
    }

    private static int ReadTtl(ref WireReader reader)
    {
        var ttl = reader.ReadByte();
        if (ttl > TtlMax) reader.Fail($"at most {TtlMax} hops left");
        return ttl;
    }

    private static void WritePeers(WireWriter writer, ImmutableArray<PeerId> peers)
    {
        writer.WriteCount(peers.Length);
        foreach (var peer in peers) peer.Write(writer);
    }

    private static ImmutableArray<PeerId> ReadPeers(ref WireReader reader)
    {
        var count = reader.ReadInt(PeersMax, $"at most {PeersMax} peers");
        var peers = ImmutableArray.CreateBuilder<PeerId>(count);
        for (var i = 0; i < count && !reader.Failed; i++) peers.Add(PeerId.Read(ref reader));
        return peers.ToImmutable();
    }

    private static void WriteId(WireWriter writer, MessageId id)
    {
        id.Origin.Write(writer);
        writer.WriteVarint(id.Number);
    }

    private static MessageId ReadId(ref WireReader reader)
    {
        var id = new MessageId(PeerId.Read(ref reader), reader.ReadVarint());
        if (id.Number == 0) reader.Fail("the number of a message, from 1");
        return id;
    }

    private static DisseminationMessage.IHave ReadAnnounced(ref WireReader reader)
    {
        var count = reader.ReadCount(PeerId.WireBytesMin + 2);
        if (count is 0 or > IdsMax) reader.Fail($"1 to {IdsMax} announcements");
        var messages = ImmutableArray.CreateBuilder<Announced>();
        for (var i = 0; i < count && !reader.Failed; i++) messages.Add(new Announced(ReadId(ref reader), ReadHop(ref reader)));
        return new DisseminationMessage.IHave(messages.ToImmutable());
    }

    private static void WriteIds(WireWriter writer, ImmutableArray<MessageId> ids)
    {
        var origins = 0;
        for (var i = 0; i < ids.Length; i++)
        {
            if (i == 0 || ids[i].Origin != ids[i - 1].Origin) origins++;
        }

        writer.WriteCount(origins);
        for (var start = 0; start < ids.Length;)
        {
            var end = start;
            while (end < ids.Length && ids[end].Origin == ids[start].Origin) end++;
            ids[start].Origin.Write(writer);
            writer.WriteCount(end - start);
            ulong before = 0;
            for (; start < end; start++)
            {
                writer.WriteVarint(ids[start].Number - before);
                before = ids[start].Number;
            }
        }
    }

    private static ImmutableArray<MessageId> ReadIds(ref WireReader reader)
    {
        var ids = ImmutableArray.CreateBuilder<MessageId>();
        PeerId before = default;
        for (var origins = reader.ReadCount(PeerId.WireBytesMin + 2); origins > 0 && !reader.Failed; origins--)
        {
            var origin = PeerId.Read(ref reader);
            if (ids.Count > 0 && origin <= before) reader.Fail("origins in ascending order");
            before = origin;
            var count = reader.ReadCount(1);
            if (count == 0 || count > IdsMax - ids.Count) reader.Fail($"1 to {IdsMax} ids in all");
            ulong number = 0;
            for (; count > 0 && !reader.Failed; count--)
            {
                var gap = reader.ReadVarint();
                if (gap == 0 || gap > ulong.MaxValue - number) reader.Fail("numbers in ascending order");
                number += gap;
                ids.Add(new MessageId(origin, number));
            }
        }

        return ids.ToImmutable();
    }
}
