using Akka.Actor;
using Akka.Event;
using GossipCluster.Actors.Metadata;
using GossipCluster.Actors.Store;
using GossipCluster.Core.Causality;

namespace GossipCluster.Actors.Dissemination;

/// <summary>Tells all nodes now and then how this one is, and keeps what they say of themselves. None of it is durable: who has been silent is not shown.</summary>
internal sealed class LoadActor : ReceiveActor, IWithTimers
{
    private readonly NodeName _self;
    private readonly SpreadOptions _options;
    private readonly IActorRef _spreader;
    private readonly ClusterDirectory _directory;
    private readonly NodeStore _store;
    private readonly TimeProvider _clock;
    private TimeSpan _cpu;
    private long _cpuAt;

    public LoadActor(NodeName self, SpreadOptions options, IActorRef spreader, ClusterDirectory directory, NodeStore store, TimeProvider clock)
    {
        (_self, _options, _spreader, _directory, _store, _clock) = (self, options, spreader, directory, store, clock);
        (_cpu, _cpuAt) = (Environment.CpuUsage.TotalTime, clock.GetTimestamp());

        Receive<Measure>(_ => Ask());
        Receive<NodeEntropy>(Tell);
        Receive<Status.Failure>(_ => { });
        Receive<SpreadProtocol.Heard>(Hear);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props CreateProps(NodeName self, SpreadOptions options, IActorRef spreader, ClusterDirectory directory, NodeStore store, TimeProvider clock) =>
        Props.Create(() => new LoadActor(self, options, spreader, directory, store, clock));

    protected override void PreStart()
    {
        _spreader.Tell(new SpreadProtocol.Listen(NewsKind.Load, Self));
        Timers.StartPeriodicTimer(Measure.Instance, Measure.Instance, _options.LoadInterval);
    }

    private void Ask()
    {
        _ = EntropyAsync().PipeTo(Self);

        // What fails or has no answer is asked again next time.
        async Task<object> EntropyAsync() => await _store.EntropyAsync(CancellationToken.None) is { } entropy ? entropy : new Status.Failure(new TimeoutException("The shards have not answered."));
    }

    private void Tell(NodeEntropy entropy)
    {
        var (cpu, now) = (Environment.CpuUsage.TotalTime, _clock.GetTimestamp());
        var cores = (cpu - _cpu) / _clock.GetElapsedTime(_cpuAt, now);
        (_cpu, _cpuAt) = (cpu, now);
        var load = new NodeLoad(double.IsFinite(cores) ? cores : 0, entropy.Replicas.Sum(replica => (long)replica.Keys), entropy.Dots, entropy.Replicas.Sum(replica => (long)replica.HintDots));
        _directory.Loads[_self] = new HeardLoad(load, now);
        _spreader.Tell(new SpreadProtocol.Publish(NewsKind.Load, load.ToBytes()));
    }

    private void Hear(SpreadProtocol.Heard heard)
    {
        if (NodeLoad.Read(heard.Body.Span) is { } load && _directory.View.Ring.Contains(heard.Origin)) _directory.Loads[heard.Origin] = new HeardLoad(load, _clock.GetTimestamp());
    }

    private sealed record Measure : INotInfluenceReceiveTimeout, IDeadLetterSuppression, INoSerializationVerificationNeeded
    {
        public static readonly Measure Instance = new();
    }
}
