using Akka.Actor;
using Akka.Event;
using GossipCluster.Actors.Links;
using GossipCluster.Actors.Membership;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Dissemination;
using GossipCluster.Core.Wire;

namespace GossipCluster.Actors.Dissemination;

/// <summary>The shell of <see cref="IDissemination"/>: a node's news to all others over links, and theirs to who listens here.</summary>
/// <remarks>
/// <code>
///   Publish --> | IDissemination | -- Send --> links ... links -- Delivered --> | IDissemination | -- Deliver --> Heard, to who listens
/// </code>
/// The members are those whose facts are known; a node whose link is down is suspected at once. The machine outlives a restart of the actor: its ids must not begin anew.
/// </remarks>
internal sealed class SpreaderActor : ReceiveActor, IWithTimers
{
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly IDissemination _spreader;
    private readonly IActorRef _links;
    private readonly Dictionary<NewsKind, List<IActorRef>> _listeners;
    private readonly SpreadMetrics _metrics;
    private MemberList _members = MemberList.Empty;
    private TimeSpan _dueAt = TimeSpan.MaxValue;

    public SpreaderActor(IDissemination spreader, IActorRef links, Dictionary<NewsKind, List<IActorRef>> listeners)
    {
        (_spreader, _links, _listeners, _metrics) = (spreader, links, listeners, new SpreadMetrics(spreader.Counters));

        Receive<SpreadProtocol.Publish>(Publish);
        Receive<SpreadProtocol.Listen>(Listen);
        Receive<LinkProtocol.Delivered>(delivered => Take(delivered.From, delivered.Body));
        Receive<LinkProtocol.ReachabilityChanged>(Suspect);
        Receive<ViewChanged>(changed => Learn(changed.View));
        Receive<SpreadProtocol.Due>(_ => Tick());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>The spreader of a node.</summary>
    /// <param name="self">The node.</param>
    /// <param name="start">Of this life, as the links and the node's facts say it.</param>
    /// <param name="options">The way, and times.</param>
    /// <param name="links">Takes <see cref="LinkProtocol.Subscribe"/> and <see cref="LinkProtocol.Send"/>.</param>
    public static Props CreateProps(NodeName self, long start, SpreadOptions options, IActorRef links)
    {
        var defaults = DisseminationOptions.Default;
        var spreader = DisseminationFactory.Create(
            options.Way, new PeerId(self, (ulong)start), defaults with { Exchange = defaults.Exchange with { Interval = options.ExchangeInterval } }, new Random());
        var listeners = new Dictionary<NewsKind, List<IActorRef>>();
        return Props.Create(() => new SpreaderActor(spreader, links, listeners));
    }

    protected override void PreStart()
    {
        _links.Tell(new LinkProtocol.Subscribe(ParcelKind.Dissemination, Self));
        WakeWhenDue();
    }

    protected override void PostStop() => _metrics.Dispose();

    private void Publish(SpreadProtocol.Publish news)
    {
        var payload = new byte[1 + news.Body.Length];
        payload[0] = (byte)news.Kind;
        news.Body.CopyTo(payload.AsMemory(1));
        Carry(_spreader.Publish(payload, NodeClock.Now));
    }

    private void Listen(SpreadProtocol.Listen listen)
    {
        if (!_listeners.TryGetValue(listen.Kind, out var listeners)) _listeners[listen.Kind] = listeners = [];
        if (!listeners.Contains(listen.Listener)) listeners.Add(listen.Listener);
    }

    private void Take(NodeName from, ReadOnlyMemory<byte> bytes)
    {
        if (!DisseminationWire.TryRead(bytes.Span, out var parcel, out var error) || parcel.From.Node != from)
        {
            _log.Warning("A message of {Node} about news is refused: {Error}", from, error);
            return;
        }

        Carry(_spreader.Receive(parcel, NodeClock.Now));
    }

    private void Suspect(LinkProtocol.ReachabilityChanged changed)
    {
        if (changed.IsReachable) return;
        foreach (var peer in _members.Peers.Where(peer => peer.Node == changed.Node)) Carry(_spreader.Suspect(peer, NodeClock.Now));
    }

    private void Learn(ClusterView view)
    {
        _members = MemberList.Of(view.Peers.Select(peer => new PeerId(peer.Key, (ulong)peer.Value.Start)).Append(_spreader.Self));
        Carry(_spreader.Learn(_members, NodeClock.Now));
    }

    private void Tick()
    {
        _dueAt = TimeSpan.MaxValue;
        Carry(_spreader.Tick(NodeClock.Now));
    }

    private void Carry(IReadOnlyList<DisseminationEffect> effects)
    {
        foreach (var effect in effects)
        {
            if (effect is DisseminationEffect.Send send) Send(send);
            else if (effect is DisseminationEffect.Deliver deliver) Deliver(deliver);
        }

        WakeWhenDue();
    }

    private void Send(DisseminationEffect.Send send)
    {
        var writer = new WireWriter();
        DisseminationWire.Write(writer, new DisseminationParcel(_spreader.Self, send.To, send.Message));
        _links.Tell(new LinkProtocol.Send(send.To.Node, ParcelKind.Dissemination, Lane.Foreground, writer.ToArray()));
    }

    /// <summary>News of a kind that a newer node knows is passed on and told to nobody here.</summary>
    private void Deliver(DisseminationEffect.Deliver news)
    {
        if (news.Payload.IsEmpty || !_listeners.TryGetValue((NewsKind)news.Payload.Span[0], out var listeners)) return;
        var heard = new SpreadProtocol.Heard(news.Id.Origin.Node, (NewsKind)news.Payload.Span[0], news.Payload[1..]);
        foreach (var listener in listeners) listener.Tell(heard);
    }

    private void WakeWhenDue()
    {
        var due = _spreader.NextDue;
        if (due >= _dueAt || due == TimeSpan.MaxValue) return;
        _dueAt = due;
        var wait = due - NodeClock.Now;
        Timers.StartSingleTimer(SpreadProtocol.Due.Instance, SpreadProtocol.Due.Instance, wait > TimeSpan.FromMilliseconds(1) ? wait : TimeSpan.FromMilliseconds(1));
    }
}
