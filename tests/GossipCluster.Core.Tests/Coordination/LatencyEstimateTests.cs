using CsCheck;
using GossipCluster.Core.Coordination;

namespace GossipCluster.Core.Tests.Coordination;

public sealed class LatencyEstimateTests
{
    [Fact]
    public void The_percentile_is_never_too_low_and_at_most_an_eighth_too_high() =>
        Gen.Int[0, 1_000_000].Array[1, 2_000].Sample(microseconds =>
        {
            var estimate = new LatencyEstimate();
            foreach (var sample in microseconds) estimate.Record(TimeSpan.FromMicroseconds(sample));

            var exact = microseconds.Order().ElementAt(microseconds.Length - 1 - (microseconds.Length / 100));

            Assert.InRange(estimate.Percentile99.TotalMicroseconds, exact, Math.Max(64, exact * 1.125) + 1);
        });

    [Fact]
    public void Fast_peers_are_given_the_least_delay()
    {
        var estimate = After(1_000, milliseconds: 1);

        Assert.Equal(TimeSpan.FromMilliseconds(50), estimate.HedgeDelay);
        Assert.InRange(estimate.Percentile99.TotalMilliseconds, 1, 1.125);
    }

    [Fact]
    public void Slow_peers_are_given_their_percentile() =>
        Assert.InRange(After(1_000, milliseconds: 200).HedgeDelay.TotalMilliseconds, 200, 225);

    [Fact]
    public void A_few_samples_are_no_percentile() =>
        Assert.Equal(TimeSpan.FromMilliseconds(50), After(LatencyEstimate.SampleCountMin - 1, milliseconds: 400).HedgeDelay);

    [Fact]
    public void One_late_answer_in_two_hundred_changes_nothing()
    {
        var estimate = After(199, milliseconds: 1);
        estimate.Record(TimeSpan.FromSeconds(10));

        Assert.Equal(TimeSpan.FromMilliseconds(50), estimate.HedgeDelay);
    }

    [Fact]
    public void A_long_pause_does_not_teach_to_wait_as_long() =>
        Assert.Equal(LatencyEstimate.SampleMax, After(1_000, milliseconds: 10_000).HedgeDelay);

    [Fact]
    public void Old_samples_fade()
    {
        var estimate = After(2_000, milliseconds: 500);
        for (var sample = 0; sample < 8 * LatencyEstimate.SampleCountMax; sample++) estimate.Record(TimeSpan.FromMilliseconds(2));

        Assert.Equal(TimeSpan.FromMilliseconds(50), estimate.HedgeDelay);
    }

    [Fact]
    public void Odd_samples_do_no_harm()
    {
        var estimate = new LatencyEstimate();
        TimeSpan[] samples = [TimeSpan.MinValue, TimeSpan.Zero, TimeSpan.MaxValue, TimeSpan.FromTicks(1)];
        foreach (var sample in samples) estimate.Record(sample);

        Assert.Equal(LatencyEstimate.SampleMax, estimate.Percentile99);
        Assert.Equal(TimeSpan.Zero, new LatencyEstimate().Percentile99);
    }

    private static LatencyEstimate After(int samples, int milliseconds)
    {
        var estimate = new LatencyEstimate();
        for (var sample = 0; sample < samples; sample++) estimate.Record(TimeSpan.FromMilliseconds(milliseconds));
        return estimate;
    }
}
