using GossipCluster.Actors.Storage;
using GossipCluster.Core.Coordination;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Actors.Replicas;

/// <content>What the disk says, and snapshots for it.</content>
internal sealed partial class Shard
{
    /// <summary>Batches are on disk.</summary>
    public void Land(StorageProtocol.Landed landed, TimeSpan now)
    {
        _now = now;
        _position = Math.Max(_position, landed.Position);
        foreach (var staged in landed.Batches)
        {
            var shell = _shells[staged.Replica];
            var effects = RentEffects();
            shell.Protocol.Durable(staged.Batch, effects);
            Carry(shell, effects);
            ForgetShare(shell);
        }

        ContinueHandoff();
    }

    /// <summary>Batches are not on disk, for certain: what they would have done has not happened, and who asked for it is told.</summary>
    public void Lose(StorageProtocol.NotLanded lost, TimeSpan now)
    {
        _now = now;
        foreach (var shell in lost.Batches.Select(staged => _shells[staged.Replica]).Distinct())
        {
            var effects = RentEffects();
            shell.Protocol.Lost(effects);
            Carry(shell, effects);
            foreach (var write in _writes.Values.Where(write => write.Shell == shell && write.Delta is null && write.Pull is null).ToArray())
            {
                Feed(write, WriteInput.Refused(_self, RefusalReason.StorageUnavailable));
            }
        }
    }

    /// <summary>Begins a snapshot: from here on its content is fixed, whatever the replica does meanwhile.</summary>
    public StorageProtocol.SnapshotChunk? BeginSnapshot(StorageProtocol.SnapshotWanted wanted)
    {
        if (!_shells.TryGetValue(wanted.Replica, out var shell)) return null;
        var records = shell.Replica.Snapshot(wanted.ChunkBytesMax).GetEnumerator();
        shell.Snapshot = new RunningSnapshot(wanted.Set, wanted.ChunkBytesMax, records, _position) { Held = records.MoveNext() ? records.Current : null };
        return NextChunk(shell);
    }

    /// <summary>The chunk after the one that was saved; null where that was the last, or of another snapshot.</summary>
    public StorageProtocol.SnapshotChunk? ContinueSnapshot(StorageProtocol.SnapshotChunkSaved saved) =>
        _shells.TryGetValue(saved.Replica, out var shell) && shell.Snapshot is { } running && running.Set == saved.Set && running.Index == saved.Index + 1
            ? NextChunk(shell)
            : null;

    public void DropSnapshot(StorageProtocol.SnapshotDropped dropped)
    {
        if (_shells.TryGetValue(dropped.Replica, out var shell) && shell.Snapshot?.Set == dropped.Set) shell.Snapshot = null;
    }

    private static StorageProtocol.SnapshotChunk NextChunk(ReplicaShell shell)
    {
        var running = shell.Snapshot!;
        var records = System.Collections.Immutable.ImmutableArray.CreateBuilder<Record>();
        var bytes = 0;
        while (running.Held is { } record && (records.Count == 0 || bytes + record.WireBytes <= running.ChunkBytesMax))
        {
            records.Add(record);
            bytes += record.WireBytes;
            running.Held = running.Records.MoveNext() ? running.Records.Current : null;
        }

        var isLast = running.Held is null;
        if (isLast) shell.Snapshot = null;
        return new StorageProtocol.SnapshotChunk(shell.Address, running.Set, running.Index++, records.ToImmutable(), running.Position, isLast);
    }
}
