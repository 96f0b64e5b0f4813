using Npgsql;

namespace GossipCluster.EndToEnd.Tests;

/// <summary>A database of one test's own on the server that <see cref="Variable"/> names. Disposing it drops it.</summary>
internal sealed class PostgresDatabase : IAsyncDisposable
{
    /// <summary>Where the server's connection string is: of a user who may create databases.</summary>
    public const string Variable = "GOSSIPCLUSTER_POSTGRES";

    private readonly string _name = "gossip_" + Guid.NewGuid().ToString("N");
    private readonly string _server;

    private PostgresDatabase(string server) => _server = server;

    /// <summary>For nodes.</summary>
    public NpgsqlConnectionStringBuilder Connection => new(_server) { Database = _name, MaxPoolSize = 10 };

    /// <summary>Makes it, or skips the test, and says why, where there is no server.</summary>
    public static async Task<PostgresDatabase> CreateAsync(CancellationToken cancel)
    {
        var server = Environment.GetEnvironmentVariable(Variable);
        Assert.SkipWhen(string.IsNullOrEmpty(server), $"No PostgreSQL: set {Variable} to a connection string of a user who may create databases.");
        var database = new PostgresDatabase(server!);
        await database.ExecuteAsync($"CREATE DATABASE {database._name}", cancel);
        return database;
    }

    /// <summary>With what a node is started that keeps its data there.</summary>
    public static IReadOnlyList<string> Arguments(NpgsqlConnectionStringBuilder connection) => ["--storage-provider", "postgresql", "--storage-connection-string", connection.ToString()];

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        await ExecuteAsync($"DROP DATABASE IF EXISTS {_name} WITH (FORCE)", CancellationToken.None);
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancel)
    {
        await using var connection = new NpgsqlConnection(_server);
        await connection.OpenAsync(cancel);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancel);
    }
}
