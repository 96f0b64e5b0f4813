using GossipCluster.Actors.Replicas;
using GossipCluster.Actors.Storage;

namespace GossipCluster.Actors.Tests.Storage;

/// <summary>Append, land, read back: on each database.</summary>
public sealed class StorageSpec
{
    private static readonly ReplicaAddress Address = new(3, 7);

    [Theory]
    [InlineData(StorageProvider.Sqlite)]
    [InlineData(StorageProvider.PostgreSql)]
    public async Task An_empty_database_gives_nothing(StorageProvider provider)
    {
        using var database = TestDatabase.Create(provider);

        var (storage, recovered) = await TestStorage.StartAndRecover(database.Options);

        await using var _ = storage;
        Assert.Empty(recovered.Replicas);
        Assert.Empty(recovered.Facts);
    }

    [Theory]
    [InlineData(StorageProvider.Sqlite)]
    [InlineData(StorageProvider.PostgreSql)]
    public async Task What_was_appended_lands_in_order_and_is_read_back(StorageProvider provider)
    {
        using var database = TestDatabase.Create(provider);
        var (storage, _) = await TestStorage.StartAndRecover(database.Options);
        var shard = new TestShard(storage);

        for (var i = 0; i < 200; i++)
        {
            await shard.Increment(new ReplicaAddress(3, i % 5), $"key-{i % 11}");
            if (i % 20 < 10) shard.Send();
            if (i % 50 == 49) await shard.Flush();
        }

        await shard.Flush();
        await storage.Close();
        var (again, recovered) = await TestStorage.StartAndRecover(database.Options);
        await using var _2 = again;

        Assert.Equal(shard.Positions.Order(), shard.Positions);
        Assert.True(recovered.Position >= shard.LastPosition);
        shard.AssertSame(recovered.Replicas);
    }
}
