using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Akka.Actor;
using GossipCluster.Actors.Feeds;
using GossipCluster.Actors.Links;
using GossipCluster.Actors.Membership;
using GossipCluster.Actors.Replicas;
using GossipCluster.Actors.Storage;
using GossipCluster.Actors.Store;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Coordination;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;
using GossipCluster.Core.Placement;
using GossipCluster.Core.Wire;

namespace GossipCluster.Actors.Tests.Replicas;

/// <summary>Nodes of one shard each, on real protocols and real binary forms, with a network and disks that do as the test says. Virtual time, one thread.</summary>
internal sealed class ShardWorld
{
    private readonly Queue<Action> _events = new();
    private readonly Dictionary<NodeName, List<Action>> _hanging = [];
    private readonly Random _random = new(7);

    public ShardWorld(int nodes = 3, int partitions = 4, ShardOptions? options = null)
    {
        Nodes = [.. Enumerable.Range(0, nodes).Select(index => new ShardNode(this, NodeName.Of($"n{index + 1}"), options ?? new ShardOptions()))];
        Ring = Ring.Of(Nodes.Select(node => new RingMember(node.Name)), partitions, version: 1);
        foreach (var node in Nodes) node.Shard.Adopt([], 0, new Dictionary<ReplicaAddress, long>());
        foreach (var node in Nodes) node.Shard.Assume(new ReplicaId(node.Name, Random64()), Now);
        ShowRing();
        foreach (var node in Nodes)
        {
            foreach (var other in Nodes.Where(other => other != node)) node.Shard.SeeReachability(other.Name, true, Now);
        }

        Settle();
    }

    public ImmutableArray<ShardNode> Nodes { get; private set; }

    public Ring Ring { get; set; }

    public TimeSpan Now { get; private set; } = TimeSpan.FromSeconds(1);

    /// <summary>Nodes that hear and say nothing, without anybody being told.</summary>
    public HashSet<NodeName> Silent { get; } = [];

    /// <summary>From now on a node gets what is sent to it when it goes on.</summary>
    public void Hang(NodeName node) => _hanging[node] = [];

    /// <summary>It goes on.</summary>
    public void GoOn(NodeName node)
    {
        if (!_hanging.Remove(node, out var held)) return;
        foreach (var what in held) Post(what);
        Settle();
    }

    public void PostTo(NodeName node, Action what)
    {
        if (_hanging.TryGetValue(node, out var held)) held.Add(what);
        else Post(what);
    }

    public ulong Random64() => (ulong)_random.NextInt64(2, long.MaxValue);

    public void ShowRing()
    {
        foreach (var node in Nodes) ShowRing(node);
    }

    /// <summary>One node hears of the ring.</summary>
    public void ShowRing(ShardNode node) => node.Shard.See(ViewOf(node), Now);

    public ClusterView ViewOf(ShardNode node) => new(node.Name, Ring, ImmutableDictionary<NodeName, PeerFacts>.Empty) { HasLeft = !Ring.Contains(node.Name) };

    /// <summary>Everybody hears that a node has gone, or is back.</summary>
    public void SetReachable(ShardNode subject, bool isReachable)
    {
        if (isReachable) Silent.Remove(subject.Name);
        else Silent.Add(subject.Name);
        foreach (var node in Nodes.Where(node => node != subject))
        {
            node.Shard.SeeReachability(subject.Name, isReachable, Now);
            subject.Shard.SeeReachability(node.Name, isReachable, Now);
        }
    }

    /// <summary>A node of the same name with an empty disk takes a node's place.</summary>
    public ShardNode Replace(ShardNode old)
    {
        SetReachable(old, false);
        Settle();
        var fresh = new ShardNode(this, old.Name, old.Options);
        Nodes = Nodes.Replace(old, fresh);
        fresh.Shard.Adopt([], 0, new Dictionary<ReplicaAddress, long>());
        fresh.Shard.Assume(new ReplicaId(fresh.Name, Random64()), Now);
        fresh.Shard.See(new ClusterView(fresh.Name, Ring, ImmutableDictionary<NodeName, PeerFacts>.Empty), Now);
        SetReachable(fresh, true);
        return fresh;
    }

    public ConvergenceReply? Receipt(ShardNode node, Key key, DotSet clock, TimeSpan wait, int n = 3)
    {
        var ticket = new ReceiptTicket(new ReplicaAddress(n, Ring.PartitionOf(key.Hash)), clock, wait);
        node.Shard.Receipt(ticket, Now);
        Settle();
        for (var end = Now + wait + TimeSpan.FromSeconds(1); Now < end && !ticket.Task.IsCompleted;) Pass(TimeSpan.FromMilliseconds(20));
        return ticket.Task.IsCompleted ? ticket.Task.Result : throw new InvalidOperationException("The receipt has no answer.");
    }

    public void Post(Action what) => _events.Enqueue(what);

    /// <summary>Lets everything that is under way happen.</summary>
    public void Settle()
    {
        var steps = 0;
        do
        {
            foreach (var node in Nodes) node.Flush();
            while (_events.TryDequeue(out var what))
            {
                what();
                Assert.True(++steps < 1_000_000, "What is under way must come to an end.");
            }
        }
        while (Nodes.Any(node => node.HasOutput) || _events.Count > 0);
    }

    /// <summary>Time passes, in steps in which everything due happens.</summary>
    /// <param name="span">How much.</param>
    /// <param name="looks">Whether differences are looked for.</param>
    public void Pass(TimeSpan span, bool looks = true)
    {
        for (var end = Now + span; Now < end;)
        {
            Now += TimeSpan.FromMilliseconds(20);
            foreach (var node in Nodes)
            {
                node.Shard.Tick(Now);
                if (looks) node.Shard.LookForDifferences(Now);
                if (looks) node.Shard.LookForAudits(Now);
            }

            Settle();
        }
    }

    public WriteReply Write(ShardNode node, Key key, Operation operation, int w = 2, DotSet? observed = null, int n = 3)
    {
        var command = new WriteCommand(key, operation.Type ?? DataType.Set, operation, new WriteQuorum(n, w, w, 0, 0)) { Observed = observed, ReturnValue = true };
        var ticket = new WriteTicket(command, new ReplicaAddress(n, Ring.PartitionOf(key.Hash)));
        node.Shard.Write(ticket, Now);
        Settle();
        for (var i = 0; i < 300 && !ticket.Task.IsCompleted; i++) Pass(TimeSpan.FromMilliseconds(20));
        return ticket.Task.IsCompleted ? ticket.Task.Result : throw new InvalidOperationException("The write has no answer.");
    }

    public ReadReply Read(ShardNode node, Key key, int r = 2, DotSet? atLeast = null, int n = 3, bool awaitRepair = false)
    {
        var ticket = new ReadTicket(new ReadCommand(key, new ReadQuorum(n, r, 0)) { AtLeast = atLeast, AwaitRepair = awaitRepair }, new ReplicaAddress(n, Ring.PartitionOf(key.Hash)));
        node.Shard.Read(ticket, Now);
        Settle();
        for (var i = 0; i < 300 && !ticket.Task.IsCompleted; i++) Pass(TimeSpan.FromMilliseconds(20));
        return ticket.Task.IsCompleted ? ticket.Task.Result : throw new InvalidOperationException("The read has no answer.");
    }
}

/// <summary>One node of a <see cref="ShardWorld"/>.</summary>
internal sealed class ShardNode : IOutboxSink
{
    private readonly ShardWorld _world;
    private readonly Outbox _outbox = new();
    private long _position;

    public ShardNode(ShardWorld world, NodeName name, ShardOptions options)
    {
        (_world, Name, Options) = (world, name, options);
        Shard = new Shard(name, 0, 1, options, _outbox, TimeProvider.System, world.Random64) { AuditJournal = Journal, ShardRef = Ref = new NodeRef(this) };
    }

    public NodeName Name { get; }

    public ShardOptions Options { get; }

    public Shard Shard { get; }

    /// <summary>Where hubs and watchers of feeds find the shard.</summary>
    public IActorRef Ref { get; }

    /// <summary>What audits have found.</summary>
    public RecordingJournal Journal { get; } = new();

    public bool HasOutput => !_outbox.IsEmpty;

    /// <summary>What the disk does with the next batches; by default they land.</summary>
    public Func<ImmutableArray<StagedBatch>, bool> Lands { get; set; } = _ => true;

    public Dictionary<string, ReadOnlyMemory<byte>> Facts { get; } = [];

    public Replica Replica(Key key, int n = 3) =>
        Shard.Shells.Single(shell => shell.Address == new ReplicaAddress(n, _world.Ring.PartitionOf(key.Hash))).Replica;

    public void Flush() => _outbox.Flush(this);

    /// <summary>An actor that is none: what it is told is done when the world goes on.</summary>
    [SuppressMessage("Design", "MA0097", Justification = "Actor references are not compared here.")]
    private sealed class NodeRef(ShardNode node) : MinimalActorRef
    {
        public override ActorPath Path { get; } = new RootActorPath(new Address("akka", "world")) / node.Name.Text;

        public override IActorRefProvider Provider => throw new NotSupportedException();

        protected override void TellInternal(object message, IActorRef sender) => node._world.Post(() =>
        {
            var (shard, now) = (node.Shard, node._world.Now);
            switch (message)
            {
                case FeedProtocol.Open open:
                    shard.Open(open, now);
                    break;
                case FeedProtocol.Close close:
                    shard.Close(close, now);
                    break;
                case FeedProtocol.Attach attach:
                    shard.Attach(attach, now);
                    break;
                case FeedProtocol.Detach detach:
                    shard.Detach(detach, now);
                    break;
                case FeedProtocol.Consumed consumed:
                    shard.Consumed(consumed, now);
                    break;
                default:
                    throw new System.Diagnostics.UnreachableException(message.GetType().Name);
            }
        });
    }

    void IOutboxSink.Append(ImmutableArray<StagedBatch> batches) => _world.Post(() =>
    {
        if (Lands(batches)) Shard.Land(new StorageProtocol.Landed(batches, ++_position), _world.Now);
        else Shard.Lose(new StorageProtocol.NotLanded(batches, "the test says so"), _world.Now);
    });

    void IOutboxSink.Put(StorageProtocol.PutFact fact) => Facts[fact.Name] = fact.Value;

    void IOutboxSink.Send(NodeName to, Lane lane, ReadOnlyMemory<byte> run) => _world.PostTo(to, () =>
    {
        if (_world.Silent.Contains(Name) || _world.Silent.Contains(to)) return;
        var parcels = new List<LinkProtocol.Parcel>();
        while (!run.IsEmpty)
        {
            Assert.True(Parcels.TryNext(ref run, out var kind, out var body, out _));
            var reader = new WireReader(body.Span);
            var address = new ReplicaAddress(reader.ReadInt(16, "n"), reader.ReadInt(1000, "partition"));
            parcels.Add(new LinkProtocol.Parcel((ParcelKind)kind, address, body[reader.Position..]));
        }

        _world.Nodes.Single(node => node.Name == to).Shard.Receive(new LinkProtocol.Arrived(Name, parcels, TimeSpan.Zero), _world.Now);
    });
}
