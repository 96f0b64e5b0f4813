using GossipCluster.Actors.Storage;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace GossipCluster.Actors.Tests.Storage;

/// <summary>A database of one test: a directory, or a database of its own on the server that <see cref="Variable"/> names.</summary>
internal sealed class TestDatabase : IDisposable
{
    public const string Variable = "GOSSIPCLUSTER_POSTGRES";

    private readonly string _name = "gossip_" + Guid.NewGuid().ToString("N");
    private readonly string? _server;

    private TestDatabase(StorageProvider provider)
    {
        var directory = Path.Combine(Path.GetTempPath(), _name);
        Options = new StorageOptions
        {
            Provider = provider,
            DataDirectory = directory,
            BackoffMin = TimeSpan.FromMilliseconds(20),
            BackoffMax = TimeSpan.FromMilliseconds(200),
        };
        if (provider == StorageProvider.Sqlite) return;
        _server = Environment.GetEnvironmentVariable(Variable);
        Assert.SkipWhen(string.IsNullOrEmpty(_server), $"No PostgreSQL: set {Variable} to a connection string of a user who may create databases.");
        Execute($"CREATE DATABASE {_name}");
        Options = Options with { Owner = "node-a", ConnectionString = new NpgsqlConnectionStringBuilder(_server) { Database = _name, MaxPoolSize = 10 }.ToString() };
    }

    public StorageOptions Options { get; }

    public string LogPath => Path.Combine(Options.DataDirectory, StorageConfig.LogFile);

    public string SnapshotPath => Path.Combine(Options.DataDirectory, StorageConfig.SnapshotFile);

    public static TestDatabase Create(StorageProvider provider) => new(provider);

    /// <summary>A statement on the log's database, by another hand than the storage's.</summary>
    public int OnLog(string sql) => On(LogPath, sql);

    public int OnSnapshots(string sql) => On(SnapshotPath, sql);

    public long CountOnLog(string sql) => Count(LogPath, sql);

    public long CountOnSnapshots(string sql) => Count(SnapshotPath, sql);

    public System.Data.Common.DbConnection OpenLog() => Open(LogPath);

    public void Dispose()
    {
        if (_server is not null)
        {
            NpgsqlConnection.ClearAllPools();
            Execute($"DROP DATABASE {_name} WITH (FORCE)");
            return;
        }

        foreach (var path in new[] { LogPath, SnapshotPath })
        {
            using var connection = new SqliteConnection($"Data Source={path}");
            SqliteConnection.ClearPool(connection);
        }

        if (Directory.Exists(Options.DataDirectory)) Directory.Delete(Options.DataDirectory, recursive: true);
    }

    private int On(string path, string sql)
    {
        using var connection = Open(path);
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteNonQuery();
    }

    private long Count(string path, string sql)
    {
        using var connection = Open(path);
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(command.ExecuteScalar(), System.Globalization.CultureInfo.InvariantCulture);
    }

    private System.Data.Common.DbConnection Open(string path)
    {
        System.Data.Common.DbConnection connection =
            Options.Provider == StorageProvider.Sqlite ? new SqliteConnection($"Data Source={path};Pooling=False") : new NpgsqlConnection(Options.ConnectionString);
        connection.Open();
        return connection;
    }

    private void Execute(string sql)
    {
        using var connection = new NpgsqlConnection(_server);
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }
}
