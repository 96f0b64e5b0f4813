using GossipCluster.Cli.Bench;

namespace GossipCluster.Cli.Tests.Bench;

public sealed class ScheduleTests
{
    private const long Second = 1_000_000;

    [Fact]
    public void As_fast_as_possible_every_moment_is_due_until_the_end()
    {
        var schedule = Schedule.AsFastAsPossible(0, 10);

        Assert.True(schedule.TryTake(3, out var due));
        Assert.Equal(3, due);
        Assert.False(schedule.TryTake(10, out _));
        Assert.Equal(0, schedule.Backlog(100));
    }

    [Fact]
    public void At_a_rate_requests_are_due_evenly_and_no_earlier()
    {
        var schedule = Schedule.AtRate(0, Second, 4, Second);

        Assert.True(schedule.TryTake(0, out var first));
        Assert.False(schedule.TryTake(249_999, out _));
        Assert.Equal(250_000, schedule.Next);
        Assert.True(schedule.TryTake(251_000, out var second));

        Assert.Equal((0, 250_000), (first, second));
    }

    [Fact]
    public void What_was_due_before_the_end_is_still_due_after_it_and_nothing_else()
    {
        var schedule = Schedule.AtRate(0, Second, 4, Second);

        var taken = new List<long>();
        while (schedule.TryTake(5 * Second, out var due)) taken.Add(due);

        Assert.Equal([0, 250_000, 500_000, 750_000], taken);
        Assert.Null(schedule.Next);
    }

    [Fact]
    public void The_backlog_is_what_was_due_and_not_taken()
    {
        var schedule = Schedule.AtRate(0, Second, 4, Second);
        schedule.TryTake(0, out _);

        Assert.Equal(2, schedule.Backlog(600_000));
        Assert.Equal(3, schedule.Backlog(9 * Second));
    }

    [Fact]
    public void A_stall_is_charged_to_all_requests_that_were_due_meanwhile()
    {
        // One connection, 1,000 requests a second for 10 s, each answered in 0.1 ms, but for one stall of 1 s in the middle.
        var schedule = Schedule.AtRate(0, 10 * Second, 1_000, Second);
        var corrected = new OperationStatistics("corrected");
        var naive = new OperationStatistics("naive");
        long now = 0;
        while (schedule.Next is { } next)
        {
            now = Math.Max(now, next);
            schedule.TryTake(now, out var due);
            var sent = now;
            now += sent is >= 5 * Second and < (5 * Second) + 1_000 ? Second : 100;
            corrected.Latency(now - due);
            naive.Latency(now - sent);
        }

        Assert.Equal(10_000, corrected.Latencies.TotalCount);
        Assert.InRange(naive.Latencies.GetValueAtPercentile(99), 100, 101);
        Assert.InRange(corrected.Latencies.GetValueAtPercentile(99), 850_000, 1_010_000);
        Assert.InRange(corrected.Latencies.GetValueAtPercentile(90), 80_000, 130_000);
    }
}
