using GossipCluster.Actors.Replicas;

namespace GossipCluster.Actors.Storage;

/// <summary>The names of rows. They are on disk: they never change.</summary>
/// <param name="Owner">Before each name, where nodes share a database.</param>
internal readonly record struct StorageIds(string Owner)
{
    /// <summary>A set's chunks have the sequence numbers from here on, times the set.</summary>
    private const long ChunkCountMax = 1 << 20;

    /// <summary>The log: one stream of events.</summary>
    public string Log => Prefix + "log";

    /// <summary>The catalogue of snapshots; its sequence numbers count how often it was written.</summary>
    public string Catalogue => Prefix + "catalogue";

    private string Prefix => Owner.Length == 0 ? "" : Owner + "/";

    /// <summary>A replica's chunks, of one set after another.</summary>
    public string Replica(ReplicaAddress replica) => $"{Prefix}replica/{replica}";

    /// <summary>The sequence number of a chunk.</summary>
    public static long Chunk(long set, int index) =>
        index < ChunkCountMax ? checked((set * ChunkCountMax) + index) : throw new InvalidOperationException($"A snapshot of more than {ChunkCountMax} chunks: raise {nameof(StorageOptions.SnapshotChunkBytesMax)}.");
}
