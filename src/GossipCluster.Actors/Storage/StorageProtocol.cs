using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using GossipCluster.Actors.Replicas;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Actors.Storage;

/// <summary>A replica's batch on its way to the disk.</summary>
/// <param name="Replica">Whose.</param>
/// <param name="Batch">Sealed, not empty; its records are read by the storage until it is said to have landed.</param>
public readonly record struct StagedBatch(ReplicaAddress Replica, Batch Batch);

/// <summary>What the node says to its storage, the one place that writes to disk, and what it says back. All local.</summary>
/// <remarks>
/// <code>
///   shard ----Append(batches)----> storage   one event of the journal holds what all shards sent while the one before was being written
///         &lt;---Landed(batches)-----            in the order in which they were sent
///         &lt;---SnapshotWanted------            when enough of the log would have to be read at the next start
///         ----SnapshotChunk------>
///         &lt;---SnapshotChunkSaved--            the next chunk, please; after the last the manifest is written
/// </code>
/// </remarks>
public static class StorageProtocol
{
    /// <summary>The longest name of a fact, in characters.</summary>
    public const int FactNameLengthMax = 256;

    /// <summary>The largest fact, in bytes.</summary>
    public const int FactBytesMax = 1 << 20;

    /// <summary>From whoever starts the node: read everything back. Answered by <see cref="Progress"/>, now and then, and <see cref="Recovered"/>.</summary>
    public sealed record Recover : INoSerializationVerificationNeeded
    {
        /// <summary>The one instance.</summary>
        public static readonly Recover Instance = new();
    }

    /// <summary>
    /// What is on disk is not what was written: this node cannot start on it. Goes to whoever sent <see cref="Recover"/> or <see cref="RecoverShard"/>, in
    /// place of <see cref="Recovered"/>. A database that does not answer is not that: it is asked again until it does, and <see cref="Progress"/> says so.
    /// </summary>
    /// <param name="Sentence">Where, and what to do.</param>
    public sealed record Damaged(string Sentence) : INoSerializationVerificationNeeded;

    /// <summary>How far recovery is.</summary>
    /// <param name="Done">0 to 1.</param>
    /// <param name="Sentence">For people.</param>
    public sealed record Progress(double Done, string Sentence) : INoSerializationVerificationNeeded;

    /// <summary>What was on disk. The receiver owns the replicas; none has anything pending.</summary>
    /// <param name="Replicas">Those that have ever had something.</param>
    /// <param name="Facts">The node's facts, see <see cref="PutFact"/>.</param>
    /// <param name="Position">Of the last event of the log.</param>
    public sealed record Recovered(
        IReadOnlyDictionary<ReplicaAddress, Replica> Replicas, ImmutableDictionary<string, ReadOnlyMemory<byte>> Facts, long Position)
        : INoSerializationVerificationNeeded;

    /// <summary>From a shard that starts anew: its replicas as they are on disk once everything that was appended before has been decided. Answered by <see cref="Recovered"/>.</summary>
    /// <param name="Shard">Only replicas whose partition modulo <paramref name="ShardCount"/> is this.</param>
    /// <param name="ShardCount">How many shards there are.</param>
    public sealed record RecoverShard(int Shard, int ShardCount) : INoSerializationVerificationNeeded;

    /// <summary>From a shard that has got its replicas from <see cref="Recovered"/>: it is the one to ask for snapshots of them. No answer.</summary>
    /// <param name="Shard">Its replicas are those whose partition modulo <paramref name="ShardCount"/> is this.</param>
    /// <param name="ShardCount">How many shards there are.</param>
    public sealed record ShardStarted(int Shard, int ShardCount) : INoSerializationVerificationNeeded;

    /// <summary>
    /// From a shard: make these durable, in this order, all or none. Answered by <see cref="Landed"/>; by <see cref="NotLanded"/> only where it is
    /// certain that they are not on disk and will not be. Where the disk is slow or hangs there is no answer until it is known.
    /// </summary>
    /// <param name="Batches">Of any replicas of the shard, each replica's in the order of their numbers.</param>
    /// <param name="NotLandedSeen">
    /// How many <see cref="NotLanded"/> the shard has been told in this life. What it sent before it knew of the last one is refused along with that, and
    /// is dropped without a further answer.
    /// </param>
    public sealed record Append(ImmutableArray<StagedBatch> Batches, int NotLandedSeen = 0) : INoSerializationVerificationNeeded;

    /// <summary>The batches of one <see cref="Append"/> are on disk.</summary>
    /// <param name="Batches">As sent.</param>
    /// <param name="Position">Of their event in the log: grows.</param>
    public sealed record Landed(ImmutableArray<StagedBatch> Batches, long Position) : INoSerializationVerificationNeeded;

    /// <summary>
    /// The batches of one <see cref="Append"/>, and all that were sent after it by the same shard, are not on disk and will not be. This is told once for all
    /// of them. From here on the shard counts one more in <see cref="Append.NotLandedSeen"/>.
    /// </summary>
    public sealed record NotLanded(ImmutableArray<StagedBatch> Batches, string Reason) : INoSerializationVerificationNeeded;

    /// <summary>
    /// From anybody: remember this under a name; the latest wins. Answered by <see cref="FactPut"/> once durable, or by <see cref="FactNotPut"/>. For what is small and seldom changes:
    /// the node's identity, the mark of a clean stop, ring and bucket types.
    /// </summary>
    /// <param name="Name">1 to 256 characters.</param>
    /// <param name="Value">At most 1 MiB; empty forgets the name.</param>
    public sealed record PutFact(string Name, ReadOnlyMemory<byte> Value) : INoSerializationVerificationNeeded;

    /// <summary>Durable.</summary>
    public sealed record FactPut(string Name) : INoSerializationVerificationNeeded;

    /// <summary>Not remembered, and will not be: a name or value out of bounds, or too many bytes of facts.</summary>
    public sealed record FactNotPut(string Name, string Reason) : INoSerializationVerificationNeeded;

    /// <summary>To a shard: a snapshot of this replica, please, in slack time. Answered by the first <see cref="SnapshotChunk"/>.</summary>
    /// <param name="Replica">Which.</param>
    /// <param name="Set">Names the snapshot.</param>
    /// <param name="ChunkBytesMax">Where to end a chunk; one record may go beyond.</param>
    public sealed record SnapshotWanted(ReplicaAddress Replica, long Set, int ChunkBytesMax) : INoSerializationVerificationNeeded;

    /// <summary>From a shard: a part of a snapshot. Answered by <see cref="SnapshotChunkSaved"/>, which asks for the next one, or by <see cref="SnapshotDropped"/>.</summary>
    /// <param name="Replica">Whose.</param>
    /// <param name="Set">As asked.</param>
    /// <param name="Index">From 0.</param>
    /// <param name="Records">To be staged one a batch, in order, into an empty replica.</param>
    /// <param name="Position">Of the last <see cref="Landed"/> that the shard had applied when it began the snapshot: all up to there is in it.</param>
    /// <param name="IsLast">The snapshot is complete.</param>
    public sealed record SnapshotChunk(
        ReplicaAddress Replica, long Set, int Index, ImmutableArray<Record> Records, long Position, bool IsLast) : INoSerializationVerificationNeeded;

    /// <summary>The next chunk, please.</summary>
    public sealed record SnapshotChunkSaved(ReplicaAddress Replica, long Set, int Index) : INoSerializationVerificationNeeded;

    /// <summary>The snapshot failed; forget it. Another will be asked for.</summary>
    public sealed record SnapshotDropped(ReplicaAddress Replica, long Set) : INoSerializationVerificationNeeded;

    /// <summary>On the event stream: whether the disk takes writes; while it does not, shards refuse writes with a sentence and go on reading.</summary>
    /// <param name="TakesWrites">False while a write is overdue, failed, or too many bytes wait.</param>
    /// <param name="Sentence">Why not, for people.</param>
    public sealed record DiskState(bool TakesWrites, string Sentence) : INoSerializationVerificationNeeded;

    /// <summary>From whoever stops the node: write what is pending, close, answer <see cref="Closed"/>.</summary>
    public sealed record Close : INoSerializationVerificationNeeded
    {
        /// <summary>The one instance.</summary>
        public static readonly Close Instance = new();
    }

    /// <summary>Everything that was appended before is on disk or was refused.</summary>
    public sealed record Closed : INoSerializationVerificationNeeded
    {
        /// <summary>The one instance.</summary>
        public static readonly Closed Instance = new();
    }
}
