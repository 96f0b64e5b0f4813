using System.Collections.Immutable;
using System.Diagnostics;
using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using GossipCluster.Actors.Metadata;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Membership;

namespace GossipCluster.Actors.Membership;

/// <summary>Keeps the node in Akka.Cluster as well as that allows. Advice only: nothing about ring, data or readiness waits for it.</summary>
/// <remarks>
/// Three states that Akka.Cluster does not get out of by itself:
/// (a) A member whose node lives on in another ActorSystem stays unreachable for ever and holds up convergence. It is downed, it alone, on proof: the node's
/// own, newer facts name another ActorSystem, and that one answers. Where a node came back on its *old* address while yet another is dead, Akka keeps it
/// out until that one is back; nothing but PubSub misses it.
/// (b) All restart and no first seed is alive: the first by name of those that reach each other joins itself, the others join it.
/// (c) Two islands: the nodes of one restart their ActorSystem, one after the other, and join the other. See <see cref="IslandMending"/>.
/// </remarks>
public sealed class MembershipActor : ReceiveActor, IWithTimers
{
    // How many join timeouts long only the island is asked that the node restarted for.
    private const int JoinFirstTries = 5;

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly LocalNode _node;
    private readonly MembershipOptions _options;
    private readonly IActorRef _metadata;
    private readonly TimeProvider _clock;
    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);
    private readonly Dictionary<NodeName, MetadataProtocol.PeerState> _peers = [];
    private readonly Dictionary<UniqueAddress, Member> _members = [];
    private readonly Dictionary<UniqueAddress, long> _unreachableSince = [];
    private readonly Dictionary<NodeName, long> _levelSince = [];
    private readonly MembershipHistory _history;
    private readonly IslandMending _mending;
    private readonly long _startedAt;

    private ClusterView? _view;
    private ImmutableArray<Address> _asked = [];
    private Island _island;
    private bool _isJoined;
    private long _tryingSince;
    private IslandVerdict _said = IslandVerdict.One;
    private bool _isMoving;

    /// <summary>See <see cref="CreateProps"/>.</summary>
    public MembershipActor(LocalNode node, MembershipOptions options, IActorRef metadata, MembershipHistory history, TimeProvider clock)
    {
        (_node, _options, _metadata, _history, _clock) = (node, options, metadata, history, clock);
        _startedAt = clock.GetTimestamp();
        TimeSpan? restartedBefore = history.RestartedAt is { } at ? -clock.GetElapsedTime(at) : null;
        _mending = new IslandMending(node.Name, options.IslandAfter, options.RestartIntervalMin, restartedBefore);

        Receive<ViewChanged>(changed => ViewChanged(changed.View));
        Receive<MetadataProtocol.PeerState>(PeerIs);
        Receive<ClusterEvent.CurrentClusterState>(Begin);
        Receive<ClusterEvent.MemberRemoved>(removed => MemberGone(removed.Member));
        Receive<ClusterEvent.IMemberEvent>(changed => MemberIs(changed.Member));
        Receive<ClusterEvent.UnreachableMember>(unreachable => MemberIs(unreachable.Member, isUnreachable: true));
        Receive<ClusterEvent.ReachableMember>(reachable => MemberIs(reachable.Member, isUnreachable: false));
        Receive<LookAgain>(_ => Look());
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>To be created after the metadata actor.</summary>
    /// <param name="node">Who this is.</param>
    /// <param name="options">Of this area.</param>
    /// <param name="metadata">The <see cref="MetadataActor"/>.</param>
    /// <param name="history">Of the process.</param>
    /// <param name="clock">For waits; the one of <see cref="MembershipHistory.RestartedAt"/>.</param>
    public static Props CreateProps(LocalNode node, MembershipOptions options, IActorRef metadata, MembershipHistory history, TimeProvider clock) =>
        Props.Create(() => new MembershipActor(node, options, metadata, history, clock));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        _metadata.Tell(new MetadataProtocol.Subscribe(Self, Peers: true));
        _cluster.Subscribe(
            Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsSnapshot, typeof(ClusterEvent.IMemberEvent), typeof(ClusterEvent.IReachabilityEvent));
    }

    /// <inheritdoc/>
    protected override void PostStop() => _cluster.Unsubscribe(Self);

    private void ViewChanged(ClusterView view)
    {
        var isFirst = _view?.IsRingKnown != true && view.IsRingKnown;
        foreach (var (node, facts) in view.Peers)
        {
            if (_levelSince.ContainsKey(node) && _view?.Peers.GetValueOrDefault(node)?.Uid != facts.Uid) _levelSince[node] = _clock.GetTimestamp();
        }

        _view = view;
        if (!isFirst) return;
        _tryingSince = _clock.GetTimestamp();
        Timers.StartPeriodicTimer(LookAgain.Instance, LookAgain.Instance, _options.JoinTimeout);
        Join();
    }

    private void PeerIs(MetadataProtocol.PeerState state)
    {
        if (!state.IsReachable) _levelSince.Remove(state.Node);
        else _levelSince.TryAdd(state.Node, _clock.GetTimestamp());
        _peers[state.Node] = state;
    }

    private void Begin(ClusterEvent.CurrentClusterState state)
    {
        foreach (var member in state.Members) _members[member.UniqueAddress] = member;
        foreach (var member in state.Unreachable) _unreachableSince[member.UniqueAddress] = _clock.GetTimestamp();
        MembersChanged();
    }

    private void MemberIs(Member member, bool? isUnreachable = null)
    {
        _members[member.UniqueAddress] = member;
        if (isUnreachable == true) _unreachableSince.TryAdd(member.UniqueAddress, _clock.GetTimestamp());
        else if (isUnreachable == false) _unreachableSince.Remove(member.UniqueAddress);
        MembersChanged();
    }

    private void MemberGone(Member member)
    {
        _members.Remove(member.UniqueAddress);
        _unreachableSince.Remove(member.UniqueAddress);
        MembersChanged();
    }

    private void MembersChanged()
    {
        var names = _members.Values.Where(member => IsIn(member) && !_unreachableSince.ContainsKey(member.UniqueAddress)).Select(NameOf).OfType<NodeName>().ToHashSet();
        _isJoined = _members.TryGetValue(_cluster.SelfUniqueAddress, out var self) && IsIn(self);
        var island = _isJoined ? new Island(names.Count, names.Min()) : default;
        if (island == _island) return;
        _island = island;
        _log.Info("Akka.Cluster counts {Members} members here", island.MemberCount);
        _metadata.Tell(new MetadataProtocol.IslandChanged(island));
    }

    private static bool IsIn(Member member) => member.Status is MemberStatus.Joining or MemberStatus.WeaklyUp or MemberStatus.Up or MemberStatus.Leaving;

    private static NodeName? NameOf(Member member) => MemberRoles.TryNodeOf(member, out var node) ? node : null;

    private void Look()
    {
        if (_cluster.IsTerminated)
        {
            ComeBack();
            return;
        }

        if (!_isJoined) Join();
        DownTheDead();
        LookForIslands();
    }

    // ---- Joining ----

    private void Join()
    {
        if (_view is not { IsRingKnown: true } view) return;
        var reachable = view.Ring.Members
            .Where(member => member.Name != _node.Name && _peers.TryGetValue(member.Name, out var peer) && peer.IsReachable)
            .Select(member => (member.Name, _peers[member.Name].Island.IsJoined))
            .ToList();
        var isLate = _clock.GetElapsedTime(_tryingSince) >= _options.JoinTimeout;
        var isAlone = view.Ring.Members.All(member => member.Name == _node.Name);
        if (EnterDecision.JoinsItself(_node.Name, _node.IsFirstSeed, isLate, isAlone, reachable))
        {
            _log.Info("Nobody to join: {Node} begins a membership of its own", _node.Name);
            _cluster.Join(_cluster.SelfAddress);
            return;
        }

        // Never this node itself among them, so that only the rule above makes it join itself.
        var asked = Hosts(view).Distinct().Where(address => address != _cluster.SelfAddress).ToImmutableArray();
        if (asked.IsEmpty || asked.SequenceEqual(_asked)) return;
        _asked = asked;
        _cluster.JoinSeedNodes(asked);
    }

    /// <summary>Whom to join: the island that this node restarted for, else the best one that is reachable, else whoever may be there.</summary>
    private IEnumerable<Address> Hosts(ClusterView view)
    {
        if (!_history.JoinFirst.IsEmpty && _clock.GetElapsedTime(_startedAt) < JoinFirstTries * _options.JoinTimeout) return AddressesOf(_history.JoinFirst);

        var joined = _peers.Values.Where(peer => peer is { IsReachable: true, Island.IsJoined: true } && view.Peers.ContainsKey(peer.Node)).ToList();
        var best = IslandDecision.Best(joined.Select(peer => peer.Island));
        return best.IsJoined
            ? AddressesOf(joined.Where(peer => peer.Island.Least == best.Least).Select(peer => peer.Node))
            : _node.OtherSeeds.Concat(AddressesOf(view.Peers.Keys));

        IEnumerable<Address> AddressesOf(IEnumerable<NodeName> nodes) => nodes.Order().Select(node => view.Peers.GetValueOrDefault(node)?.Remote).OfType<Address>();
    }

    // ---- What Akka.Cluster does not get out of by itself ----

    private void DownTheDead()
    {
        if (_view is null) return;
        foreach (var (address, since) in _unreachableSince)
        {
            if (_clock.GetElapsedTime(since) < _options.DownAfter) continue;
            if (!_members.TryGetValue(address, out var member) || !IsIn(member)) continue;
            if (NameOf(member) is not { } node || !IsDead(member, node)) continue;

            _log.Info("{Node} lives elsewhere: its former member {Address} is downed", node, address.Address);
            _cluster.Down(address.Address);
        }
    }

    /// <summary>
    /// Proof: the node's newest facts name another ActorSystem, and the node answers. A link that has just come up brings newer facts within moments, which is
    /// why it must have stood for a while: facts that are late would name a former ActorSystem, and the member that is unreachable would be the present one.
    /// Where both have one address, what Akka quarantines is the former one's uid: the present one's connections go on.
    /// </summary>
    private bool IsDead(Member member, NodeName node) =>
        _view!.Peers.TryGetValue(node, out var facts)
        && facts.Uid != 0 && facts.Uid != member.UniqueAddress.Uid
        && _levelSince.TryGetValue(node, out var since) && _clock.GetElapsedTime(since) >= _options.DownAfter;

    private void LookForIslands()
    {
        if (_view is not { IsRingKnown: true } view || _isMoving) return;
        var peers = view.Ring.Members.Where(member => member.Name != _node.Name).Select(member =>
        {
            var peer = _peers.GetValueOrDefault(member.Name) ?? new MetadataProtocol.PeerState(member.Name, false, default);
            return new IslandPeer(member.Name, peer.IsReachable, IsMember(member.Name), peer.Island);
        }).ToList();
        var verdict = _mending.Look(_island, peers, _clock.GetElapsedTime(_startedAt));
        Say(verdict);
        if (verdict.Standing != IslandStanding.Moves || !_options.MendIslands) return;
        _isMoving = true;
        Context.System.EventStream.Publish(new RestartWanted("This node brings its membership together with the others' and is back in some seconds.", verdict.Nodes));
    }

    /// <summary>The node's present ActorSystem is a member here; where its uid is not known, any.</summary>
    private bool IsMember(NodeName node)
    {
        var uid = _view!.Peers.GetValueOrDefault(node)?.Uid ?? 0;
        return _members.Values.Any(member => IsIn(member) && NameOf(member) == node && (uid == 0 || member.UniqueAddress.Uid == uid));
    }

    private void Say(IslandVerdict verdict)
    {
        if (verdict.Standing == IslandStanding.Unsettled) return;
        if (verdict.Standing == _said.Standing && verdict.Other.Least == _said.Other.Least && verdict.Nodes.SequenceEqual(_said.Nodes)) return;
        var wasOne = _said.Standing == IslandStanding.One;
        _said = verdict;
        if (verdict.Standing == IslandStanding.One)
        {
            _log.Info("Akka.Cluster is in one piece again, as far as this node sees");
            return;
        }

        var plan = verdict.Standing switch
        {
            IslandStanding.Stays => "The nodes of the other island are to come over",
            IslandStanding.WaitsForTurn => $"This node comes over after {string.Join(' ', verdict.Nodes)}",
            IslandStanding.WaitsForOthers => $"This node comes over when no member of the ring is away or in no island: {string.Join(' ', verdict.Nodes)}",
            IslandStanding.WaitsForInterval => $"This node comes over when {_options.RestartIntervalMin} have passed since it last did",
            IslandStanding.Moves when _options.MendIslands => "This node restarts its ActorSystem now, to come over",
            IslandStanding.Moves => "Restart this node to bring it over: mend-islands is off",
            _ => throw new UnreachableException($"No words for {verdict.Standing}."),
        };
        const string sentence = "Akka.Cluster is split into islands: {Own} members here, {Other} with {Node}. Data and metadata go on over links. {Plan}";
        if (wasOne) _log.Warning(sentence, _island.MemberCount, verdict.Other.MemberCount, verdict.Other.Least, plan);
        else _log.Info(sentence, _island.MemberCount, verdict.Other.MemberCount, verdict.Other.Least, plan);
        Context.System.EventStream.Publish(new IslandFound(_island, verdict));
    }

    /// <summary>Somebody has downed this node, and its part in Akka.Cluster has ended, which only another ActorSystem can take up again.</summary>
    private void ComeBack()
    {
        var isTooSoon = _history.RestartedAt is { } at && _clock.GetElapsedTime(at) < _options.RestartIntervalMin;
        if (_isMoving || isTooSoon || !_options.MendIslands) return;
        _isMoving = true;
        _log.Warning("This node was taken out of Akka.Cluster. It serves on over links, and restarts its ActorSystem to join again");
        Context.System.EventStream.Publish(new RestartWanted("This node joins its cluster's membership again and is back in some seconds.", []));
    }

    private sealed record LookAgain : INotInfluenceReceiveTimeout, IDeadLetterSuppression, INoSerializationVerificationNeeded
    {
        public static readonly LookAgain Instance = new();
    }
}

/// <summary>On the event stream: Akka.Cluster is in two parts that will not meet by themselves.</summary>
/// <param name="Own">This node's.</param>
/// <param name="Verdict">What this node does about it.</param>
public sealed record IslandFound(Island Own, IslandVerdict Verdict) : INoSerializationVerificationNeeded;
