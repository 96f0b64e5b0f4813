using GossipCluster.Actors.Store;
using GossipCluster.Core.DataTypes;
using GossipCluster.Node.Http.Answers;

namespace GossipCluster.Node.Http.Batch;

/// <summary>One of the operations of a batch: a write, a read, or why it is neither.</summary>
internal readonly record struct BatchEntry(DataType Type, WriteCommand? Write, ReadCommand? Read, Refusal? Refusal)
{
    // One that brings a value back may bring a large one: fewer of those are under way at once.
    private const int WeightOfValue = 16;

    public static BatchEntry Refused(Refusal refusal) => new(default, null, null, refusal);

    /// <summary>How much of the room for what is under way it takes.</summary>
    public int Weight => Refusal is not null ? 0 : Read is not null || Write!.ReturnValue ? WeightOfValue : 1;
}
