using System.Diagnostics;
using System.Globalization;
using GossipCluster.Client;
using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.EndToEnd.Tests;

/// <summary>How long healing takes after each kind of fault, what it costs, and what clients feel of it: figures for docs/benchmarks.md, not checks.</summary>
public sealed class HealingFigures : ClusterTest
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact(Explicit = true)]
    public async Task Away_for_100_000_writes_on_10_000_counters()
    {
        var cluster = await StartCompleteAsync();
        await Healing.IncrementAsync(cluster[0], 10_000, times: 1, Cancel);
        await Healing.WaitConvergedAsync(cluster, Patience, Cancel);
        await cluster[2].KillAsync();
        await Healing.IncrementAsync(cluster[0], 10_000, times: 10, Cancel);

        var watch = Stopwatch.StartNew();
        await cluster[2].RestartAsync();
        await WaitReachableAsync(cluster, cluster[2]);
        var reachable = watch.Elapsed;
        await Healing.WaitConvergedAsync(cluster, Patience, Cancel);
        await ReportAsync("killed, 100,000 writes on 10,000 counters missed", watch.Elapsed - reachable, cluster[2], 10_000);
    }

    [Fact(Explicit = true)]
    public async Task An_empty_disk_of_200_000_keys_while_clients_write()
    {
        const int Keys = 200_000;
        var cluster = await StartCompleteAsync();
        await Healing.IncrementAsync(cluster[0], Keys, times: 1, Cancel);
        await Healing.WaitConvergedAsync(cluster, Patience, Cancel);
        await cluster[2].KillAsync();

        // Idle first: nothing but the refill.
        var watch = Stopwatch.StartNew();
        await cluster[2].RestartAsync(emptyDisk: true);
        await WaitReachableAsync(cluster, cluster[2]);
        var reachable = watch.Elapsed;
        await Healing.WaitConvergedAsync(cluster, Patience, Cancel);
        var idle = watch.Elapsed - reachable;
        await ReportAsync($"empty disk, {Keys:n0} keys, no clients", idle, cluster[2], Keys);
        Say($"  {Keys / idle.TotalSeconds:n0} keys/s");
        await cluster[2].KillAsync();

        // Then with clients on the other two: what they wait without a refill, and with one.
        using var load = new Latencies([cluster[0], cluster[1]], connections: 16, Cancel);
        await load.RunAsync(TimeSpan.FromSeconds(10));
        load.Take();
        await load.RunAsync(TimeSpan.FromSeconds(10));
        var without = load.Take();
        watch.Restart();
        await cluster[2].RestartAsync(emptyDisk: true);
        await WaitReachableAsync(cluster, cluster[2]);
        reachable = watch.Elapsed;
        load.Take();
        await Eventually.TrueAsync(async token => await Healing.TryEntropyAsync(cluster[2], token) is { } entropy && entropy.GetProperty("synced").GetBoolean() ? null : "not synced", Patience, Cancel);
        var with = load.Take();
        Say($"  with 16 clients: refilled in {(watch.Elapsed - reachable).TotalSeconds:0.0} s; p50/p99 of writes {without} ms without, {with} ms while it is refilled");
        await load.StopAsync();
        await Healing.WaitConvergedAsync(cluster, Patience, Cancel);
    }

    [Fact(Explicit = true)]
    public async Task Paused_for_20_seconds_under_load()
    {
        var cluster = await StartCompleteAsync();
        using var load = new Latencies([cluster[0], cluster[1]], connections: 16, Cancel);
        await load.RunAsync(TimeSpan.FromSeconds(5));
        await cluster[2].PauseAsync();
        await load.RunAsync(TimeSpan.FromSeconds(20));
        await load.StopAsync();
        var watch = Stopwatch.StartNew();
        await cluster[2].ResumeAsync();
        await Healing.WaitConvergedAsync(cluster, Patience, Cancel);
        await ReportAsync("paused for 20 s under load", watch.Elapsed, cluster[2], 0);
    }

    [Fact(Explicit = true)]
    public async Task Cut_for_30_seconds_with_writes_on_both_sides() => await CutAsync(TimeSpan.FromSeconds(30));

    [Fact(Explicit = true)]
    public async Task Cut_for_10_minutes_with_writes_on_both_sides() => await CutAsync(TimeSpan.FromMinutes(10));

    [Fact(Explicit = true)]
    public async Task An_older_disk_put_back()
    {
        var cluster = await StartCompleteAsync();
        await Healing.IncrementAsync(cluster[2], 10_000, times: 1, Cancel);
        await Healing.WaitConvergedAsync(cluster, Patience, Cancel);
        await cluster[2].StopAsync();
        var copy = cluster[2].CopyDisk();
        await cluster[2].RestartAsync();
        await cluster.WaitRingCompleteAsync(Patience, Cancel);
        await Healing.IncrementAsync(cluster[2], 10_000, times: 5, Cancel);
        await cluster[2].KillAsync();
        var watch = Stopwatch.StartNew();
        await cluster[2].RestartAsync(disk: copy);
        await WaitReachableAsync(cluster, cluster[2]);
        var reachable = watch.Elapsed;
        await Healing.WaitConvergedAsync(cluster, Patience, Cancel);
        await ReportAsync("older disk put back, 50,000 writes on 10,000 counters missed", watch.Elapsed - reachable, cluster[2], 10_000);
    }

    [Fact(Explicit = true)]
    public async Task Hints_of_four_nodes_for_20_000_writes()
    {
        var cluster = await StartCompleteAsync(nodes: 4);
        await cluster[1].KillAsync();
        await Healing.IncrementAsync(cluster[0], 10_000, times: 2, Cancel);
        var watch = Stopwatch.StartNew();
        await cluster[1].RestartAsync();
        await WaitReachableAsync(cluster, cluster[1]);
        var reachable = watch.Elapsed;
        await Healing.WaitConvergedAsync(cluster, Patience, Cancel);
        await ReportAsync("one of four killed, 20,000 writes on 10,000 counters, hints handed off", watch.Elapsed - reachable, cluster[1], 7_500);
    }

    private async Task CutAsync(TimeSpan length)
    {
        var cluster = await StartCompleteAsync(3, new ClusterPlan { LinkFaults = true });
        var processes = cluster.Select(node => node.ProcessId).ToArray();
        await cluster.Links.PartitionAsync([cluster[0]], [cluster[1], cluster[2]]);
        var end = Stopwatch.StartNew();
        for (var round = 0; end.Elapsed < length; round++)
        {
            await Healing.IncrementAsync(cluster[0], 1000, times: 1, Cancel, first: 1000 * (round % 10));
            await Healing.IncrementAsync(cluster[2], 1000, times: 1, Cancel, first: 1000 * (round % 10));
            await Task.Delay(TimeSpan.FromSeconds(Math.Min(5, length.TotalSeconds / 20)), Cancel);
        }

        var watch = Stopwatch.StartNew();
        await cluster.Links.HealAllAsync();
        await Healing.WaitConvergedAsync(cluster, Patience, Cancel);
        await ReportAsync($"cut for {length.TotalSeconds:0} s, both sides write, from the heal", watch.Elapsed, cluster[0], 10_000);
        Assert.Equal(processes, cluster.Select(node => node.ProcessId));
        foreach (var node in cluster)
        {
            Assert.Equal(0, (await cluster.Links.MembershipAsync(node, Cancel)).Restarts);
            Assert.DoesNotContain("quarantin", await node.LogAsync(Cancel), StringComparison.OrdinalIgnoreCase);
        }
    }

    private static Task WaitReachableAsync(ProcessCluster cluster, ClusterNode node) => Eventually.TrueAsync(
        async token => (await cluster[0].Client.MembersAsync(token)).Any(member => member.Name == node.Name && member.Reachable) ? null : "not reachable", Patience, Cancel);

    private static async Task ReportAsync(string what, TimeSpan took, ClusterNode node, int keys)
    {
        var bytes = (await Healing.TryEntropyAsync(node, Cancel))!.Value.GetProperty("repair").GetProperty("bytes").GetInt64();
        Say(string.Create(CultureInfo.InvariantCulture, $"{what}: {took.TotalSeconds:0.00} s, {bytes:n0} bytes repaired{(keys > 0 ? $", {(double)bytes / keys:0} a key" : string.Empty)}"));
    }

    private static void Say(string text) => TestContext.Current.SendDiagnosticMessage(text);

    /// <summary>Clients that write one after the other and note how long each write took.</summary>
    private sealed class Latencies : IDisposable
    {
        private readonly List<double> _taken = [];
        private readonly Task _writing;
        private readonly CancellationTokenSource _end;

        public Latencies(IReadOnlyList<ClusterNode> nodes, int connections, CancellationToken cancel)
        {
            _end = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            _writing = Task.WhenAll(Enumerable.Range(0, connections).Select(number => Task.Run(() => WriteAsync(nodes[number % nodes.Count].Client, number), cancel)));
        }

        public Task RunAsync(TimeSpan span) => Task.WhenAny(_writing, Task.Delay(span));

        /// <summary>p50 and p99 in milliseconds since the last time.</summary>
        public string Take()
        {
            lock (_taken)
            {
                _taken.Sort();
                var text = _taken.Count == 0 ? "-" : string.Create(CultureInfo.InvariantCulture, $"{_taken[_taken.Count / 2]:0.0}/{_taken[(int)(_taken.Count * 0.99)]:0.0} of {_taken.Count}");
                _taken.Clear();
                return text;
            }
        }

        public async Task StopAsync()
        {
            await _end.CancelAsync();
            await _writing;
        }

        public void Dispose() => _end.Dispose();

        private async Task WriteAsync(GossipClusterClient client, int number)
        {
            for (var write = 0; !_end.IsCancellationRequested; write++)
            {
                var watch = Stopwatch.StartNew();
                try
                {
                    await client.Counters.IncrementAsync("figures", string.Create(CultureInfo.InvariantCulture, $"{number}-{write % 500}"), cancel: _end.Token);
                }
                catch (OperationCanceledException)
                {
                    return;
                }

                lock (_taken) _taken.Add(watch.Elapsed.TotalMilliseconds);
            }
        }
    }
}
