using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace GossipCluster.MultiNode.TestKit;

/// <summary>Stands between a node and a server that it uses, on loopback, and passes bytes on; told to hold, it passes nothing, and to the node the server hangs.</summary>
/// <remarks>
/// While it holds, connections stay open and new ones are taken; what was sent is kept and passed on when it is released, as a server does that was stopped and goes
/// on. What one end closes is closed for the other, after the bytes before it.
/// </remarks>
public sealed class ByteRelay : IAsyncDisposable
{
    private const int BufferBytes = 64 << 10;

    private readonly string _host;
    private readonly int _port;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentDictionary<Task, bool> _connections = new();
    private readonly Task _accepting;
    private volatile TaskCompletionSource _open = Opened();

    private ByteRelay(string host, int port)
    {
        (_host, _port) = (host, port);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens, on 127.0.0.1.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Starts one to a server.</summary>
    public static ByteRelay To(string host, int port) => new(host, port);

    /// <summary>From here on nothing passes, either way.</summary>
    public void Hold()
    {
        if (_open.Task.IsCompleted) _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>What was held passes, and everything after it.</summary>
    public void Release() => _open.TrySetResult();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_connections.Keys);
        _end.Dispose();
    }

    private static TaskCompletionSource Opened()
    {
        var open = new TaskCompletionSource();
        open.SetResult();
        return open;
    }

    private async Task AcceptAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            TcpClient client;
            try
            {
                client = await _listener.AcceptTcpClientAsync(_end.Token);
            }
            catch (Exception ended) when (ended is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                return;
            }

            var connection = RelayAsync(client);
            _connections.TryAdd(connection, true);
            _ = connection.ContinueWith(done => _connections.TryRemove(done, out _), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    private async Task RelayAsync(TcpClient client)
    {
        using var server = new TcpClient { NoDelay = true };
        using (client)
        {
            client.NoDelay = true;
            try
            {
                await _open.Task.WaitAsync(_end.Token);
                await server.ConnectAsync(_host, _port, _end.Token);
                await Task.WhenAll(PumpAsync(client.Client, server.Client), PumpAsync(server.Client, client.Client));
            }
            catch (Exception ended) when (ended is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // One of the two is gone: so is the connection.
            }
        }
    }

    private async Task PumpAsync(Socket from, Socket to)
    {
        var buffer = new byte[BufferBytes];
        try
        {
            while (true)
            {
                var read = await from.ReceiveAsync(buffer, _end.Token);
                await _open.Task.WaitAsync(_end.Token);
                if (read == 0) break;
                for (var sent = 0; sent < read;) sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), _end.Token);
            }
        }
        finally
        {
            // A reset is passed on as an end, too: the other pump then comes to its own.
            Close(to);
        }
    }

    private static void Close(Socket to)
    {
        try
        {
            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // Nothing to close any more.
        }
    }
}
