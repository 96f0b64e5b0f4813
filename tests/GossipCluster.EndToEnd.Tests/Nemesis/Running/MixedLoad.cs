using GossipCluster.EndToEnd.Tests.Nemesis.Checking;
using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.EndToEnd.Tests.Nemesis.Running;

/// <summary>Some clients at once, each with one request at a time.</summary>
internal sealed class MixedLoad : IDisposable
{
    /// <summary>How many clients.</summary>
    public const int ClientCount = 8;

    private readonly LoadClient[] _clients;
    private readonly Task _running;
    private volatile bool _enough;

    /// <param name="seed">Of what they draw.</param>
    /// <param name="history">Takes it all down.</param>
    /// <param name="gate">Lets requests through.</param>
    /// <param name="nodes">Through whom they may go, at any time.</param>
    /// <param name="cancel">Ends it.</param>
    public MixedLoad(int seed, HistoryRecorder history, LoadGate gate, Func<IReadOnlyList<ClusterNode>> nodes, CancellationToken cancel)
    {
        var keys = new LoadKeys();
        _clients = [.. Enumerable.Range(0, ClientCount).Select(process => new LoadClient(process, seed, keys, history, gate, nodes))];
        _running = Task.WhenAll(_clients.Select(client => Task.Run(() => client.RunAsync(() => _enough, cancel), cancel)));
    }

    /// <summary>Lets every client end its last request. Fails where one has.</summary>
    public async Task StopAsync()
    {
        _enough = true;
        await _running;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _enough = true;
        foreach (var client in _clients) client.Dispose();
    }
}
