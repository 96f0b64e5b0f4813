using System.Collections.Immutable;
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
/// (a) A member whose node lives on under another address stays unreachable for ever and holds up convergence. It is downed, it alone, on proof: the node's
/// own, newer facts name another ActorSystem, and that one answers. Where a node came back on its *old* address while yet another is dead, Akka keeps it
/// out until that one is back; nothing but PubSub misses it.
/// (b) All restart and no first seed is alive: the first by name of those that reach each other joins itself, the others join it.
/// (c) Two islands: noticed and said. See <see cref="IslandDecision"/>.
/// </remarks>
public sealed class MembershipActor : ReceiveActor, IWithTimers
{
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly LocalNode _node;
    private readonly MembershipOptions _options;
    private readonly IActorRef _metadata;
    private readonly TimeProvider _clock;
    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);
    private readonly Dictionary<NodeName, MetadataProtocol.PeerState> _peers = [];
    private readonly Dictionary<UniqueAddress, Member> _members = [];
    private readonly Dictionary<UniqueAddress, long> _unreachableSince = [];
    private readonly Dictionary<NodeName, long> _strangerSince = [];

    private ClusterView? _view;
    private ImmutableArray<Address> _asked = [];
    private Island _island;
    private bool _isJoined;
    private long _tryingSince;
    private Island _saidOf;

    /// <summary>See <see cref="CreateProps"/>.</summary>
    public MembershipActor(LocalNode node, MembershipOptions options, IActorRef metadata, TimeProvider clock)
    {
        (_node, _options, _metadata, _clock) = (node, options, metadata, clock);

        Receive<ViewChanged>(changed => ViewChanged(changed.View));
        Receive<MetadataProtocol.PeerState>(state => _peers[state.Node] = state);
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
    /// <param name="clock">For waits.</param>
    public static Props CreateProps(LocalNode node, MembershipOptions options, IActorRef metadata, TimeProvider clock) =>
        Props.Create(() => new MembershipActor(node, options, metadata, clock));

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
        _view = view;
        if (!isFirst) return;
        _tryingSince = _clock.GetTimestamp();
        Timers.StartPeriodicTimer(LookAgain.Instance, LookAgain.Instance, _options.JoinTimeout);
        Join();
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
            Timers.CancelAll();
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
        if ((isLate || view.Ring.Members.Length == 1) && EnterDecision.JoinsItself(_node.Name, view.Ring.Members.Length, reachable))
        {
            _log.Info("Nobody to join: {Node} begins a membership of its own", _node.Name);
            _cluster.Join(_cluster.SelfAddress);
            return;
        }

        // Never this node itself among them, so that only the rule above makes it join itself.
        var addresses = _node.OtherSeeds.Concat(view.Peers.OrderBy(peer => peer.Key).Select(peer => peer.Value.Remote)).Distinct().Where(address => address != _cluster.SelfAddress);
        var asked = addresses.ToImmutableArray();
        if (asked.IsEmpty || asked.SequenceEqual(_asked)) return;
        _asked = asked;
        _cluster.JoinSeedNodes(asked);
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

    /// <summary>Proof: the node's newest facts name another ActorSystem at another address, and the node answers.</summary>
    private bool IsDead(Member member, NodeName node) =>
        _view!.Peers.TryGetValue(node, out var facts)
        && facts.Uid != 0 && facts.Uid != member.UniqueAddress.Uid
        && facts.Remote != member.Address
        && _peers.TryGetValue(node, out var peer) && peer.IsReachable;

    private void LookForIslands()
    {
        var members = _members.Values.Select(NameOf).OfType<NodeName>().ToHashSet();
        foreach (var peer in _peers.Values)
        {
            var isStranger = _isJoined && peer is { IsReachable: true, Island.IsJoined: true } && !members.Contains(peer.Node);
            if (!isStranger)
            {
                _strangerSince.Remove(peer.Node);
                continue;
            }

            _strangerSince.TryAdd(peer.Node, _clock.GetTimestamp());
            if (_clock.GetElapsedTime(_strangerSince[peer.Node]) < _options.IslandAfter || _saidOf == peer.Island) continue;
            _saidOf = peer.Island;
            var givesWay = IslandDecision.GivesWay(_island, peer.Island);
            _log.Warning(
                "Akka.Cluster is split into islands: {Own} members here, {Other} with {Node}. Data and metadata go on over links. {Advice}",
                _island.MemberCount,
                peer.Island.MemberCount,
                peer.Node,
                givesWay ? "Restart this node to bring it back" : "The nodes of the other island are to be restarted");
            Context.System.EventStream.Publish(new IslandFound(_island, peer.Island, givesWay));
        }
    }

    private sealed record LookAgain : INotInfluenceReceiveTimeout, IDeadLetterSuppression, INoSerializationVerificationNeeded
    {
        public static readonly LookAgain Instance = new();
    }
}

/// <summary>On the event stream: Akka.Cluster is in two parts that will not meet by themselves.</summary>
/// <param name="Own">This node's.</param>
/// <param name="Other">A reachable node's.</param>
/// <param name="GivesWay">This node's is the one to give way.</param>
public sealed record IslandFound(Island Own, Island Other, bool GivesWay) : INoSerializationVerificationNeeded;
