using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text;
using Akka.Actor;
using Akka.Configuration;
using Akka.DistributedData;
using GossipCluster.Actors.Configuration;
using GossipCluster.Actors.Dissemination;
using GossipCluster.Actors.Links;
using GossipCluster.Actors.Membership;
using GossipCluster.Actors.Metadata;
using GossipCluster.Actors.Tests.Metadata;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Dissemination;
using GossipCluster.Core.Metadata;

namespace GossipCluster.Actors.Tests.Membership;

/// <summary>A node in this process: a real ActorSystem on loopback, its facts on a disk that survives it, simple links.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private static readonly MetadataOptions MetadataOptions = new() { ExchangeDelay = TimeSpan.FromMilliseconds(100), SeedTimeout = TimeSpan.FromSeconds(5) };
    private static readonly MembershipOptions MembershipOptions = new()
    {
        JoinTimeout = TimeSpan.FromSeconds(1),
        DownAfter = TimeSpan.FromSeconds(1),
        IslandAfter = TimeSpan.FromSeconds(2),
    };

    private readonly MemoryDisk _disk;

    private TestNode(string name, int port, ImmutableArray<int> seedPorts, MemoryDisk disk, bool hasDistributedData, DisseminationWay way)
    {
        _disk = disk;
        Name = NodeName.Of(name);
        System = ActorSystem.Create("gossip-cluster", ConfigurationFactory.ParseString($$"""
            akka {
              loglevel = ERROR
              remote.dot-netty.tcp { hostname = "127.0.0.1", port = {{port}} }
              cluster {
                roles = ["{{MemberRoles.Of(Name)}}"]
                gossip-interval = 200ms
                leader-actions-interval = 200ms
                unreachable-nodes-reaper-interval = 200ms
                seed-node-timeout = 1s
                retry-unsuccessful-join-after = 1s
                failure-detector { heartbeat-interval = 300ms, expected-response-after = 300ms, acceptable-heartbeat-pause = 1500ms }
                distributed-data { gossip-interval = 300ms, notify-subscribers-interval = 100ms }
              }
              # Terminating is crashing here.
              coordinated-shutdown.run-by-actor-system-terminate = off
            }
            """).WithFallback(GossipHocon.Defaults("local")));
        var self = Akka.Cluster.Cluster.Get(System).SelfUniqueAddress;
        Port = self.Address.Port!.Value;
        Directory = new ClusterDirectory(Name, 64);

        var node = new LocalNode(Name, new ClusterIdentity("gossip", 64), self.Address, self.Uid, $"http://127.0.0.1:{Port}", "1.0.0")
        {
            Seeds = [.. seedPorts.Select(seed => new Address("akka.tcp", "gossip-cluster", "127.0.0.1", seed == 0 ? Port : seed))],
        };
        var collector = System.ActorOf(Props.Create(() => new Collector(Islands, Wanted)));
        System.EventStream.Subscribe(collector, typeof(IslandFound));
        System.EventStream.Subscribe(collector, typeof(RestartWanted));
        var storage = System.ActorOf(Props.Create(() => new MemoryStorageActor(disk)), "storage");
        var links = System.ActorOf(Props.Create(() => new TestLinksActor(Name, Directory)), "links");
        var replicator = hasDistributedData ? DistributedData.Get(System).Replicator : null;
        var start = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        var spreader = System.ActorOf(SpreaderActor.CreateProps(Name, start, new SpreadOptions { Way = way, ExchangeInterval = TimeSpan.FromMilliseconds(200) }, links), "spreader");
        Metadata = System.ActorOf(
            MetadataActor.CreateProps(node with { Start = start }, MetadataOptions, storage, links, disk.Facts, Directory, replicator, TimeProvider.System, spreader), "metadata");
        Metadata.Tell(new MetadataProtocol.Subscribe(spreader));
        System.ActorOf(MembershipActor.CreateProps(node, MembershipOptions, Metadata, MembershipHistory.None, TimeProvider.System), "membership");
    }

    public NodeName Name { get; }

    public int Port { get; }

    public ActorSystem System { get; }

    public IActorRef Metadata { get; }

    public ClusterDirectory Directory { get; }

    public ConcurrentQueue<IslandFound> Islands { get; } = [];

    public ConcurrentQueue<RestartWanted> Wanted { get; } = [];

    /// <summary>Who is in the ring, as this node knows it.</summary>
    public string Ring => string.Join(' ', Directory.View.Ring.Members.Select(member => member.Name));

    /// <summary>Whom this node counts as Up in Akka.Cluster.</summary>
    public string Up => string.Join(' ', Akka.Cluster.Cluster.Get(System).State.Members
        .Where(member => member.Status is Akka.Cluster.MemberStatus.Up or Akka.Cluster.MemberStatus.WeaklyUp)
        .Select(member => MemberRoles.TryNodeOf(member, out var node) ? $"{node}@{member.Address.Port}" : "?").Order());

    /// <summary>A node with an empty disk. Port 0 is a free one; a seed port of 0 is the node itself.</summary>
    public static TestNode Start(string name, ImmutableArray<int> seedPorts, bool hasDistributedData = true, int port = 0, DisseminationWay way = DisseminationWay.Direct) =>
        new(name, port, seedPorts, new MemoryDisk(), hasDistributedData, way);

    /// <summary>The node after its process has gone, on its disk.</summary>
    public TestNode Restart(int port, ImmutableArray<int> seedPorts) => new(Name.Text, port, seedPorts, _disk, hasDistributedData: true, DisseminationWay.Direct);

    /// <summary>No goodbye.</summary>
    public Task CrashAsync() => System.Terminate();

    public async ValueTask DisposeAsync() => await System.Terminate();

    private sealed class Collector : ReceiveActor
    {
        public Collector(ConcurrentQueue<IslandFound> found, ConcurrentQueue<RestartWanted> wanted)
        {
            Receive<IslandFound>(found.Enqueue);
            Receive<RestartWanted>(wanted.Enqueue);
        }
    }
}

/// <summary>Links without batching: one message a parcel, a ping ten times a second, silence for a second is unreachable.</summary>
internal sealed class TestLinksActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(1);

    private readonly Dictionary<NodeName, long> _heard = [];
    private readonly NodeName _self;
    private readonly ClusterDirectory _directory;
    private readonly Dictionary<ParcelKind, IActorRef> _subscribers = [];

    public TestLinksActor(NodeName self, ClusterDirectory directory)
    {
        (_self, _directory) = (self, directory);
        Receive<LinkProtocol.Subscribe>(subscribe => _subscribers[subscribe.Kind] = subscribe.Subscriber);
        Receive<LinkProtocol.Send>(send => Send(send.To, [(byte)send.Kind, .. send.Body.Span]));
        Receive<MetadataContact>(Heard);
        Receive<string>(_ => Ping());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => Timers.StartPeriodicTimer("ping", "ping", TimeSpan.FromMilliseconds(100));

    private void Ping()
    {
        foreach (var node in _directory.View.Peers.Keys) Send(node, []);
        foreach (var node in _heard.Where(heard => TimeProvider.System.GetElapsedTime(heard.Value) > Silence).Select(heard => heard.Key).ToList())
        {
            _heard.Remove(node);
            foreach (var subscriber in _subscribers.Values) subscriber.Tell(new LinkProtocol.ReachabilityChanged(node, IsReachable: false));
        }
    }

    private void Send(NodeName to, ReadOnlySpan<byte> body)
    {
        if (!_directory.View.Peers.TryGetValue(to, out var facts)) return;
        byte[] frame = [(byte)_self.Text.Length, .. Encoding.ASCII.GetBytes(_self.Text), .. body];
        Context.ActorSelection(new RootActorPath(facts.Remote) / Self.Path.Elements).Tell(new MetadataContact(frame), Self);
    }

    private void Heard(MetadataContact frame)
    {
        var from = NodeName.Of(Encoding.ASCII.GetString(frame.Bytes, 1, frame.Bytes[0]));
        if (!_heard.ContainsKey(from))
        {
            foreach (var listener in _subscribers.Values) listener.Tell(new LinkProtocol.ReachabilityChanged(from, IsReachable: true));
        }

        _heard[from] = TimeProvider.System.GetTimestamp();
        var body = frame.Bytes.AsMemory(1 + frame.Bytes[0]);
        if (body.Length > 0 && _subscribers.TryGetValue((ParcelKind)body.Span[0], out var subscriber)) subscriber.Tell(new LinkProtocol.Delivered(from, (ParcelKind)body.Span[0], body[1..]));
    }
}
