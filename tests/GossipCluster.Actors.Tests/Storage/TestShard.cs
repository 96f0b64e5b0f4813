using Record = GossipCluster.Core.Kernel.Record;
using System.Collections.Immutable;
using System.Threading.Channels;
using Akka.Actor;
using GossipCluster.Actors.Replicas;
using GossipCluster.Actors.Storage;
using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Actors.Tests.Storage;

/// <summary>What a shard is to the storage: replicas that stage, append, and commit when they are told that it landed; snapshots on request.</summary>
internal sealed class TestShard
{
    private readonly TestStorage _storage;
    private readonly ChannelReader<object> _heard;
    private readonly Queue<ImmutableArray<StagedBatch>> _sent = new();
    private readonly Dictionary<(ReplicaAddress, long), IReadOnlyList<Record>> _chunks = [];

    public TestShard(TestStorage storage, StorageProtocol.Recovered? recovered = null)
    {
        _storage = storage;
        Actor = storage.NewReceiver(out _heard);
        Replicas = recovered?.Replicas.ToDictionary() ?? [];
        LastPosition = recovered?.Position ?? 0;
    }

    public IActorRef Actor { get; }

    public Dictionary<ReplicaAddress, Replica> Replicas { get; }

    /// <summary>Where each append landed, in the order in which the answers came.</summary>
    public List<long> Positions { get; } = [];

    public long LastPosition { get; private set; }

    public int NotLandedCount { get; private set; }

    public int SnapshotCount { get; private set; }

    public int SnapshotsDropped { get; private set; }

    public bool HasUnanswered => _sent.Count > 0;

    /// <summary>False: answers no request for a snapshot.</summary>
    public bool MakesSnapshots { get; set; } = true;

    /// <summary>The replica, new where there was none: then its first record says under which id it names dots, and is on disk before anything else is staged.</summary>
    public async Task<Replica> Open(ReplicaAddress address)
    {
        if (Replicas.TryGetValue(address, out var replica)) return replica;
        replica = new Replica(new ReplicaId(NodeName.Of("nobody"), 1));
        replica.StageIdentity(new ReplicaId(NodeName.Of("a"), (ulong)address.Partition + 100));
        Replicas[address] = replica;
        await Flush();
        return replica;
    }

    public void Write(ReplicaAddress address, DataType type, string key, Operation operation)
    {
        var replica = Replicas[address];
        var result = replica.Stage(type, Key.Of("t", "b", key), operation, new WriteContext(DateTimeOffset.UnixEpoch, replica.Clock));
        Assert.True(result.Error is null, result.Error?.Sentence);
    }

    public async Task Increment(ReplicaAddress address, string key, long by = 1)
    {
        await Open(address);
        Write(address, DataType.Counter, key, new Operation.Increment(by));
    }

    /// <summary>Sends what is staged, one append for all replicas.</summary>
    public void Send()
    {
        var batches = ImmutableArray.CreateBuilder<StagedBatch>();
        foreach (var (address, replica) in Replicas)
        {
            if (replica.GatheredCount > 0) batches.Add(new StagedBatch(address, replica.Seal()));
        }

        if (batches.Count == 0) return;
        _sent.Enqueue(batches.ToImmutable());
        _storage.Actor.Tell(new StorageProtocol.Append(batches.ToImmutable(), NotLandedCount), Actor);
    }

    /// <summary>Sends what is staged, and waits until everything sent is durable.</summary>
    public async Task Flush()
    {
        Send();
        while (_sent.Count > 0) await HearNext();
    }

    /// <summary>Listens until something is so.</summary>
    public async Task ListenUntil(Func<bool> condition)
    {
        while (!condition()) await HearNext();
    }

    /// <summary>Answers what it is asked until something is so that nobody tells.</summary>
    public async Task LiveUntil(Func<bool> condition)
    {
        var deadline = DateTime.UtcNow + TestStorage.Patience;
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < deadline, "It never came to that.");
            while (_heard.TryRead(out var message)) Hear(message);
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Listens until it is told this.</summary>
    public async Task<T> ListenFor<T>()
    {
        while (true)
        {
            var message = await TestStorage.Next<object>(_heard);
            if (message is T wanted) return wanted;
            Hear(message);
        }
    }

    public async Task HearNext() => Hear(await TestStorage.Next<object>(_heard));

    private void Hear(object message)
    {
        switch (message)
        {
            case StorageProtocol.Landed landed:
                var expected = _sent.Dequeue();
                Assert.Equal(expected, landed.Batches);
                Assert.True(landed.Position >= LastPosition);
                LastPosition = landed.Position;
                Positions.Add(landed.Position);
                foreach (var staged in landed.Batches) Replicas[staged.Replica].Commit(staged.Batch);
                break;
            case StorageProtocol.NotLanded notLanded:
                Assert.Equal(_sent.Peek(), notLanded.Batches);
                _sent.Clear();
                NotLandedCount++;
                foreach (var replica in Replicas.Values) replica.Abort();
                break;
            case StorageProtocol.SnapshotWanted wanted when MakesSnapshots:
                _chunks[(wanted.Replica, wanted.Set)] = [.. Replicas[wanted.Replica].Snapshot(wanted.ChunkBytesMax)];
                SnapshotPosition[(wanted.Replica, wanted.Set)] = LastPosition;
                SendChunk(wanted.Replica, wanted.Set, 0);
                break;
            case StorageProtocol.SnapshotChunkSaved saved:
                if (saved.Index + 1 < _chunks[(saved.Replica, saved.Set)].Count) SendChunk(saved.Replica, saved.Set, saved.Index + 1);
                else SnapshotCount++;
                break;
            case StorageProtocol.SnapshotDropped:
                SnapshotsDropped++;
                break;
            default:
                break;
        }
    }

    public Dictionary<(ReplicaAddress, long), long> SnapshotPosition { get; } = [];

    /// <summary>Before each chunk: false keeps it back.</summary>
    public Func<int, int, bool> SendsChunk { get; set; } = (_, _) => true;

    // One record a chunk: the smallest chunks there are.
    private void SendChunk(ReplicaAddress replica, long set, int index)
    {
        var records = _chunks[(replica, set)];
        if (!SendsChunk(index, records.Count)) return;
        _storage.Actor.Tell(
            new StorageProtocol.SnapshotChunk(replica, set, index, [records[index]], SnapshotPosition[(replica, set)], index == records.Count - 1), Actor);
    }

    /// <summary>After a crash: what was answered is there, and of the rest a first part, append by append.</summary>
    public void AssertFirstPart(IReadOnlyDictionary<ReplicaAddress, Replica> recovered)
    {
        while (!Replicas.All(entry => recovered.TryGetValue(entry.Key, out var found) ? found.Clock.Equals(entry.Value.Clock) && found.Self == entry.Value.Self : IsUntouched(entry.Value)))
        {
            Assert.True(_sent.TryDequeue(out var next), "What was read back is no state that ever was.");
            foreach (var staged in next) Replicas[staged.Replica].Commit(staged.Batch);
        }

        foreach (var (address, replica) in Replicas.ToList())
        {
            if (IsUntouched(replica)) Replicas.Remove(address);
            else replica.Abort();
        }

        foreach (var (address, replica) in Replicas) AssertSame(replica, recovered[address], withCounter: false);
    }

    private static bool IsUntouched(Replica replica) => replica.Self.Node == NodeName.Of("nobody");

    /// <summary>Same clocks, same keys, same values.</summary>
    public void AssertSame(IReadOnlyDictionary<ReplicaAddress, Replica> recovered)
    {
        Assert.Equal(Replicas.Keys.Order(ByText), recovered.Keys.Order(ByText));
        foreach (var (address, replica) in Replicas) AssertSame(replica, recovered[address]);
    }

    public static void AssertSame(Replica expected, Replica actual, bool withCounter = true)
    {
        Assert.False(actual.HasPending);
        Assert.Equal(expected.Clock, actual.Clock);
        Assert.Equal(expected.Self, actual.Self);
        if (withCounter) Assert.Equal(expected.NextCounter, actual.NextCounter);
        Assert.Equal(expected.KeyCount, actual.KeyCount);
        foreach (var key in expected.Keys) Assert.Equal(Show(expected.Read(key)), Show(actual.Read(key)));
        Assert.Equal(expected.AuditSource.Tree.Root, actual.AuditSource.Tree.Root);
    }

    private static readonly Comparer<ReplicaAddress> ByText = Comparer<ReplicaAddress>.Create((a, b) => string.CompareOrdinal(a.ToString(), b.ToString()));

    private static string Show(DataValue? value) => System.Text.Json.JsonSerializer.Serialize<object?>(value);
}
