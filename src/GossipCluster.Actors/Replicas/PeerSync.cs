using GossipCluster.Core.Causality;

namespace GossipCluster.Actors.Replicas;

/// <summary>What a shard remembers of one replica's sync with one peer.</summary>
internal sealed class PeerSync
{
    /// <summary>When the peer was last asked, and when it last had nothing more to give; null for never in this life.</summary>
    public TimeSpan? AskedAt { get; set; }

    /// <inheritdoc cref="AskedAt"/>
    public TimeSpan? SyncedAt { get; set; }

    /// <summary>The peer has come back since: it goes before those that only differ.</summary>
    public bool IsHealed { get; set; }

    /// <summary>Since when the peer has not been reachable; null where it is.</summary>
    public TimeSpan? LostAt { get; set; }

    /// <summary>A sync is under way and counts as a session.</summary>
    public bool IsRunning { get; set; }

    /// <summary>When the peer last said something in it.</summary>
    public TimeSpan HeardAt { get; set; }

    /// <summary>Bytes that were paid for and have not come yet.</summary>
    public int Reserved { get; set; }

    /// <summary>An ask waits for the pace.</summary>
    public bool Waits { get; set; }

    /// <summary>What this replica had at <see cref="LackingSince"/>: some of it the peer is still not known to have. Null where it is known to have all.</summary>
    public DotSet? Lacked { get; private set; }

    /// <summary>For at least how long the oldest dot is lacking that the peer is not known to have.</summary>
    public TimeSpan LackingSince { get; private set; }

    /// <summary>Notes what the peer lacks now. The age is exact to one look: a dot that was there at the look before, and is still lacking, is that old.</summary>
    public void NoteLacking(DotSet clock, DotSet known, TimeSpan now)
    {
        if (known.Dominates(clock)) Lacked = null;
        else if (Lacked is null || known.Dominates(Lacked)) (Lacked, LackingSince) = (clock, now);
    }
}
