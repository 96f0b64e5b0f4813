using System.Collections.Immutable;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Coordination;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Actors.Store;

/// <summary>The store as one process sees it: any key, any operation, whichever nodes hold it. What HTTP, the batch door and an embedding application call.</summary>
/// <remarks>Safe for many threads. Nothing here throws for what a client may send or a cluster may suffer: replies are a closed set.</remarks>
public interface IStore
{
    /// <summary>Writes one key. Answers within <see cref="WriteCommand.Timeout"/>, whatever happens.</summary>
    ValueTask<WriteReply> WriteAsync(WriteCommand command);

    /// <summary>Reads one key. Answers within <see cref="ReadCommand.Timeout"/>, whatever happens.</summary>
    ValueTask<ReadReply> ReadAsync(ReadCommand command);

    /// <summary>
    /// The keys of a bucket that exist on the reachable nodes, each once, in no order, in parts; null where some partition has no reachable replica. Costs a
    /// walk over all keys of all nodes.
    /// </summary>
    IAsyncEnumerable<IReadOnlyList<string>?> KeysAsync(string type, string bucket, CancellationToken cancel);

    /// <summary>The buckets of a type that have a key, or null; costs as much as <see cref="KeysAsync"/>.</summary>
    ValueTask<IReadOnlyList<string>?> BucketsAsync(string type, CancellationToken cancel);

    /// <summary>Bucket types and bucket properties as this node knows them, and the way to change them.</summary>
    ISchema Schema { get; }

    /// <summary>What this node can say of itself and the cluster without asking anybody.</summary>
    NodeStatus Status { get; }
}

/// <summary>One write.</summary>
/// <param name="Key">Where.</param>
/// <param name="Type">The bucket type's data type.</param>
/// <param name="Operation">What; validated by the store.</param>
/// <param name="Quorum">Its n is the bucket type's n_val.</param>
public sealed record WriteCommand(Key Key, DataType Type, Operation Operation, WriteQuorum Quorum)
{
    /// <summary>The longest that the client waits.</summary>
    /// <value>Default: 5 s.</value>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The clock of the client's context token; null where it sent none.</summary>
    public DotSet? Observed { get; init; }

    /// <summary>Give the value as it is at the coordinator right after the write.</summary>
    public bool ReturnValue { get; init; }
}

/// <summary>How a write ended.</summary>
public abstract record WriteReply
{
    private WriteReply()
    {
    }

    /// <summary>Acknowledged.</summary>
    /// <param name="Copies">Distinct nodes known to hold it: the header <c>GossipCluster-Copies</c>.</param>
    /// <param name="Clock">What the coordinator had seen right after, and what <see cref="WriteCommand.Observed"/> had: the token of the answer.</param>
    /// <param name="Value">With <see cref="WriteCommand.ReturnValue"/>; null where the key does not exist (after a delete).</param>
    public sealed record Written(int Copies, DotSet Clock, DataValue? Value) : WriteReply;

    /// <summary>The operation was refused and nothing of it was done: 4xx, see <see cref="OperationError.Problem"/>.</summary>
    public sealed record Refused(OperationError Error) : WriteReply;

    /// <summary>503: the quorum was not met; the write may have been applied by those that answered.</summary>
    /// <param name="Sentence">For the client, without a newline.</param>
    public sealed record Unsatisfied(string Sentence) : WriteReply;

    /// <summary>503: a queue is full, a disk takes no writes, a context cannot be reached: nothing was applied; try again after a while.</summary>
    /// <param name="Sentence">For the client, without a newline.</param>
    /// <param name="RetryAfter">When it may fare better.</param>
    public sealed record Unavailable(string Sentence, TimeSpan RetryAfter) : WriteReply;
}

/// <summary>One read.</summary>
/// <param name="Key">Where.</param>
/// <param name="Quorum">Its n is the bucket type's n_val.</param>
public sealed record ReadCommand(Key Key, ReadQuorum Quorum)
{
    /// <summary>The longest that the client waits.</summary>
    /// <value>Default: 5 s.</value>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>At least as new as this clock of a context token; null for whatever the quorum has.</summary>
    public DotSet? AtLeast { get; init; }

    /// <summary>Where primaries are found behind: answer when they have what was read, and not if they do not in time.</summary>
    public bool AwaitRepair { get; init; }
}

/// <summary>How a read ended.</summary>
public abstract record ReadReply
{
    private ReadReply()
    {
    }

    /// <summary>The key exists.</summary>
    /// <param name="Value">Joined over the quorum.</param>
    /// <param name="Clock">What was seen: the token of the answer.</param>
    public sealed record Found(DataValue Value, DotSet Clock) : ReadReply;

    /// <summary>No reachable primary has the key.</summary>
    /// <param name="Clock">What was seen.</param>
    public sealed record NotFound(DotSet Clock) : ReadReply;

    /// <summary>503: the quorum was not met, or the time is over.</summary>
    /// <param name="Sentence">For the client, without a newline.</param>
    public sealed record Unsatisfied(string Sentence) : ReadReply;

    /// <summary>503: a queue is full; try again after a while.</summary>
    /// <param name="Sentence">For the client, without a newline.</param>
    /// <param name="RetryAfter">When it may fare better.</param>
    public sealed record Unavailable(string Sentence, TimeSpan RetryAfter) : ReadReply;
}

/// <summary>What this node can say of itself and the cluster without asking anybody.</summary>
/// <param name="Name">The node's name.</param>
/// <param name="RingKnown">A ring with this node in it is known.</param>
/// <param name="Recovered">The disk has been read back, and it is decided under which id this node names dots.</param>
/// <param name="RecoveryProgress">A sentence for people while it is not.</param>
/// <param name="Members">All ring members by name.</param>
public sealed record NodeStatus(string Name, bool RingKnown, bool Recovered, string RecoveryProgress, ImmutableArray<MemberStatus> Members)
{
    /// <summary>An operator took this node out of the ring: requests are done by the members.</summary>
    public bool HasLeft { get; init; }

    /// <summary>Why this node's own disk takes no writes just now, a sentence for people; empty where it takes them. The node serves all the same: others do its writes.</summary>
    public string DiskTrouble { get; init; } = string.Empty;

    /// <summary>All nodes that are reachable by link, members or not, this one not among them.</summary>
    public ImmutableHashSet<string> Reachable { get; init; } = [];

    /// <summary>Serves: the ring is known and recovery is done. Never a matter of what the cluster thinks of the member.</summary>
    public bool IsReady => (RingKnown || HasLeft) && Recovered;
}

/// <summary>A ring member as this node sees it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Reachable">By this node's own link.</param>
/// <param name="Http">Its HTTP address, where known.</param>
/// <param name="Remote">Its address among the nodes, where known.</param>
public sealed record MemberStatus(string Name, bool Reachable, string? Http, string? Remote);
