using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using GossipCluster.Client;
using GossipCluster.EndToEnd.Tests.Nemesis.Checking;
using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.EndToEnd.Tests.Nemesis.Running;

/// <summary>Load and faults on a cluster that is complete; then healing, a look at every replica, and the verdict.</summary>
internal sealed class NemesisRun(ProcessCluster cluster, NemesisPlan plan) : IDisposable
{
    private static readonly TimeSpan After = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ConvergedWithin = TimeSpan.FromSeconds(180);
    private static readonly TimeSpan FinalReadsWithin = TimeSpan.FromSeconds(60);
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(120) };
    private readonly HistoryRecorder _history = new();

    /// <summary>What was recorded so far.</summary>
    public History History => _history.ToHistory();

    /// <summary>Runs it all.</summary>
    /// <param name="load">How long clients go on where the plan has no faults.</param>
    /// <param name="cancel">Ends it.</param>
    public async Task<Verdict> RunAsync(TimeSpan load, CancellationToken cancel)
    {
        var history = _history;
        using var gate = new LoadGate(MixedLoad.ClientCount);
        using var faults = new FaultRunner(cluster, history, gate);
        using (var clients = new MixedLoad(plan.Seed, history, gate, () => faults.Nodes, cancel))
        {
            if (plan.Faults.Count > 0) await faults.RunAsync(plan, cancel);
            await Task.Delay(plan.Faults.Count > 0 ? After : load, cancel);
            await clients.StopAsync();
        }

        var complaint = await Settling.ComplaintWithinAsync(faults.Members, faults.Left, ConvergedWithin, cancel);
        history.Note(Mark.Entropy, complaint is null ? "all members say that nobody lacks anything" : $"after {ConvergedWithin.TotalSeconds} s: {complaint}", complaint is null ? 0 : 1);
        if (complaint is null) history.Note(Mark.Converged, "all replicas are equal");
        await ReadAllAsync(faults.Members, history, cancel);
        if (complaint is null) await AuditAsync(faults.Members, history, cancel);
        return Verdict.Of(History);
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    /// <summary>Every key, from every member: a primary answers out of its own replica.</summary>
    private static async Task ReadAllAsync(IReadOnlyList<ClusterNode> members, HistoryRecorder history, CancellationToken cancel)
    {
        var keys = history.ToHistory().Data.Select(datum => (datum.Key, Act: Projection.ReadOf(datum.Kind))).ToArray();
        foreach (var node in members)
        {
            await Parallel.ForEachAsync(keys, new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = cancel }, async (key, _) => await Eventually.TrueAsync(
                async token =>
                {
                    var read = new Request(-1, node.Name, key.Key, key.Act) { IsFinal = true };
                    var number = history.Invoked(read);
                    try
                    {
                        history.Ended(number, Phase.Ok, await Requests.SendAsync(node.Client, read, null, token));
                        return null;
                    }
                    catch (GossipClusterException failed)
                    {
                        history.Ended(number, Phase.Unknown, new Answer { Why = failed.Message });
                        return failed.Message;
                    }
                },
                FinalReadsWithin,
                cancel));
        }
    }

    /// <summary>Each member compares Merkle trees with the other primaries of its partitions.</summary>
    private async Task AuditAsync(IReadOnlyList<ClusterNode> members, HistoryRecorder history, CancellationToken cancel)
    {
        foreach (var node in members)
        {
            using var answer = await _http.PostAsync(new Uri(node.Url, "/cluster/audit?wait=60s"), null, cancel);
            var audits = await answer.Content.ReadFromJsonAsync<JsonElement>(cancel);
            var differences = audits.GetProperty("partitions").EnumerateArray().Sum(partition => partition.TryGetProperty("differences", out var value) ? value.GetInt32() : 0);
            history.Note(Mark.Audit, string.Create(CultureInfo.InvariantCulture, $"an audit from {node.Name} found {differences} differences"), differences);
        }
    }
}
