using System.Globalization;
using System.Text.Json;
using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.Cli.Tests.Bench;

public sealed class BenchRunTests : ClusterTest
{
    [Fact]
    public async Task A_run_reports_what_the_nodes_counted()
    {
        var cluster = await StartCompleteAsync(nodes: 1, StandIns.Binary);

        var report = await BenchAsync(ExitCode.Done, "--node", Url(cluster), "--connections", "4", "--warmup", "0s", "--duration", "1s",
            "--mix", "increment=3,read=1", "--pids", cluster[0].ProcessId.ToString(CultureInfo.InvariantCulture));

        var increments = report.GetProperty("operations").GetProperty("increment");
        var counted = (await cluster[0].Client.Counters.ReadAsync("bench", "k00000000", cancel: Cancel)).Value;
        Assert.Equal(counted, increments.GetProperty("succeeded").GetInt64());
        Assert.Equal(counted, increments.GetProperty("outcomes").GetProperty("204").GetInt64());
        Assert.True(increments.GetProperty("latency_us").GetProperty("p50").GetInt64() > 0);
        Assert.True(report.GetProperty("cpu").GetProperty("us_per_operation").GetDouble() > 0);
    }

    [Fact]
    public async Task At_a_rate_as_many_operations_are_done_as_were_due()
    {
        var cluster = await StartCompleteAsync(nodes: 1, StandIns.Binary);

        var report = await BenchAsync(ExitCode.Done, "--node", Url(cluster), "--mix", "read", "--warmup", "1s", "--duration", "2s", "--rate", "200");

        Assert.InRange(report.GetProperty("total").GetProperty("succeeded").GetInt64(), 399, 401);
        Assert.Equal(0, report.GetProperty("not_sent").GetInt64());
    }

    [Fact]
    public async Task A_batch_counts_its_operations()
    {
        var cluster = await StartCompleteAsync(nodes: 1, StandIns.Binary);

        var report = await BenchAsync(ExitCode.Done, "--node", Url(cluster), "--warmup", "0s", "--duration", "1s", "--batch", "10", "--connections", "2");

        var total = report.GetProperty("total").GetProperty("succeeded").GetInt64();
        Assert.True(total > 0 && total % 10 == 0, $"{total} operations");
        Assert.Equal(total, report.GetProperty("operations").EnumerateObject().Sum(operation => operation.Value.GetProperty("succeeded").GetInt64()));
    }

    [Fact]
    public async Task Nodes_that_die_and_hang_are_counted_and_the_run_goes_on()
    {
        var cluster = await StartCompleteAsync(nodes: 3, StandIns.Binary);
        using var bench = new GossipProcess(Arguments("--node", string.Join(',', cluster.Select(node => node.Url.Authority).Select(node => $"http://{node}")),
            "--mix", "increment", "--warmup", "0s", "--duration", "4s", "--timeout", "1s", "--connections", "6"));
        var ended = bench.EndAsync(Cancel);
        foreach (var node in cluster)
        {
            await Eventually.TrueAsync(
                async token => (await node.Client.Counters.ReadAsync("bench", "k00000000", cancel: token)).Value > 0 ? null : $"no load on {node.Name}", TimeSpan.FromSeconds(10), Cancel);
        }

        await cluster[1].KillAsync();
        await cluster[2].PauseAsync();
        var (code, output, _) = await ended;

        var outcomes = JsonDocument.Parse(output).RootElement.GetProperty("total").GetProperty("outcomes");
        Assert.Equal(ExitCode.WithFailures, code);
        Assert.True(outcomes.GetProperty("204").GetInt64() > 0);
        Assert.True(outcomes.GetProperty("timeout").GetInt64() > 0);
        Assert.True(outcomes.GetProperty("connection").GetInt64() > 0);
    }

    [Fact]
    public async Task Without_a_cluster_it_says_how_to_start_one()
    {
        using var ports = PortRange.Take();
        using var bench = new GossipProcess(Arguments("--node", $"http://127.0.0.1:{ports.First}"));

        var (code, _, errors) = await bench.EndAsync(Cancel);

        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("Start a cluster with 'gossip dev'", errors, StringComparison.Ordinal);
    }

    private static string Url(ProcessCluster cluster) => cluster[0].Url.GetLeftPart(UriPartial.Authority);

    private static string[] Arguments(params string[] more) => ["bench", "--output", "json", .. more];

    private static async Task<JsonElement> BenchAsync(int expectedCode, params string[] more)
    {
        using var bench = new GossipProcess(Arguments(more));
        var (code, output, errors) = await bench.EndAsync(Cancel);
        Assert.True(code == expectedCode, $"exit code {code}: {output} {errors}");
        return JsonDocument.Parse(output).RootElement;
    }
}
