using BenchmarkDotNet.Attributes;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Benchmarks;

/// <summary>Staged, committed, encoded; every 64th batch the log is trimmed, inside the measurement. Operations and keys are made beforehand.</summary>
public class IncrementBenchmarks
{
    private const int KeyCount = 1_000;
    private const int BatchSize = 100;
    private readonly BusyReplica _replica = new();
    private readonly Key[] _keys = [.. Enumerable.Range(0, KeyCount).Select(BusyReplica.CounterKey)];
    private readonly Operation _operation = new Operation.Increment(1);
    private int _next;

    /// <summary>Every counter exists.</summary>
    [GlobalSetup]
    public void SetUp()
    {
        foreach (var key in _keys) _replica.Write(DataType.Counter, key, _operation);
    }

    /// <summary>One increment, one batch.</summary>
    [Benchmark]
    public int Increment_batch_of_1()
    {
        _replica.Stage(DataType.Counter, _keys[_next++ % KeyCount], _operation);
        return _replica.Commit();
    }

    /// <summary>A hundred increments of different keys in one batch; the figure is for one.</summary>
    [Benchmark(OperationsPerInvoke = BatchSize)]
    public int Increment_batch_of_100()
    {
        for (var i = 0; i < BatchSize; i++) _replica.Stage(DataType.Counter, _keys[_next++ % KeyCount], _operation);
        return _replica.Commit();
    }
}

/// <summary>Adds to a set; each operation is a batch of its own, staged, committed, encoded, trimmed every 64th time.</summary>
public class SetAddBenchmarks
{
    private const int ElementCount = 1 << 18;
    private static readonly Key Key = Key.Of("sets", "b", "a set");
    private readonly Operation[] _adds = [.. Enumerable.Range(0, ElementCount).Select(i => new Operation.UpdateSet([BusyReplica.Element(Scatter(i))], []))];
    private readonly Operation[] _removes = [.. Enumerable.Range(0, ElementCount).Select(i => new Operation.UpdateSet([], [BusyReplica.Element(Scatter(i))]))];
    private BusyReplica _replica = new();
    private int _oldest;
    private int _next;

    /// <summary>Elements in the set.</summary>
    [Params(10, 100_000)]
    public int Size { get; set; }

    /// <summary>The set has its size.</summary>
    [GlobalSetup]
    public void SetUp()
    {
        _replica = new BusyReplica();
        for (_next = 0; _next < Size; _next++) _replica.Write(DataType.Set, Key, _adds[_next]);
        _oldest = 0;
    }

    /// <summary>Adds a new element, and removes the oldest to keep the size: two operations, two batches; the figure is for one.</summary>
    [Benchmark(OperationsPerInvoke = 2)]
    public void Add_new_and_remove_oldest()
    {
        _replica.Write(DataType.Set, Key, _adds[_next++ % ElementCount]);
        _replica.Write(DataType.Set, Key, _removes[_oldest++ % ElementCount]);
    }

    /// <summary>Adds an element that is there: its dot is superseded by a new one, the size stays.</summary>
    [Benchmark]
    public void Add_again() => _replica.Write(DataType.Set, Key, _adds[(_oldest + (Scatter(_next++) % Size)) % ElementCount]);

    /// <summary>A permutation of the elements' numbers: neighbours in time are none in the set.</summary>
    private static int Scatter(int number) => (int)(((uint)number * 0x9E3779B1u) & (ElementCount - 1));
}

/// <summary>Increments a counter in a field of a map; each operation is a batch of its own, staged, committed, encoded, trimmed every 64th time.</summary>
public class MapUpdateBenchmarks
{
    private static readonly Key Key = Key.Of("maps", "b", "a map");
    private BusyReplica _replica = new();
    private Operation[] _operations = [];
    private int _next;

    /// <summary>Fields in the map.</summary>
    [Params(20, 10_000)]
    public int Fields { get; set; }

    /// <summary>Every field exists.</summary>
    [GlobalSetup]
    public void SetUp()
    {
        _replica = new BusyReplica();
        var random = new Random(1);
        _operations = [.. Enumerable.Range(0, Fields).Select(i => Operation.UpdateField(DataType.Counter, $"field:{i:D5}", new Operation.Increment(1)))];
        random.Shuffle(_operations);
        foreach (var operation in _operations) _replica.Write(DataType.Map, Key, operation);
    }

    /// <summary>One field of the map.</summary>
    [Benchmark]
    public void Map_update_field() => _replica.Write(DataType.Map, Key, _operations[_next++ % _operations.Length]);
}
