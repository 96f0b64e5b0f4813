using System.Diagnostics;
using Akka.Actor;
using GossipCluster.Actors.Replicas;
using GossipCluster.Actors.Storage;
using Npgsql;

namespace GossipCluster.Actors.Tests.Storage;

/// <summary>What a PostgreSQL server does to a node's lock and connection, and that two processes never write side by side.</summary>
public sealed class StorageServerSpec
{
    private static readonly ReplicaAddress Address = new(3, 7);

    [Fact]
    public async Task A_lock_that_is_lost_while_nothing_is_written_is_noticed_and_taken_again()
    {
        using var database = TestDatabase.Create(StorageProvider.PostgreSql);
        var (storage, _) = await TestStorage.StartAndRecover(database.Options with { LockCheckInterval = TimeSpan.FromMilliseconds(100) });
        var shard = new TestShard(storage);
        await shard.Increment(Address, "before");
        await shard.Flush();

        var lost = Session(database);
        Terminate(database);
        Assert.False((await storage.Disk.Next()).TakesWrites);
        Assert.True((await storage.Disk.Next()).TakesWrites);
        Assert.NotEqual(lost, Session(database));

        await shard.Increment(Address, "after");
        await shard.Flush();
        await AssertReadBack(database, storage, shard);
    }

    [Fact]
    public async Task A_lock_that_is_lost_under_load_costs_nothing_but_waiting()
    {
        using var database = TestDatabase.Create(StorageProvider.PostgreSql);
        var (storage, _) = await TestStorage.StartAndRecover(database.Options);
        var shard = new TestShard(storage);
        for (var i = 0; i < 60; i++)
        {
            await shard.Increment(Address, $"key-{i % 7}");
            shard.Send();
            if (i % 20 == 10) Terminate(database);
            if (i % 5 == 0) await shard.Flush();
        }

        await shard.Flush();
        Assert.Equal(0, shard.NotLandedCount);
        await AssertReadBack(database, storage, shard);
    }

    [Fact]
    public async Task Who_lost_the_lock_to_another_process_writes_nothing_beside_it_and_reads_everything_back()
    {
        using var database = TestDatabase.Create(StorageProvider.PostgreSql);
        var patient = database.Options with { BackoffMin = TimeSpan.FromSeconds(1), BackoffMax = TimeSpan.FromSeconds(1), LockCheckInterval = TimeSpan.FromMilliseconds(100) };
        var (first, _) = await TestStorage.StartAndRecover(patient);
        await using var _1 = first;
        var ended = first.Watch();
        var shard = new TestShard(first);
        await shard.Increment(Address, "of the first");
        await shard.Flush();

        // The second waits in line; the first asks again only after a second.
        var second = TestStorage.Start(database.Options);
        var refused = await second.Disk.Next();
        Assert.Contains("in use", refused.Sentence, StringComparison.Ordinal);
        Terminate(database);
        var recovered = await second.Recover();
        shard.AssertSame(recovered.Replicas);
        var other = new TestShard(second, recovered);

        await shard.Increment(Address, "of the first, too late");
        shard.Send();
        for (var i = 0; i < 20; i++)
        {
            await other.Increment(Address, $"of the second {i}");
            await other.Flush();
        }

        string sentence;
        do
        {
            sentence = (await first.Disk.Next()).Sentence;
        }
        while (!sentence.Contains("in use", StringComparison.Ordinal));
        Assert.False(ended.IsCompleted);

        // While it tries, and only then, it has a connection of its own.
        await OnceAsync(() => database.CountOnLog("SELECT COUNT(DISTINCT application_name) FROM pg_stat_activity WHERE application_name LIKE 'gossip-cluster-%' AND datname = current_database()") == 1);

        // What the first had in memory is no longer what is on disk: it ends, for its node to start it anew.
        await second.Close();
        await ended.WaitAsync(TestStorage.Patience, TestContext.Current.CancellationToken);
        var (again, all) = await TestStorage.StartAndRecover(database.Options);
        await using var _2 = again;
        other.AssertSame(all.Replicas);
    }

    [Fact]
    public async Task A_server_that_hangs_is_a_disk_that_hangs()
    {
        using var database = TestDatabase.Create(StorageProvider.PostgreSql);
        var (storage, _) = await TestStorage.StartAndRecover(database.Options with { WriteOverdueAfter = TimeSpan.FromMilliseconds(200), CallTimeout = TimeSpan.FromSeconds(1) });
        var shard = new TestShard(storage);
        await shard.Increment(Address, "before");
        await shard.Flush();

        var process = Session(database);
        Assert.SkipUnless(IsHere(process), "The server is on another machine: its processes cannot be stopped from here.");
        Signal(process, "STOP");
        try
        {
            await shard.Increment(Address, "meanwhile");
            shard.Send();
            Assert.Contains("slow", (await storage.Disk.Next()).Sentence, StringComparison.Ordinal);

            // Longer than the call may take: the connection is given up, and the server keeps the lock of the one that hangs.
            string sentence;
            do
            {
                sentence = (await storage.Disk.Next()).Sentence;
            }
            while (!sentence.Contains("earlier connection", StringComparison.Ordinal));
            Assert.True(shard.HasUnanswered);
        }
        finally
        {
            Signal(process, "CONT");
        }

        await shard.Flush();
        while (!(await storage.Disk.Next()).TakesWrites)
        {
        }

        await AssertReadBack(database, storage, shard);
    }

    private static async Task AssertReadBack(TestDatabase database, TestStorage storage, TestShard shard)
    {
        Assert.Equal(shard.Positions.Order(), shard.Positions);
        await storage.Close();
        var (again, recovered) = await TestStorage.StartAndRecover(database.Options);
        await using var _ = again;
        shard.AssertSame(recovered.Replicas);
    }

    // The connection that events are written over is the one that has the lock.
    private static int Session(TestDatabase database) => (int)database.CountOnLog(
        "SELECT l.pid FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE l.locktype = 'advisory' AND l.granted AND d.datname = current_database()");

    private static void Terminate(TestDatabase database) => database.CountOnLog($"SELECT count(pg_terminate_backend(pid)) FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE l.locktype = 'advisory' AND l.granted AND d.datname = current_database()");

    private static bool IsHere(int process) =>
        File.Exists($"/proc/{process}/cmdline") && File.ReadAllText($"/proc/{process}/cmdline").Contains("postgres", StringComparison.Ordinal);

    private static void Signal(int process, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", process.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    private static async Task OnceAsync(Func<bool> isTrue)
    {
        var end = DateTimeOffset.UtcNow + TestStorage.Patience;
        while (!isTrue())
        {
            Assert.True(DateTimeOffset.UtcNow < end, "It did not come true in time.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken);
        }
    }
}
