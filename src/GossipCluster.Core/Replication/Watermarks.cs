using GossipCluster.Core.Causality;

namespace GossipCluster.Core.Replication;

/// <summary>What the other primaries of a partition are known to have: what lets logs be trimmed and fallbacks be emptied.</summary>
/// <remarks>
/// Rule 7: a peer's word counts only while it says "I am a primary" under the ring that this node sees too, and starts empty with every ring: two nodes
/// that see different rings could otherwise each believe the other to be the keeper, and both forget.
/// </remarks>
public sealed class Watermarks
{
    private readonly Dictionary<NodeName, DotSet> _known = [];
    private IReadOnlyList<NodeName> _others = [];

    /// <summary>The version of the ring under which words count.</summary>
    public long RingVersion { get; private set; } = -1;

    /// <summary>True where this node is a primary of the partition in that ring.</summary>
    public bool IsPrimary { get; private set; }

    /// <summary>The primaries of the partition in that ring, other than this node.</summary>
    public IReadOnlyList<NodeName> OtherPrimaries => _others;

    /// <summary>This node sees a new ring. All that was known is forgotten.</summary>
    public void ChangeRing(long ringVersion, NodeName self, IReadOnlyList<NodeName> primaries)
    {
        if (ringVersion == RingVersion) return;
        RingVersion = ringVersion;
        IsPrimary = primaries.Contains(self);
        _others = [.. primaries.Where(primary => primary != self)];
        _known.Clear();
    }

    /// <summary>A peer has named its durable clock.</summary>
    /// <returns>True where its word counts.</returns>
    public bool Heard(NodeName peer, DotSet clock, long ringVersion, bool isPrimary)
    {
        if (ringVersion != RingVersion || !isPrimary || !_others.Contains(peer)) return false;
        _known[peer] = clock;
        return true;
    }

    /// <summary>Dots have new names.</summary>
    public void Resolve(Func<DotSet, DotSet> resolve)
    {
        foreach (var peer in _known.Keys.ToArray()) _known[peer] = resolve(_known[peer]);
    }

    /// <summary>What a peer is known to have; nothing where its word does not count.</summary>
    public DotSet KnownTo(NodeName peer) => _known.GetValueOrDefault(peer, DotSet.Empty);

    /// <summary>What every other primary is known to have; null where there is none (one node: there is nothing to keep for others).</summary>
    public DotSet? KnownToAll()
    {
        if (_others.Count == 0) return null;
        DotSet? all = null;
        foreach (var other in _others)
        {
            var known = KnownTo(other);
            all = all is null ? known : all.Intersect(known);
            if (all.IsEmpty) break;
        }

        return all;
    }

    /// <summary>How many other primaries have named a clock that counts.</summary>
    public int NamedCount => _known.Count;

    /// <summary>How many other primaries are known to have all of these dots.</summary>
    public int CountHaving(DotSet dots) => _others.Count(other => KnownTo(other).Dominates(dots));
}
