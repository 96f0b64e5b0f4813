using GossipCluster.Core.Replication;

namespace GossipCluster.Core.Tests.Replication;

public sealed class RepairPaceTests
{
    private const int Part = 64 << 10;
    private static readonly RepairPaceOptions Options = new() { BytesPerSecondMax = 10_000_000, BytesPerSecondMin = 100_000 };
    private TimeSpan _now = TimeSpan.FromSeconds(5);

    [Fact]
    public void Without_clients_repairs_come_at_the_greatest_rate()
    {
        var pace = new RepairPace(Options, _now);

        Assert.InRange(Run(pace, TimeSpan.FromSeconds(10), latency: null), 95_000_000, 103_000_000);
    }

    [Fact]
    public void A_part_larger_than_the_bucket_is_paid_for_before_the_next_one()
    {
        var pace = new RepairPace(Options, _now);
        Assert.True(pace.HasRoom(_now));
        pace.Spend(21_000_000);

        Assert.False(pace.HasRoom(_now + TimeSpan.FromSeconds(1.9)));
        Assert.True(pace.HasRoom(_now + TimeSpan.FromSeconds(2.1)));
    }

    [Fact]
    public void Where_clients_wait_longer_than_without_repairs_the_rate_falls_and_never_to_nothing()
    {
        var pace = new RepairPace(Options, _now);
        Quiet(pace, TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(5));

        var came = Run(pace, TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(5), whileRepairing: TimeSpan.FromMilliseconds(50));

        Assert.Equal(Options.BytesPerSecondMin, pace.BytesPerSecond);
        Assert.True(pace.Slowdowns > 3);
        Assert.InRange(came, 900_000, 6_000_000);
    }

    [Fact]
    public void Where_clients_wait_no_longer_than_before_the_rate_stays()
    {
        var pace = new RepairPace(Options, _now);
        Quiet(pace, TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(20));

        Assert.InRange(Run(pace, TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(24)), 95_000_000, 103_000_000);
        Assert.Equal(0, pace.Slowdowns);
    }

    [Fact]
    public void Where_clients_wait_as_long_without_repairs_the_repairs_are_not_to_blame()
    {
        var pace = new RepairPace(Options, _now);
        Quiet(pace, TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(5));
        Quiet(pace, TimeSpan.FromSeconds(20), TimeSpan.FromMilliseconds(80));

        Run(pace, TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(80));

        Assert.Equal(Options.BytesPerSecondMax, pace.BytesPerSecond);
    }

    [Fact]
    public void When_clients_are_served_again_the_rate_comes_back()
    {
        var pace = new RepairPace(Options, _now);
        Quiet(pace, TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(5));
        Run(pace, TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(5), whileRepairing: TimeSpan.FromMilliseconds(50));

        Run(pace, TimeSpan.FromSeconds(5), TimeSpan.FromMilliseconds(5));

        Assert.Equal(Options.BytesPerSecondMax, pace.BytesPerSecond);
    }

    [Fact]
    public void Clients_that_come_while_repairs_run_are_noticed_by_what_they_wait_more_than_at_best()
    {
        var pace = new RepairPace(Options, _now);
        Run(pace, TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(6));

        Run(pace, TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(6), whileRepairing: TimeSpan.FromMilliseconds(60));

        Assert.Equal(Options.BytesPerSecondMin, pace.BytesPerSecond);
    }

    [Fact]
    public void What_was_asked_for_and_did_not_come_is_given_back()
    {
        var pace = new RepairPace(Options, _now);
        pace.Spend(50_000_000);
        pace.Spend(-50_000_000);

        Assert.True(pace.HasRoom(_now));
        Assert.Equal(0, pace.SpentBytes);
    }

    private long Run(RepairPace pace, TimeSpan span, TimeSpan? latency, TimeSpan? whileRepairing = null)
    {
        var before = pace.SpentBytes;
        var last = before;
        var spentAt = _now;
        for (var end = _now + span; _now < end; _now += TimeSpan.FromMilliseconds(5))
        {
            if (pace.SpentBytes != last) (last, spentAt) = (pace.SpentBytes, _now);
            if (latency is { } waited) pace.Answered(_now - spentAt < RepairPace.Step && whileRepairing is { } longer ? longer : waited);
            for (var i = 0; i < 10 && pace.HasRoom(_now); i++) pace.Spend(Part);
        }

        return pace.SpentBytes - before;
    }

    private void Quiet(RepairPace pace, TimeSpan span, TimeSpan latency)
    {
        for (var end = _now + span; _now < end; _now += TimeSpan.FromMilliseconds(5))
        {
            pace.Answered(latency);
            pace.HasRoom(_now);
        }
    }
}
