using System.Collections.Immutable;
using GossipCluster.Core.Coordination;
using GossipCluster.Core.DataTypes;

namespace GossipCluster.Actors.Store;

/// <summary>Bucket types and bucket properties: cluster-wide, durable, read without waiting.</summary>
public interface ISchema
{
    /// <summary>The bucket type of that name; null where there is none.</summary>
    BucketType? Find(string type);

    /// <summary>All bucket types, in the order of their names.</summary>
    ImmutableArray<BucketType> Types { get; }

    /// <summary>The properties that a bucket has: its own over its type's; the type's where it has none of its own.</summary>
    BucketProperties PropertiesOf(BucketType type, string bucket);

    /// <summary>
    /// Creates a type, or replaces the properties of one: validated by the caller, durable and in force when the task ends, on this node and on all that it reaches and that were not too
    /// slow; on its way to the rest. Where another node has created or changed it at the same moment and that counts, it is refused.
    /// </summary>
    ValueTask<SchemaReply> PutTypeAsync(BucketType type, CancellationToken cancel);

    /// <summary>Replaces the properties of a bucket; null takes them back to the type's. As <see cref="PutTypeAsync"/>.</summary>
    ValueTask<SchemaReply> PutBucketAsync(string type, string bucket, BucketProperties? properties, CancellationToken cancel);
}

/// <summary>How a change of the schema ended.</summary>
/// <param name="Refusal">Null, or a sentence saying why it was refused.</param>
/// <param name="Nodes">On how many nodes it is in force, for certain: 1 and more, or 0 where it was refused.</param>
public readonly record struct SchemaReply(string? Refusal, int Nodes);

/// <summary>A schema: data type and replication of all buckets under it.</summary>
/// <param name="Name">1 to 128 bytes.</param>
/// <param name="DataType">Never changes.</param>
/// <param name="N">n_val, 1 to 16. Never changes.</param>
/// <param name="Properties">What may change, and what a bucket may override.</param>
public sealed record BucketType(string Name, DataType DataType, int N, BucketProperties Properties)
{
    /// <summary>The types that exist from the start: <c>counters</c>, <c>sets</c>, <c>gsets</c>, <c>hlls</c>, <c>maps</c>, <c>registers</c>, <c>flags</c>, with n_val 3.</summary>
    public static ImmutableArray<BucketType> BuiltIn { get; } =
    [
        new("counters", DataType.Counter, 3, BucketProperties.Standard),
        new("flags", DataType.Flag, 3, BucketProperties.Standard),
        new("gsets", DataType.GSet, 3, BucketProperties.Standard),
        new("hlls", DataType.Hll, 3, BucketProperties.Standard),
        new("maps", DataType.Map, 3, BucketProperties.Standard),
        new("registers", DataType.Register, 3, BucketProperties.Standard),
        new("sets", DataType.Set, 3, BucketProperties.Standard),
    ];

    /// <summary>Why the type does not take an operation; null where it does. Asked on the node that the client writes to: others carry on what it has begun.</summary>
    public OperationError? Refuse(Operation operation) => Properties.Retired && operation is not Operation.Delete
        ? new OperationError(OperationProblem.Retired, $"The bucket type '{Name}' is retired: its keys can be read and deleted. Put its property \"retired\" to false to write to it again.", DataType)
        : null;
}

/// <summary>What may change of a bucket type, and what a bucket may have of its own.</summary>
/// <param name="Quorums">r, w, pr, pw, dw, node_confirms, notfound_ok, basic_quorum.</param>
/// <param name="HllPrecision">What an hll type says; sketches always have 14 registers' bits, which is also the most. May shrink, not grow.</param>
public sealed record BucketProperties(QuorumProperties Quorums, int HllPrecision = 14)
{
    /// <summary>How early this type's keys are brought to replicas that lack them: by sync and by hinted handoff. A type's, never a bucket's.</summary>
    /// <value>0 to <see cref="Core.Kernel.Replica.PriorityMax"/>, greater first. Default: 0.</value>
    public int Priority { get; init; }

    /// <summary>The type takes no writes but deletes. A type's, never a bucket's; may be taken back.</summary>
    public bool Retired { get; init; }

    /// <summary>What a type has that says nothing.</summary>
    public static BucketProperties Standard { get; } = new(QuorumProperties.Standard);
}
