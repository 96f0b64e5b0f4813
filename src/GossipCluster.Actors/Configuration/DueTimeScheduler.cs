using System.Diagnostics.CodeAnalysis;
using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;

namespace GossipCluster.Actors.Configuration;

/// <summary>Akka's timers on those of .NET: nothing wakes up before something is due.</summary>
/// <remarks>
/// Akka's own scheduler turns a wheel and wakes up for each of its notches, a hundred times a second, which is most of what an idle node costs
/// (docs/benchmarks.md). Here a timer costs when it is set and when it is due. Timers are exact to some milliseconds, and never early. One that repeats keeps
/// its rate, and skips beats that it is late for. A cancelled one is let go when it would have been due.
/// </remarks>
public sealed class DueTimeScheduler : SchedulerBase, IDateTimeOffsetNowTimeProvider, IDisposable
{
    private readonly long _origin = TimeProvider.System.GetTimestamp();
    private volatile bool _isStopped;

    /// <summary>Made by Akka.</summary>
    public DueTimeScheduler(Config scheduler, ILoggingAdapter log)
        : base(scheduler, log)
    {
    }

    /// <inheritdoc/>
    public override TimeSpan MonotonicClock => TimeProvider.System.GetElapsedTime(_origin);

    /// <inheritdoc/>
    public override TimeSpan HighResMonotonicClock => MonotonicClock;

    /// <inheritdoc/>
    protected override DateTimeOffset TimeNow => DateTimeOffset.UtcNow;

    /// <summary>Nothing more is run.</summary>
    public void Dispose() => _isStopped = true;

    /// <inheritdoc/>
    protected override void InternalScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef sender, ICancelable? cancelable) =>
        Start(new Due(this, () => receiver.Tell(message, sender), interval: null, cancelable), delay);

    /// <inheritdoc/>
    protected override void InternalScheduleTellRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef sender, ICancelable? cancelable) =>
        Start(new Due(this, () => receiver.Tell(message, sender), interval, cancelable), initialDelay);

    /// <inheritdoc/>
    protected override void InternalScheduleOnce(TimeSpan delay, Action action, ICancelable? cancelable) =>
        Start(new Due(this, action, interval: null, cancelable), delay);

    /// <inheritdoc/>
    protected override void InternalScheduleOnce(TimeSpan delay, IRunnable action, ICancelable? cancelable) =>
        Start(new Due(this, action.Run, interval: null, cancelable), delay);

    /// <inheritdoc/>
    protected override void InternalScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, Action action, ICancelable? cancelable) =>
        Start(new Due(this, action, interval, cancelable), initialDelay);

    /// <inheritdoc/>
    protected override void InternalScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, IRunnable action, ICancelable? cancelable) =>
        Start(new Due(this, action.Run, interval, cancelable), initialDelay);

    private void Start(Due due, TimeSpan delay)
    {
        if (!_isStopped) due.Start(delay);
    }

    /// <summary>One timer. .NET holds on to it for as long as it is set, and no longer.</summary>
    [SuppressMessage("Design", "CA1001", Justification = "It disposes of its timer itself when it has run for the last time.")]
    private sealed class Due(DueTimeScheduler scheduler, Action action, TimeSpan? interval, ICancelable? cancelable)
    {
        private Timer? _timer;
        private TimeSpan _at;

        public void Start(TimeSpan delay)
        {
            _at = scheduler.MonotonicClock + delay;

            // What the caller's flow carries along, an activity say, is nothing of the timer's.
            using (ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow())
                _timer = new Timer(static due => ((Due)due!).Run(), this, Timeout.Infinite, Timeout.Infinite);
            Set(delay);
        }

        // The system's timers reach less than 50 days: what is due later is set again when they end.
        private void Set(TimeSpan delay) => _timer!.Change((long)Math.Ceiling(Math.Clamp(delay.TotalMilliseconds, 0, int.MaxValue)), Timeout.Infinite);

        private void Run()
        {
            if (scheduler._isStopped || cancelable is { IsCancellationRequested: true })
            {
                _timer!.Dispose();
                return;
            }

            // The system's timers count in milliseconds and may be a part of one early.
            if (_at - scheduler.MonotonicClock is { Ticks: > 0 } early)
            {
                Set(early);
                return;
            }

            try
            {
                action();
            }
            catch (Exception error)
            {
                // As with Akka's own: what a timer runs may fail, and the process goes on.
                scheduler.Log.Error(error, "A scheduled action has failed");
            }

            if (interval is not { } every)
            {
                _timer!.Dispose();
                return;
            }

            var now = scheduler.MonotonicClock;
            _at += every;
            if (_at < now) _at = now + every;
            Set(_at - now);
        }
    }
}
