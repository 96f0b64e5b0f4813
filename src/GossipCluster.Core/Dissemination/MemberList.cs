using System.Collections.Immutable;
using GossipCluster.Core.Causality;

namespace GossipCluster.Core.Dissemination;

/// <summary>All members of the cluster as membership knows them, each with the latest life known of it. Immutable; nodes of a simulation share one.</summary>
public sealed class MemberList
{
    /// <summary>Nobody.</summary>
    public static readonly MemberList Empty = new([]);

    private readonly ImmutableArray<PeerId> _peers;
    private readonly Dictionary<NodeName, int> _places;

    private MemberList(ImmutableArray<PeerId> peers)
    {
        _peers = peers;
        _places = new Dictionary<NodeName, int>(peers.Length);
        for (var place = 0; place < peers.Length; place++) _places.Add(peers[place].Node, place);
    }

    /// <summary>How many members there are.</summary>
    public int Count => _peers.Length;

    /// <summary>The members, by name.</summary>
    public ImmutableArray<PeerId> Peers => _peers;

    /// <summary>A list of these; of several lives of one node the latest counts.</summary>
    public static MemberList Of(IEnumerable<PeerId> peers)
    {
        ArgumentNullException.ThrowIfNull(peers);
        return new MemberList([.. peers.GroupBy(peer => peer.Node).Select(lives => lives.Max()).Order()]);
    }

    /// <summary>True where exactly this life of a node is a member.</summary>
    public bool Contains(PeerId peer) => _places.TryGetValue(peer.Node, out var place) && _peers[place].Epoch == peer.Epoch;

    /// <summary>True where the list knows a later life of that node.</summary>
    public bool KnowsLater(PeerId peer) => _places.TryGetValue(peer.Node, out var place) && _peers[place].Epoch > peer.Epoch;

    /// <summary>One at random that is not the node itself; null where there is no other. O(1) but for the rare second throw.</summary>
    internal PeerId? PickOther(NodeName self, Random random)
    {
        if (Count == 0 || (Count == 1 && _peers[0].Node == self)) return null;
        while (true)
        {
            var peer = _peers[random.Next(Count)];
            if (peer.Node != self) return peer;
        }
    }
}
