using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Core.Replication;

/// <summary>What a replica wants done. A closed set.</summary>
public abstract record ReplicaEffect
{
    private ReplicaEffect()
    {
    }

    /// <summary>Send a message to the same partition on another node.</summary>
    public sealed record Send(NodeName To, PeerMessage Message) : ReplicaEffect;

    /// <summary>Make the batch durable, then call <see cref="ReplicaProtocol.Durable"/>.</summary>
    public sealed record Persist(Batch Batch) : ReplicaEffect;

    /// <summary>A local write was refused; nothing of it was done.</summary>
    /// <param name="Op">Which write.</param>
    /// <param name="Error">Why.</param>
    /// <param name="Missing">With <see cref="OperationProblem.ContextNotSeen"/>: what has to be pulled first.</param>
    public sealed record Refused(ulong Op, OperationError Error, DotSet? Missing) : ReplicaEffect;

    /// <summary>A local write is durable here.</summary>
    /// <param name="Op">Which write.</param>
    /// <param name="Delta">What is to be replicated; null where there was nothing to do: then what was found there is, see the <see cref="ReplicaProtocol.ReplicateTo(NodeName, ulong, Kernel.Key, List{ReplicaEffect})"/> of a key.</param>
    public sealed record Committed(ulong Op, Delta? Delta) : ReplicaEffect;

    /// <summary>A peer has the write, durably.</summary>
    public sealed record Acknowledged(ulong Op, NodeName Peer, bool Counts) : ReplicaEffect;

    /// <summary>A peer has answered a sync to its end, and all that it had then is durable here: for who waits for a context to be seen.</summary>
    /// <param name="Peer">Who.</param>
    /// <param name="Ask">The number of the question that was answered last: <see cref="ReplicaProtocol.AsksSoFar"/> when it was asked.</param>
    public sealed record Synced(NodeName Peer, long Ask) : ReplicaEffect;

    /// <summary>A repair after an audit is durable, or will not be done.</summary>
    /// <param name="Op">Which.</param>
    /// <param name="Result">What it has done.</param>
    public sealed record Repaired(ulong Op, RepairResult Result) : ReplicaEffect;
}
