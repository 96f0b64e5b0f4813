using System.Collections.Immutable;
using Akka.Actor;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Actors.Replicas;

/// <summary>What the node says to its shards beside requests, and what they say back. All local.</summary>
internal static class ShardProtocol
{
    /// <summary>From the node, first of all: what was on disk.</summary>
    public sealed record Adopt(
        IReadOnlyDictionary<ReplicaAddress, Replica> Replicas, ImmutableDictionary<string, ReadOnlyMemory<byte>> Facts, long Position) : INoSerializationVerificationNeeded;

    /// <summary>From the node: name dots under this id, which is on disk.</summary>
    public sealed record Assume(ReplicaId Identity) : INoSerializationVerificationNeeded;

    /// <summary>From a shard that was restarted: it has read its replicas back and needs all that the node had told it.</summary>
    public sealed record Restarted(int Shard) : INoSerializationVerificationNeeded;

    /// <summary>From the node: does some replica know more of this id than its own disk does? Answered by <see cref="KnowsMore"/>.</summary>
    public sealed record AskKnowsMore(long Question, ReplicaId Id, IReadOnlyDictionary<ReplicaAddress, long> Next) : INoSerializationVerificationNeeded;

    /// <summary>The answer.</summary>
    public sealed record KnowsMore(long Question, bool Yes) : INoSerializationVerificationNeeded;

    /// <summary>From an operator: compare everything with everybody.</summary>
    public sealed record SyncAll : INoSerializationVerificationNeeded
    {
        public static readonly SyncAll Instance = new();
    }

    /// <summary>From an operator: stop handoff, or go on with it.</summary>
    public sealed record PauseHandoff(bool IsPaused) : INoSerializationVerificationNeeded;

    /// <summary>From an operator: drop the hints that a write quorum of primaries has.</summary>
    public sealed record DropHints : INoSerializationVerificationNeeded
    {
        public static readonly DropHints Instance = new();
    }

    /// <summary>From the node's door: what is there to hand off? Answered by <see cref="Handoff"/>.</summary>
    public sealed record AskHandoff : INoSerializationVerificationNeeded
    {
        public static readonly AskHandoff Instance = new();
    }

    /// <summary>Where a shard is after a change of the ring.</summary>
    /// <param name="HasLeft">In the ring that it sees, this node is no member any more.</param>
    /// <param name="RingVersion">Of that ring.</param>
    /// <param name="Replicas">With something in them, of partitions that this node is no primary of.</param>
    /// <param name="Keys">In those.</param>
    /// <param name="Unsynced">Replicas that it is a primary of and has not had everything of.</param>
    public sealed record Handoff(bool HasLeft, long RingVersion, int Replicas, long Keys, int Unsynced) : INoSerializationVerificationNeeded;

    /// <summary>From the node, which takes no more requests: answered by <see cref="Drained"/> when nothing is under way and all is on disk.</summary>
    public sealed record Drain : INoSerializationVerificationNeeded
    {
        public static readonly Drain Instance = new();
    }

    /// <summary>Nothing is under way.</summary>
    public sealed record Drained(int Shard) : INoSerializationVerificationNeeded;
}
