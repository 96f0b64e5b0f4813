using Akka.Actor;
using Akka.TestKit.Xunit;
using GossipCluster.Actors.Configuration;

namespace GossipCluster.Actors.Tests.Configuration;

public sealed class DueTimeSchedulerTests : TestKit
{
    public DueTimeSchedulerTests()
        : base("akka { loglevel = OFF, scheduler.implementation = \"GossipCluster.Actors.Configuration.DueTimeScheduler, GossipCluster.Actors\" }")
    {
    }

    [Fact]
    public async Task What_is_due_is_told_and_never_early()
    {
        var started = TimeProvider.System.GetTimestamp();
        Sys.Scheduler.ScheduleTellOnce(TimeSpan.FromMilliseconds(60), TestActor, "late", ActorRefs.NoSender);
        Sys.Scheduler.ScheduleTellOnce(TimeSpan.Zero, TestActor, "at once", ActorRefs.NoSender);

        await ExpectMsgAsync("at once");
        await ExpectMsgAsync("late");
        Assert.True(TimeProvider.System.GetElapsedTime(started) >= TimeSpan.FromMilliseconds(60));
    }

    [Fact(DisplayName = "What is due in a hundred years can be set, though the system's timers reach 49 days")]
    public async Task What_is_due_late_can_be_set()
    {
        Sys.Scheduler.ScheduleTellOnce(TimeSpan.FromDays(36_500), TestActor, "never", ActorRefs.NoSender);

        await ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));
    }

    [Fact]
    public async Task What_repeats_repeats_until_it_is_cancelled()
    {
        var cancel = Sys.Scheduler.ScheduleTellRepeatedlyCancelable(TimeSpan.Zero, TimeSpan.FromMilliseconds(10), TestActor, "beat", ActorRefs.NoSender);

        for (var beat = 0; beat < 5; beat++) await ExpectMsgAsync("beat");
        cancel.Cancel();

        await ExpectNoMsgAfterAsync("beat");
    }

    [Fact]
    public async Task What_is_cancelled_is_not_told()
    {
        var cancel = Sys.Scheduler.ScheduleTellOnceCancelable(TimeSpan.FromMilliseconds(30), TestActor, "never", ActorRefs.NoSender);
        cancel.Cancel();

        await ExpectNoMsgAsync(TimeSpan.FromMilliseconds(100));
    }

    [Fact]
    public async Task An_action_that_fails_stops_nothing()
    {
        var runs = 0;
        Sys.Scheduler.Advanced.ScheduleRepeatedly(TimeSpan.Zero, TimeSpan.FromMilliseconds(5), () =>
        {
            runs++;
            throw new InvalidOperationException("On purpose.");
        });

        await AwaitConditionAsync(() => Task.FromResult(Volatile.Read(ref runs) > 3));
    }

    [Fact(DisplayName = "Ten thousand timers that nobody refers to survive a garbage collection and fire")]
    public async Task Timers_are_held()
    {
        var fired = 0;
        for (var index = 0; index < 10_000; index++) Sys.Scheduler.Advanced.ScheduleOnce(TimeSpan.FromMilliseconds(150), () => Interlocked.Increment(ref fired));
        GC.Collect();
        GC.WaitForPendingFinalizers();

        await AwaitConditionAsync(() => Task.FromResult(Volatile.Read(ref fired) == 10_000));
    }

    /// <summary>Some may be on their way; then there is silence.</summary>
    private async Task ExpectNoMsgAfterAsync(string mayCome)
    {
        while (await ReceiveOneAsync(TimeSpan.FromMilliseconds(100)) is { } message) Assert.Equal(mayCome, message);
    }
}
