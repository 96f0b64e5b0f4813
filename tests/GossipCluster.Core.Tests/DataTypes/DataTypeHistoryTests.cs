using GossipCluster.Core.DataTypes;

namespace GossipCluster.Core.Tests.DataTypes;

public sealed class DataTypeHistoryTests
{
    [Theory(DisplayName = "Over every history of writes, contexts, batches, syncs, repairs, transfers and restarts a type means what the model says")]
    [InlineData(DataType.Counter)]
    [InlineData(DataType.Set)]
    [InlineData(DataType.GSet)]
    [InlineData(DataType.Register)]
    [InlineData(DataType.Flag)]
    [InlineData(DataType.Hll)]
    [InlineData(DataType.Map)]
    public void Every_history_agrees_with_the_model(DataType type) =>
        Property.ForAll(Histories.Of(type), steps => World.Run(type, steps), times: 150, print: steps => string.Join('\n', steps.Select(step => step.ToString())));
}
