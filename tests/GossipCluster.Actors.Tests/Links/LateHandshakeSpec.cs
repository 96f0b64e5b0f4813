using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net.Sockets;
using System.Text;
using Akka.Actor;
using Akka.Configuration;
using Akka.Remote;
using GossipCluster.Actors.Configuration;
using GossipCluster.Actors.Links;
using GossipCluster.Actors.Membership;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Placement;
using GossipCluster.Core.Wire;

namespace GossipCluster.Actors.Tests.Links;

/// <summary>The links of two real ActorSystems on loopback.</summary>
public sealed class LateHandshakeSpec : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly Node _a = new("a");
    private readonly Node _b = new("b");

    [Fact(DisplayName = "A call that its caller has given up, and that is taken up late, makes the callee deaf on the connection that stands: the link makes it anew")]
    public async Task A_late_handshake()
    {
        _a.Show(_b);
        await EventuallyAsync("both reachable", () => _a.Reaches("b") && _b.Reaches("a"));

        await CallAndGiveUpAsync(_b, _a);

        await EventuallyAsync("a no longer hears b", () => _a.Said.Contains("b-"));
        await EventuallyAsync("both reachable again", () => _a.Reaches("b") && _b.Reaches("a"));
    }

    [Fact(DisplayName = "The same before there is a link: who was asked and does not answer is called anew")]
    public async Task A_late_handshake_before_there_is_a_link()
    {
        await EventuallyAsync("b answers a", () => _a.AnswersAsync(_b));

        await CallAndGiveUpAsync(_b, _a);
        await EventuallyAsync("a no longer hears b", async () => !await _a.AnswersAsync(_b));

        _a.Ask(_b);
        await EventuallyAsync("b answers a again", () => _a.AnswersAsync(_b));
    }

    public async ValueTask DisposeAsync()
    {
        await _a.System.Terminate();
        await _b.System.Terminate();
    }

    /// <summary>What Akka.Remote sends whose handshake was not answered in time: that it is there, and then that it is gone.</summary>
    private static async Task CallAndGiveUpAsync(Node caller, Node callee)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(callee.Address.Host, callee.Address.Port!.Value, TestContext.Current.CancellationToken);
        await socket.GetStream().WriteAsync((byte[])[.. Instruction(1, Handshake(caller)), .. Instruction(2, null)], TestContext.Current.CancellationToken);

        // What is not read before a socket is closed makes it a broken one, and takes along what was sent.
        await socket.GetStream().CopyToAsync(Stream.Null, TestContext.Current.CancellationToken);
    }

    // AkkaProtocolMessage { 2: AkkaControlMessage { 1: command, 2: AkkaHandshakeInfo } } behind its length.
    private static byte[] Instruction(byte command, byte[]? handshake)
    {
        byte[] message = Field(2, [8, command, .. handshake is null ? [] : Field(2, handshake)]);
        var length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, message.Length);
        return [.. length, .. message];
    }

    // AkkaHandshakeInfo { 1: AddressData { 1: system, 2: host, 3: port, 4: protocol }, 2: uid as fixed64 }
    private static byte[] Handshake(Node node)
    {
        var port = new WireWriter();
        port.WriteVarint((ulong)node.Address.Port!.Value);
        var uid = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(uid, (ulong)(long)AddressUidExtension.Uid(node.System));
        return
        [
            .. Field(1, [.. Text(1, node.Address.System), .. Text(2, node.Address.Host), 24, .. port.ToArray(), .. Text(4, "tcp")]),
            17, .. uid,
        ];
    }

    private static byte[] Text(int number, string text) => Field(number, Encoding.UTF8.GetBytes(text));

    private static byte[] Field(int number, byte[] bytes)
    {
        Assert.InRange(bytes.Length, 0, 127);
        return [(byte)((number << 3) | 2), (byte)bytes.Length, .. bytes];
    }

    private static Task EventuallyAsync(string what, Func<bool> condition) => EventuallyAsync(what, () => Task.FromResult(condition()));

    private static async Task EventuallyAsync(string what, Func<Task<bool>> condition)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Patience, $"Not within {Patience}: {what}");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    private sealed class Node
    {
        private static readonly LinkOptions Options = new()
        {
            HeartbeatInterval = TimeSpan.FromMilliseconds(200),
            SilenceMax = TimeSpan.FromSeconds(1),
            ResetAfter = TimeSpan.FromSeconds(1),
        };

        private readonly IActorRef _links;
        private readonly NodeName _name;

        public Node(string name)
        {
            _name = NodeName.Of(name);
            System = ActorSystem.Create("gossip-cluster", ConfigurationFactory.ParseString("""
                akka {
                  loglevel = ERROR
                  actor.provider = remote
                  remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
                  coordinated-shutdown.run-by-actor-system-terminate = off
                }
                """).WithFallback(GossipHocon.Defaults("local")));
            Address = ((ExtendedActorSystem)System).Provider.DefaultAddress;
            _links = System.ActorOf(LinksActor.CreateProps(_name, incarnation: 1, Options), "links");
            _links.Tell(new LinkProtocol.Subscribe(ParcelKind.Metadata, System.ActorOf(Props.Create(() => new Listener(Said)))));
        }

        public ActorSystem System { get; }

        public Address Address { get; }

        /// <summary><c>b+</c> where b became reachable, <c>b-</c> where it ceased to be.</summary>
        public ConcurrentQueue<string> Said { get; } = [];

        public bool Reaches(string peer) => Said.LastOrDefault(said => said.StartsWith(peer, StringComparison.Ordinal)) == $"{peer}+";

        /// <summary>Says to the links that the other node owes an answer.</summary>
        public void Ask(Node other) => _links.Tell(new LinkProtocol.Asked(other.Address));

        /// <summary>True where the other node's ActorSystem answers this one.</summary>
        public async Task<bool> AnswersAsync(Node other)
        {
            try
            {
                await System.ActorSelection($"{other.Address}/user/links").ResolveOne(TimeSpan.FromMilliseconds(500), TestContext.Current.CancellationToken);
                return true;
            }
            catch (ActorNotFoundException)
            {
                return false;
            }
        }

        /// <summary>This node calls the other one, and not the other way round: so there is one connection.</summary>
        public void Show(Node other) => _links.Tell(new ViewChanged(new ClusterView(
            _name, Ring.Of([]), ImmutableDictionary<NodeName, PeerFacts>.Empty.Add(other._name, new PeerFacts(1, other.Address, "http://127.0.0.1:1", "1.0.0")))));
    }

    private sealed class Listener : ReceiveActor
    {
        public Listener(ConcurrentQueue<string> said) =>
            Receive<LinkProtocol.ReachabilityChanged>(changed => said.Enqueue($"{changed.Node}{(changed.IsReachable ? '+' : '-')}"));
    }
}
