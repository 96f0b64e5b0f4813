using GossipCluster.Actors.Replicas;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Actors.Storage;

/// <summary>One replica on its way back from the disk: its records are staged and committed in the order in which they were written. Pure.</summary>
/// <remarks>
/// Deltas that follow one another share a batch, whatever event they came in: nobody reads in between. Everything else is a batch of its own: most
/// kinds have to be, and the rest is rare.
/// </remarks>
internal sealed class ReplicaRebuild(ReplicaAddress address, ReplicaOptions options)
{
    // Beyond this a batch's memory is not used again.
    private const int SharedRecordsMax = 256;

    // Named by nobody: the records say under which id dots are named.
    private static readonly ReplicaId Nobody = new(NodeName.Of("nobody"), 1);

    private readonly Replica _replica = new(Nobody, options);

    /// <summary>Positions of the log up to here are in the snapshot.</summary>
    public long SnapshotPosition { get; set; }

    /// <summary>The replica, with nothing pending.</summary>
    public Replica Finish()
    {
        Commit();
        return _replica;
    }

    /// <exception cref="StorageDamagedException">The records do not make a state.</exception>
    public void Add(IReadOnlyList<Record> records, Func<string> where)
    {
        foreach (var record in records)
        {
            var isShared = record.Kind is RecordKind.Delta or RecordKind.JoinedDelta;
            if (!isShared || _replica.GatheredCount >= SharedRecordsMax) Commit();
            if (!_replica.Stage(record, out var error)) throw new StorageDamagedException($"{where()}: a record of replica {address} does not fit: {error}");
            if (!isShared) Commit();
        }
    }

    private void Commit() => _replica.Commit(_replica.Seal());
}

/// <summary>What is on disk is not what was written.</summary>
internal sealed class StorageDamagedException(string message) : Exception(message);
