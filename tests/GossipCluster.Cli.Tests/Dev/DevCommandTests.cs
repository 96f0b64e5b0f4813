using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using GossipCluster.Cli.Processes;
using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.Cli.Tests.Dev;

public sealed class DevCommandTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly string _folder = Directory.CreateTempSubdirectory("gossip-test-").FullName;
    private readonly PortRange _ports = PortRange.Take();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(2)]
    [InlineData(15)]
    public async Task A_signal_stops_all_nodes_cleanly(int signal)
    {
        using var dev = Dev();
        var pids = Pids(await dev.EventAsync("ready", Cancel));
        Assert.Equal(3, pids.Length);

        using var kill = Process.Start("kill", $"-{signal} {dev.Id}");
        var stopped = await dev.EventAsync("stopped", Cancel);
        var (code, _, errors) = await dev.EndAsync(Cancel);

        Assert.Equal((ExitCode.Done, ""), (code, errors));
        Assert.All(stopped.GetProperty("nodes").EnumerateArray(), node => Assert.Equal("stopped", node.GetProperty("status").GetString()));
        Assert.All(pids, pid => Assert.False(IsRunning(pid)));
        Assert.Contains("n1 stopped", File.ReadAllText(Path.Combine(_folder, "logs", "n1.log")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Killed_without_a_chance_it_leaves_no_node_behind()
    {
        using var dev = Dev();
        var pids = Pids(await dev.EventAsync("ready", Cancel));

        Signal.Kill(dev.Id);

        await Eventually.TrueAsync(_ => Task.FromResult(pids.Any(IsRunning) ? "nodes still run" : null), TimeSpan.FromSeconds(5), Cancel);
    }

    [Fact]
    public async Task A_node_that_dies_is_reported_and_the_others_go_on()
    {
        using var dev = Dev();
        var pids = Pids(await dev.EventAsync("ready", Cancel));

        Signal.Kill(pids[1]);
        var died = await dev.EventAsync("died", Cancel);
        Signal.Terminate(dev.Id);
        var (code, _, _) = await dev.EndAsync(Cancel);

        Assert.Equal("n2", died.GetProperty("node").GetString());
        Assert.Equal(["ready", "ended by itself, signal 9", "ready"], died.GetProperty("nodes").EnumerateArray().Select(node => node.GetProperty("status").GetString()));
        Assert.Equal(ExitCode.WithFailures, code);
    }

    [Fact]
    public async Task A_node_that_does_not_come_up_ends_the_command_with_the_end_of_its_log()
    {
        using var dev = new GossipProcess(Arguments("text"), ("STAND_IN_DIES", "n2"));

        var (code, output, errors) = await dev.EndAsync(Cancel);

        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("n2: ended by itself, exit code 7.", output, StringComparison.Ordinal);
        Assert.Contains("This stand-in was told to die.", output, StringComparison.Ordinal);
        Assert.Contains("The cluster did not come up.", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named_before_anything_is_started()
    {
        using var other = new TcpListener(IPAddress.Loopback, _ports.First + 1);
        other.Start();
        using var dev = Dev();

        var (code, output, errors) = await dev.EndAsync(Cancel);

        Assert.Equal((ExitCode.Failed, ""), (code, output));
        Assert.Contains($"Port {_ports.First + 1} on 127.0.0.1 is in use.", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Data_survives_and_a_fresh_start_forgets_it()
    {
        foreach (var (more, expected) in ((string, long)[])[("--output=json", 1), ("--output=json", 2), ("--fresh", 1)])
        {
            using var dev = Dev(more);
            await dev.EventAsync("ready", Cancel);
            using var client = new Client.GossipClusterClient($"http://127.0.0.1:{_ports.First}");

            await client.Counters.IncrementAsync("pages", "home", cancel: Cancel);
            var read = await client.Counters.ReadAsync("pages", "home", cancel: Cancel);
            Signal.Terminate(dev.Id);
            await dev.EndAsync(Cancel);

            Assert.Equal(expected, read.Value);
        }
    }

    [Fact]
    public async Task A_wrong_argument_is_a_usage_error()
    {
        using var dev = new GossipProcess(["dev", "--nodes", "many"]);

        var (code, _, errors) = await dev.EndAsync(Cancel);

        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains("See: gossip dev --help", errors, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _ports.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static int[] Pids(JsonElement ready) => [.. ready.GetProperty("nodes").EnumerateArray().Select(node => node.GetProperty("pid").GetInt32())];

    private static bool IsRunning(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private GossipProcess Dev(params string[] more) => new([.. Arguments("json"), .. more.Except(["--output=json"], StringComparer.Ordinal)]);

    private string[] Arguments(string output) =>
    [
        "dev", "--data", _folder, "--output", output,
        "--port", _ports.First.ToString(CultureInfo.InvariantCulture),
        "--remote-port", (_ports.First + 3).ToString(CultureInfo.InvariantCulture),
    ];
}
