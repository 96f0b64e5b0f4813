using System.Data.Common;
using System.Globalization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using GossipCluster.Actors.Replicas;
using GossipCluster.Actors.Storage;
using GossipCluster.Core.DataTypes;
using Microsoft.Data.Sqlite;
using SQLitePCL;
using DataType = GossipCluster.Core.DataTypes.DataType;

namespace GossipCluster.Actors.Tests.Storage;

/// <summary>The short way into the journal's table: its rows are those of Akka.Persistence.Sql, and what is refused for certain is refused.</summary>
public sealed class CommitLogJournalSpec
{
    private static readonly ReplicaAddress Address = new(3, 7);

    [Theory]
    [InlineData(StorageProvider.Sqlite)]
    [InlineData(StorageProvider.PostgreSql)]
    public async Task The_row_is_the_one_that_the_plugin_writes(StorageProvider provider)
    {
        using var database = TestDatabase.Create(provider);
        var (storage, _) = await TestStorage.StartAndRecover(database.Options);
        var shard = new TestShard(storage);
        await shard.Increment(Address, "key");
        await shard.Flush();
        await storage.Close();

        var written = Rows(database, "1 = 1");
        await WriteByPlugin(database.Options, Bytes(database));
        var byPlugin = Assert.Single(Rows(database, "persistence_id = 'by-plugin'"));
        Assert.NotEmpty(written);
        foreach (var row in written) Assert.Equal(byPlugin.Where(column => column.Key is not "message"), row.Where(column => column.Key is not "message"));
        Assert.Contains(byPlugin["message"], written.Select(row => row["message"]));
    }

    [Fact]
    public async Task An_event_that_is_too_large_is_refused_for_certain_and_the_next_is_not()
    {
        using var database = TestDatabase.Create(StorageProvider.Sqlite);
        var (storage, _) = await TestStorage.StartAndRecover(
            database.Options, new CommitLogSessionSetup(connection => raw.sqlite3_limit(((SqliteConnection)connection).Handle, raw.SQLITE_LIMIT_LENGTH, 100_000)));
        var (shard, other) = (new TestShard(storage), new TestShard(storage));
        await shard.Open(Address);
        shard.Write(Address, DataType.Register, "large", Operation.AssignText(new string('x', 200_000)));
        await shard.Flush();
        Assert.Equal(1, shard.NotLandedCount);

        await other.Increment(new ReplicaAddress(2, 1), "small");
        await other.Flush();
        await storage.Close();
        var (again, recovered) = await TestStorage.StartAndRecover(database.Options);
        await using var _2 = again;
        TestShard.AssertSame(other.Replicas[new ReplicaAddress(2, 1)], recovered.Replicas[new ReplicaAddress(2, 1)], withCounter: false);
        Assert.False(recovered.Replicas[Address].Keys.Any());
    }

    /// <summary>As the plugin does it, in a node of an earlier version: an unchanged journal and a persistent actor.</summary>
    private static async Task WriteByPlugin(StorageOptions options, byte[] bytes)
    {
        var config = ConfigurationFactory.ParseString($"{StorageConfig.JournalPluginId}.class = \"Akka.Persistence.Sql.Journal.SqlWriteJournal, Akka.Persistence.Sql\"")
            .WithFallback(StorageConfig.Hocon(options)).WithFallback(ConfigurationFactory.ParseString("akka { loglevel = OFF, stdout-loglevel = OFF }"));
        var system = ActorSystem.Create("by-plugin", config);
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        system.ActorOf(Props.Create(() => new Persisting(done))).Tell(new CommitLogEvent(bytes));
        await done.Task.WaitAsync(TestStorage.Patience, TestContext.Current.CancellationToken);
        await system.Terminate();
    }

    private static byte[] Bytes(TestDatabase database)
    {
        using var connection = database.OpenLog();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT message FROM commit_log ORDER BY ordering DESC";
        return (byte[])command.ExecuteScalar()!;
    }

    /// <summary>All columns but those that count; with SQLite the types that they have on disk, too.</summary>
    private static List<SortedDictionary<string, string>> Rows(TestDatabase database, string which)
    {
        using var connection = database.OpenLog();
        using var command = connection.CreateCommand();
        var type = connection is SqliteConnection ? "typeof" : "pg_typeof";
        command.CommandText = $"SELECT *, {string.Join(", ", ((string[])["created", "deleted", "persistence_id", "sequence_number", "message", "tags", "manifest", "identifier"]).Select(name => $"CAST({type}({name}) AS TEXT) AS type_{name}"))} FROM commit_log WHERE {which}";
        using DbDataReader reader = command.ExecuteReader();
        var rows = new List<SortedDictionary<string, string>>();
        while (reader.Read())
        {
            var row = new SortedDictionary<string, string>(StringComparer.Ordinal);
            for (var i = 0; i < reader.FieldCount; i++)
            {
                if (reader.GetName(i) is not ("ordering" or "created" or "persistence_id" or "sequence_number")) row[reader.GetName(i)] = Text(reader.GetValue(i));
            }

            Assert.InRange(new DateTime(reader.GetInt64(reader.GetOrdinal("created")), DateTimeKind.Utc), DateTime.UtcNow.AddMinutes(-5), DateTime.UtcNow.AddSeconds(1));
            rows.Add(row);
        }

        return rows;
    }

    private static string Text(object value) => value switch
    {
        byte[] bytes => Convert.ToHexString(bytes),
        DBNull => "NULL",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private sealed class Persisting : ReceivePersistentActor
    {
        public Persisting(TaskCompletionSource done)
        {
            (JournalPluginId, SnapshotPluginId) = (StorageConfig.JournalPluginId, StorageConfig.SnapshotPluginId);
            Command<CommitLogEvent>(written => Persist(written, _ => done.SetResult()));
        }

        public override string PersistenceId => "by-plugin";

        public override Recovery Recovery => Recovery.None;
    }
}
