using System.Numerics;

namespace GossipCluster.Core.Coordination;

/// <summary>How long a peer takes to answer: a running 99th percentile in half a kilobyte, and the hedge delay that follows.</summary>
/// <remarks>
/// <para>
/// A histogram with logarithmic buckets, eight to a power of two, as in Tene's HdrHistogram and Masson et al., "DDSketch" (VLDB 2019): the
/// percentile is at most 1/8 too high, never too low. When <see cref="SampleCountMax"/> samples are in, all counts are halved, so that old
/// samples fade: exponential decay by count, which needs no clock.
/// </para>
/// <para>
/// Hedging after a high percentile is Dean and Barroso, "The Tail at Scale" (CACM 2013): at p99 it costs at most one more request in a
/// hundred. <see cref="DelayMin"/> is there for the idle and the fast, where p99 is noise; samples are cut at
/// <see cref="SampleMax"/>, for a peer that paused for ten seconds must not teach us to wait as long when it pauses again.
/// </para>
/// Not thread-safe: one owner calls it.
/// </remarks>
public sealed class LatencyEstimate
{
    /// <summary>Samples at which all counts are halved.</summary>
    public const int SampleCountMax = 2048;

    /// <summary>Samples below which the percentile is not used for hedging: one slow first request is no percentile.</summary>
    public const int SampleCountMin = 100;

    // Below 64 us everything is one bucket. From there, 14 powers of two with eight buckets each end at SampleMax.
    private const int FirstPower = 6;
    private const int LastPower = 20;
    private const int BucketsPerPower = 8;

    private readonly uint[] _counts = new uint[1 + ((LastPower - FirstPower) * BucketsPerPower)];
    private uint _total;

    /// <summary>The least hedge delay: 50 ms.</summary>
    public static TimeSpan DelayMin => TimeSpan.FromMilliseconds(50);

    /// <summary>What a slower sample counts as, and so the greatest percentile: about one second (2^20 us).</summary>
    public static TimeSpan SampleMax => TimeSpan.FromMicroseconds(1 << LastPower);

    /// <summary>How long to wait for the peer before the next node is asked as well.</summary>
    /// <value>From <see cref="DelayMin"/> to <see cref="SampleMax"/>: the greater of the former and p99.</value>
    public TimeSpan HedgeDelay
    {
        get
        {
            if (_total < SampleCountMin) return DelayMin;
            var percentile = Percentile99;
            return percentile > DelayMin ? percentile : DelayMin;
        }
    }

    /// <summary>The upper edge of the bucket that holds the 99th percentile; zero where there is no sample.</summary>
    public TimeSpan Percentile99
    {
        get
        {
            // One in a hundred may lie above, rounded down: with few samples it is the greatest.
            var above = _total / 100;
            for (var bucket = _counts.Length - 1; bucket >= 0; bucket--)
            {
                if (_counts[bucket] > above) return TimeSpan.FromMicroseconds(UpperEdge(bucket));
                above -= _counts[bucket];
            }

            return TimeSpan.Zero;
        }
    }

    /// <summary>Takes the time of one answer, late ones too. O(1), but for the halving once in a thousand samples.</summary>
    /// <param name="latency">From request to answer; a negative one counts as zero.</param>
    public void Record(TimeSpan latency)
    {
        _counts[BucketOf(latency.Ticks / TimeSpan.TicksPerMicrosecond)]++;
        if (++_total >= SampleCountMax) Halve();
    }

    private void Halve()
    {
        _total = 0;
        foreach (ref var count in _counts.AsSpan())
        {
            count /= 2;
            _total += count;
        }
    }

    private static int BucketOf(long microseconds)
    {
        if (microseconds < 1 << FirstPower) return 0;
        if (microseconds >= 1 << LastPower) microseconds = (1 << LastPower) - 1;
        var power = BitOperations.Log2((ulong)microseconds);
        var eighth = (int)(microseconds >> (power - 3)) & (BucketsPerPower - 1);
        return 1 + ((power - FirstPower) * BucketsPerPower) + eighth;
    }

    private static long UpperEdge(int bucket)
    {
        if (bucket == 0) return 1 << FirstPower;
        var (power, eighth) = Math.DivRem(bucket - 1, BucketsPerPower);
        return (BucketsPerPower + eighth + 1L) << (power + FirstPower - 3);
    }
}
