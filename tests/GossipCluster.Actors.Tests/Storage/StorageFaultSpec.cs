using DataType = GossipCluster.Core.DataTypes.DataType;
using System.Collections.Concurrent;
using System.Data.Common;
using Akka.Actor;
using Akka.Persistence.Sql.Config;
using GossipCluster.Actors.Replicas;
using GossipCluster.Actors.Storage;
using GossipCluster.Core.DataTypes;
using LinqToDB;
using LinqToDB.Interceptors;
using Microsoft.Data.Sqlite;

namespace GossipCluster.Actors.Tests.Storage;

/// <summary>What disks and databases do to a storage, and that nothing is lost by it, nothing applied twice, and the order kept.</summary>
public sealed class StorageFaultSpec
{
    private static readonly ReplicaAddress Address = new(3, 7);

    [Fact]
    public async Task A_database_that_hangs_is_waited_for()
    {
        using var database = TestDatabase.Create(StorageProvider.Sqlite);
        var options = Impatient(database);
        var (storage, _) = await TestStorage.StartAndRecover(options);
        var shard = new TestShard(storage);
        await shard.Increment(Address, "before");
        await shard.Flush();

        using (WriteLock(database))
        {
            for (var i = 0; i < 20; i++)
            {
                await shard.Increment(Address, $"key-{i}");
                shard.Send();
            }

            Assert.False((await storage.Disk.Next()).TakesWrites);
            await Task.Delay(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken);
        }

        await shard.Flush();
        await UntilWritable(storage);
        await AssertReadBack(database, storage, shard);
    }

    [Fact]
    public async Task A_full_disk_is_waited_for()
    {
        using var database = TestDatabase.Create(StorageProvider.Sqlite);
        var disk = new SmallDisk();
        var (storage, _) = await TestStorage.StartAndRecover(Impatient(database), new CommitLogSessionSetup(disk.Limit));
        var shard = new TestShard(storage);
        await shard.Increment(Address, "before");
        await shard.Flush();

        var pages = database.CountOnLog("PRAGMA page_count");
        disk.Fill(pages + 2);
        for (var i = 0; i < 20; i++)
        {
            await shard.Open(Address);
            shard.Write(Address, DataType.Register, $"key-{i}", Operation.AssignText(new string('x', 2000)));
            shard.Send();
        }

        Assert.False((await storage.Disk.Next()).TakesWrites);
        disk.Clear();
        await shard.Flush();
        await UntilWritable(storage);
        await AssertReadBack(database, storage, shard);
    }

    [Theory]
    [InlineData(StorageProvider.Sqlite)]
    [InlineData(StorageProvider.PostgreSql)]
    public async Task An_event_that_landed_unheard_is_written_again_and_applied_once(StorageProvider provider)
    {
        using var database = TestDatabase.Create(provider);
        var storage = TestStorage.Start(database.Options, (id, parent) => Props.Create(() => new ForgetfulWriter(id, parent)));
        await storage.Recover();
        var shard = new TestShard(storage);

        for (var i = 0; i < 30; i++)
        {
            await shard.Increment(Address, "key");
            if (i == 15)
            {
                await shard.Flush();
                shard.Replicas[Address].StageEmptied();
                await shard.Flush();
            }

            shard.Send();
        }

        await shard.Flush();
        await AssertReadBack(database, storage, shard);
        Assert.True(database.CountOnLog("SELECT COUNT(*) FROM commit_log") > shard.Positions.Distinct().Count() + 1);
    }

    [Fact]
    public async Task What_is_refused_for_certain_is_said_to_be_so_once_with_all_that_followed()
    {
        using var database = TestDatabase.Create(StorageProvider.Sqlite);
        var refuses = new ConcurrentQueue<bool>([false, false, true, false, true]);
        var storage = TestStorage.Start(database.Options, (id, parent) => Props.Create(() => new RefusingWriter(id, parent, refuses)));
        await storage.Recover();
        var (shard, other) = (new TestShard(storage), new TestShard(storage));
        await shard.Increment(Address, "kept");
        await shard.Flush();

        for (var i = 0; i < 30; i++)
        {
            await shard.Increment(Address, $"key-{i}");
            shard.Send();
            await other.Increment(new ReplicaAddress(2, 1), $"key-{i}");
            other.Send();
        }

        await shard.Flush();
        await other.Flush();
        await shard.Increment(Address, "after");
        await shard.Flush();
        await storage.Close();
        var (again, recovered) = await TestStorage.StartAndRecover(database.Options);
        await using var _ = again;

        TestShard.AssertSame(shard.Replicas[Address], recovered.Replicas[Address], withCounter: false);
        TestShard.AssertSame(other.Replicas[new ReplicaAddress(2, 1)], recovered.Replicas[new ReplicaAddress(2, 1)], withCounter: false);
        Assert.True(shard.NotLandedCount + other.NotLandedCount >= 2);
    }

    [Fact]
    public async Task Too_many_bytes_that_wait_are_told_and_kept()
    {
        using var database = TestDatabase.Create(StorageProvider.Sqlite);
        var (storage, _) = await TestStorage.StartAndRecover(database.Options with { AppendBytesMax = 64 << 10 });
        var shard = new TestShard(storage);
        await shard.Open(Address);

        using (WriteLock(database))
        {
            for (var i = 0; i < 60; i++)
            {
                shard.Write(Address, DataType.Register, $"key-{i}", Operation.AssignText(new string('x', 2000)));
                shard.Send();
            }

            var disk = await storage.Disk.Next();
            Assert.False(disk.TakesWrites);
            Assert.Contains("wait", disk.Sentence, StringComparison.Ordinal);
        }

        await shard.Flush();
        await UntilWritable(storage);
        await AssertReadBack(database, storage, shard);
    }

    [Theory]
    [InlineData("UPDATE commit_log SET message = zeroblob(length(message)) WHERE sequence_number = 5", "position 5")]
    [InlineData("UPDATE commit_log SET message = substr(message, 1, length(message) / 2) WHERE sequence_number = 5", "position 5")]
    [InlineData("DELETE FROM commit_log WHERE sequence_number = 5", "position 6 follows 5")]
    [InlineData("DELETE FROM commit_log WHERE sequence_number < 5", "position 5 follows 4")]
    [InlineData("UPDATE commit_log SET manifest = 'new' WHERE sequence_number = 5", "'new'")]
    public async Task A_damaged_log_is_told_and_not_passed_over(string damage, string sentence)
    {
        using var database = TestDatabase.Create(StorageProvider.Sqlite);
        var (storage, _) = await TestStorage.StartAndRecover(database.Options);
        var shard = new TestShard(storage);
        for (var i = 0; i < 10; i++)
        {
            await shard.Increment(Address, "key");
            await shard.Flush();
        }

        await storage.Close();
        Assert.True(database.OnLog(damage) > 0);

        await using var again = TestStorage.Start(database.Options);
        var damaged = await Assert.ThrowsAsync<InvalidOperationException>(again.Recover);
        Assert.Contains(sentence, damaged.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(StorageProvider.Sqlite)]
    [InlineData(StorageProvider.PostgreSql)]
    public async Task A_second_process_is_kept_out_until_the_first_has_gone(StorageProvider provider)
    {
        using var database = TestDatabase.Create(provider);
        var (first, _) = await TestStorage.StartAndRecover(database.Options);
        var shard = new TestShard(first);
        await shard.Increment(Address, "key");
        await shard.Flush();

        await using var second = TestStorage.Start(database.Options);
        var disk = await second.Disk.Next();
        Assert.False(disk.TakesWrites);
        Assert.Contains("in use", disk.Sentence, StringComparison.Ordinal);

        await first.Close();
        shard.AssertSame((await second.Recover()).Replicas);
    }

    [Fact]
    public async Task Every_connection_waits_for_the_disk()
    {
        using var database = TestDatabase.Create(StorageProvider.Sqlite);
        var options = database.Options with { TailBytesMax = 16 << 10, TailPercentOfSnapshots = 0, FreeBytesMax = 0 };
        var watch = new SynchronousWatch();
        var setup = new MultiDataOptionsSetup();
        foreach (var (plugin, file) in new[] { (StorageConfig.JournalPluginId, StorageConfig.LogFile), (StorageConfig.SnapshotPluginId, StorageConfig.SnapshotFile) })
        {
            setup.AddDataOptions(plugin, new DataOptions().UseConnectionString(ProviderName.SQLiteMS, StorageConfig.ConnectionString(options, file)).UseInterceptor(watch));
        }

        var (storage, _) = await TestStorage.StartAndRecover(options, setup, new CommitLogSessionSetup(watch.See));
        await using var _2 = storage;
        var shard = new TestShard(storage);
        await shard.Open(Address);
        for (var i = 0; shard.SnapshotCount < 2; i++)
        {
            shard.Write(Address, DataType.Register, $"key-{i % 5}", Operation.AssignText(new string('x', 1000)));
            await shard.Flush();
            shard.Replicas[Address].Trim(shard.Replicas[Address].Clock);
        }

        Assert.True(watch.Levels.Count > 5);
        Assert.Equal(["full"], watch.Levels.Distinct());
        Assert.Contains(watch.Files, file => file.EndsWith(StorageConfig.LogFile, StringComparison.Ordinal));
        Assert.Contains(watch.Files, file => file.EndsWith(StorageConfig.SnapshotFile, StringComparison.Ordinal));
    }

    private static StorageOptions Impatient(TestDatabase database) =>
        database.Options with { WriteOverdueAfter = TimeSpan.FromMilliseconds(200), CallTimeout = TimeSpan.FromSeconds(1) };

    private static async Task UntilWritable(TestStorage storage)
    {
        while (!(await storage.Disk.Next()).TakesWrites)
        {
        }
    }

    private static async Task AssertReadBack(TestDatabase database, TestStorage storage, TestShard shard)
    {
        Assert.Equal(shard.Positions.Order(), shard.Positions);
        await storage.Close();
        var (again, recovered) = await TestStorage.StartAndRecover(database.Options);
        await using var _ = again;
        shard.AssertSame(recovered.Replicas);
    }

    private static SqliteConnection WriteLock(TestDatabase database)
    {
        var connection = new SqliteConnection($"Data Source={database.LogPath};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "BEGIN IMMEDIATE";
        command.ExecuteNonQuery();
        return connection;
    }

    /// <summary>A bound for the log's file. It is a property of a connection, and after a failure there is a new one.</summary>
    private sealed class SmallDisk
    {
        private const long Plenty = 1_000_000;

        private DbConnection? _connection;
        private long _pages = Plenty;

        /// <summary>From now on, while nothing is being written.</summary>
        public void Fill(long pages)
        {
            Volatile.Write(ref _pages, pages);
            Limit(_connection!);
        }

        /// <summary>From the next connection on.</summary>
        public void Clear() => Volatile.Write(ref _pages, Plenty);

        public void Limit(DbConnection connection)
        {
            _connection = connection;
            using var command = connection.CreateCommand();
            command.CommandText = $"PRAGMA max_page_count = {Volatile.Read(ref _pages)}";
            command.ExecuteNonQuery();
        }
    }

    /// <summary>The real writer, whose answer is lost again and again after the event has landed.</summary>
    private sealed class ForgetfulWriter : ReceiveActor
    {
        private static int _heard;

        public ForgetfulWriter(string id, IActorRef storage)
        {
            var writer = Context.ActorOf(CommitLogWriterActor.CreateProps(id, Self));
            Receive<CommitLogWriterActor.Ready>(ready => storage.Tell(ready));
            Receive<CommitLogWriterActor.Write>(write => writer.Tell(write));
            Receive<CommitLogWriterActor.Compare>(compare => writer.Tell(compare));
            Receive<CommitLogWriterActor.Compared>(compared => storage.Tell(compared));
            Receive<CommitLogWriterActor.Written>(written =>
            {
                if (Interlocked.Increment(ref _heard) % 3 == 0) Context.Stop(Self);
                else storage.Tell(written);
            });
        }
    }

    /// <summary>The real writer, some of whose events a journal refuses.</summary>
    private sealed class RefusingWriter : ReceiveActor
    {
        public RefusingWriter(string id, IActorRef storage, ConcurrentQueue<bool> refuses)
        {
            var writer = Context.ActorOf(CommitLogWriterActor.CreateProps(id, Self));
            Receive<CommitLogWriterActor.Ready>(ready => storage.Tell(ready));
            Receive<CommitLogWriterActor.Written>(written => storage.Tell(written));
            Receive<CommitLogWriterActor.Write>(write =>
            {
                if (refuses.TryDequeue(out var isRefused) && isRefused) storage.Tell(new CommitLogWriterActor.Rejected(write.Event.Number, "Refused by the test."));
                else writer.Tell(write);
            });
        }
    }

    private sealed class SynchronousWatch : ConnectionInterceptor
    {
        public ConcurrentQueue<string> Levels { get; } = [];

        public ConcurrentQueue<string> Files { get; } = [];

        public override void ConnectionOpened(ConnectionEventData eventData, DbConnection connection) => See(connection);

        public void See(DbConnection connection)
        {
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA synchronous";
            Levels.Enqueue(Convert.ToInt64(command.ExecuteScalar(), System.Globalization.CultureInfo.InvariantCulture) == 2 ? "full" : "less");
            Files.Enqueue(connection.DataSource);
        }

        public override Task ConnectionOpenedAsync(ConnectionEventData eventData, DbConnection connection, CancellationToken cancellationToken)
        {
            ConnectionOpened(eventData, connection);
            return Task.CompletedTask;
        }
    }
}
