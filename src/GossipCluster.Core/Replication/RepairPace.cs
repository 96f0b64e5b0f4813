namespace GossipCluster.Core.Replication;

/// <summary>How much of a node repair may take from its clients.</summary>
public sealed record RepairPaceOptions
{
    /// <summary>The defaults.</summary>
    public static readonly RepairPaceOptions Default = new();

    /// <summary>The most bytes a second that repairs bring in while clients ask for nothing.</summary>
    public long BytesPerSecondMax { get; init; } = 64 << 20;

    /// <summary>The fewest, however much clients ask for: repair never starves.</summary>
    public long BytesPerSecondMin { get; init; } = 1 << 20;

    /// <summary>How many times as long as without repairs clients may have to wait before repairs go slower.</summary>
    public double LatencyGrowthMax { get; init; } = 1.5;
}

/// <summary>A token bucket for what repairs bring in, whose rate gives way to clients and comes back when they are served.</summary>
/// <remarks>
/// <para>
/// The receiver paces: it asks for the next part when the bucket has something in it, and pays for a part when it has come; a part may overdraw. So nothing
/// has to be cut to a size, and a sender needs to know nothing of the receiver's load.
/// </para>
/// <para>
/// The rate rises by a quarter and falls by half, in steps of <see cref="Step"/>, as TCP's window does (Chiu and Jain, 1989: additive or gentle increase,
/// multiplicative decrease). What it falls for is growth of the clients' latency over what it was without repairs, after Brakmo's TCP Vegas (1994): a
/// figure in milliseconds would be wrong on every other machine. Without clients the rate doubles with each step, up to its maximum.
/// </para>
/// Not thread-safe: one owner calls it. Monotonic time comes in as <c>now</c>.
/// </remarks>
public sealed class RepairPace
{
    // What one burst may have at most: enough that a look every few milliseconds keeps the rate.
    private static readonly TimeSpan BurstMax = TimeSpan.FromMilliseconds(100);

    // The weight of one quiet step in the memory of what clients wait without repairs.
    private const double BaselineWeight = 0.1;

    // Below this latency differences are noise.
    private static readonly TimeSpan LatencyMin = TimeSpan.FromMilliseconds(2);

    private readonly RepairPaceOptions _options;
    private double _tokens;
    private TimeSpan _filledAt;
    private TimeSpan _stepEndsAt;
    private long _spentInStep;
    private long _requestsInStep;
    private TimeSpan _latencyInStep;
    private TimeSpan _baseline;

    /// <summary>A full bucket at full rate.</summary>
    public RepairPace(RepairPaceOptions options, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BytesPerSecondMin, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BytesPerSecondMax, options.BytesPerSecondMin, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.LatencyGrowthMax, 1, nameof(options));
        _options = options;
        BytesPerSecond = options.BytesPerSecondMax;
        (_filledAt, _stepEndsAt) = (now, now + Step);
        _tokens = BytesPerSecond * BurstMax.TotalSeconds;
    }

    /// <summary>How often the rate is looked at: 100 ms.</summary>
    public static TimeSpan Step => TimeSpan.FromMilliseconds(100);

    /// <summary>The rate as of now.</summary>
    public long BytesPerSecond { get; private set; }

    /// <summary>Bytes paid for, since the start.</summary>
    public long SpentBytes { get; private set; }

    /// <summary>How often the rate was lowered, since the start.</summary>
    public long Slowdowns { get; private set; }

    /// <summary>True where more may be asked for.</summary>
    public bool HasRoom(TimeSpan now)
    {
        Advance(now);
        return _tokens > 0;
    }

    /// <summary>Pays for bytes that are asked for, or have come; negative ones were asked for and have not come.</summary>
    public void Spend(long bytes)
    {
        _tokens -= bytes;
        SpentBytes += bytes;
        _spentInStep += bytes;
    }

    /// <summary>A client was answered.</summary>
    /// <param name="latency">How long it waited.</param>
    public void Answered(TimeSpan latency)
    {
        _requestsInStep++;
        _latencyInStep += latency;
    }

    private void Advance(TimeSpan now)
    {
        if (now >= _stepEndsAt) EndStep(now);
        if (now <= _filledAt) return;
        _tokens = Math.Min(_tokens + (BytesPerSecond * (now - _filledAt).TotalSeconds), BytesPerSecond * BurstMax.TotalSeconds);
        _filledAt = now;
    }

    private void EndStep(TimeSpan now)
    {
        if (_requestsInStep == 0)
        {
            BytesPerSecond = Math.Min(_options.BytesPerSecondMax, BytesPerSecond * 2);
        }
        else
        {
            var latency = _latencyInStep / _requestsInStep;
            if (_spentInStep <= 0) Remember(latency);
            else if (IsTooSlow(latency)) SlowDown();
            else BytesPerSecond = Math.Min(_options.BytesPerSecondMax, BytesPerSecond + (BytesPerSecond / 4) + 1);
        }

        (_requestsInStep, _latencyInStep, _spentInStep) = (0, TimeSpan.Zero, 0);
        _stepEndsAt = now + Step;
    }

    private void Remember(TimeSpan latency) => _baseline = _baseline == TimeSpan.Zero ? latency : _baseline + ((latency - _baseline) * BaselineWeight);

    private bool IsTooSlow(TimeSpan latency)
    {
        // Clients that came while repairs were under way: what they wait now is all that is known, and can only be too much.
        if (_baseline == TimeSpan.Zero) _baseline = latency / _options.LatencyGrowthMax;
        if (latency < _baseline) _baseline = latency;
        return latency > LatencyMin && latency > _baseline * _options.LatencyGrowthMax;
    }

    private void SlowDown()
    {
        var slower = Math.Max(_options.BytesPerSecondMin, BytesPerSecond / 2);
        if (slower == BytesPerSecond) return;
        BytesPerSecond = slower;
        Slowdowns++;
    }
}
