using System.Collections.Immutable;
using CsCheck;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Dissemination;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Tests.Dissemination;

public sealed class DisseminationWireTests
{
    private static readonly PeerId A = new(NodeName.Of("a"), 1);
    private static readonly PeerId B = new(NodeName.Of("b2"), 300);

    private static readonly Gen<PeerId> Peer = Gen.Select(Gen.Int[0, 20], Gen.ULong, (name, epoch) => new PeerId(NodeName.Of($"n{name}"), epoch));
    private static readonly Gen<MessageId> Id = Gen.Select(Peer, Gen.ULong[1, ulong.MaxValue], (origin, number) => new MessageId(origin, number));
    private static readonly Gen<ImmutableArray<MessageId>> Ids = Id.Array[0, 30].Select(ids => ids.Distinct().Order().ToImmutableArray());
    private static readonly Gen<ImmutableArray<PeerId>> Peers = Peer.Array[0, DisseminationWire.PeersMax].Select(peers => peers.ToImmutableArray());
    private static readonly Gen<Beacon> Beacons = Gen.Select(Peer, Gen.ULong, (root, beat) => new Beacon(root, beat));
    private static readonly Gen<TimeSpan> Time = Gen.Int[0, 86_400_000].Select(milliseconds => TimeSpan.FromMilliseconds(milliseconds));

    private static readonly Gen<DisseminationMessage> Messages = Gen.OneOf(
        Gen.Const<DisseminationMessage>(DisseminationMessage.Join.Instance),
        Gen.Const<DisseminationMessage>(DisseminationMessage.Prune.Instance),
        Gen.Select(Peer, Gen.Int[0, DisseminationWire.TtlMax], DisseminationMessage (joining, ttl) => new DisseminationMessage.ForwardJoin(joining, ttl)),
        Gen.Bool.Select(DisseminationMessage (isHigh) => new DisseminationMessage.Neighbor(isHigh)),
        Gen.Bool.Select(DisseminationMessage (isAccepted) => new DisseminationMessage.NeighborAnswer(isAccepted)),
        Gen.Bool.Select(DisseminationMessage (isLeaving) => new DisseminationMessage.Disconnect(isLeaving)),
        Gen.Select(Peer, Gen.Int[0, DisseminationWire.TtlMax], Peers, DisseminationMessage (origin, ttl, peers) => new DisseminationMessage.Shuffle(origin, ttl, peers)),
        Peers.Select(DisseminationMessage (peers) => new DisseminationMessage.ShuffleReply(peers)),
        Beacons.Select(DisseminationMessage (beacon) => new DisseminationMessage.Keepalive(beacon)),
        Gen.Select(Id, Gen.Int[1, DisseminationWire.HopMax], Time, Gen.Enum<GossipWay>(), Gen.Byte.Array[0, 100], DisseminationMessage (id, hop, age, way, payload) =>
            new DisseminationMessage.Gossip(id, hop, age, way, payload)),
        Gen.Select(Id, Gen.Int[1, DisseminationWire.HopMax], (id, hop) => new Announced(id, hop)).Array[1, 20]
            .Select(DisseminationMessage (announced) => new DisseminationMessage.IHave([.. announced])),
        Ids.Select(DisseminationMessage (ids) => new DisseminationMessage.Graft(ids)),
        Gen.Select(Ids, Time, Gen.Bool, Gen.Bool, Beacons, DisseminationMessage (ids, horizon, wantsAnswer, hasBeacon, beacon) =>
            new DisseminationMessage.Digest(ids, horizon, wantsAnswer, hasBeacon ? beacon : null)));

    public static TheoryData<DisseminationMessage, string> Golden => new()
    {
        { DisseminationMessage.Join.Instance, "01010161010262" + "32AC02" },
        { new DisseminationMessage.ForwardJoin(new PeerId(NodeName.Of("c"), 7), 6), "0102016101026232AC0201630706" },
        { new DisseminationMessage.Neighbor(IsHigh: true), "0103016101026232AC0201" },
        { new DisseminationMessage.NeighborAnswer(IsAccepted: false), "0104016101026232AC0200" },
        { new DisseminationMessage.Disconnect(IsLeaving: true), "0105016101026232AC0201" },
        { new DisseminationMessage.Shuffle(A, 4, [B]), "0106016101026232AC020161010401026232AC02" },
        { new DisseminationMessage.ShuffleReply([]), "0107016101026232AC0200" },
        { new DisseminationMessage.Keepalive(new Beacon(A, 9)), "0108016101026232AC0201610109" },
        {
            new DisseminationMessage.Gossip(new MessageId(B, 5), 3, TimeSpan.FromMilliseconds(200), GossipWay.Grafted, "hi"u8.ToArray()),
            "0109016101026232AC02026232AC020503C80101026869"
        },
        { new DisseminationMessage.IHave([new(new MessageId(A, 1), 2)]), "010A016101026232AC0201016101" + "0102" },
        { new DisseminationMessage.Graft([new(A, 1), new(A, 4), new(B, 2)]), "010B016101026232AC02020161010201" + "03026232AC020102" },
        { DisseminationMessage.Prune.Instance, "010C016101026232AC02" },
        {
            new DisseminationMessage.Digest([new(A, 7)], TimeSpan.FromSeconds(1), WantsAnswer: true, new Beacon(A, 2)),
            "010D016101026232AC0203E807016101020101610101" + "07"
        },
    };

    [Theory]
    [MemberData(nameof(Golden), DisableDiscoveryEnumeration = true)]
    public void A_message_has_the_same_bytes_for_ever(DisseminationMessage message, string expected)
    {
        Assert.Equal(expected, Convert.ToHexString(Bytes(message)));
        Assert.Equal(Plain(message), Plain(Read(Convert.FromHexString(expected))));
    }

    [Fact]
    public void What_is_written_is_read_again() =>
        Messages.Sample(message =>
        {
            var read = Read(Bytes(message));

            Assert.Equal(Plain(message), Plain(read));
            Assert.Equal(Bytes(message), Bytes(read));
        });

    [Fact]
    public void A_message_that_is_cut_off_or_too_long_is_refused() =>
        Gen.Select(Messages, Gen.Double.Unit).Sample((message, share) =>
        {
            var bytes = Bytes(message);

            Assert.False(DisseminationWire.TryRead(bytes.AsSpan(0, (int)(share * bytes.Length)), out _, out _));
            Assert.False(DisseminationWire.TryRead([.. bytes, 0], out _, out _));
        });

    [Fact]
    public void Hostile_bytes_are_refused_without_an_exception() => Gen.Byte.Array[0, 200].Sample(Survive, iter: 10_000);

    [Fact]
    public void Hostile_bytes_behind_a_good_start_are_refused_without_an_exception() =>
        Gen.Select(Gen.Byte[1, 13], Gen.Byte.Array[0, 200]).Sample((kind, bytes) => Survive([1, kind, 1, 0x61, 1, 1, 0x62, 1, .. bytes]), iter: 20_000);

    [Fact]
    public void A_changed_message_is_refused_or_another_message_of_one_form() =>
        Gen.Select(Messages, Gen.Int[0, 100_000], Gen.Byte).Sample(
            (message, position, value) =>
            {
                var bytes = Bytes(message);
                bytes[position % bytes.Length] = value;
                Survive(bytes);
            },
            iter: 10_000);

    [Theory]
    [InlineData("", "one more byte")]
    [InlineData("02", "a dissemination message of version 1")]
    [InlineData("010E0161010162" + "01", "a kind of dissemination message, 1 to 13")]
    [InlineData("01010161010021", "a peer: a node name and an epoch")]
    [InlineData("0102016101016201016301" + "21", "at most 32 hops left")]
    [InlineData("01030161010162" + "0102", "yes or no")]
    [InlineData("01070161010162" + "0141", "at most 64 peers")]
    [InlineData("01090161010162" + "01016101000100000" + "0", "the number of a message, from 1")]
    [InlineData("01090161010162" + "0101610101000000" + "00", "hops from 1 to 1023")]
    [InlineData("01090161010162" + "0101610101010003" + "00", "why a payload travels, 0 to 2")]
    [InlineData("010A0161010162" + "0100", "1 to 1024 announcements")]
    [InlineData("010B0161010162" + "01010161010100", "numbers in ascending order")]
    [InlineData("010B0161010162" + "010201620101010161010101", "origins in ascending order")]
    [InlineData("010D0161010162" + "0104", "flags out of 3")]
    public void A_malformed_message_says_what_was_expected(string hex, string expected)
    {
        Assert.False(DisseminationWire.TryRead(Convert.FromHexString(hex), out var parcel, out var error));
        Assert.Null(parcel);
        Assert.Equal(expected, error.Expected);
    }

    [Fact]
    public void More_than_the_bounds_allow_is_refused()
    {
        var many = Enumerable.Range(1, DisseminationWire.IdsMax + 1).Select(number => new MessageId(A, (ulong)number)).ToImmutableArray();
        DisseminationMessage[] tooMuch =
        [
            new DisseminationMessage.Gossip(new MessageId(A, 1), 1, TimeSpan.Zero, GossipWay.Pushed, new byte[DisseminationWire.PayloadBytesMax + 1]),
            new DisseminationMessage.Gossip(new MessageId(A, 1), DisseminationWire.HopMax + 1, TimeSpan.Zero, GossipWay.Pushed, default),
            new DisseminationMessage.Gossip(new MessageId(A, 1), 0, TimeSpan.Zero, GossipWay.Pushed, default),
            new DisseminationMessage.Gossip(new MessageId(A, 0), 1, TimeSpan.Zero, GossipWay.Pushed, default),
            new DisseminationMessage.Gossip(new MessageId(A, 1), 1, TimeSpan.Zero, (GossipWay)3, default),
            new DisseminationMessage.Graft(many),
            new DisseminationMessage.Digest(many, TimeSpan.Zero, false, null),
            new DisseminationMessage.IHave([.. many.Select(id => new Announced(id, 1))]),
            new DisseminationMessage.ShuffleReply([.. Enumerable.Repeat(A, DisseminationWire.PeersMax + 1)]),
            new DisseminationMessage.ForwardJoin(A, DisseminationWire.TtlMax + 1),
        ];

        Assert.All(tooMuch, message => Assert.False(DisseminationWire.TryRead(Bytes(message), out _, out _)));
    }

    private static void Survive(byte[] bytes)
    {
        if (DisseminationWire.TryRead(bytes, out var parcel, out var error))
        {
            var writer = new WireWriter();
            DisseminationWire.Write(writer, parcel);
            Assert.Equal(bytes, writer.ToArray());
        }
        else
        {
            Assert.NotNull(error.Expected);
        }
    }

    private static byte[] Bytes(DisseminationMessage message)
    {
        var writer = new WireWriter();
        DisseminationWire.Write(writer, new DisseminationParcel(A, B, message));
        return writer.ToArray();
    }

    private static DisseminationMessage Read(byte[] bytes)
    {
        Assert.True(DisseminationWire.TryRead(bytes, out var parcel, out var error), error.ToString());
        Assert.Equal((A, B), (parcel.From, parcel.To));
        return parcel.Message;
    }

    // Records compare their collections by reference.
    private static string Plain(DisseminationMessage message) => message switch
    {
        DisseminationMessage.Shuffle shuffle => $"{shuffle.Origin} {shuffle.Ttl} {string.Join(',', shuffle.Peers)}",
        DisseminationMessage.ShuffleReply reply => string.Join(',', reply.Peers),
        DisseminationMessage.Gossip gossip => $"{gossip with { Payload = default }} {Convert.ToHexString(gossip.Payload.Span)}",
        DisseminationMessage.IHave announced => string.Join(',', announced.Messages),
        DisseminationMessage.Graft graft => string.Join(',', graft.Lacking),
        DisseminationMessage.Digest digest => $"{digest with { Seen = default }} {string.Join(',', digest.Seen)}",
        _ => message.ToString(),
    };
}
