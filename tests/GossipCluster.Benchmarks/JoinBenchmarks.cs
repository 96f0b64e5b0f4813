using BenchmarkDotNet.Attributes;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Benchmarks;

/// <summary>
/// A peer's increments from their wire bytes: staged, sealed, committed, not encoded (they are written as they came); every 64th batch the log is trimmed,
/// inside the measurement. The peer makes them before each iteration.
/// </summary>
public class JoinBenchmarks
{
    private const int DeltaCount = 1 << 16;
    private const int BatchSize = 64;
    private const int KeyCount = 1_000;
    private readonly BusyReplica _writer = new("node-2", 0xFEDC_BA98_7654_3210);
    private readonly BusyReplica _replica = new();
    private readonly Key[] _keys = [.. Enumerable.Range(0, KeyCount).Select(BusyReplica.CounterKey)];
    private readonly Record[] _records = new Record[DeltaCount];
    private int _written;
    private int _next;

    /// <summary>Deltas that nobody has joined yet.</summary>
    [IterationSetup]
    public void SetUp()
    {
        for (; _next < _written; _next++) Join(_next);
        _replica.CommitOnly();
        for (var i = 0; i < DeltaCount; i++)
        {
            var delta = _writer.Write(DataType.Counter, _keys[_written++ % KeyCount], new Operation.Increment(1));
            _records[i] = new Record(RecordKind.Delta, delta.Bytes);
        }
    }

    /// <summary>One delta, one batch.</summary>
    [Benchmark]
    [InvocationCount(DeltaCount)]
    public void Delta_join_batch_of_1()
    {
        Join(_next++);
        _replica.CommitOnly();
    }

    /// <summary>64 deltas in one batch; the figure is for one.</summary>
    [Benchmark(OperationsPerInvoke = BatchSize)]
    [InvocationCount(DeltaCount / BatchSize)]
    public void Delta_join_batch_of_64()
    {
        for (var i = 0; i < BatchSize; i++) Join(_next++);
        _replica.CommitOnly();
    }

    private void Join(int number) => _replica.Stage(_records[number % DeltaCount]);
}
