using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Akka.Actor;
using Akka.Event;
using Akka.Remote;
using GossipCluster.Actors.Membership;
using GossipCluster.Actors.Replicas;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Placement;
using GossipCluster.Core.Wire;

namespace GossipCluster.Actors.Links;

/// <summary>All links of a node: gathers what is for one node into frames, takes frames apart, judges who is reachable. See <see cref="PeerLink"/>.</summary>
/// <remarks>
/// One actor for all peers: what the work of one moment has for a peer, acknowledgements included, leaves in one frame; the cost is per wake-up, not per
/// byte. A restart loses what was waiting and on the way, as a broken connection does: everybody is unreachable until heard of again. Whom the links serve
/// outlives it.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "An actor ends in PostStop, which disposes of what it holds.")]
internal sealed class LinksActor : ReceiveActor, IWithTimers
{
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly NodeName _self;
    private readonly long _incarnation;
    private readonly LinkOptions _options;
    private readonly string _ownAddress;
    private readonly IRemoteActorRefProvider _provider = (IRemoteActorRefProvider)((ExtendedActorSystem)Context.System).Provider;
    private readonly Dictionary<NodeName, PeerLink> _links = [];
    private readonly Dictionary<NodeName, (string Address, IActorRef Ref)> _remotes = [];
    private readonly Served _served;
    private readonly WireWriter _frame = new(64 << 10);
    private readonly LinkMetrics _metrics = new();
    private readonly SilentConnections _connections;
    private List<LinkProtocol.Parcel>?[] _arrived = [];
    private bool _flushing;

    public LinksActor(NodeName self, long incarnation, LinkOptions options, Served served)
    {
        (_self, _incarnation, _options, _served) = (self, incarnation, options, served);
        _arrived = new List<LinkProtocol.Parcel>?[served.Shards.Length];
        _ownAddress = _provider.DefaultAddress.ToString();
        _connections = new SilentConnections(options.ResetAfter);

        Receive<LinkProtocol.SendRun>(send => Enqueue(send.To, send.Lane, send.Run));
        Receive<LinkFrame>(frame => TakeApart(frame.Bytes));
        Receive<LinkProtocol.Send>(Send);
        Receive<Flush>(_ => SendFrames());
        Receive<Beat>(_ => JudgeAll());
        Receive<ViewChanged>(changed => Locate(changed.View));
        Receive<LinkProtocol.RouteToShards>(route => RouteTo(route.Shards));
        Receive<LinkProtocol.Subscribe>(Subscribe);
        Receive<LinkProtocol.Asked>(asked => _connections.Asked(asked.Address.ToString()));
        Receive<LinkProtocol.Answered>(answered => _connections.Answered(answered.Address.ToString()));
        Receive<AssociatedEvent>(made => _connections.Made(made.RemoteAddress.ToString(), Now));
        Receive<AssociationErrorEvent>(failed => Break(failed.RemoteAddress));
        Receive<DisassociatedEvent>(failed => Break(failed.RemoteAddress));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private static TimeSpan Now => NodeClock.Now;

    /// <summary>The links of a node.</summary>
    /// <param name="self">Its name.</param>
    /// <param name="incarnation">Tells this start from earlier ones, which are less: milliseconds since 1970.</param>
    /// <param name="options">Bounds and times.</param>
    public static Props CreateProps(NodeName self, long incarnation, LinkOptions options)
    {
        var served = new Served();
        return Props.Create(() => new LinksActor(self, incarnation, options, served));
    }

    protected override void PostRestart(Exception reason)
    {
        base.PostRestart(reason);
        foreach (var peer in _served.Reachable) TellAll(new LinkProtocol.ReachabilityChanged(peer, false));
        _served.Reachable.Clear();
        if (_served.View is { } view) Locate(view);
    }

    protected override void PreStart()
    {
        Context.System.EventStream.Subscribe(Self, typeof(AssociatedEvent));
        Context.System.EventStream.Subscribe(Self, typeof(AssociationErrorEvent));
        Context.System.EventStream.Subscribe(Self, typeof(DisassociatedEvent));
        Timers.StartPeriodicTimer(Beat.Instance, Beat.Instance, _options.HeartbeatInterval / 2);
    }

    protected override void PostStop() => _metrics.Dispose();

    private void Send(LinkProtocol.Send send)
    {
        var writer = new WireWriter(send.Body.Length + 8);
        Parcels.Write(writer, send.Kind, send.Body.Span);
        Enqueue(send.To, send.Lane, writer.ToArray());
    }

    private void Enqueue(NodeName to, Lane lane, ReadOnlyMemory<byte> run)
    {
        var link = LinkTo(to);
        if (!link.IsReachable || !link.Enqueue(lane, run)) return;
        FlushSoon();
    }

    private void TakeApart(byte[] bytes)
    {
        var reader = new WireReader(bytes);
        var head = FrameHead.Read(ref reader);
        if (reader.Failed || head.To != _self || head.From == _self)
        {
            _log.Debug("A frame that is not for this node was thrown away: {Reason}", reader.Failed ? reader.Error.ToString() : $"it is for {head.To}");
            return;
        }

        var link = LinkTo(head.From);
        if (!link.Receive(head, Now)) return;
        Judge(link);
        FlushSoon();

        // Meant for an earlier life of this node: what was sent on to be done once must not be done by another.
        if (head.AckedIncarnation != _incarnation) return;
        var rest = new ReadOnlyMemory<byte>(bytes)[reader.Position..];
        while (!rest.IsEmpty && Parcels.TryNext(ref rest, out var kind, out var body, out _))
        {
            if (kind != Parcels.Fragment || link.TakeFragment(body.Span, out kind, out body)) Deliver(head.From, (ParcelKind)kind, body);
        }

        for (var shard = 0; shard < _arrived.Length; shard++)
        {
            if (_arrived[shard] is not { } parcels) continue;
            _arrived[shard] = null;
            _served.Shards[shard].Tell(new LinkProtocol.Arrived(head.From, parcels, head.SentAt - head.SentAtThere));
        }
    }

    private void Deliver(NodeName from, ParcelKind kind, ReadOnlyMemory<byte> body)
    {
        if (kind is ParcelKind.Replica or ParcelKind.Coordination or ParcelKind.Audit)
        {
            var reader = new WireReader(body.Span);
            var address = new ReplicaAddress(reader.ReadInt(Core.Coordination.QuorumProperties.NMax, "n_val"), reader.ReadInt(Partitions.CountMax - 1, "a partition"));
            if (reader.Failed || address.N < 1 || _served.Shards.IsEmpty) return;
            (_arrived[address.Partition % _served.Shards.Length] ??= []).Add(new LinkProtocol.Parcel(kind, address, body[reader.Position..]));
            return;
        }

        if (!_served.Subscribers.TryGetValue(kind, out var subscribers)) return;
        foreach (var subscriber in subscribers) subscriber.Tell(new LinkProtocol.Delivered(from, kind, body));
    }

    /// <summary>At the end of what is in the mailbox now, so that it leaves together.</summary>
    private void FlushSoon()
    {
        if (_flushing) return;
        _flushing = true;
        Self.Tell(Flush.Instance);
    }

    private void SendFrames()
    {
        _flushing = false;
        foreach (var link in _links.Values) SendFrames(link);
    }

    private void SendFrames(PeerLink link)
    {
        while (link.TryNextFrame(_ownAddress, Now, _frame)) RemoteOf(link).Tell(new LinkFrame(_frame.ToArray()), Self);
    }

    private IActorRef RemoteOf(PeerLink link)
    {
        var address = link.Address!;
        if (_remotes.TryGetValue(link.Peer, out var known) && known.Address == address) return known.Ref;
        var remote = _provider.ResolveActorRef($"{address}{Self.Path.ToStringWithoutAddress()}");
        _remotes[link.Peer] = (address, remote);
        return remote;
    }

    private void JudgeAll()
    {
        // Who has left and is gone is not called any more; if it comes back, it calls.
        if (_served.View is { HasRing: true } view)
        {
            foreach (var gone in _links.Values.Where(link => !link.IsReachable && !view.Ring.Contains(link.Peer)).ToArray()) _links.Remove(gone.Peer);
        }

        foreach (var link in _links.Values)
        {
            Judge(link);
            if (link.Address is { } address && _connections.MustReset(address, link.IsReachable, Now)) Reset(address);
            SendFrames(link);
        }

        foreach (var address in _connections.Unanswered(Now)) Reset(address);

        _metrics.Publish([.. _links.Values.Select(link => new LinkCounts(link.Peer.Text, link.IsReachable, link.BytesWaiting, link.BytesDropped, link.FramesLost))]);
    }

    private void Judge(PeerLink link)
    {
        if (link.Judge(Now)) Announce(link);
    }

    private void Break(Address address)
    {
        var text = address.ToString();
        foreach (var link in _links.Values)
        {
            if (link.Address == text && link.Break()) Announce(link);
        }
    }

    /// <summary>A quarantine without a uid shuts nobody out: Akka.Remote closes the connections to the address, and makes another after its gate (<c>retry-gate-closed-for</c>).</summary>
    private void Reset(string address)
    {
        _log.Info("{Address} is connected and silent: the connections are made anew", address);
        _metrics.ConnectionsReset();
        _provider.Quarantine(Address.Parse(address), uid: null);
    }

    private void Announce(PeerLink link)
    {
        _log.Info("{Node} is {Reachability}", link.Peer, link.IsReachable ? "reachable" : "unreachable");
        if (link.IsReachable) _served.Reachable.Add(link.Peer);
        else _served.Reachable.Remove(link.Peer);
        TellAll(new LinkProtocol.ReachabilityChanged(link.Peer, link.IsReachable));
    }

    private void TellAll(LinkProtocol.ReachabilityChanged changed)
    {
        foreach (var subscriber in _served.Subscribers.Values.SelectMany(subscribers => subscribers).Concat(_served.Shards).Distinct()) subscriber.Tell(changed);
    }

    private void Locate(ClusterView view)
    {
        _served.View = view;
        foreach (var (name, facts) in view.Peers)
        {
            if (name != _self) LinkTo(name).Locate(facts.Incarnation, facts.Remote.ToString());
        }
    }

    private void RouteTo(ImmutableArray<IActorRef> shards)
    {
        _served.Shards = shards;
        _arrived = new List<LinkProtocol.Parcel>?[shards.Length];
        foreach (var shard in shards) TellWhoIsReachable(shard);
    }

    private void Subscribe(LinkProtocol.Subscribe subscribe)
    {
        if (!_served.Subscribers.TryGetValue(subscribe.Kind, out var subscribers)) _served.Subscribers[subscribe.Kind] = subscribers = [];
        if (!subscribers.Contains(subscribe.Subscriber)) subscribers.Add(subscribe.Subscriber);
        TellWhoIsReachable(subscribe.Subscriber);
    }

    private void TellWhoIsReachable(IActorRef subscriber)
    {
        foreach (var link in _links.Values)
        {
            if (link.IsReachable) subscriber.Tell(new LinkProtocol.ReachabilityChanged(link.Peer, true));
        }
    }

    private PeerLink LinkTo(NodeName peer)
    {
        if (!_links.TryGetValue(peer, out var link)) _links[peer] = link = new PeerLink(_self, peer, _incarnation, _options);
        return link;
    }

    /// <summary>Whom the links serve, and what they were told: outlives a restart.</summary>
    internal sealed class Served
    {
        public Dictionary<ParcelKind, List<IActorRef>> Subscribers { get; } = [];

        public ImmutableArray<IActorRef> Shards { get; set; } = [];

        public ClusterView? View { get; set; }

        /// <summary>Peers that everybody was told to be reachable.</summary>
        public HashSet<NodeName> Reachable { get; } = [];
    }

    private sealed record Flush : INoSerializationVerificationNeeded
    {
        public static readonly Flush Instance = new();
    }

    private sealed record Beat : INoSerializationVerificationNeeded
    {
        public static readonly Beat Instance = new();
    }
}
