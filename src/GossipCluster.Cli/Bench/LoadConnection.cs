using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace GossipCluster.Cli.Bench;

/// <summary>One keep-alive connection with at most one request on its way.</summary>
/// <remarks>
/// Never used by two threads at once: it belongs to whoever starts it, then to the completion of its send or receive, until it parks itself with the
/// generator. Nothing is allocated a request.
/// </remarks>
internal sealed class LoadConnection : IDisposable
{
    private const int ReceiveBytes = 32_768;
    private static readonly TimeSpan ReconnectPause = TimeSpan.FromMilliseconds(100);

    private readonly LoadGenerator _generator;
    private readonly IReadOnlyList<(IPEndPoint Address, Workload Workload)> _nodes;
    private readonly SocketAsyncEventArgs _send = new();
    private readonly SocketAsyncEventArgs _receive = new();
    private readonly byte[] _received = new byte[ReceiveBytes];
    private readonly RequestBuffer _request = new();
    private readonly BatchStatuses? _statuses;
    private readonly int[] _batchCounts;
    private readonly ResponseParser _parser;
    private readonly Random _random = new();
    private Socket? _socket;
    private int _node;
    private int _operation;
    private long _due;
    private long _sentAt;
    private volatile bool _timedOut;

    public LoadConnection(LoadGenerator generator, IReadOnlyList<(IPEndPoint, Workload)> nodes, int firstNode)
    {
        _generator = generator;
        _nodes = nodes;
        _node = firstNode;
        _statuses = generator.Settings.IsBatch ? new BatchStatuses() : null;
        _batchCounts = new int[generator.Settings.Operations.Count];
        _parser = new ResponseParser(_statuses);
        _receive.SetBuffer(_received);
        _receive.Completed += (_, _) => Continue(OnReceived());
        _send.Completed += (_, _) => Continue(OnSent());
    }

    /// <summary>Opens the connection; null where that worked, else why not.</summary>
    public async Task<string?> ConnectAsync()
    {
        var (address, _) = _nodes[_node % _nodes.Count];
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            await socket.ConnectAsync(address, patience.Token);
            _parser.Reset();
            _socket = socket;
            return null;
        }
        catch (Exception failed) when (failed is SocketException or OperationCanceledException)
        {
            socket.Dispose();
            return $"{address}: {(failed is SocketException ? failed.Message : "no connection within 2 s")}";
        }
    }

    /// <summary>Sends a request that was due at <paramref name="due"/>, and goes on with whatever is due after it.</summary>
    public void Start(long due)
    {
        _due = due;
        Continue(SendNext());
    }

    /// <summary>Gives up the request on its way where it has been there for too long. From any thread.</summary>
    public void GiveUpAfter(long ticks, long now)
    {
        var sentAt = Volatile.Read(ref _sentAt);
        if (sentAt == 0 || now - sentAt < ticks) return;
        _timedOut = true;
        _socket?.Dispose();
    }

    public void Dispose()
    {
        _socket?.Dispose();
        _send.Dispose();
        _receive.Dispose();
    }

    // A loop in place of recursion: an operation that completes at once gives true and is followed by the next here.
    private void Continue(bool completed)
    {
        while (completed) completed = _parser.IsDone || _socket is null ? Finish() : Receive();
    }

    private bool SendNext()
    {
        var workload = _nodes[_node % _nodes.Count].Workload;
        if (_statuses is null)
        {
            _operation = _generator.Settings.Mix.Draw(_random);
            workload.WriteSingle(_request, _operation, _generator.Settings.Keys.Draw(_random), _random);
        }
        else
        {
            _statuses.Clear();
            Array.Clear(_batchCounts);
            workload.WriteBatch(_request, _random, _batchCounts);
        }

        _parser.Reset();
        _timedOut = false;
        Volatile.Write(ref _sentAt, Stopwatch.GetTimestamp());
        _send.SetBuffer(_request.Memory);
        try
        {
            return !_socket!.SendAsync(_send) && OnSent();
        }
        catch (ObjectDisposedException)
        {
            return Break();
        }
    }

    private bool OnSent() => _send.SocketError == SocketError.Success || Break();

    private bool Receive()
    {
        try
        {
            return !_socket!.ReceiveAsync(_receive) && OnReceived();
        }
        catch (ObjectDisposedException)
        {
            return Break();
        }
    }

    private bool OnReceived()
    {
        if (_receive.SocketError != SocketError.Success || _receive.BytesTransferred == 0)
        {
            return _parser.End() || Break();
        }

        try
        {
            _parser.Feed(_received.AsSpan(0, _receive.BytesTransferred));
            return true;
        }
        catch (InvalidDataException)
        {
            return Break();
        }
    }

    private bool Break()
    {
        _socket?.Dispose();
        _socket = null;
        return true;
    }

    /// <summary>The request has ended, well or not: counts it and takes the next that is due.</summary>
    private bool Finish()
    {
        var now = Stopwatch.GetTimestamp();
        Volatile.Write(ref _sentAt, 0);
        var broken = !_parser.IsDone;
        Count(broken ? (_timedOut ? OperationStatistics.TimedOut : OperationStatistics.Broken) : _parser.Status, now);
        if (broken || !_parser.KeepAlive)
        {
            Break();
            if (broken) _node++;
            _ = ReconnectAsync(pause: broken);
            return false;
        }

        if (!_generator.TakeOrPark(this, now, out _due)) return false;
        return SendNext();
    }

    private void Count(int outcome, long now)
    {
        if (_statuses is null) _generator.Count(_operation, outcome, _due, now);
        else _generator.CountBatch(_batchCounts, _statuses, outcome, _due, now);
    }

    private async Task ReconnectAsync(bool pause)
    {
        // Off this thread, which may be the one that completes everybody's receives.
        await Task.Yield();
        _generator.Left();
        if (pause) await Task.Delay(ReconnectPause);
        while (!_generator.HasEnded)
        {
            if (await ConnectAsync() is null)
            {
                _generator.Returned();
                if (_generator.TakeOrPark(this, Stopwatch.GetTimestamp(), out var due)) Start(due);
                return;
            }

            _node++;
            await Task.Delay(ReconnectPause);
        }
    }
}
