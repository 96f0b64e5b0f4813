using GossipCluster.Actors.Replicas;
using GossipCluster.Actors.Storage;
using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;
using Record = GossipCluster.Core.Kernel.Record;

namespace GossipCluster.Actors.Tests.Storage;

/// <summary>Random lives of a node's storage: every kind of record, snapshots and cuts, ends of every kind. What is read back is what was.</summary>
public sealed class StorageHistorySpec
{
    private const int StepCount = 200;

    // Where ends came so often that no snapshot was ever complete: the storage rests for a while after one that broke off.
    private static readonly TimeSpan SnapshotPatience = TimeSpan.FromSeconds(90);

    public static TheoryData<StorageProvider, int> Seeds()
    {
        var seeds = new TheoryData<StorageProvider, int>();
        for (var seed = 0; seed < 4; seed++) seeds.Add(StorageProvider.Sqlite, seed);
        for (var seed = 100; seed < 102; seed++) seeds.Add(StorageProvider.PostgreSql, seed);
        return seeds;
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task What_is_read_back_is_what_was(StorageProvider provider, int seed)
    {
        using var database = TestDatabase.Create(provider);
        var options = database.Options with { TailBytesMax = 16 << 10, TailPercentOfSnapshots = 0, EventBytesMax = 2 << 10, SnapshotChunkBytesMax = 1 << 10, CutBytesMax = 64 << 10, FreeBytesMax = 0, SnapshotPause = TimeSpan.FromMilliseconds(1), SnapshotTimeout = TimeSpan.FromSeconds(1) };
        var random = new Random(seed);
        var life = new Life(options, random);
        await life.Start();

        for (var step = 0; step < StepCount; step++) await life.Step();
        var started = TimeProvider.System.GetTimestamp();
        while (life.SnapshotCount == 0 && TimeProvider.System.GetElapsedTime(started) < SnapshotPatience) await life.WriteOne();

        await life.CloseAndStart();
        await life.End();
        Assert.True(life.SnapshotCount > 0, "No snapshot was made.");
    }

    private sealed class Life(StorageOptions options, Random random)
    {
        private static readonly string[] Elements = ["a", "b", "c", "d"];
        private readonly Dictionary<ReplicaAddress, Replica> _peers = [];
        private TestStorage _storage = null!;
        private TestShard _shard = null!;
        private ulong _transfer = 1000;
        private ulong _generation = 5000;
        private int _snapshotCount;

        /// <summary>Snapshots that were complete, of all shards that there were.</summary>
        public int SnapshotCount => _snapshotCount + _shard.SnapshotCount;

        public async Task Start()
        {
            (_storage, var recovered) = await TestStorage.StartAndRecover(options);
            _shard = new TestShard(_storage, recovered);
            _storage.Actor.Tell(new StorageProtocol.ShardStarted(0, 1), _shard.Actor);
        }

        public async Task Step()
        {
            var address = new ReplicaAddress(random.Next(2) + 2, random.Next(3));
            switch (random.Next(100))
            {
                case < 50:
                    await Write(address);
                    break;
                case < 70:
                    _shard.Send();
                    break;
                case < 80:
                    await Sync(address);
                    break;
                case < 81:
                    foreach (var replica in _shard.Replicas.Values) replica.Trim(replica.Clock);
                    break;
                case < 84:
                    await Alone(address, replica => replica.StageEmptied());
                    break;
                case < 88:
                    await Alone(address, replica => replica.StageIdentity(new ReplicaId(NodeName.Of("a"), ++_generation)));
                    break;
                case < 96:
                    await _shard.Flush();
                    break;
                case < 97:
                    await CloseAndStart();
                    break;
                case < 98:
                    await RestartShard();
                    break;
                default:
                    await KillAndStart();
                    break;
            }
        }

        public async Task WriteOne()
        {
            await Write(new ReplicaAddress(2, 0));
            await _shard.Flush();
        }

        public async Task CloseAndStart()
        {
            await _shard.Flush();
            await _storage.Close();
            var before = _shard;
            _snapshotCount += before.SnapshotCount;
            await Start();
            before.AssertSame(_shard.Replicas);
        }

        public Task End() => _storage.Close();

        private async Task KillAndStart()
        {
            _shard.Send();
            await _storage.Kill();
            var before = _shard;
            _snapshotCount += before.SnapshotCount;
            await Start();
            before.AssertFirstPart(_shard.Replicas);
        }

        private async Task RestartShard()
        {
            _shard.Send();
            var before = _shard;
            _snapshotCount += before.SnapshotCount;
            _storage.Actor.Tell(new StorageProtocol.RecoverShard(0, 1), before.Actor);
            var recovered = await before.ListenFor<StorageProtocol.Recovered>();
            _shard = new TestShard(_storage, recovered);
            _storage.Actor.Tell(new StorageProtocol.ShardStarted(0, 1), _shard.Actor);
            before.AssertSame(_shard.Replicas);
        }

        private async Task Write(ReplicaAddress address)
        {
            await _shard.Open(address);
            var key = random.Next(4);
            var (type, operation) = key switch
            {
                0 => (DataType.Counter, (Operation)new Operation.Increment(random.Next(-3, 4))),
                1 => (DataType.Set, random.Next(3) > 0 ? Operation.AddToSet(Elements[random.Next(4)]) : Operation.RemoveFromSet(Elements[random.Next(4)])),
                2 => (DataType.Register, Operation.AssignText(new string('x', random.Next(2000)))),
                _ => (DataType.Flag, new Operation.SetFlag(random.Next(2) == 0)),
            };
            if (random.Next(12) == 0) operation = Operation.Delete.Instance;
            _shard.Write(address, type, $"{type}-{random.Next(5)}", operation);
        }

        /// <summary>A peer writes, and what is missing here comes over: as deltas, as key states or as a whole.</summary>
        private async Task Sync(ReplicaAddress address)
        {
            var replica = await _shard.Open(address);
            await _shard.Flush();
            if (!_peers.TryGetValue(address, out var peer)) _peers[address] = peer = new Replica(new ReplicaId(NodeName.Of("b"), 7));
            for (var i = random.Next(6); i >= 0; i--)
            {
                peer.Stage(DataType.Set, Key.Of("t", "b", $"Set-{random.Next(5)}"), Operation.AddToSet(Elements[random.Next(4)]), new WriteContext(DateTimeOffset.UnixEpoch));
                peer.Commit(peer.Seal());
            }

            if (random.Next(3) == 0) await Transfer(replica, peer);
            else
            {
                foreach (var record in peer.Missing(replica.Clock, 400).Records) await Stage(replica, record);
            }
        }

        private async Task Transfer(Replica replica, Replica peer)
        {
            var frozen = peer.Freeze(++_transfer);
            for (var next = 0; next < frozen.KeyCount;) await Stage(replica, frozen.Chunk(next, 200, out next));
            if (random.Next(4) > 0) await Stage(replica, frozen.End());
        }

        private async Task Stage(Replica replica, Record record)
        {
            Assert.True(replica.Stage(record, out var error), error.ToString());
            if (record.Kind is not (RecordKind.Delta or RecordKind.JoinedDelta) || random.Next(3) == 0) await _shard.Flush();
        }

        private async Task Alone(ReplicaAddress address, Action<Replica> stage)
        {
            var replica = await _shard.Open(address);
            await _shard.Flush();
            stage(replica);
            await _shard.Flush();
        }
    }
}
