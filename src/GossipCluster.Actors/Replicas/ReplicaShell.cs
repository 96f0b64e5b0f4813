using GossipCluster.Core.Causality;
using GossipCluster.Core.Coordination;
using GossipCluster.Core.Kernel;
using GossipCluster.Core.Replication;

namespace GossipCluster.Actors.Replicas;

/// <summary>One replica of a shard, and what the shard remembers about it.</summary>
internal sealed class ReplicaShell(ReplicaAddress address, ReplicaProtocol protocol)
{
    public ReplicaAddress Address { get; } = address;

    public ReplicaProtocol Protocol { get; } = protocol;

    public Replica Replica => Protocol.Replica;

    /// <summary>Who may take part in an operation, as of now; null after a change of ring or reachability.</summary>
    public Candidates? Candidates { get; set; }

    /// <summary>Under which ring the disk knows the replica to have synced; -1 for none.</summary>
    public long SyncedRingOnDisk { get; set; } = -1;

    /// <summary>What it holds is a share that it had as a primary: handed off as a whole, and no hint.</summary>
    public bool WasPrimary => !Protocol.IsPrimary && SyncedRingOnDisk >= 0;

    /// <summary>Syncs with each peer.</summary>
    public Dictionary<NodeName, PeerSync> Peers { get; } = [];

    /// <summary>Since when hints have been kept here; null where there are none.</summary>
    public TimeSpan? HintsSince { get; set; }

    /// <summary>A handoff after a change of the ring; null where none is under way.</summary>
    public HandoffTry? Handoff { get; set; }

    /// <summary>The clock at the last look for differences: while it changes, acknowledgements are still on their way.</summary>
    public DotSet? ClockSeen { get; set; }

    /// <summary>When abandoned ids were last looked at.</summary>
    public TimeSpan FoldTriedAt { get; set; }

    /// <summary>A snapshot that is being written; null where none is.</summary>
    public RunningSnapshot? Snapshot { get; set; }

    /// <summary>What it tells watchers; null where nobody watches.</summary>
    public Core.Feeds.FeedSource? Feed { get; set; }

    /// <summary>Its audit; null before the first.</summary>
    public ReplicaAudit? Audit { get; set; }

    /// <summary>The sync with a peer.</summary>
    public PeerSync PeerOf(NodeName peer)
    {
        if (!Peers.TryGetValue(peer, out var sync)) Peers[peer] = sync = new PeerSync();
        return sync;
    }
}

/// <summary>A snapshot on its way to the storage.</summary>
internal sealed record RunningSnapshot(long Set, int ChunkBytesMax, IEnumerator<Record> Records, long Position)
{
    public int Index { get; set; }

    /// <summary>A record that was taken and not sent.</summary>
    public Record? Held { get; set; }
}
