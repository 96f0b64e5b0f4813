using System.Text;
using Akka.Actor;
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

    [Theory]
    [InlineData(StorageProvider.Sqlite)]
    [InlineData(StorageProvider.PostgreSql)]
    public async Task Facts_are_kept_the_latest_of_each_name(StorageProvider provider)
    {
        using var database = TestDatabase.Create(provider);
        var (storage, _) = await TestStorage.StartAndRecover(database.Options);
        foreach (var (name, value) in new[] { ("a", "1"), ("b", "1"), ("a", "2"), ("c", "1"), ("b", "") })
        {
            var put = await storage.Ask<StorageProtocol.FactPut>(new StorageProtocol.PutFact(name, Encoding.UTF8.GetBytes(value)));
            Assert.Equal(name, put.Name);
        }

        await storage.Kill();
        var (again, recovered) = await TestStorage.StartAndRecover(database.Options);
        await using var _2 = again;

        Assert.Equal("a=2 c=1", string.Join(' ', recovered.Facts.OrderBy(fact => fact.Key, StringComparer.Ordinal).Select(fact => $"{fact.Key}={Encoding.UTF8.GetString(fact.Value.Span)}")));
    }

    [Fact]
    public async Task Facts_out_of_bounds_are_refused()
    {
        using var database = TestDatabase.Create(StorageProvider.Sqlite);
        var (storage, _) = await TestStorage.StartAndRecover(database.Options with { FactsBytesMax = 64 << 10 });
        await using var _2 = storage;

        foreach (var (name, bytes) in new[] { ("", 1), (new string('n', 257), 1), ("large", (1 << 20) + 1), ("all", 64 << 10) })
        {
            Assert.Equal(name, (await storage.Ask<StorageProtocol.FactNotPut>(new StorageProtocol.PutFact(name, new byte[bytes]))).Name);
        }

        await storage.Ask<StorageProtocol.FactPut>(new StorageProtocol.PutFact("small", new byte[60 << 10]));
    }

    [Theory]
    [InlineData(StorageProvider.Sqlite)]
    [InlineData(StorageProvider.PostgreSql)]
    public async Task A_shard_that_starts_anew_gets_its_replicas_once_all_it_had_sent_is_decided(StorageProvider provider)
    {
        using var database = TestDatabase.Create(provider);
        var (storage, _) = await TestStorage.StartAndRecover(database.Options);
        await using var _2 = storage;
        var (failed, other) = (new TestShard(storage), new TestShard(storage));
        for (var i = 0; i < 30; i++)
        {
            await failed.Increment(new ReplicaAddress(3, 2 * (i % 3)), $"key-{i}");
            await other.Increment(new ReplicaAddress(3, 1), $"key-{i}");
            failed.Send();
            other.Send();
        }

        // Its answers are never heard: it has failed.
        storage.Actor.Tell(new StorageProtocol.RecoverShard(0, 2), failed.Actor);
        var recovered = await failed.ListenFor<StorageProtocol.Recovered>();

        Assert.False(failed.HasUnanswered);
        failed.AssertSame(recovered.Replicas);
        Assert.True(recovered.Position >= failed.LastPosition);
        await other.Flush();
        var next = new TestShard(storage, recovered);
        await next.Increment(new ReplicaAddress(3, 0), "more");
        await next.Flush();
    }

    [Fact]
    public async Task A_closed_storage_takes_nothing_more()
    {
        using var database = TestDatabase.Create(StorageProvider.Sqlite);
        var (storage, _) = await TestStorage.StartAndRecover(database.Options);
        await using var _2 = storage;
        var shard = new TestShard(storage);
        await shard.Increment(Address, "kept");
        shard.Send();
        await storage.Ask<StorageProtocol.Closed>(StorageProtocol.Close.Instance);
        await shard.Flush();

        await shard.Increment(Address, "late");
        await shard.Flush();

        Assert.Equal(1, shard.NotLandedCount);
        Assert.False(File.Exists(database.LogPath + "-wal") && new FileInfo(database.LogPath + "-wal").Length > 0);
    }

    [Fact]
    public void Wrong_options_are_told_all_at_once()
    {
        var options = new StorageOptions { Provider = StorageProvider.PostgreSql, EventBytesMax = 1, BackoffMin = TimeSpan.FromSeconds(11), CallTimeout = TimeSpan.Zero };

        var wrong = Assert.Throws<InvalidOperationException>(() => StorageConfig.Hocon(options)).Message;

        foreach (var name in new[] { nameof(options.ConnectionString), nameof(options.EventBytesMax), nameof(options.BackoffMin), nameof(options.CallTimeout) }) Assert.Contains(name, wrong, StringComparison.Ordinal);
        Assert.Empty(new StorageOptions().Problems());
    }
}
