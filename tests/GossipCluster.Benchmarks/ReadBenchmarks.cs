using BenchmarkDotNet.Attributes;
using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Benchmarks;

/// <summary>Values, and what a sync finds.</summary>
public class ReadBenchmarks
{
    private const int LogEntries = 10_000;
    private static readonly Key Counter = BusyReplica.CounterKey(0);
    private static readonly Key Set = Key.Of("sets", "b", "a set");
    private readonly BusyReplica _replica = new();
    private readonly BusyReplica _behind = new();
    private DotSet _peer = DotSet.Empty;

    /// <summary>A counter, a set of ten, and a log of ten thousand deltas of which a peer lacks one in the middle.</summary>
    [GlobalSetup]
    public void SetUp()
    {
        _replica.Write(DataType.Counter, Counter, new Operation.Increment(1));
        for (var i = 0; i < 10; i++) _replica.Write(DataType.Set, Set, new Operation.UpdateSet([BusyReplica.Element(i)], []));

        // One batch, and nothing trimmed.
        for (var i = 0; i < LogEntries; i++) _behind.Stage(DataType.Counter, BusyReplica.CounterKey(i), new Operation.Increment(1));
        _behind.Replica.Commit(_behind.Replica.Seal());
        _peer = _behind.Replica.Clock.Except(DotSet.Of(new Dot(_behind.Replica.Self, LogEntries / 2)));
    }

    /// <summary>A counter of one share.</summary>
    [Benchmark]
    public DataValue? Read_counter() => _replica.Replica.Read(Counter);

    /// <summary>A set of ten.</summary>
    [Benchmark]
    public DataValue? Read_set_of_10() => _replica.Replica.Read(Set);

    /// <summary>One delta among ten thousand.</summary>
    [Benchmark]
    public SyncAnswer Missing_one_of_10000() => _behind.Replica.Missing(_peer, 1 << 16);
}
