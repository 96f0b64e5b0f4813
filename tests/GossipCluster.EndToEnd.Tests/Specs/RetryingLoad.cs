using System.Collections.Concurrent;
using System.Globalization;
using GossipCluster.Client;
using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.EndToEnd.Tests.Specs;

/// <summary>Clients that each add to a set of their own and read it, and try once more on another node what fails.</summary>
internal sealed class RetryingLoad : IDisposable
{
    private const string Bucket = "retrying";
    private const int ClientCount = 16;
    private readonly IReadOnlyList<ClusterNode> _nodes;
    private readonly CancellationToken _cancel;
    private readonly List<string>[] _added = [.. Enumerable.Range(0, ClientCount).Select(_ => new List<string>())];
    private readonly Task _running;
    private volatile bool _enough;
    private int _done;

    public RetryingLoad(IReadOnlyList<ClusterNode> nodes, CancellationToken cancel)
    {
        (_nodes, _cancel) = (nodes, cancel);
        _running = Task.WhenAll(Enumerable.Range(0, ClientCount).Select(client => Task.Run(() => RunAsync(client), cancel)));
    }

    /// <summary>Requests that failed on the second node too.</summary>
    public ConcurrentQueue<string> Failures { get; } = new();

    /// <summary>Requests that were answered, by the first node or the second.</summary>
    public int Done => _done;

    public async Task RunForAsync(TimeSpan time)
    {
        await Task.WhenAny(_running, Task.Delay(time, _cancel));
        if (_running.IsFaulted) await _running;
    }

    public async Task StopAsync()
    {
        _enough = true;
        await _running;
    }

    /// <summary>Everything that was acknowledged is there, read through this node.</summary>
    public async Task AssertNothingLostAsync(ClusterNode through)
    {
        for (var client = 0; client < ClientCount; client++)
        {
            var there = (await through.Client.Sets.ReadAsync(Bucket, Key(client), cancel: _cancel)).Value ?? [];
            Assert.Empty(_added[client].Except(there, StringComparer.Ordinal));
        }
    }

    public void Dispose() => _enough = true;

    private async Task RunAsync(int client)
    {
        for (var number = 0; !_enough; number++)
        {
            var element = number.ToString(CultureInfo.InvariantCulture);
            var isAdd = number % 2 == 0;
            var first = (client + number) % _nodes.Count;
            if (!await TryAsync(first, isAdd ? element : null, client, isLast: false) && !await TryAsync((first + 1) % _nodes.Count, isAdd ? element : null, client, isLast: true)) continue;
            Interlocked.Increment(ref _done);
            if (isAdd) _added[client].Add(element);
        }
    }

    private async Task<bool> TryAsync(int node, string? added, int client, bool isLast)
    {
        try
        {
            var sets = _nodes[node].Client.Sets;
            if (added is not null) await sets.AddAsync(Bucket, Key(client), added, cancel: _cancel);
            else await sets.ReadAsync(Bucket, Key(client), cancel: _cancel);
            return true;
        }
        catch (GossipClusterException failed)
        {
            if (isLast) Failures.Enqueue($"{_nodes[node].Name}: {failed.Message}");
            return false;
        }
    }

    private static string Key(int client) => client.ToString(CultureInfo.InvariantCulture);
}
