namespace GossipCluster.EndToEnd.Tests.Nemesis.Running;

/// <summary>Lets requests through, or makes them wait: closed when no request is on its way.</summary>
internal sealed class LoadGate(int clients) : IDisposable
{
    private readonly SemaphoreSlim _places = new(clients, clients);
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>For one request; dispose it when that has ended.</summary>
    public async Task<IDisposable> EnterAsync(CancellationToken cancel)
    {
        await _places.WaitAsync(cancel);
        return new Pass(_places, 1);
    }

    /// <summary>Nobody sends anything until it is disposed.</summary>
    public async Task<IDisposable> CloseAsync(CancellationToken cancel)
    {
        await _turn.WaitAsync(cancel);
        for (var taken = 0; taken < clients; taken++) await _places.WaitAsync(cancel);
        _turn.Release();
        return new Pass(_places, clients);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _places.Dispose();
        _turn.Dispose();
    }

    private sealed class Pass(SemaphoreSlim places, int count) : IDisposable
    {
        private int _count = count;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _count, 0) is > 0 and var held) places.Release(held);
        }
    }
}
