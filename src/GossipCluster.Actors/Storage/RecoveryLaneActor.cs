using Akka.Actor;
using Akka.Event;
using GossipCluster.Actors.Replicas;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Actors.Storage;

/// <summary>Rebuilds some of the replicas, while other lanes rebuild others. Parent: <see cref="RecoveryActor"/>, which also keeps the pace.</summary>
internal sealed class RecoveryLaneActor : ReceiveActor
{
    private readonly ReplicaOptions _options;
    private readonly Dictionary<ReplicaAddress, ReplicaRebuild> _rebuilds = [];

    public RecoveryLaneActor(ReplicaOptions options)
    {
        _options = options;
        Receive<Restore>(restore => Try(() => Do(restore)));
        Receive<Replay>(replay => Try(() => Do(replay)));
        Receive<Mark>(mark => Sender.Tell(mark));
        Receive<Finish>(_ => Sender.Tell(new Finished(_rebuilds.ToDictionary(entry => entry.Key, entry => entry.Value.Finish()))));
    }

    public static Props CreateProps(ReplicaOptions options) => Props.Create(() => new RecoveryLaneActor(options));

    private void Do(Restore restore)
    {
        var manifest = restore.Manifest;
        if (!restore.Chunk.TryRead(manifest.Set, restore.Index, out var records, out var error))
        {
            throw new StorageDamagedException($"Chunk {restore.Index} of {manifest.ChunkCount} of snapshot {manifest.Set} of replica {manifest.Replica} is damaged: {error}");
        }

        var rebuild = RebuildOf(manifest.Replica);
        rebuild.SnapshotPosition = manifest.Position;
        rebuild.Add(records, () => $"Chunk {restore.Index} of snapshot {manifest.Set}");
        Sender.Tell(new Restored(manifest, restore.Index));
    }

    private void Do(Replay replay)
    {
        foreach (var (replica, bytes) in replay.Batches)
        {
            var rebuild = RebuildOf(replica);
            if (replay.Position <= rebuild.SnapshotPosition) continue;
            if (!Batch.TryRead(bytes.Span, out var records, out var error)) throw new StorageDamagedException($"The event at position {replay.Position} is damaged: a batch of replica {replica}: {error}");
            rebuild.Add(records, () => $"The event at position {replay.Position}");
        }
    }

    private static void Try(Action action)
    {
        try
        {
            action();
        }
        catch (StorageDamagedException damage)
        {
            Context.Parent.Tell(new Damaged(damage.Message));
        }
    }

    private ReplicaRebuild RebuildOf(ReplicaAddress replica)
    {
        if (!_rebuilds.TryGetValue(replica, out var rebuild)) _rebuilds[replica] = rebuild = new ReplicaRebuild(replica, _options);
        return rebuild;
    }

    /// <summary>A chunk of a snapshot; in order. Answered by <see cref="Restored"/>.</summary>
    public sealed record Restore(SnapshotManifest Manifest, int Index, SnapshotChunkRow Chunk) : INoSerializationVerificationNeeded;

    /// <summary>The chunk is in.</summary>
    public sealed record Restored(SnapshotManifest Manifest, int Index) : INoSerializationVerificationNeeded;

    /// <summary>What an event has for this lane. No answer.</summary>
    public sealed record Replay(long Position, List<(ReplicaAddress Replica, ReadOnlyMemory<byte> Bytes)> Batches) : INoSerializationVerificationNeeded;

    /// <summary>Comes back when everything before it is done.</summary>
    public sealed record Mark(int Window) : INoSerializationVerificationNeeded;

    /// <summary>Everything was sent. Answered by <see cref="Finished"/>.</summary>
    public sealed record Finish : INoSerializationVerificationNeeded
    {
        public static readonly Finish Instance = new();
    }

    /// <summary>All replicas of this lane.</summary>
    public sealed record Finished(Dictionary<ReplicaAddress, Replica> Replicas) : INoSerializationVerificationNeeded;

    /// <summary>To the parent: what is on disk is not what was written.</summary>
    public sealed record Damaged(string Sentence) : INoSerializationVerificationNeeded;
}
