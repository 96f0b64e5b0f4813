using GossipCluster.Core.Causality;
using GossipCluster.Core.Replication;

namespace GossipCluster.Actors.Replicas;

/// <content>How fast repairs may come in: the receiver asks for the next part when there is room for it.</content>
internal sealed partial class Shard
{
    private readonly Queue<(ReplicaShell Shell, NodeName Peer, bool IsTransfer)> _paced = new();
    private readonly RepairPace _pace;
    private bool _isUrgent;

    /// <summary>What repairs bring in, and how fast they may.</summary>
    public RepairPace Pace => _pace;

    /// <summary>True where the message was held back: it will be made anew when its time has come.</summary>
    private bool HoldBack(ReplicaShell shell, ReplicaEffect.Send send)
    {
        if (_isUrgent || send.Message is not (PeerMessage.SyncAsk or PeerMessage.TransferAsk)) return false;
        var peer = shell.PeerOf(send.To);
        if (peer.Waits) return true;
        if (_pace.HasRoom(_now))
        {
            Reserve(peer);
            return false;
        }

        peer.Waits = true;
        _paced.Enqueue((shell, send.To, send.Message is PeerMessage.TransferAsk));
        return true;
    }

    private void AskWhatWasHeldBack()
    {
        for (var left = _paced.Count; left > 0 && _pace.HasRoom(_now); left--)
        {
            var (shell, node, isTransfer) = _paced.Dequeue();
            shell.PeerOf(node).Waits = false;
            var effects = RentEffects();
            if (isTransfer) shell.Protocol.ContinueTransfer(node, effects);
            else shell.Protocol.SyncWith(node, effects);
            Carry(shell, effects);
        }
    }

    /// <summary>A first ask brings little as a rule; what goes on brings a part of the full size as a rule.</summary>
    private void Reserve(PeerSync peer)
    {
        if (peer.Reserved > 0 || peer.HeardAt == peer.AskedAt) return;
        peer.Reserved = _options.Replication.PartBytesMax;
        _pace.Spend(peer.Reserved);
    }

    private void PayFor(ReplicaShell shell, NodeName from, PeerMessage message, int bytes)
    {
        if (message is not (PeerMessage.SyncPart or PeerMessage.TransferPart or PeerMessage.TransferNeeded)) return;
        var peer = shell.PeerOf(from);
        peer.HeardAt = _now;
        Refund(peer);
        _pace.Spend(bytes);
        RepairedBytes += bytes;
    }

    /// <summary>Bytes that repairs have brought in, since the start.</summary>
    public long RepairedBytes { get; private set; }

    private void Refund(PeerSync peer)
    {
        _pace.Spend(-peer.Reserved);
        peer.Reserved = 0;
    }
}
