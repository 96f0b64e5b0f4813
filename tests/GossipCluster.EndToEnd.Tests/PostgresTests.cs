using GossipCluster.MultiNode.TestKit;
using Npgsql;

namespace GossipCluster.EndToEnd.Tests;

/// <summary>Three nodes that keep their data on one PostgreSQL server, each under its own name.</summary>
public sealed class PostgresTests : ClusterTest
{
    private const string Variable = "GOSSIPCLUSTER_POSTGRES";
    private readonly string _database = "gossip_" + Guid.NewGuid().ToString("N");
    private string? _server;

    public override async ValueTask InitializeAsync()
    {
        _server = Environment.GetEnvironmentVariable(Variable);
        Assert.SkipWhen(string.IsNullOrEmpty(_server), $"No PostgreSQL: set {Variable} to a connection string of a user who may create databases.");
        await ExecuteAsync($"CREATE DATABASE {_database}");
    }

    [Fact]
    public async Task On_PostgreSQL_too_killing_all_nodes_at_once_under_load_loses_no_acknowledged_write()
    {
        var connection = new NpgsqlConnectionStringBuilder(_server) { Database = _database, MaxPoolSize = 10 }.ToString();
        var cluster = await StartCompleteAsync(3, new ClusterPlan { Extra = ["--storage-provider", "postgresql", "--storage-connection-string", connection] });
        using var load = new Load(cluster, Cancel);
        await load.RunUntilAsync(Load.Duration / 2, Cancel);

        await Task.WhenAll(cluster.Select(node => node.KillAsync()));
        await load.StopAsync();
        foreach (var node in cluster) await node.RestartAsync(emptyDisk: true);
        await cluster.WaitRingCompleteAsync(TimeSpan.FromSeconds(60), Cancel);

        foreach (var node in cluster) await load.AssertNothingLostAsync(node, Cancel);
    }

    protected override async ValueTask CleanUpAsync()
    {
        if (string.IsNullOrEmpty(_server)) return;
        NpgsqlConnection.ClearAllPools();
        await ExecuteAsync($"DROP DATABASE IF EXISTS {_database} WITH (FORCE)");
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_server);
        await connection.OpenAsync(Cancel);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancel);
    }
}
