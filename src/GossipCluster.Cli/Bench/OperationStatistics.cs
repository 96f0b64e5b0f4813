using System.Globalization;
using HdrHistogram;

namespace GossipCluster.Cli.Bench;

/// <summary>Counts and latencies of one kind of operation within the measured time. Safe for many threads.</summary>
internal sealed class OperationStatistics(string name)
{
    /// <summary>In place of a status: no answer in time.</summary>
    public const int TimedOut = 0;

    /// <summary>In place of a status: the connection broke, or what came was no HTTP.</summary>
    public const int Broken = 1;

    /// <summary>One hour in microseconds; what takes longer counts as that.</summary>
    private const long MicrosecondsMax = 3_600_000_000;

    private const int Digits = 3;
    private readonly Lock _lock = new();
    private readonly SortedDictionary<int, long> _outcomes = [];

    public string Name { get; } = name;

    /// <summary>In microseconds, of what succeeded.</summary>
    public LongHistogram Latencies { get; } = NewHistogram();

    public long Succeeded { get; private set; }

    public long Failed { get; private set; }

    /// <summary>How many ended how.</summary>
    public IReadOnlyDictionary<int, long> Outcomes => _outcomes;

    public static LongHistogram NewHistogram() => new(1, MicrosecondsMax, Digits);

    public static string NameOf(int outcome) => outcome switch
    {
        TimedOut => "timeout",
        Broken => "connection",
        _ => outcome.ToString(CultureInfo.InvariantCulture),
    };

    public void Latency(long microseconds)
    {
        lock (_lock) Latencies.RecordValue(Math.Clamp(microseconds, 1, MicrosecondsMax));
    }

    public void Outcome(int outcome, bool good, long count = 1)
    {
        lock (_lock)
        {
            _outcomes[outcome] = _outcomes.GetValueOrDefault(outcome) + count;
            if (good) Succeeded += count;
            else Failed += count;
        }
    }
}
