using System.Collections.Immutable;
using Akka.Actor;
using GossipCluster.Actors.Store;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Actors.Replicas;

/// <summary>A question for the audits of a shard, which may start them and wait for their end.</summary>
internal sealed class AuditTicket(bool starts, bool waits)
    : TaskCompletionSource<ImmutableArray<AuditStatus>>(TaskCreationOptions.RunContinuationsAsynchronously), ITicket
{
    public void Abandon() => TrySetResult([]);

    public bool Starts { get; } = starts;

    /// <summary>Answered when no audit that somebody asked for is left.</summary>
    public bool Waits { get; } = waits;
}

/// <summary>From the test door: spoil a key of a replica. True where there was something to spoil.</summary>
/// <remarks>Without a kind the key's state is remembered, to be resurrected later.</remarks>
internal sealed class DamageTicket(ReplicaAddress address, Key key, DamageKind? kind, bool onDisk)
    : TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously), INoSerializationVerificationNeeded
{
    public ReplicaAddress Address { get; } = address;

    public Key Key { get; } = key;

    public DamageKind? Kind { get; } = kind;

    /// <summary>The damage is written, too.</summary>
    public bool OnDisk { get; } = onDisk;
}
