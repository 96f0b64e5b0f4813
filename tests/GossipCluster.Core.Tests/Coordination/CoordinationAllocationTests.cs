using System.Collections.Immutable;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Coordination;

namespace GossipCluster.Core.Tests.Coordination;

/// <summary>The hot path, 100,000 operations a second on a node: what one operation may allocate.</summary>
public sealed class CoordinationAllocationTests
{
    private const int OperationCount = 1_000;

    private static readonly ImmutableArray<NodeName> List = [.. "abcde".Select(WriteRun.Node)];
    private static readonly HashSet<NodeName> Unreachable = [];

    [Fact]
    public void A_write_allocates_itself_its_slots_and_its_outcome()
    {
        List<WriteEffect> effects = new(8);
        var options = new WriteOptions { HedgeDelay = TimeSpan.FromMilliseconds(50), RequestTimeout = TimeSpan.FromSeconds(1) };

        Assert.InRange(BytesEach(Write), 1, 512);

        void Write()
        {
            effects.Clear();
            var write = new WriteCoordination(Candidates.Of(List[0], List, 3, Unreachable), new WriteQuorum(3, 2, 2, 0, 0), options);
            write.Handle(WriteInput.Start, TimeSpan.Zero, effects);
            write.Handle(WriteInput.Committed, TimeSpan.Zero, effects);
            write.Handle(WriteInput.Acked(List[2], durable: true, counts: true), TimeSpan.Zero, effects);
            Assert.True(write.IsAnswered);
        }
    }

    [Fact]
    public void A_read_allocates_itself_its_calls_and_its_outcome()
    {
        List<ReadEffect> effects = new(8);
        var options = new ReadOptions { HedgeDelay = TimeSpan.FromMilliseconds(50), RequestTimeout = TimeSpan.FromSeconds(1) };

        Assert.InRange(BytesEach(Read), 1, 640);

        void Read()
        {
            effects.Clear();
            var read = new ReadCoordination(Candidates.Of(List[0], List, 3, Unreachable), new ReadQuorum(3, 2, 0), options);
            read.Handle(ReadInput.Start, TimeSpan.Zero, effects);
            read.Handle(ReadInput.StateRead(List[0], 1, hasDatum: true, behind: false, List), TimeSpan.Zero, effects);
            read.Handle(ReadInput.DigestRead(List[1], 1, hasDatum: true, behind: false), TimeSpan.Zero, effects);
            Assert.True(read.IsAnswered);
        }
    }

    private static long BytesEach(Action operation)
    {
        operation();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var count = 0; count < OperationCount; count++) operation();
        return (GC.GetAllocatedBytesForCurrentThread() - before) / OperationCount;
    }
}
