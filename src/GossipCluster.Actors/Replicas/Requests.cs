using Akka.Actor;
using GossipCluster.Actors.Store;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Coordination;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Actors.Replicas;

/// <summary>A message with the promise of a reply. A shard that ends with it in its mailbox cannot keep it: then the node answers.</summary>
internal interface ITicket : INoSerializationVerificationNeeded
{
    /// <summary>Answers that nobody will answer.</summary>
    void Abandon();
}

/// <summary>A client's write on its way through a shard: the message to it, and the promise of a reply.</summary>
internal sealed class WriteTicket(WriteCommand command, ReplicaAddress address)
    : TaskCompletionSource<WriteReply>(TaskCreationOptions.RunContinuationsAsynchronously), ITicket
{
    // Not "unavailable", which promises that nothing was done.
    public void Abandon() => TrySetResult(new WriteReply.Unsatisfied("The node is restarting a part of itself; the write may have been applied. Try again."));

    public WriteCommand Command { get; } = command;

    public ReplicaAddress Address { get; } = address;
}

/// <summary>A client's read; see <see cref="WriteTicket"/>.</summary>
internal sealed class ReadTicket(ReadCommand command, ReplicaAddress address)
    : TaskCompletionSource<ReadReply>(TaskCreationOptions.RunContinuationsAsynchronously), ITicket
{
    public void Abandon() => TrySetResult(new ReadReply.Unavailable("The node is restarting a part of itself. Try again.", Shard.RetryAfter));

    public ReadCommand Command { get; } = command;

    public ReplicaAddress Address { get; } = address;
}

/// <summary>A client's question whether all primaries have something; see <see cref="WriteTicket"/>. Null where the shard takes no more of them.</summary>
internal sealed class ReceiptTicket(ReplicaAddress address, DotSet clock, TimeSpan wait)
    : TaskCompletionSource<ConvergenceReply?>(TaskCreationOptions.RunContinuationsAsynchronously), ITicket
{
    public void Abandon() => TrySetResult(null);

    public ReplicaAddress Address { get; } = address;

    public DotSet Clock { get; } = clock;

    public TimeSpan Wait { get; } = wait;
}

/// <summary>An operator waits until what is kept for others now has been handed off: in how many replicas it has not.</summary>
internal sealed class HintsTicket(TimeSpan wait) : TaskCompletionSource<int?>(TaskCreationOptions.RunContinuationsAsynchronously), ITicket
{
    public void Abandon() => TrySetResult(null);

    public TimeSpan Wait { get; } = wait;
}

/// <summary>A question for the entropy of a shard.</summary>
internal sealed class EntropyTicket() : TaskCompletionSource<ShardEntropy?>(TaskCreationOptions.RunContinuationsAsynchronously), ITicket
{
    public void Abandon() => TrySetResult(null);
}

/// <summary>A client's listing of what a shard's partitions hold, on all nodes; null among the parts for a partition of which no primary answered.</summary>
internal sealed record ListTicket(int N, string Type, string? Bucket, System.Threading.Channels.ChannelWriter<IReadOnlyList<string>?> Parts) : ITicket
{
    /// <summary>What is missing is said, and then it ends.</summary>
    public void Abandon()
    {
        Parts.TryWrite(null);
        Parts.TryComplete();
    }
}

/// <summary>A write that this shard coordinates, for a client of this node or for another node.</summary>
internal sealed class RunningWrite(ulong op, ReplicaShell shell, WriteCoordination machine, Key key, DataType type, Operation operation)
{
    public ulong Op { get; } = op;

    public ReplicaShell Shell { get; } = shell;

    public WriteCoordination Machine { get; } = machine;

    public Key Key { get; } = key;

    public DataType Type { get; } = type;

    public Operation Operation { get; } = operation;

    public WriteQuorum Quorum { get; init; }

    /// <summary>What a remove may take away: the client's context, as far as it has ever been seen.</summary>
    public DotSet? Observed { get; set; }

    /// <summary>Of a client of this node.</summary>
    public WriteTicket? Ticket { get; init; }

    /// <summary>Of another node, under its number.</summary>
    public (NodeName Node, ulong Call) Origin { get; init; }

    public bool ReturnsState { get; init; }

    public TimeSpan StartedAt { get; init; }

    public TimeSpan EndsAt { get; init; }

    /// <summary>From then on it is not staged: the node that it came from may have asked another.</summary>
    public TimeSpan BeginBy { get; init; } = TimeSpan.MaxValue;

    /// <summary>What the write did; null where it found nothing to do.</summary>
    public Delta? Delta { get; set; }

    /// <summary>What the node that coordinates in this one's place said.</summary>
    public CoordinationMessage.Relayed? Relayed { get; set; }

    /// <summary>Peers whose acknowledgement did not count, and that were asked once more.</summary>
    public HashSet<NodeName> AskedAgain => field ??= [];

    /// <summary>Waits for the replica to see its context.</summary>
    public ContextPull? Pull { get; set; }
}

/// <summary>A context is being pulled: whose answer is still open.</summary>
internal sealed record ContextPull(HashSet<NodeName> Open, long AsksBefore, TimeSpan EndsAt);

/// <summary>A read that this shard coordinates.</summary>
internal sealed class RunningRead(ulong call, ReplicaShell shell, ReadCoordination machine, ReadTicket ticket)
{
    public ulong Call { get; } = call;

    public ReplicaShell Shell { get; } = shell;

    public ReadCoordination Machine { get; } = machine;

    public ReadTicket Ticket { get; } = ticket;

    public Key Key => Ticket.Command.Key;

    public TimeSpan StartedAt { get; init; }

    public TimeSpan EndsAt => StartedAt + Ticket.Command.Timeout;

    /// <summary>What the answer has seen, once there is one that was joined.</summary>
    public DotSet? Joined { get; set; }

    /// <summary>Primaries that were found behind.</summary>
    public System.Collections.Immutable.ImmutableArray<NodeName> Lacking { get; set; } = [];

    /// <summary>Digest and clock of each node that has answered.</summary>
    public List<(NodeName Node, UInt128 Digest, DotSet Clock)> Answers { get; } = new(3);
}

/// <summary>The state of the own replica at the moment of the read.</summary>
internal sealed record LocalState(Replica.KeySnapshot Snapshot, UInt128 Digest);
