using System.Diagnostics;
using System.Globalization;
using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.EndToEnd.Tests;

/// <summary>A hundred clients that write and remember.</summary>
internal sealed class Load : IDisposable
{
    private const int ClientCount = 100;
    private static int _count;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly RememberingClient[] _clients;
    private readonly Task _writing;
    private volatile bool _enough;

    /// <param name="nodes">Each client starts at one of them and stays there while it answers.</param>
    /// <param name="cancel">Ends it all.</param>
    /// <param name="reads">Every third request reads the client's own set, and counts what is missing of it.</param>
    public Load(IReadOnlyList<ClusterNode> nodes, CancellationToken cancel, bool reads = false)
    {
        // Keys of its own: a counter that somebody else increments cannot be checked.
        var bucket = string.Create(CultureInfo.InvariantCulture, $"load-{Interlocked.Increment(ref _count)}");
        _clients = [.. Enumerable.Range(0, ClientCount).Select(number => new RememberingClient(bucket, number, nodes, reads))];
        _writing = Task.WhenAll(_clients.Select(client => Task.Run(() => client.WriteAsync(_clock, () => _enough, cancel), cancel)));
    }

    /// <summary>How long tests keep load on: 8 s, or what GOSSIPCLUSTER_LOAD_SECONDS says (30 for the long run).</summary>
    public static TimeSpan Duration => TimeSpan.FromSeconds(
        int.TryParse(Environment.GetEnvironmentVariable("GOSSIPCLUSTER_LOAD_SECONDS"), CultureInfo.InvariantCulture, out var seconds) ? seconds : 8);

    public TimeSpan Elapsed => _clock.Elapsed;

    public int Acknowledged => _clients.Sum(client => client.Acknowledged);

    public IEnumerable<(string Node, TimeSpan At, Client.GossipClusterException Failure)> Failures => _clients.SelectMany(client => client.Failures);

    /// <summary>Reads that lacked something that had been acknowledged to the same client.</summary>
    public int StaleReads => _clients.Sum(client => client.StaleReads);

    /// <summary>Which part of the requests took longer than a second.</summary>
    public double SlowPart => (double)_clients.Sum(client => client.SlowCount) / Math.Max(1, _clients.Sum(client => client.Attempts));

    /// <summary>Goes on until this time since the start.</summary>
    public async Task RunUntilAsync(TimeSpan elapsed, CancellationToken cancel)
    {
        var left = elapsed - _clock.Elapsed;
        if (left > TimeSpan.Zero) await Task.WhenAny(_writing, Task.Delay(left, cancel));
        if (_writing.IsFaulted) await _writing;
    }

    /// <summary>Lets every client end its last request.</summary>
    public async Task StopAsync()
    {
        _enough = true;
        await _writing;
    }

    /// <summary>Every acknowledged write is there and nothing counts twice, seen from this node.</summary>
    public async Task AssertNothingLostAsync(ClusterNode through, CancellationToken cancel)
    {
        Assert.True(Acknowledged > ClientCount, $"only {Acknowledged} writes were acknowledged: there was no load");
        var complaints = new List<string>();
        await Parallel.ForEachAsync(_clients, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancel }, async (client, token) =>
        {
            if (await client.ComplaintAsync(through.Client, token) is not { } complaint) return;
            lock (complaints) complaints.Add(complaint);
        });
        Assert.True(complaints.Count == 0, $"seen from {through.Name}: {string.Join("; ", complaints)}");
    }

    public void Dispose()
    {
        _enough = true;
        foreach (var client in _clients) client.Dispose();
    }
}
