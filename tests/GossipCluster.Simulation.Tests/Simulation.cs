using System.Text;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Coordination;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;
using GossipCluster.Core.Placement;
using GossipCluster.Core.Replication;

namespace GossipCluster.Simulation.Tests;

/// <summary>
/// A whole cluster in one thread under one seed: the real kernel and protocol, virtual time, a faulty network, crashing nodes, disks that get lost or old.
/// </summary>
/// <remarks>
/// Checked whenever something becomes durable: no dot is given twice, and the live items of a replica are what its clock names (so equal clocks mean
/// equal states, and nothing resurrects). Checked with every read: the answer is what its token names. Checked after quiescence: primaries are equal,
/// acknowledged writes are there, removes have removed what was observed, counters are exact, fallbacks are empty, every token can be served.
/// </remarks>
internal sealed partial class Simulation
{
    private readonly Random _random;
    private readonly PriorityQueue<Action, (TimeSpan At, long Order)> _events = new();
    private readonly StringBuilder? _trace;
    private readonly List<(Key Key, DataType Type, DotSet Clock)> _tokens = [];
    private readonly List<WriteAttempt> _nothingToDo = [];
    private readonly SimNode[] _nodes;
    private readonly Key[] _keys;
    private long _order;
    private int _eventCount;
    private ulong _lastOp;
    private ulong _lastNumber;
    private bool _calm;

    public Simulation(SimPlan plan, bool trace = false)
    {
        Plan = plan;
        _random = new Random(plan.Seed * 31 + 7);
        _trace = trace ? new StringBuilder() : null;
        Net = new SimNet(this);
        Oracles = [.. Enumerable.Range(0, plan.Partitions).Select(_ => new Oracle())];
        _nodes = [.. "ABCDEFGH".Take(plan.Nodes).Select(letter => new SimNode(this, NodeName.Of(letter.ToString())))];
        Rings.Add(Ring.Of(_nodes.Take(plan.FirstMembers).Select(node => new RingMember(node.Name)), plan.Partitions, version: 1));
        _keys = [.. Types.Select((type, i) => Key.Of(type.ToString(), "b", $"k{i}"))];
    }

    public SimPlan Plan { get; }

    /// <summary>The rule that is broken now. What has to be noticed of two rings at odds is what they have lost, not that they stay at odds.</summary>
    public Mutant Mutant => _calm && Plan.Mutant == Mutant.AnyView ? Mutant.None : Plan.Mutant;

    public SimNet Net { get; }

    public IReadOnlyList<SimNode> Nodes => _nodes;

    public Oracle[] Oracles { get; }

    public List<Ring> Rings { get; } = [];

    /// <summary>All coordinations of writes that ever began, by their numbers.</summary>
    public Dictionary<ulong, WriteAttempt> Attempts { get; } = [];

    public TimeSpan Now { get; private set; }

    public string TraceText => _trace?.ToString() ?? string.Empty;

    /// <summary>What has happened to disks: after either, some promises are weaker.</summary>
    public int DiskLosses { get; private set; }

    private static DataType[] Types => [DataType.Counter, DataType.Set, DataType.Map, DataType.Register, DataType.Set, DataType.Flag];

    /// <summary>The exception that ends a run; null where no invariant breaks.</summary>
    public static Exception? BrokenBy(SimPlan plan)
    {
        try
        {
            new Simulation(plan).Run();
            return null;
        }
        catch (Exception broken)
        {
            return broken;
        }
    }

    /// <summary>Runs a seed; throws where an invariant breaks, with a trace where one was asked for.</summary>
    public static void Run(SimPlan plan)
    {
        if (BrokenBy(plan) is not { } broken) return;
        var again = new Simulation(plan, trace: true);
        try
        {
            again.Run();
        }
        catch (Exception same)
        {
            throw new InvariantException($"seed {plan.Seed} ({plan}):\n{again.TraceText}\n{same}");
        }

        throw new InvariantException($"seed {plan.Seed} does not replay: {broken.Message}");
    }

    public void Run()
    {
        foreach (var node in _nodes) node.Start();
        Advance(TimeSpan.FromSeconds(1));
        if (Plan.StartsSynced) Round();
        for (var step = 0; step < Plan.Steps; step++)
        {
            Step();
            Advance(Delay(12));
        }

        End();
    }

    public SimNode Node(NodeName name) => Array.Find(_nodes, node => node.Name == name)!;

    public bool Reaches(SimNode from, NodeName to) => Node(to).IsAlive && !Net.IsCut(from.Name, to) && !Net.IsCut(to, from.Name);

    public bool Chance(double probability) => probability > 0 && _random.NextDouble() < probability;

    public bool CrashesHere() => !_calm && Chance(Plan.CrashBetweenEffects);

    public bool WritesFail() => !_calm && Chance(Plan.WriteFailure);

    public TimeSpan Delay(int millisecondsMax) => TimeSpan.FromMilliseconds(_random.NextDouble() * millisecondsMax);

    public ulong Random64() => (ulong)_random.NextInt64(1, long.MaxValue);

    /// <summary>A node's wall clock: hours apart, and good for nothing but register timestamps.</summary>
    public DateTimeOffset Clock(SimNode node) => DateTimeOffset.UnixEpoch + Now + TimeSpan.FromHours(Array.IndexOf(_nodes, node) * 3);

    /// <summary>A number for a coordination: no other has it.</summary>
    public ulong NextNumber() => ++_lastNumber;

    public void After(TimeSpan delay, Action action) => At(Now + delay, action);

    public void At(TimeSpan time, Action action) => _events.Enqueue(action, (time < Now ? Now : time, _order++));

    /// <summary>How often what has happened: whether runs get to where the rules matter.</summary>
    public Dictionary<string, int> Tally { get; } = new(StringComparer.Ordinal);

    public void Count(string what) => Tally[what] = Tally.GetValueOrDefault(what) + 1;

    public void Trace(string line) => _trace?.Append(System.Globalization.CultureInfo.InvariantCulture, $"{Now.TotalMilliseconds,8:0.0} {line}\n");

    /// <summary>For a broken rule: every clock takes dots in, as if superseding had no dots at all.</summary>
    public void EverybodyKnows(int partition, DotSet dots)
    {
        foreach (var node in _nodes.Where(node => node.IsAlive)) node.Protocols[partition].Replica.DamageClock(dots);
    }

    /// <summary>For tests that lead the run themselves.</summary>
    public IReadOnlyList<SimNode> All => _nodes;

    public SimNode NodeAt(int index) => _nodes[index];

    public void StartAll()
    {
        _calm = true;
        Net.IsFaulty = false;
        foreach (var node in _nodes) node.Start();
        Advance(TimeSpan.FromSeconds(3));
    }

    /// <summary>One increment by one; gives what was added: 0 where no node may write yet.</summary>
    public int Increment(SimNode node, Key key)
    {
        var op = Write(node, key, DataType.Counter, new Operation.Increment(1));
        Advance(TimeSpan.FromMilliseconds(50));
        return op.Write is null ? 0 : 1;
    }

    /// <summary>Lets every node look twice, a message's lifetime apart, whether its abandoned ids can be folded.</summary>
    public void FoldEverywhere()
    {
        for (var look = 0; look < 4; look++)
        {
            foreach (var node in _nodes)
            {
                for (var partition = 0; partition < Plan.Partitions; partition++) node.Run(partition, (protocol, effects) => protocol.TryFold(Now, TimeSpan.FromMilliseconds(Plan.DelayMax), effects));
            }

            Advance(TimeSpan.FromMilliseconds(30));
        }
    }

    private T Pick<T>(IReadOnlyList<T> from) => from[_random.Next(from.Count)];

    private void Step()
    {
        var x = _random.NextDouble();
        if (x < .42) ClientWrites(Pick(_nodes));
        else if (x < .54) ClientReads();
        else if (x < .80) Housekeeping();
        else if (x < .92) Nemesis();
    }

    private void ClientWrites(SimNode node)
    {
        var i = _random.Next(_keys.Length);
        var (key, type) = (_keys[i], Types[i]);
        if (!node.IsAlive) return;
        var element = Pick(["p", "q", "r"]);
        DotSet? observed = null;
        Operation operation;
        if (Chance(.06))
        {
            operation = Operation.Delete.Instance;
        }
        else
        {
            var remove = Chance(.35);
            if (remove && type is DataType.Set or DataType.Map or DataType.Flag)
            {
                var token = _tokens.Where(t => t.Key == key).Select(t => t.Clock).ToList();
                if (token.Count > 0 && Chance(.8)) observed = Pick(token);
            }

            operation = (type, remove) switch
            {
                (DataType.Counter, _) => new Operation.Increment(_random.Next(-3, 5)),
                (DataType.Register, _) => Operation.AssignText($"v{_lastOp}"),
                (DataType.Flag, _) => new Operation.SetFlag(!remove),
                (DataType.Set, false) => Operation.AddToSet(element),
                (DataType.Set, true) => Operation.RemoveFromSet(element),
                (_, false) => MapUpdate(element),
                _ => Operation.RemoveField(DataType.Set, element),
            };
        }

        Write(node, key, type, operation, observed, observed is null ? null : PathOf(type, element), RandomQuorum());
    }

    public ClientOp Write(
        SimNode node, Key key, DataType type, Operation operation, DotSet? observed = null, byte[]? removedPath = null, WriteQuorum? quorum = null, bool isChosen = false)
    {
        var op = new ClientOp(++_lastOp, PartitionOf(key), type, key, operation, observed)
        {
            RemovedPath = removedPath,
            Quorum = quorum ?? new WriteQuorum(Plan.N, Plan.W, Plan.W, 0, 0),
            Timeout = quorum is null ? TimeSpan.FromSeconds(1) : ClientTimeout(),
        };
        Trace($"client: op {op.Number} {operation.GetType().Name} on {key} at {node.Name} {observed}");
        node.Write(op, isChosen);
        return op;
    }

    /// <summary>Mostly the plan's quorum; now and then a weaker one, or one that may be too much to ask for.</summary>
    private WriteQuorum RandomQuorum()
    {
        var w = Chance(.85) ? Plan.W : _random.Next(1, Plan.N + 1);
        return new WriteQuorum(
            Plan.N,
            w,
            Chance(.8) ? w : _random.Next(0, Plan.N + 1),
            Chance(.07) ? _random.Next(1, Plan.N + 1) : 0,
            Chance(.07) ? _random.Next(1, Plan.N + 1) : 0);
    }

    private Operation MapUpdate(string element) => _random.Next(3) switch
    {
        0 => Operation.UpdateField(DataType.Counter, "n", new Operation.Increment(1)),
        1 => new Operation.UpdateMap([new FieldUpdate(FieldName.Of(DataType.Set, element), Operation.AddToSet("in"))], []),
        _ => Operation.UpdateField(DataType.Map, "m", Operation.UpdateField(DataType.Register, element, Operation.AssignText("deep"))),
    };

    public static byte[] PathOf(DataType type, string element)
    {
        var path = new ItemPath.Builder();
        path.Start(type);
        if (type == DataType.Map)
        {
            path.EnterField(FieldName.Of(DataType.Set, element));
        }
        else if (type == DataType.Flag)
        {
            path.Append(ItemPath.Value);
        }
        else
        {
            path.Append(ItemPath.Element);
            path.Append(Encoding.UTF8.GetBytes(element));
        }

        return path.Bytes.ToArray();
    }

    private void ClientReads()
    {
        var i = _random.Next(_keys.Length);
        var node = Pick(_nodes);
        if (!node.IsAlive) return;
        var r = Chance(.8) ? Plan.N - Plan.W + 1 : _random.Next(1, Plan.N + 1);
        var pr = Chance(.1) ? _random.Next(1, Plan.N + 1) : 0;
        var tokens = Chance(.3) ? _tokens.Where(token => token.Key == _keys[i]).ToList() : [];
        Read(node, _keys[i], new ReadQuorum(Plan.N, r, pr), tokens.Count > 0 ? Pick(tokens).Clock : null, ClientTimeout());
    }

    private TimeSpan ClientTimeout() => Chance(.2) ? TimeSpan.FromMilliseconds(100) + Delay(300) : TimeSpan.FromSeconds(1);

    /// <summary>A client's read at a node, coordinated by it.</summary>
    public ClientRead Read(SimNode node, Key key, ReadQuorum quorum, DotSet? token = null, TimeSpan? timeout = null)
    {
        var read = new ClientRead(node, PartitionOf(key), key, Types[Array.IndexOf(_keys, key)], quorum, token) { Timeout = timeout ?? TimeSpan.FromSeconds(1) };
        Trace($"client: read {key} at {node.Name} {token}");
        node.Read(read);
        return read;
    }

    /// <summary>A reader has both nodes' answers, and has the one repair the other.</summary>
    public void Repair(Key key, SimNode behind, SimNode by)
    {
        var partition = PartitionOf(key);
        var clock = behind.Protocols[partition].Replica.Clock;
        by.Run(partition, (protocol, effects) => protocol.RepairPeer(behind.Name, key, clock, effects));
    }

    public int PartitionOf(Key key) => Rings[0].PartitionOf(key.Hash);

    /// <summary>One of the keys that hold a type, the first or another.</summary>
    public Key KeyOf(DataType type, int which = 0) => _keys.Where((_, i) => Types[i] == type).ElementAt(which);

    private void Housekeeping()
    {
        var node = Pick(_nodes);
        if (!node.IsAlive) return;
        var partition = _random.Next(Plan.Partitions);
        var peer = Pick(_nodes).Name;
        if (peer == node.Name) return;
        node.Run(partition, (protocol, effects) =>
        {
            if (Chance(.4) && protocol.Replica.AbandonedIds.Count > 0) protocol.TryFold(Now, TimeSpan.FromMilliseconds(Plan.DelayMax), effects);
            else if (protocol.IsPrimary) protocol.SyncWith(peer, effects);
            else if (Chance(.2)) protocol.TryDropHints(Plan.W, 1 + _random.Next(3), effects);
            else if (Plan.Mutant == Mutant.AnyView && Chance(.5)) protocol.SyncWith(peer, effects);
            else protocol.OfferTo(peer, effects);
        });
        if (Plan.Mutant == Mutant.DropKeep) node.KeepDropped(partition);
    }

    public void Advance(TimeSpan time)
    {
        Watch();
        var end = Now + time;
        while (_events.TryPeek(out _, out var next) && next.At <= end) RunNext();
        Now = end;
    }

    /// <summary>Whoever thinks wrongly of another will see it after a while.</summary>
    public void Watch()
    {
        foreach (var node in _nodes) node.Watch();
    }

    /// <summary>Lets things happen, one by one, until something is so.</summary>
    public void AdvanceUntil(Func<bool> isSo)
    {
        while (!isSo()) RunNext();
    }

    private void RunNext()
    {
        Check.That(++_eventCount <= Plan.EventsMax, $"{Plan.EventsMax} events and no end: something goes round in circles");
        _events.TryDequeue(out var action, out var due);
        Now = due.At;
        action!();
    }
}
