using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;
using GossipCluster.Core.Wire;

namespace GossipCluster.Benchmarks;

/// <summary>A replica of a cluster that keeps up: what it commits is soon known to all primaries and trimmed from its log.</summary>
internal sealed class BusyReplica
{
    /// <summary>Batches between two trims: about what arrives between two words of a peer.</summary>
    private const int TrimInterval = 64;

    private readonly WireWriter _writer = new(1 << 16);
    private int _sinceTrim;

    public BusyReplica(string name = "node-1", ulong generation = 0x1234_5678_9ABC_DEF0) =>
        Replica = new Replica(new ReplicaId(NodeName.Of(name), generation));

    public Replica Replica { get; }

    /// <summary>A key proper of 20 bytes; its flat form, with bucket type and bucket, has 31.</summary>
    public static Key CounterKey(int number) => Key.Of("counters", "b", $"user:{number:D15}");

    public static ReadOnlyMemory<byte> Element(int number) => Operation.Utf8($"element:{number:D8}")[0];

    public Delta Stage(DataType type, Key key, Operation operation)
    {
        var result = Replica.Stage(type, key, operation, new WriteContext(DateTimeOffset.UnixEpoch));
        return result.Delta ?? throw new InvalidOperationException(result.Error?.Sentence ?? "An operation that did nothing.");
    }

    public void Stage(Record record)
    {
        if (!Replica.Stage(record, out var error)) throw new InvalidOperationException(error.ToString());
    }

    /// <summary>Seals, encodes and commits; every <see cref="TrimInterval"/>th time also trims. Gives the encoded length.</summary>
    public int Commit()
    {
        var batch = Replica.Seal();
        _writer.Clear();
        batch.Write(_writer);
        CommitOnly(batch);
        return _writer.Length;
    }

    /// <summary>Seals and commits, without encoding: what came in as bytes is written as bytes.</summary>
    public void CommitOnly() => CommitOnly(Replica.Seal());

    /// <summary>Commits a batch that was sealed before; every <see cref="TrimInterval"/>th time also trims.</summary>
    public void CommitOnlyOf(Batch batch) => CommitOnly(batch);

    private void CommitOnly(Batch batch)
    {
        Replica.Commit(batch);
        if (++_sinceTrim < TrimInterval) return;
        _sinceTrim = 0;
        Replica.Trim(Replica.Clock);
    }

    /// <summary>One operation, one batch.</summary>
    public Delta Write(DataType type, Key key, Operation operation)
    {
        var delta = Stage(type, key, operation);
        Commit();
        return delta;
    }
}
