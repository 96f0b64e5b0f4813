using System.Text;
using Akka.Actor;
using GossipCluster.Actors.Replicas;
using GossipCluster.Actors.Storage;
using GossipCluster.Core.DataTypes;

namespace GossipCluster.Actors.Tests.Storage;

/// <summary>Snapshots, and the cut behind them.</summary>
public sealed class StorageSnapshotSpec
{
    private static readonly ReplicaAddress Idle = new(3, 0);

    [Theory]
    [InlineData(StorageProvider.Sqlite)]
    [InlineData(StorageProvider.PostgreSql)]
    public async Task The_log_is_cut_behind_snapshots_and_everything_is_read_back(StorageProvider provider)
    {
        using var database = TestDatabase.Create(provider);
        var (storage, _) = await TestStorage.StartAndRecover(Small(database));
        var shard = new TestShard(storage);
        await shard.Increment(Idle, "once");
        await storage.Ask<StorageProtocol.FactPut>(new StorageProtocol.PutFact("ring", "v1"u8.ToArray()));

        while (shard.SnapshotCount < 8) await Fill(shard, 50);
        await shard.LiveUntil(() => database.CountOnLog($"SELECT COUNT(*) FROM commit_log") < 200);
        await storage.Close();
        var (again, recovered) = await TestStorage.StartAndRecover(Small(database));
        await using var _2 = again;

        shard.AssertSame(recovered.Replicas);
        Assert.Equal("v1", Encoding.UTF8.GetString(recovered.Facts["ring"].Span));

        // One more where it was closed after a new one was written and before the last was deleted.
        Assert.InRange(database.CountOnSnapshots("SELECT COUNT(*) FROM snapshots WHERE persistence_id LIKE '%catalogue'"), 1, 2);
    }

    [Theory]
    [InlineData(StorageProvider.Sqlite)]
    [InlineData(StorageProvider.PostgreSql)]
    public async Task A_snapshot_that_breaks_off_before_its_end_counts_for_nothing(StorageProvider provider)
    {
        using var database = TestDatabase.Create(provider);
        var (storage, _) = await TestStorage.StartAndRecover(Small(database));
        var shard = new TestShard(storage) { SendsChunk = (index, count) => index < count - 1 };

        await Fill(shard, 200);
        await shard.LiveUntil(() => database.CountOnSnapshots("SELECT COUNT(*) FROM snapshots") > 1);
        await storage.Kill();
        var (again, recovered) = await TestStorage.StartAndRecover(Small(database));

        shard.AssertSame(recovered.Replicas);

        // The next set covers what the torn one left.
        var next = new TestShard(again, recovered);
        again.Actor.Tell(new StorageProtocol.ShardStarted(0, 1), next.Actor);
        while (next.SnapshotCount < 5) await Fill(next, 50);
        await again.Close();
        var (last, recoveredAgain) = await TestStorage.StartAndRecover(Small(database));
        await using var _2 = last;
        next.AssertSame(recoveredAgain.Replicas);
    }

    [Theory]
    [InlineData("UPDATE snapshots SET snapshot = zeroblob(length(snapshot)) WHERE persistence_id LIKE 'replica/%'", "Chunk 0 of")]
    [InlineData("DELETE FROM snapshots WHERE persistence_id LIKE 'replica/%'", "is missing")]
    [InlineData("UPDATE snapshots SET snapshot = x'0102' WHERE persistence_id = 'catalogue'", "The list of snapshots is damaged")]
    [InlineData("DELETE FROM snapshots WHERE persistence_id = 'catalogue'", "Events of the log are missing")]
    public async Task A_damaged_snapshot_is_told_and_not_passed_over(string damage, string sentence)
    {
        using var database = TestDatabase.Create(StorageProvider.Sqlite);
        var (storage, _) = await TestStorage.StartAndRecover(Small(database));
        var shard = new TestShard(storage);
        while (shard.SnapshotCount < 8) await Fill(shard, 50);
        await shard.LiveUntil(() => database.CountOnLog("SELECT COUNT(*) FROM commit_log") < 200);
        await storage.Close();

        Assert.True(database.OnSnapshots(damage) > 0);

        await using var again = TestStorage.Start(Small(database));
        var damaged = await Assert.ThrowsAsync<InvalidOperationException>(again.Recover);
        Assert.Contains(sentence, damaged.Message, StringComparison.Ordinal);
        Assert.Contains("backup", damaged.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_shard_that_does_not_answer_holds_nothing_up()
    {
        using var database = TestDatabase.Create(StorageProvider.Sqlite);
        var options = Small(database) with { SnapshotTimeout = TimeSpan.FromMilliseconds(100) };
        var (storage, _) = await TestStorage.StartAndRecover(options);
        await using var _2 = storage;
        var shard = new TestShard(storage) { MakesSnapshots = false };

        await Fill(shard, 200);
        await shard.ListenUntil(() => shard.SnapshotsDropped > 0);
        shard.MakesSnapshots = true;
        while (shard.SnapshotCount < 3) await Fill(shard, 50);
    }

    private static StorageOptions Small(TestDatabase database) =>
        database.Options with { TailBytesMax = 16 << 10, TailPercentOfSnapshots = 0, SnapshotChunkBytesMax = 1 << 10, CutBytesMax = 64 << 10, FreeBytesMax = 0, SnapshotPause = TimeSpan.FromMilliseconds(1) };

    private static async Task Fill(TestShard shard, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var address = new ReplicaAddress(3, 1 + (i % 3));
            await shard.Open(address);
            shard.Write(address, DataType.Register, $"key-{i % 20}", Operation.AssignText(new string((char)('a' + (i % 26)), 200)));
            await shard.Flush();

            // As when all primaries have everything: a snapshot is then the keys and little else.
            shard.Replicas[address].Trim(shard.Replicas[address].Clock);
        }
    }
}
