using System.Diagnostics;
using System.Globalization;
using System.Net;
using HdrHistogram;

namespace GossipCluster.Cli.Bench;

/// <summary>Puts the load on, and counts.</summary>
internal sealed class LoadGenerator : IDisposable
{
    private static readonly TimeSpan TimeoutCheck = TimeSpan.FromMilliseconds(100);

    private readonly Lock _turn = new();
    private readonly Stack<LoadConnection> _idle = new();
    private readonly OperationStatistics[] _operations;
    private readonly Lock _recentLock = new();
    private readonly LongHistogram _recent = OperationStatistics.NewHistogram();
    private List<LoadConnection> _connections = [];
    private Schedule _schedule = null!;
    private long _measureStart;
    private long _measureEnd;
    private long _recentSucceeded;
    private long _recentFailed;
    private int _away;
    private volatile bool _ended;

    public LoadGenerator(BenchSettings settings)
    {
        Settings = settings;
        _operations = [.. settings.Mix.Entries.Select(entry => new OperationStatistics(entry.Name))];
        Requests = new OperationStatistics(settings.IsBatch ? "batch" : "all");
    }

    public BenchSettings Settings { get; }

    public bool HasEnded => _ended;

    public IReadOnlyList<OperationStatistics> Operations => _operations;

    /// <summary>All requests together; in a batch run the only one with latencies.</summary>
    public OperationStatistics Requests { get; }

    /// <summary>Requests that were due in time and never sent, because no connection was free.</summary>
    public long NotSent { get; private set; }

    /// <summary>How long was measured: shorter than asked for when interrupted.</summary>
    public TimeSpan Measured { get; private set; }

    /// <summary>Who watches the bucket.</summary>
    public Watchers Watchers { get; } = new();

    /// <summary>CPU time of processes over the measured time, by process id; this program's own under 0.</summary>
    public IReadOnlyDictionary<int, TimeSpan> Cpu { get; private set; } = new Dictionary<int, TimeSpan>();

    public async Task RunAsync(Action<string> progress, CancellationToken interrupted)
    {
        var nodes = Settings.Nodes.Select(node => (AddressOf(node), new Workload(Settings, node))).ToArray();
        _connections = [.. Enumerable.Range(0, Settings.Connections).Select(index => new LoadConnection(this, nodes, index))];
        var problems = await Task.WhenAll(_connections.Select(connection => connection.ConnectAsync()));
        if (problems.OfType<string>().FirstOrDefault() is { } problem)
        {
            throw new CommandException($"No connection to {problem}. Start a cluster with 'gossip dev', or name other nodes with --node.");
        }

        if (Settings.Watchers > 0) await Watchers.ConnectAsync(Settings.Nodes[0], nodes[0].Item1, Settings);
        var start = Stopwatch.GetTimestamp();
        _measureStart = start + Ticks(Settings.Warmup);
        _measureEnd = _measureStart + Ticks(Settings.Duration);
        _schedule = Settings.Rate is { } rate
            ? Schedule.AtRate(start, _measureEnd, rate / Settings.Batch, Stopwatch.Frequency)
            : Schedule.AsFastAsPossible(start, _measureEnd);
        foreach (var connection in _connections) _idle.Push(connection);

        var pacer = new Thread(Pace) { IsBackground = true, Name = "pacer" };
        pacer.Start();
        var watch = WatchTimeoutsAsync();

        await UntilAsync(_measureStart, progress, interrupted);
        var cpuBefore = ReadCpu();
        await UntilAsync(_measureEnd, progress, interrupted);
        var now = Stopwatch.GetTimestamp();
        Measured = Stopwatch.GetElapsedTime(Math.Min(_measureStart, now), Math.Min(now, _measureEnd));
        var cpuAfter = ReadCpu();
        Cpu = cpuAfter.Where(after => cpuBefore.ContainsKey(after.Key)).ToDictionary(after => after.Key, after => after.Value - cpuBefore[after.Key]);

        await DrainAsync(interrupted);
        lock (_turn) NotSent = _schedule.Backlog(now);
        _ended = true;
        pacer.Join();
        await watch;
    }

    /// <summary>For a connection that is free: the next request that is due; where none is, the connection waits for the pacer.</summary>
    public bool TakeOrPark(LoadConnection connection, long now, out long due)
    {
        lock (_turn)
        {
            if (!_ended && _schedule.TryTake(now, out due)) return true;
            due = 0;
            _idle.Push(connection);
            return false;
        }
    }

    /// <summary>A connection is looking for a node.</summary>
    public void Left() => Interlocked.Increment(ref _away);

    /// <summary>It has found one.</summary>
    public void Returned() => Interlocked.Decrement(ref _away);

    public void Count(int operation, int outcome, long due, long now)
    {
        var good = Settings.Operations[operation].IsGood(outcome);
        var latency = Recent(good, 1, due, now);
        if (!IsMeasured(due)) return;
        _operations[operation].Outcome(outcome, good);
        Requests.Outcome(outcome, good);
        if (!good) return;
        _operations[operation].Latency(latency);
        Requests.Latency(latency);
    }

    /// <summary>Entries fail one by one; which operation an entry's status belongs to is not told apart, so failed entries count for the whole batch.</summary>
    public void CountBatch(int[] counts, BatchStatuses statuses, int outcome, long due, long now)
    {
        var answered = outcome is 200;
        var latency = Recent(answered, Settings.Batch, due, now);
        if (!IsMeasured(due)) return;
        for (var operation = 0; operation < counts.Length; operation++)
        {
            if (counts[operation] > 0) _operations[operation].Outcome(outcome, answered, counts[operation]);
        }

        if (!answered)
        {
            Requests.Outcome(outcome, good: false, Settings.Batch);
            return;
        }

        Requests.Latency(latency);
        foreach (var (status, count) in statuses.Seen) Requests.Outcome(status, status is (>= 200 and <= 299) or 404, count);
    }

    public void Dispose()
    {
        foreach (var connection in _connections) connection.Dispose();
        Watchers.Dispose();
    }

    private bool IsMeasured(long due) => due >= _measureStart && due < _measureEnd;

    private long Recent(bool good, int count, long due, long now)
    {
        var latency = Math.Max(1, (now - due) / (Stopwatch.Frequency / 1_000_000));
        lock (_recentLock)
        {
            if (good) _recentSucceeded += count;
            else _recentFailed += count;
            if (good) _recent.RecordValue(Math.Min(latency, _recent.HighestTrackableValue));
        }

        return latency;
    }

    /// <summary>Hands requests that have become due to connections that have nothing to do.</summary>
    private void Pace()
    {
        while (!_ended)
        {
            LoadConnection? connection = null;
            long due = 0;
            long? next;
            var now = Stopwatch.GetTimestamp();
            lock (_turn)
            {
                if (_idle.Count > 0 && _schedule.TryTake(now, out due)) connection = _idle.Pop();
                next = _idle.Count > 0 ? _schedule.Next : null;
            }

            if (connection is not null) connection.Start(due);
            else Pause.For(next is { } at ? Stopwatch.GetElapsedTime(now, at) : Pause.Longest);
        }
    }

    private async Task UntilAsync(long end, Action<string> progress, CancellationToken interrupted)
    {
        var second = TimeSpan.FromSeconds(1);
        while (Stopwatch.GetTimestamp() is var now && now < end && !interrupted.IsCancellationRequested)
        {
            var left = Stopwatch.GetElapsedTime(now, end);
            var span = left < second ? left : second;
            try
            {
                await Task.Delay(span, interrupted);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            if (span > second / 4) progress(RecentLine(Stopwatch.GetElapsedTime(now)));
        }
    }

    private string RecentLine(TimeSpan span)
    {
        lock (_recentLock)
        {
            var phase = Stopwatch.GetTimestamp() < _measureStart ? "warm-up" : "measure";
            var line = string.Create(
                CultureInfo.InvariantCulture,
                $"{phase}  {_recentSucceeded / span.TotalSeconds,9:N0} ops/s  p50 {Latencies.Text(_recent.GetValueAtPercentile(50)),8}  p99 {Latencies.Text(_recent.GetValueAtPercentile(99)),8}  failed {_recentFailed:N0}");
            _recent.Reset();
            _recentSucceeded = _recentFailed = 0;
            return line;
        }
    }

    /// <summary>Waits for what is on its way, and for what was due in time and waits for a connection; no longer than a request may take.</summary>
    private async Task DrainAsync(CancellationToken interrupted)
    {
        var deadline = Stopwatch.GetTimestamp() + Ticks(Settings.Timeout);
        while (Stopwatch.GetTimestamp() < deadline)
        {
            lock (_turn)
            {
                var away = Volatile.Read(ref _away);
                var nothingDue = interrupted.IsCancellationRequested || away == _connections.Count || _schedule.Backlog(Stopwatch.GetTimestamp()) == 0;
                if (_idle.Count + away >= _connections.Count && nothingDue) return;
            }

            if (interrupted.IsCancellationRequested) _ended = true;
            await Task.Delay(TimeSpan.FromMilliseconds(10), CancellationToken.None);
        }
    }

    private async Task WatchTimeoutsAsync()
    {
        while (!_ended)
        {
            await Task.Delay(TimeoutCheck);
            var now = Stopwatch.GetTimestamp();
            foreach (var connection in _connections) connection.GiveUpAfter(Ticks(Settings.Timeout), now);
        }
    }

    private Dictionary<int, TimeSpan> ReadCpu()
    {
        var cpu = new Dictionary<int, TimeSpan> { [0] = Environment.CpuUsage.TotalTime };
        foreach (var pid in Settings.Pids)
        {
            if (ProcessCpu.Read(pid) is { } used) cpu[pid] = used;
        }

        return cpu;
    }

    private static IPEndPoint AddressOf(Uri node)
    {
        try
        {
            return new IPEndPoint(Dns.GetHostAddresses(node.IdnHost)[0], node.Port);
        }
        catch (System.Net.Sockets.SocketException failed)
        {
            throw new CommandException($"{node.Host} in --node: {failed.Message}", ExitCode.Usage);
        }
    }

    private static long Ticks(TimeSpan span) => (long)(span.TotalSeconds * Stopwatch.Frequency);
}
