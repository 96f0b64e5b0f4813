using System.Diagnostics;
using GossipCluster.Client;
using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.EndToEnd.Tests.Specs;

/// <summary>A cluster on PostgreSQL, and one node to which the server does not answer. SQLite that hangs: <see cref="FaultSpec"/>.</summary>
public sealed class PostgresHangSpec : MultiNodeSpec
{
    private const int Counters = 1_000;
    private const string Bucket = "pages";
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(15);
    private PostgresDatabase? _database;
    private ByteRelay? _relay;

    /// <summary>Within the journal's patience the write under way just takes long. Beyond it the connection, and with it the lock, is given up, and what was sent over it lands late.</summary>
    [Theory(DisplayName = "A PostgreSQL that hangs for 15 s for one node costs its clients a wait and no write; it says so, the others go on, and it goes on by itself")]
    [InlineData("30s")]
    [InlineData("5s")]
    public async Task A_server_that_hangs(string callTimeout)
    {
        TakesLong();
        _database = await PostgresDatabase.CreateAsync(Cancel);
        var direct = _database.Connection;
        Assert.SkipUnless(direct.Host is { } host && host[0] != '/' && !host.Contains(','), "The relay needs a server with one address.");
        _relay = ByteRelay.To(direct.Host!, direct.Port);
        var relayed = _database.Connection;
        (relayed.Host, relayed.Port) = ("127.0.0.1", _relay.Port);
        var cluster = await StartCompleteAsync(3, new ClusterPlan
        {
            ExtraOf = name => PostgresDatabase.Arguments(name == "n3" ? relayed : direct),
            Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["GOSSIPCLUSTER__STORAGE__CALL_TIMEOUT"] = callTimeout },
        });
        var (one, two, waiting) = (cluster[0], cluster[1], cluster[2]);
        await Healing.IncrementAsync(waiting, Counters, 1, Cancel);

        _relay.Hold();
        var hung = Stopwatch.StartNew();

        // The first to meet it is with the server: nobody knows whether it is done, so nobody does it in its place. Its client waits.
        using var patient = new GossipClusterClient(new GossipClusterClientOptions { Nodes = [waiting.Url], RequestTimeout = Patience });
        var first = patient.Counters.IncrementAsync(Bucket, "home", 1, new WriteOptions { Timeout = Patience }, Cancel);
        await Eventually.TrueAsync(
            async token => await waiting.Client.ReadinessAsync(token) is var readiness && readiness.IsReady && readiness.Sentence.Contains("its own disk takes none", StringComparison.Ordinal) ? null : readiness.Sentence,
            Patience, Cancel);

        // Nobody misses the node: whoever is asked, the other two have it.
        await Healing.IncrementAsync(one, Counters, 1, Cancel);
        await Healing.IncrementAsync(waiting, Counters, 1, Cancel);
        Assert.Equal(2, (await waiting.Client.Sets.AddAsync(Bucket, "seen", "meanwhile", cancel: Cancel)).Copies);
        var shown = await GossipCli.RunAsync(one, ["cluster", "show"], Cancel);
        Assert.True(shown.ExitCode == 0 && shown.Output.Contains("[node:n3]", StringComparison.Ordinal) && !shown.Output.Contains("unreachable", StringComparison.Ordinal), shown.Output + shown.Error);
        if (callTimeout == "5s")
        {
            await Eventually.TrueAsync(
                async token => (await waiting.LogAsync(token)).Contains("The log's writer stops", StringComparison.Ordinal) ? null : "the connection is not given up", Patience, Cancel);
        }

        if (Hang - hung.Elapsed is { Ticks: > 0 } left) await Task.Delay(left, Cancel);
        Assert.False(first.IsCompleted, $"the first write has ended: {(first.IsFaulted ? first.Exception.InnerException!.Message : "it was acknowledged")}");

        _relay.Release();
        await first;
        await Eventually.TrueAsync(
            async token => (await waiting.Client.ReadinessAsync(token)).Sentence is var sentence && sentence.Contains("Serves reads and writes.", StringComparison.Ordinal) ? null : sentence, Patience, Cancel);
        await Healing.WaitConvergedAsync(cluster, Patience, Cancel);
        Assert.Equal(3, (await waiting.Client.Sets.AddAsync(Bucket, "seen", "after", new WriteOptions { PW = Quorum.All }, Cancel)).Copies);

        // All of it is with the server, and nothing twice: it is read back, and asked while it is alone.
        await waiting.KillAsync();
        await waiting.RestartAsync(emptyDisk: true);
        await cluster.WaitRingCompleteAsync(Patience, Cancel);
        await Healing.WaitConvergedAsync(cluster, Patience, Cancel);
        await Task.WhenAll(one.KillAsync(), two.KillAsync());
        await Healing.AssertCountersAsync(waiting, Counters, 3, Cancel);
        Assert.Equal(1, (await waiting.Client.Counters.ReadAsync(Bucket, "home", cancel: Cancel)).Value);
        Assert.Equal(["after", "meanwhile"], (await waiting.Client.Sets.ReadAsync(Bucket, "seen", cancel: Cancel)).Value!);
    }

    protected override async ValueTask CleanUpAsync()
    {
        if (_relay is not null) await _relay.DisposeAsync();
        if (_database is not null) await _database.DisposeAsync();
    }
}
