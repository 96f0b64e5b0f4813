using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace GossipCluster.Cli.Bench;

/// <summary>Watchers of the bench's bucket on its first node, which read all that they are sent and keep none of it: what they cost the writers is to be measured, not they.</summary>
internal sealed class Watchers : IDisposable
{
    private readonly List<Socket> _sockets = [];
    private long _bytes;
    private int _ended;
    private volatile bool _isOver;

    /// <summary>How many there were.</summary>
    public int Count => _sockets.Count;

    /// <summary>What they were sent.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Those that the node has ended.</summary>
    public int Ended => Volatile.Read(ref _ended);

    /// <summary>Connects them all; each is watching when this returns.</summary>
    public async Task ConnectAsync(Uri node, IPEndPoint address, BenchSettings settings)
    {
        var request = Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"GET /types/{settings.Type}/buckets/{Uri.EscapeDataString(settings.Bucket)}/watch HTTP/1.1\r\nHost: {node.Authority}\r\nAccept: text/event-stream\r\n\r\n"));
        for (var i = 0; i < settings.Watchers; i++)
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            _sockets.Add(socket);
            var buffer = new byte[16 << 10];
            int count;
            try
            {
                await socket.ConnectAsync(address);
                await socket.SendAsync(request);
                count = await socket.ReceiveAsync(buffer);
            }
            catch (SocketException failed)
            {
                throw new CommandException($"Watcher {i + 1} got no connection to {node}: {failed.Message}");
            }

            var answer = Encoding.ASCII.GetString(buffer, 0, count);
            if (!answer.StartsWith("HTTP/1.1 200", StringComparison.Ordinal)) throw new CommandException($"Watcher {i + 1} was answered: {answer.Split('\r')[0]}");
            _ = ReadAsync(socket, buffer);
        }
    }

    public void Dispose()
    {
        _isOver = true;
        foreach (var socket in _sockets) socket.Dispose();
    }

    private async Task ReadAsync(Socket socket, byte[] buffer)
    {
        try
        {
            while (await socket.ReceiveAsync(buffer) is > 0 and var count) Interlocked.Add(ref _bytes, count);
        }
        catch (Exception over) when (over is SocketException or ObjectDisposedException)
        {
            // It has ended, or the run has.
        }

        if (!_isOver) Interlocked.Increment(ref _ended);
    }
}
