using BenchmarkDotNet.Attributes;
using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;
using GossipCluster.Core.Wire;

namespace GossipCluster.Benchmarks;

/// <summary>Binary forms, written and read. A delta is its own binary form: writing one is a copy.</summary>
public class CodecBenchmarks
{
    private const int BatchSize = 100;
    private static readonly Key SetKey = Key.Of("sets", "b", "a set");
    private readonly BusyReplica _replica = new();
    private readonly WireWriter _writer = new(1 << 16);
    private readonly ContextToken _tokens = new("a secret of more than 16 bytes"u8);
    private readonly ReplicaTable _table = new();
    private DotSet _clock = DotSet.Empty;
    private byte[] _clockBytes = [];
    private byte[] _delta = [];
    private Batch? _batch;
    private byte[] _batchBytes = [];
    private Record _state;
    private string _token = string.Empty;

    /// <summary>A batch of a hundred increments, a set of ten elements, a clock of three replica ids.</summary>
    [GlobalSetup]
    public void SetUp()
    {
        for (var i = 0; i < BatchSize; i++) _replica.Write(DataType.Counter, BusyReplica.CounterKey(i), new Operation.Increment(1));
        for (var i = 0; i < 10; i++) _replica.Write(DataType.Set, SetKey, new Operation.UpdateSet([BusyReplica.Element(i)], []));
        _state = _replica.Replica.StateOf(SetKey);

        var clock = _replica.Replica.Clock.ToBuilder();
        clock.Add(new ReplicaId(NodeName.Of("node-2"), 0xFEDC_BA98_7654_3210), 1, 123_456);
        clock.Add(new ReplicaId(NodeName.Of("node-3"), 0xABCD_EF01_2345_6789), 1, 12_345);
        _clock = clock.ToSet();
        _clockBytes = _clock.ToBytes();
        _token = _tokens.Encode(new TokenPlace(SetKey.Hash, 3), _clock);

        for (var i = 0; i < BatchSize; i++) _delta = _replica.Stage(DataType.Counter, BusyReplica.CounterKey(i), new Operation.Increment(1)).Bytes.ToArray();
        _batch = _replica.Replica.Seal();
        _batch.Write(_writer);
        _batchBytes = _writer.ToArray();
    }

    /// <summary>Checks and takes in a counter's delta.</summary>
    [Benchmark]
    public bool Delta_read() => Delta.TryRead(_delta, _table, null, out _, out _);

    /// <summary>A batch of a hundred; the figure is for one record.</summary>
    [Benchmark(OperationsPerInvoke = BatchSize)]
    public int Batch_write()
    {
        _writer.Clear();
        _batch!.Write(_writer);
        return _writer.Length;
    }

    /// <summary>A batch of a hundred; the figure is for one record.</summary>
    [Benchmark(OperationsPerInvoke = BatchSize)]
    public bool Batch_read() => Batch.TryRead(_batchBytes, out _, out _);

    /// <summary>The state of a set of ten.</summary>
    [Benchmark]
    public Record Key_state_write() => _replica.Replica.StateOf(SetKey);

    /// <summary>The state of a set of ten, joined by a reader.</summary>
    [Benchmark]
    public bool Key_state_read() => new KeyReader().TryJoin(_state, out _);

    /// <summary>A clock of three replica ids.</summary>
    [Benchmark]
    public int Dot_set_write()
    {
        _writer.Clear();
        _clock.Write(_writer);
        return _writer.Length;
    }

    /// <summary>A clock of three replica ids.</summary>
    [Benchmark]
    public bool Dot_set_read() => DotSet.TryRead(_clockBytes, out _, out _);

    /// <summary>The token of a clock of three replica ids.</summary>
    [Benchmark]
    public string Token_encode() => _tokens.Encode(new TokenPlace(SetKey.Hash, 3), _clock);

    /// <summary>The token of a clock of three replica ids.</summary>
    [Benchmark]
    public bool Token_decode() => _tokens.TryDecode(SetKey.Hash, _token, out _, out _);
}
