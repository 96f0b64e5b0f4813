using System.Collections.Immutable;
using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit;
using GossipCluster.Actors.Dissemination;
using GossipCluster.Actors.Links;
using GossipCluster.Actors.Membership;
using GossipCluster.Actors.Metadata;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Dissemination;
using GossipCluster.Core.Placement;

namespace GossipCluster.Actors.Tests.Dissemination;

/// <summary>The shell of dissemination, on links that deliver at once.</summary>
public sealed class SpreaderActorTests : TestKit
{
    private const long Start = 1_790_000_000_000;
    private static readonly NodeName[] Names = [.. Enumerable.Range(1, 12).Select(number => NodeName.Of(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"n{number}")))];
    private readonly Dictionary<NodeName, IActorRef> _spreaders = [];
    private readonly Dictionary<NodeName, TestProbe> _listeners = [];

    public SpreaderActorTests()
        : base("akka { loglevel = ERROR, log-dead-letters = off }")
    {
    }

    [Theory(DisplayName = "News of any node reaches all others, once, by each of the ways")]
    [InlineData(DisseminationWay.Direct)]
    [InlineData(DisseminationWay.Exchange)]
    [InlineData(DisseminationWay.Cooperative)]
    public async Task News_reaches_all(DisseminationWay way)
    {
        Begin(way);

        _spreaders[Names[4]].Tell(new SpreadProtocol.Publish(NewsKind.Load, new byte[] { 7, 8 }));

        foreach (var name in Names.Where(name => name != Names[4]))
        {
            var heard = await _listeners[name].ExpectMsgAsync<SpreadProtocol.Heard>(TimeSpan.FromSeconds(20));
            Assert.Equal((Names[4], NewsKind.Load), (heard.Origin, heard.Kind));
            Assert.Equal([7, 8], heard.Body.ToArray());
        }

        _spreaders[Names[0]].Tell(new SpreadProtocol.Publish(NewsKind.Load, new byte[] { 9 }));
        foreach (var name in Names.Where(name => name != Names[0]))
            Assert.Equal([9], (await _listeners[name].ExpectMsgAsync<SpreadProtocol.Heard>(TimeSpan.FromSeconds(20))).Body.ToArray());
    }

    [Fact]
    public async Task After_a_failure_news_is_still_new_to_the_others()
    {
        Begin(DisseminationWay.Direct);
        _spreaders[Names[0]].Tell(new SpreadProtocol.Publish(NewsKind.Load, new byte[] { 1 }));
        await _listeners[Names[1]].ExpectMsgAsync<SpreadProtocol.Heard>();

        _spreaders[Names[0]].Tell(new SpreadProtocol.Publish(NewsKind.Load, new byte[SpreadProtocol.BodyBytesMax + 1])); // A programming error: it throws.
        _spreaders[Names[0]].Tell(new ViewChanged(ViewOf(Names[0])));
        _spreaders[Names[0]].Tell(new SpreadProtocol.Publish(NewsKind.Load, new byte[] { 2 }));

        Assert.Equal([2], (await _listeners[Names[1]].ExpectMsgAsync<SpreadProtocol.Heard>()).Body.ToArray());
    }

    [Fact]
    public async Task What_is_no_message_or_pretends_to_be_of_another_is_refused()
    {
        Begin(DisseminationWay.Direct);
        foreach (var bytes in new byte[][] { [], [1], [9, 9, 9] }) _spreaders[Names[1]].Tell(new LinkProtocol.Delivered(Names[0], ParcelKind.Dissemination, bytes));

        _spreaders[Names[0]].Tell(new SpreadProtocol.Publish(NewsKind.Load, new byte[] { 1 }));
        await _listeners[Names[1]].ExpectMsgAsync<SpreadProtocol.Heard>();
    }

    [Fact]
    public void A_load_reads_back_as_it_was_written_and_nothing_else_is_one()
    {
        var load = new NodeLoad(1.25, 1_000_000, 3, 0);
        Assert.Equal(load, NodeLoad.Read(load.ToBytes()));
        Assert.Equal("01E209C0843D0300", Convert.ToHexString(load.ToBytes()));
        foreach (var bytes in new byte[][] { [], [1], [2, 0, 0, 0, 0], [.. load.ToBytes(), 0] }) Assert.Null(NodeLoad.Read(bytes));
    }

    [Fact]
    public void Facts_of_the_first_version_are_read_too()
    {
        var facts = new PeerFacts(7, new Address("akka.tcp", "gossip", "127.0.0.1", 4053), "http://n1", "1") { Uid = -2, Start = Start };
        var bytes = PeerFactsValue.Of(facts);
        Assert.Equal(facts, PeerFactsValue.Read(bytes));

        // Version 1 ends before the start, a varint of six bytes.
        byte[] first = [1, .. bytes[1..^6]];
        Assert.Equal(facts with { Start = 0 }, PeerFactsValue.Read(first));
    }

    private static ClusterView ViewOf(NodeName self) => new(
        self,
        Ring.Of(Names.Select(name => new RingMember(name)), 64, 1),
        Names.Where(name => name != self).ToImmutableDictionary(name => name, name => new PeerFacts(1, Address.AllSystems, "http://x", "1") { Start = Start }));

    private void Begin(DisseminationWay way)
    {
        foreach (var name in Names)
        {
            var links = Sys.ActorOf(Props.Create(() => new Hub(name, _spreaders)));
            _spreaders[name] = Sys.ActorOf(SpreaderActor.CreateProps(name, Start, new SpreadOptions { Way = way, ExchangeInterval = TimeSpan.FromMilliseconds(100) }, links));
            _listeners[name] = CreateTestProbe();
            _spreaders[name].Tell(new SpreadProtocol.Listen(NewsKind.Load, _listeners[name]));
        }

        foreach (var name in Names) _spreaders[name].Tell(new ViewChanged(ViewOf(name)));
    }

    /// <summary>Links of one node to all.</summary>
    private sealed class Hub : ReceiveActor
    {
        public Hub(NodeName self, Dictionary<NodeName, IActorRef> spreaders)
        {
            Receive<LinkProtocol.Subscribe>(_ => { });
            Receive<LinkProtocol.Send>(send => spreaders[send.To].Tell(new LinkProtocol.Delivered(self, send.Kind, send.Body)));
        }
    }
}
