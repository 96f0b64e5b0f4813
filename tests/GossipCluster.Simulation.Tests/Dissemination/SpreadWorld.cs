using GossipCluster.Core.Causality;
using GossipCluster.Core.Dissemination;
using GossipCluster.Core.Wire;

namespace GossipCluster.Simulation.Tests.Dissemination;

/// <summary>A network of nodes that spread news, in one thread and in virtual time. A plan, with its seed, decides everything.</summary>
internal sealed class SpreadWorld
{
    private readonly SpreadPlan _plan;
    private readonly Random _random;
    private readonly Node[] _nodes;
    private readonly Dictionary<NodeName, int> _places = [];
    private readonly Dictionary<MessageId, Spread> _spreads = [];
    private readonly PriorityQueue<Event, (long At, long Number)> _events = new();
    private readonly WireWriter _writer = new(128 << 10);
    private Func<int, int, bool> _isCut = (_, _) => false;
    private long _number;

    public SpreadWorld(SpreadPlan plan)
    {
        _plan = plan;
        _random = new Random(plan.Seed);
        _nodes = new Node[plan.Nodes];
        for (var place = 0; place < plan.Nodes; place++)
        {
            var name = NodeName.Of($"n{place:D5}");
            _places.Add(name, place);
            _nodes[place] = new Node(Machine(new PeerId(name, 1)));
        }

        Members = MemberList.Of(_nodes.Select(node => node.Machine.Self));
    }

    public TimeSpan Now { get; private set; }

    public MemberList Members { get; private set; }

    public Traffic Traffic { get; private set; }

    public long EventCount { get; private set; }

    public int LiveCount => _nodes.Count(node => node.IsAlive);

    public IEnumerable<int> Live => Enumerable.Range(0, _nodes.Length).Where(place => _nodes[place].IsAlive);

    public IDissemination this[int place] => _nodes[place].Machine;

    /// <summary>All nodes hear of the member list, within a second.</summary>
    public void Start()
    {
        for (var place = 0; place < _nodes.Length; place++) Push(new Event(place, null, LearnsMembers: true), Now + (TimeSpan.FromSeconds(1) * _random.NextDouble()));
    }

    public void RunFor(TimeSpan time) => RunUntil(Now + time, () => false);

    /// <summary>True where the condition came to hold in time. It is looked at after each event that delivers something.</summary>
    public bool RunUntil(TimeSpan deadline, Func<bool> isDone)
    {
        if (isDone()) return true;
        while (_events.TryPeek(out var next, out var when) && when.At <= deadline.Ticks)
        {
            _events.Dequeue();
            Now = new TimeSpan(when.At);
            EventCount++;
            if (Happen(next) && isDone()) return true;
        }

        Now = deadline;
        return isDone();
    }

    public Spread Publish(int place)
    {
        var payload = new byte[_plan.PayloadBytes];
        _random.NextBytes(payload);
        var machine = _nodes[place].Machine;
        var spread = new Spread(new MessageId(machine.Self, (ulong)machine.Counters.Published + 1), place, Now, _nodes.Length);
        _spreads.Add(spread.Id, spread);
        CarryOut(place, machine.Publish(payload, Now));
        return spread;
    }

    public Spread PublishAnywhere() => Publish(AnyLive());

    /// <summary>Publishes, and gives the message its time: until all have it, and then until the last announcement of it is over.</summary>
    public Spread Measure(TimeSpan within, TimeSpan after)
    {
        var spread = PublishAnywhere();
        RunUntil(Now + within, () => ReachedAll(spread));
        RunFor(after);
        return spread;
    }

    public bool ReachedAll(Spread spread)
    {
        if (spread.ReachedCount < LiveCount) return false;
        for (var place = 0; place < _nodes.Length; place++)
        {
            if (_nodes[place].IsAlive && !spread.Has(place)) return false;
        }

        return true;
    }

    public int AnyLive()
    {
        while (true)
        {
            var place = _random.Next(_nodes.Length);
            if (_nodes[place].IsAlive) return place;
        }
    }

    public void Kill(int count)
    {
        for (; count > 0; count--) _nodes[AnyLive()].IsAlive = false;
    }

    public void Kill(IEnumerable<int> places)
    {
        foreach (var place in places) _nodes[place].IsAlive = false;
    }

    /// <summary>A node begins a new life; all hear of it by the member list.</summary>
    public void Restart(int place)
    {
        var before = _nodes[place].Machine.Self;
        _nodes[place] = new Node(Machine(before with { Epoch = before.Epoch + 1 }));
        foreach (var spread in _spreads.Values) spread.Forget(place);
        Members = MemberList.Of(Members.Peers.Append(_nodes[place].Machine.Self));
        Start();
    }

    public void Cut(Func<int, int, bool> isCut) => _isCut = isCut;

    public void Heal() => _isCut = (_, _) => false;

    /// <summary>How many overlays there are: live nodes that active views of live nodes connect.</summary>
    public int OverlayCount()
    {
        var overlays = 0;
        var seen = new HashSet<int>();
        foreach (var start in Live)
        {
            if (!seen.Add(start)) continue;
            overlays++;
            var open = new Queue<int>([start]);
            while (open.TryDequeue(out var place))
            {
                foreach (var peer in NeighborsOf(place))
                {
                    if (_nodes[peer].IsAlive && seen.Add(peer)) open.Enqueue(peer);
                }
            }
        }

        return overlays;
    }

    public IEnumerable<int> NeighborsOf(int place) => Views(place).Active.Select(peer => _places[peer.Node]);

    public HyParView Views(int place) => ((CooperativeDissemination)_nodes[place].Machine).Views;

    public Plumtree Tree(int place) => ((CooperativeDissemination)_nodes[place].Machine).Tree;

    public long Sum(Func<DisseminationCounters, long> counter) => Live.Sum(place => counter(_nodes[place].Machine.Counters));

    private IDissemination Machine(PeerId self) => DisseminationFactory.Create(_plan.Way, self, _plan.Options, new Random(_random.Next()));

    // True where something was delivered.
    private bool Happen(Event what)
    {
        var node = _nodes[what.Place];
        if (!node.IsAlive) return false;
        if (what.LearnsMembers) return CarryOut(what.Place, node.Machine.Learn(Members, Now));
        if (what.Parcel is { } parcel) return CarryOut(what.Place, node.Machine.Receive(parcel, Now));
        if (node.TickAt > Now) return false;
        node.TickAt = TimeSpan.MaxValue;
        return CarryOut(what.Place, node.Machine.Tick(Now));
    }

    private bool CarryOut(int place, IReadOnlyList<DisseminationEffect> effects)
    {
        var node = _nodes[place];
        var delivers = false;
        foreach (var effect in effects)
        {
            switch (effect)
            {
                case DisseminationEffect.Send send:
                    Send(place, new DisseminationParcel(node.Machine.Self, send.To, send.Message));
                    break;
                case DisseminationEffect.Deliver deliver:
                    delivers = true;
                    _spreads[deliver.Id].Reached(place, deliver.Hop, Now);
                    break;
                default:
                    throw new System.Diagnostics.UnreachableException($"No shell for effect {effect.GetType().Name}.");
            }
        }

        if (node.Machine.NextDue < node.TickAt)
        {
            node.TickAt = node.Machine.NextDue;
            Push(new Event(place, null), node.TickAt > Now ? node.TickAt : Now);
        }

        return delivers;
    }

    private void Send(int place, DisseminationParcel parcel)
    {
        _writer.Clear();
        DisseminationWire.Write(_writer, parcel);
        Traffic = Traffic.Plus(parcel.Message, _writer.Length);
        if (parcel.Message is DisseminationMessage.Gossip gossip) _spreads[gossip.Id].Payloads++;
        if (_plan.ThroughBytes)
        {
            if (!DisseminationWire.TryRead(_writer.Written, out var read, out var error)) throw new InvalidOperationException($"{parcel}: {error}");
            parcel = read;
        }

        var target = _places[parcel.To.Node];
        if (_plan.Loss > 0 && _random.NextDouble() < _plan.Loss) return;
        if (_isCut(place, target)) return;
        Push(new Event(target, parcel), Now + _plan.LatencyMin + ((_plan.LatencyMax - _plan.LatencyMin) * _random.NextDouble()));
    }

    private void Push(Event what, TimeSpan at) => _events.Enqueue(what, (at.Ticks, _number++));

    private readonly record struct Event(int Place, DisseminationParcel? Parcel, bool LearnsMembers = false);

    private sealed class Node(IDissemination machine)
    {
        public IDissemination Machine => machine;

        public bool IsAlive { get; set; } = true;

        public TimeSpan TickAt { get; set; } = TimeSpan.MaxValue;
    }
}
