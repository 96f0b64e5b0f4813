using Record = GossipCluster.Core.Kernel.Record;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Kernel;
using GossipCluster.Core.Replication;

namespace GossipCluster.Simulation.Tests;

/// <summary>What a node would find after a crash.</summary>
internal sealed class SimDisk(int partitions)
{
    // The last replica that was recovered only to be looked at, and the batch at the end of its log.
    private readonly (Replica? Replica, object? Last)[] _seen = new (Replica?, object?)[partitions];

    /// <summary>The batches of each partition, each a list of records.</summary>
    public List<IReadOnlyList<Record>>[] Log { get; } = [.. Enumerable.Range(0, partitions).Select(_ => new List<IReadOnlyList<Record>>())];

    /// <summary>Under which ring each partition had synced.</summary>
    public long[] SyncedRing { get; } = [.. Enumerable.Repeat(-1L, partitions)];

    /// <summary>The id under which dots were named last; null on an empty disk.</summary>
    public ReplicaId? Id { get; set; }

    /// <summary>How often a node has started on this disk.</summary>
    public long Starts { get; set; }

    /// <summary>The latest start of each id that this node was asked about.</summary>
    public Dictionary<ReplicaId, NodeStart> StartsSeen { get; private init; } = [];

    public bool StoppedCleanly { get; set; }

    public SimDisk Copy()
    {
        var copy = new SimDisk(Log.Length) { Id = Id, Starts = Starts, StoppedCleanly = StoppedCleanly, StartsSeen = new Dictionary<ReplicaId, NodeStart>(StartsSeen) };
        for (var i = 0; i < Log.Length; i++)
        {
            copy.Log[i].AddRange(Log[i]);
            copy.SyncedRing[i] = SyncedRing[i];
        }

        return copy;
    }

    /// <summary>The replica that the log makes, to be looked at and not changed.</summary>
    public Replica Peek(int partition, ReplicaOptions options)
    {
        var last = Log[partition].LastOrDefault();
        if (_seen[partition].Replica is null || !ReferenceEquals(_seen[partition].Last, last)) _seen[partition] = (Recover(partition, options), last);
        return _seen[partition].Replica!;
    }

    /// <summary>The replica that the log makes.</summary>
    public Replica Recover(int partition, ReplicaOptions options)
    {
        var replica = new Replica(Id ?? new ReplicaId(NodeName.Of("nobody"), 1), options);
        foreach (var batch in Log[partition])
        {
            foreach (var record in batch) Check.That(replica.Stage(record, out var error), $"recovery: {error}");
            replica.Commit(replica.Seal());
        }

        return replica;
    }
}
