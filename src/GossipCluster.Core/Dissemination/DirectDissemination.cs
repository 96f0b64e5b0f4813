namespace GossipCluster.Core.Dissemination;

/// <summary>The publisher sends to each member itself. What is lost on the way comes by digests.</summary>
/// <remarks>One hop, no redundancy; but one node sends n - 1 payloads at once and holds links to all.</remarks>
internal sealed class DirectDissemination(PeerId self, DisseminationOptions options, Random random) : Spreader(self, options.Recent, options.Exchange, random)
{
    protected override void OnPublished(DisseminationMessage.Gossip gossip, TimeSpan now, Outbox outbox)
    {
        var push = gossip with { Hop = 1 };
        foreach (var peer in Members.Peers)
        {
            if (peer.Node != Self.Node) outbox.Send(peer, push);
        }
    }
}
