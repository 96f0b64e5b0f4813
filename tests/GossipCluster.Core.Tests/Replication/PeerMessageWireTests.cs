using CsCheck;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Replication;
using GossipCluster.Core.Tests.Kernel;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Tests.Replication;

public sealed class PeerMessageWireTests
{
    private static readonly List<Record> Records = WireFormTests.Records();
    private static readonly Stamp Stamp = new(DotSet.Of(Replicas.Id(0), 1, 7).Union(DotSet.Of(Replicas.Id(1), 3, 3)), long.MaxValue >> 1, true, false);

    private static readonly PeerMessage[] Messages =
    [
        new PeerMessage.Replicate(ulong.MaxValue, Records, true),
        new PeerMessage.Replicate(0, [], false),
        new PeerMessage.Replicated(300, true, Stamp),
        new PeerMessage.SyncAsk(new AskNumber(ulong.MaxValue, 17), Stamp),
        new PeerMessage.SyncPart(new AskNumber(1, 2), Records, true, Stamp with { IsPrimary = false, HasSynced = true }),
        new PeerMessage.TransferNeeded(Stamp),
        new PeerMessage.TransferAsk(5, 1_000_000),
        new PeerMessage.TransferPart(Records[0], Stamp),
        new PeerMessage.Offer(Stamp with { Clock = DotSet.Empty }),
        new PeerMessage.Folds(Records[..1]),
        new PeerMessage.StampAsk(),
        new PeerMessage.StampTold(Stamp),
        new PeerMessage.Know(Stamp with { RingVersion = 0 }),
        new PeerMessage.Repair(Records[^1]),
    ];

    [Fact]
    public void Every_message_reads_back_as_it_was_written()
    {
        foreach (var message in Messages)
        {
            var bytes = Bytes(message);

            Assert.True(PeerMessageWire.TryRead(bytes, out var read, out var error), error.ToString());
            Assert.Equal(message.GetType(), read.GetType());
            Assert.Equal(bytes, Bytes(read));
        }
    }

    [Fact]
    public void There_is_a_form_for_every_message() =>
        Assert.Equal(typeof(PeerMessage).GetNestedTypes().Length, Messages.Select(message => message.GetType()).Distinct().Count());

    [Fact(DisplayName = "Bytes that are cut, changed or made up are refused with a reason, or are a message; nothing throws")]
    public void Hostile_bytes_are_refused_or_taken() => Property.ForAll(
        Hostile.Mutations([.. Messages.Select(Bytes)]),
        bytes =>
        {
            if (PeerMessageWire.TryRead(bytes, out var message, out var error)) Assert.Equal(bytes, Bytes(message));
            else Assert.False(string.IsNullOrEmpty(error.Expected));
        },
        times: 20_000);

    [Fact]
    public void The_form_stays_as_it_was() => Assert.Equal(
        "0102AC0201" + "01" + "FFFFFFFFFFFFFFFF3F" + "02" + "0161001000000000000001" + "00" + "06" + "0162011000000000000001" + "02" + "00",
        Convert.ToHexString(Bytes(new PeerMessage.Replicated(300, true, Stamp))));

    private static byte[] Bytes(PeerMessage message)
    {
        var writer = new WireWriter();
        PeerMessageWire.Write(writer, message);
        return writer.ToArray();
    }
}
