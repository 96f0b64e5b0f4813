namespace GossipCluster.Cli.Bench;

/// <summary>When requests are due, in stopwatch ticks.</summary>
/// <remarks>
/// At a rate, request i is due at start + i / rate, and its latency counts from there, not from when a connection was free to send it. A store that
/// stalls for a second is so charged with all that should have happened in that second, as its users would be; counting from the sending would show one
/// slow request (coordinated omission).
/// </remarks>
internal sealed class Schedule
{
    private readonly long _start;
    private readonly long _end;
    private readonly double _ticksEach;
    private long _taken;

    private Schedule(long start, long end, double ticksEach)
    {
        _start = start;
        _end = end;
        _ticksEach = ticksEach;
    }

    /// <summary>A request is due whenever a connection is free.</summary>
    public static Schedule AsFastAsPossible(long start, long end) => new(start, end, 0);

    /// <summary>Requests are due evenly, whether or not a connection is free.</summary>
    public static Schedule AtRate(long start, long end, double requestsPerSecond, long ticksPerSecond) => new(start, end, ticksPerSecond / requestsPerSecond);

    /// <summary>When the next is due; null when none will be.</summary>
    public long? Next => NextTime is var next && next < _end ? next : null;

    /// <summary>How many were due before <paramref name="now"/> and not taken.</summary>
    public long Backlog(long now) => _ticksEach == 0 ? 0 : Math.Max(0, (long)Math.Ceiling((Math.Min(now, _end) - _start) / _ticksEach) - _taken);

    private long NextTime => _start + (long)(_taken * _ticksEach);

    /// <summary>Takes the next request that is due.</summary>
    /// <param name="now">The present.</param>
    /// <param name="due">When it was due: latency counts from there.</param>
    public bool TryTake(long now, out long due)
    {
        due = _ticksEach == 0 ? now : NextTime;
        if (due > now || due >= _end) return false;
        _taken++;
        return true;
    }
}
