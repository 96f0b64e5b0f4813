using GossipCluster.Core.Dissemination;

namespace GossipCluster.Simulation.Tests.Dissemination;

/// <summary>What was sent, lost messages too, by what it was for.</summary>
internal readonly record struct Traffic(long Payloads, long PayloadBytes, long TreeMessages, long TreeBytes, long OtherMessages, long OtherBytes)
{
    public long Bytes => PayloadBytes + TreeBytes + OtherBytes;

    public Traffic Plus(DisseminationMessage message, int bytes) => message switch
    {
        DisseminationMessage.Gossip => this with { Payloads = Payloads + 1, PayloadBytes = PayloadBytes + bytes },
        DisseminationMessage.OfTree => this with { TreeMessages = TreeMessages + 1, TreeBytes = TreeBytes + bytes },
        _ => this with { OtherMessages = OtherMessages + 1, OtherBytes = OtherBytes + bytes },
    };

    public static Traffic operator -(Traffic left, Traffic right) => new(
        left.Payloads - right.Payloads,
        left.PayloadBytes - right.PayloadBytes,
        left.TreeMessages - right.TreeMessages,
        left.TreeBytes - right.TreeBytes,
        left.OtherMessages - right.OtherMessages,
        left.OtherBytes - right.OtherBytes);
}
