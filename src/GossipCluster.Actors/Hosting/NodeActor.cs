using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using GossipCluster.Actors.Dissemination;
using GossipCluster.Actors.Identity;
using GossipCluster.Actors.Links;
using GossipCluster.Actors.Membership;
using GossipCluster.Actors.Metadata;
using GossipCluster.Actors.Replicas;
using GossipCluster.Actors.Storage;
using GossipCluster.Actors.Store;
using GossipCluster.Core.Causality;

namespace GossipCluster.Actors.Hosting;

/// <summary>The node's root, <c>/user/gossip</c>: starts its parts in order, keeps them, and stops them in order.</summary>
/// <remarks>
/// <code>
///   storage reads back --> links, metadata, membership, identity, shards --> ring known --> identity decided --> serves
///   stop: no more requests --> shards drained --> the mark of a clean stop --> storage closed
/// </code>
/// Children are restarted one by one, with back-off by the pace of their own work: links lose what was on the way, shards are read back from disk, metadata
/// goes on from the directory, identity takes a new id. A storage that ends takes the shards along: what it had accepted and not answered is only known
/// from the disk, so that the node's whole tree starts again.
/// </remarks>
public sealed class NodeActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StorageBackoff = TimeSpan.FromSeconds(1);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly NodeParts _parts;
    private readonly NodeName _self;
    private readonly HashSet<NodeName> _reachable = [];
    private IActorRef _storage = ActorRefs.Nobody;
    private IActorRef _links = ActorRefs.Nobody;
    private IActorRef _metadata = ActorRefs.Nobody;
    private IActorRef _identityActor = ActorRefs.Nobody;
    private ImmutableArray<IActorRef> _shards = [];
    private ClusterView? _view;
    private ReplicaId? _identity;
    private string _progress = "Reads back what is on disk.";
    private string _disk = string.Empty;
    private IActorRef? _stopper;
    private int _undrained;
    private bool _isIntroduced;

    /// <summary>See <see cref="CreateProps"/>.</summary>
    public NodeActor(NodeParts parts)
    {
        _parts = parts;
        _self = parts.Node.Name;

        Receive<StorageProtocol.Progress>(progress => Say(progress.Sentence));
        Receive<StorageProtocol.Damaged>(damaged => Complain(damaged.Sentence));
        Receive<StorageProtocol.Recovered>(Begin);
        Receive<StorageProtocol.DiskState>(SeeDisk);
        Receive<ViewChanged>(changed => See(changed.View));
        Receive<LinkProtocol.ReachabilityChanged>(SeeReachability);
        Receive<IdentityActor.Decided>(decided => Assume(decided.Id));
        Receive<ShardProtocol.Restarted>(restarted => Tell(_shards[restarted.Shard]));
        Receive<IdentityActor.Restarted>(_ => _identityActor.Tell(new IdentityActor.Shards(_shards)));
        Receive<Terminated>(_ => StartAnew());
        Receive<DeadLetter>(dead => (dead.Message as ITicket)?.Abandon());
        Receive<StartStorage>(_ => Start());
        Receive<IntroductionOver>(_ => Introduce(isOver: true));
        Receive<Stop>(stop => BeginStop(stop.Sentence));
        Receive<ShardProtocol.Drained>(_ => Drained());
        Receive<DrainOver>(_ => MarkCleanStop(isClean: false));
        Receive<IdentityActor.MarkWritten>(_ => _storage.Tell(StorageProtocol.Close.Instance));
        Receive<StorageProtocol.Closed>(_ => EndStop());
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>The root of a node's actors.</summary>
    public static Props CreateProps(NodeParts parts) => Props.Create(() => new NodeActor(parts));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        // What lies in the mailbox of a shard that ends is nobody's any more, and somebody waits for it.
        Context.System.EventStream.Subscribe(Self, typeof(DeadLetter));
        Context.System.EventStream.Subscribe(Self, typeof(StorageProtocol.DiskState));
        Start();
    }

    /// <inheritdoc/>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(
        maxNrOfRetries: -1,
        TimeSpan.FromMinutes(1),
        error =>
        {
            _log.Error(error, "A part of the node failed and is restarted; what it had under way is answered or repaired. Report this, with the stack trace");
            return Directive.Restart;
        });

    private void Start()
    {
        _storage = Context.ActorOf(StorageActor.CreateProps(_parts.Storage, _parts.Shards.Replica), "storage");
        Context.Watch(_storage);
        _storage.Tell(StorageProtocol.Recover.Instance);
        Publish();
    }

    private void Begin(StorageProtocol.Recovered recovered)
    {
        if (!_shards.IsEmpty) return;
        if (MetadataActor.RefusalOf(recovered.Facts, _parts.Node.Cluster) is { } refusal)
        {
            Context.System.EventStream.Publish(new MetadataProtocol.ClusterMismatch(refusal));
            Say(refusal);
            return;
        }

        _log.Info("{Replicas} replicas and {Facts} facts read back from disk", recovered.Replicas.Count, recovered.Facts.Count);
        _progress = string.Empty;
        var incarnation = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        _links = Context.ActorOf(LinksActor.CreateProps(_self, incarnation, _parts.Links), "links");
        _links.Tell(new LinkProtocol.Subscribe(ParcelKind.Identity, Self));
        BeginMetadata(recovered, incarnation);
        BeginShards(recovered);
    }

    private void BeginMetadata(StorageProtocol.Recovered recovered, long incarnation)
    {
        var spreader = Context.ActorOf(SpreaderActor.CreateProps(_self, incarnation, _parts.Spread, _links), "spreader");
        _metadata = Context.ActorOf(
            MetadataActor.CreateProps(_parts.Node with { Start = incarnation }, _parts.Metadata, _storage, _links, recovered.Facts, _parts.Directory, _parts.Replicator, TimeProvider.System, spreader), "metadata");
        _metadata.Tell(new MetadataProtocol.Subscribe(Self));
        _metadata.Tell(new MetadataProtocol.Subscribe(_links));
        _metadata.Tell(new MetadataProtocol.Subscribe(spreader));
        Context.ActorOf(LoadActor.CreateProps(_self, _parts.Spread, spreader, _parts.Directory, _parts.Store, TimeProvider.System), "load");
        Context.ActorOf(MembershipActor.CreateProps(_parts.Node, _parts.Membership, _metadata, _parts.History, TimeProvider.System), "membership");
    }

    private void BeginShards(StorageProtocol.Recovered recovered)
    {
        var next = recovered.Replicas.ToDictionary(replica => replica.Key, replica => replica.Value.NextCounter);
        _identityActor = Context.ActorOf(IdentityActor.CreateProps(_self, _storage, _links, recovered.Facts, next), "identity");
        _metadata.Tell(new MetadataProtocol.Subscribe(_identityActor));
        var adopt = new ShardProtocol.Adopt(recovered.Replicas, recovered.Facts, recovered.Position);
        var count = _parts.ShardCount;
        _shards =
        [
            .. Enumerable.Range(0, count).Select(index =>
            {
                var shard = Context.ActorOf(ShardActor.CreateProps(_self, index, count, _parts.Shards, _storage, _links), $"shard-{index}");
                shard.Tell(adopt);
                return shard;
            }),
        ];
        _links.Tell(new LinkProtocol.RouteToShards(_shards));
        _identityActor.Tell(new IdentityActor.Shards(_shards));
        foreach (var shard in _shards) Tell(shard);
        Publish();
    }

    /// <summary>What a shard has to know of the node, as of now.</summary>
    private void Tell(IActorRef shard)
    {
        if (_view is { } view) shard.Tell(new ViewChanged(view));
        foreach (var node in _reachable) shard.Tell(new LinkProtocol.ReachabilityChanged(node, true));
        if (_identity is { } identity) shard.Tell(new ShardProtocol.Assume(identity));
    }

    private void See(ClusterView view)
    {
        _view = view with
        {
            NVals = [.. _parts.Directory.Types.Select(type => type.N).Distinct().Order()],
            Priorities = _parts.Directory.Types.Where(type => type.Properties.Priority != 0).ToImmutableDictionary(type => type.Name, type => type.Properties.Priority, StringComparer.Ordinal),
        };
        foreach (var shard in _shards) shard.Tell(new ViewChanged(_view));
        if (_view.Serves && !_isIntroduced) Timers.StartSingleTimer(IntroductionOver.Instance, IntroductionOver.Instance, _parts.Links.SilenceMax);
        Introduce(isOver: false);
        Publish();
    }

    /// <summary>
    /// A node that has just started has heard of nobody, and would take everybody for gone: it takes requests when all ring members have been heard of, or have been
    /// silent for as long as makes a node unreachable. Else its first "not found" would be the word of one disk.
    /// </summary>
    private void Introduce(bool isOver)
    {
        if (_isIntroduced || _view is not { Serves: true } view) return;
        _isIntroduced = isOver || view.Ring.Members.All(member => member.Name == _self || _reachable.Contains(member.Name));
        if (_isIntroduced) Publish();
    }

    private void SeeReachability(LinkProtocol.ReachabilityChanged changed)
    {
        if (changed.IsReachable) _reachable.Add(changed.Node);
        else _reachable.Remove(changed.Node);
        Introduce(isOver: false);
        Publish();
    }

    private void SeeDisk(StorageProtocol.DiskState disk)
    {
        _disk = disk.Sentence;
        Publish();
    }

    private void Assume(ReplicaId identity)
    {
        _identity = identity;
        foreach (var shard in _shards) shard.Tell(new ShardProtocol.Assume(identity));
        Publish();
    }

    private void Say(string progress)
    {
        _progress = progress;
        Publish();
    }

    private void Complain(string sentence)
    {
        _log.Error("The data on this disk cannot be read back, and the node does not serve. {Sentence}", sentence);
        Say(sentence);
    }

    /// <summary>The storage has ended: only the disk knows what is on it.</summary>
    private void StartAnew()
    {
        if (_stopper is not null)
        {
            EndStop();
            return;
        }

        _log.Error("The storage has ended; the node starts its parts again in {Backoff}", StorageBackoff);
        var children = Context.GetChildren().ToArray();
        (_shards, _identity, _view, _isIntroduced, _disk) = ([], null, null, false, string.Empty);
        _reachable.Clear();

        // No more requests first; those that are there already are answered as dead letters.
        Say("The storage is started again.");
        foreach (var child in children) Context.Stop(child);
        Timers.StartSingleTimer(StartStorage.Instance, StartStorage.Instance, StorageBackoff);
    }

    private void BeginStop(string sentence)
    {
        _stopper = Sender;
        _parts.Store.Publish([], null, Status() with { Recovered = false, RecoveryProgress = sentence });
        _undrained = _shards.Length;
        Timers.StartSingleTimer(DrainOver.Instance, DrainOver.Instance, DrainTimeout);
        foreach (var shard in _shards) shard.Tell(ShardProtocol.Drain.Instance);
        if (_undrained == 0) MarkCleanStop(isClean: false);
    }

    private void Drained()
    {
        if (--_undrained == 0) MarkCleanStop(isClean: true);
    }

    /// <summary>After the mark nothing of this life may reach the disk, so the shards end first.</summary>
    private void MarkCleanStop(bool isClean)
    {
        Timers.Cancel(DrainOver.Instance);
        foreach (var shard in _shards) Context.Stop(shard);
        if (isClean && !_identityActor.IsNobody()) _identityActor.Tell(IdentityActor.StopCleanly.Instance);
        else _storage.Tell(StorageProtocol.Close.Instance);
    }

    private void EndStop()
    {
        _stopper?.Tell(Stopped.Instance);
        Context.Stop(Self);
    }

    private void Publish()
    {
        if (_stopper is not null) return;
        _parts.Store.Publish(_isIntroduced ? _shards : [], _view, Status());
    }

    private NodeStatus Status()
    {
        var members = _view is null ? [] : _view.Ring.Members.Select(member => StatusOf(member.Name)).ToImmutableArray();
        var progress = _progress.Length > 0 ? _progress
            : _view is not { Serves: true } ? _parts.Directory.WaitingFor
            : !_isIntroduced ? "Waits to hear of the other nodes."
            : IsNameless ? "Makes sure under which id it may write." : string.Empty;
        return new NodeStatus(_self.Text, _view is { IsRingKnown: true }, !_shards.IsEmpty && _isIntroduced && !IsNameless, progress, members)
        {
            HasLeft = _view is { HasLeft: true },
            DiskTrouble = _disk,
            Reachable = [.. _reachable.Select(node => node.Text)],
        };
    }

    /// <summary>It may have to name dots and may not yet. Who has left the ring names none.</summary>
    private bool IsNameless => _identity is null && _view is not { HasLeft: true };

    private MemberStatus StatusOf(NodeName name)
    {
        if (name == _self) return new MemberStatus(name.Text, true, _parts.Node.Http, _parts.Node.Remote.ToString());
        var facts = _view!.Peers.GetValueOrDefault(name);
        return new MemberStatus(name.Text, _reachable.Contains(name), facts?.Http, facts?.Remote.ToString());
    }

    /// <summary>From the host: end in order. Answered by <see cref="Stopped"/>.</summary>
    /// <param name="Sentence">What requests are told that come now.</param>
    public sealed record Stop(string Sentence) : INoSerializationVerificationNeeded
    {
        /// <summary>The process ends.</summary>
        public static readonly Stop Instance = new("The node is stopping.");
    }

    /// <summary>All that was acknowledged, and more, is on disk, and the disk is closed.</summary>
    public sealed record Stopped : INoSerializationVerificationNeeded
    {
        /// <summary>The one instance.</summary>
        public static readonly Stopped Instance = new();
    }

    private sealed record StartStorage : INoSerializationVerificationNeeded
    {
        public static readonly StartStorage Instance = new();
    }

    private sealed record IntroductionOver : INoSerializationVerificationNeeded
    {
        public static readonly IntroductionOver Instance = new();
    }

    private sealed record DrainOver : INoSerializationVerificationNeeded
    {
        public static readonly DrainOver Instance = new();
    }
}
