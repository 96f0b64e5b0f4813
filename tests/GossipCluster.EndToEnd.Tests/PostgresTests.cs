using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.EndToEnd.Tests;

/// <summary>Three nodes that keep their data on one PostgreSQL server, each under its own name.</summary>
public sealed class PostgresTests : ClusterTest
{
    private PostgresDatabase? _database;

    public override async ValueTask InitializeAsync() => _database = await PostgresDatabase.CreateAsync(Cancel);

    [Fact]
    public async Task On_PostgreSQL_too_killing_all_nodes_at_once_under_load_loses_no_acknowledged_write()
    {
        var cluster = await StartCompleteAsync(3, new ClusterPlan { Extra = PostgresDatabase.Arguments(_database!.Connection) });
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
        if (_database is not null) await _database.DisposeAsync();
    }
}
