using System.Buffers;
using System.Buffers.Text;
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
/// <remarks>One operation object is given another element each time: one just parsed is in the cache, too, where a random one out of many is not.</remarks>
public class SetAddBenchmarks
{
    private const uint NumberCount = 1 << 24;
    private static readonly Key Key = Key.Of("sets", "b", "a set");
    private readonly byte[] _element = BusyReplica.Element(0).ToArray();
    private readonly Operation _add;
    private readonly Operation _remove;
    private BusyReplica _replica = new();
    private uint _oldest;
    private uint _next;

    /// <summary>Operations on one element, which is in a buffer.</summary>
    public SetAddBenchmarks() => (_add, _remove) = (new Operation.UpdateSet([_element], []), new Operation.UpdateSet([], [_element]));

    /// <summary>Elements in the set, 16 bytes each.</summary>
    [Params(10, 1_000, 10_000, 100_000)]
    public uint Size { get; set; }

    /// <summary>The set has its size.</summary>
    [GlobalSetup]
    public void SetUp()
    {
        _replica = new BusyReplica();
        for (_next = 0; _next < Size; _next++) Write(_add, _next);
        _oldest = 0;
    }

    /// <summary>Adds a new element, and removes the oldest to keep the size: two operations, two batches; the figure is for one.</summary>
    [Benchmark(OperationsPerInvoke = 2)]
    public void Add_new_and_remove_oldest()
    {
        Write(_add, _next++);
        Write(_remove, _oldest++);
    }

    /// <summary>Adds an element that is there: its dot is superseded by a new one, the size stays.</summary>
    [Benchmark]
    public void Add_again() => Write(_add, _oldest + (Scatter(_next++) % Size));

    private void Write(Operation operation, uint number)
    {
        Utf8Formatter.TryFormat(Scatter(number), _element.AsSpan(8), out _, new StandardFormat('D', 8));
        _replica.Write(DataType.Set, Key, operation);
    }

    /// <summary>A permutation of the elements' numbers: neighbours in time are none in the set.</summary>
    private static uint Scatter(uint number) => (number * 0x9E3779B1u) & (NumberCount - 1);
}

/// <summary>Increments a counter in a field of a map; each operation is a batch of its own, staged, committed, encoded, trimmed every 64th time.</summary>
/// <remarks>One operation object is given another field each time, for the same reason.</remarks>
public class MapUpdateBenchmarks
{
    private static readonly Key Key = Key.Of("maps", "b", "a map");
    private readonly byte[] _field = "field:00000"u8.ToArray();
    private readonly Operation _operation;
    private BusyReplica _replica = new();
    private uint _next;

    /// <summary>An operation on one field, whose name is in a buffer.</summary>
    public MapUpdateBenchmarks() =>
        _operation = new Operation.UpdateMap([new FieldUpdate(new FieldName(DataType.Counter, _field), new Operation.Increment(1))], []);

    /// <summary>Fields in the map.</summary>
    [Params(20, 10_000)]
    public uint Fields { get; set; }

    /// <summary>Every field exists.</summary>
    [GlobalSetup]
    public void SetUp()
    {
        _replica = new BusyReplica();
        for (uint i = 0; i < Fields; i++) Write(i);
    }

    /// <summary>One field of the map.</summary>
    [Benchmark]
    public void Map_update_field() => Write(_next++ * 0x9E3779B1u % Fields);

    private void Write(uint number)
    {
        Utf8Formatter.TryFormat(number, _field.AsSpan(6), out _, new StandardFormat('D', 5));
        _replica.Write(DataType.Map, Key, _operation);
    }
}
