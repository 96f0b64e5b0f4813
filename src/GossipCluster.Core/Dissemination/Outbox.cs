namespace GossipCluster.Core.Dissemination;

/// <summary>Gathers what one input brings about: effects for the shell, and changes of the active view for the tree.</summary>
internal sealed class Outbox
{
    private readonly Queue<ViewChange> _changes = new();

    /// <summary>In the order in which they are to be done.</summary>
    public List<DisseminationEffect> Effects { get; } = [];

    public void Send(PeerId to, DisseminationMessage message) => Effects.Add(new DisseminationEffect.Send(to, message));

    public void Deliver(MessageId id, ReadOnlyMemory<byte> payload, int hop) => Effects.Add(new DisseminationEffect.Deliver(id, payload, hop));

    public void Change(PeerId peer, bool isUp) => _changes.Enqueue(new ViewChange(peer, isUp));

    public bool TryTakeChange(out ViewChange change) => _changes.TryDequeue(out change);
}

/// <summary>A neighbour won or lost.</summary>
internal readonly record struct ViewChange(PeerId Peer, bool IsUp);
