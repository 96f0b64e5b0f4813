using System.Collections.Immutable;
using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit;
using GossipCluster.Actors.Configuration;
using GossipCluster.Actors.Links;
using GossipCluster.Actors.Membership;
using GossipCluster.Actors.Metadata;
using GossipCluster.Actors.Storage;
using GossipCluster.Actors.Store;
using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Metadata;
using GossipCluster.Core.Placement;

namespace GossipCluster.Actors.Tests.Metadata;

public sealed class MetadataActorTests : TestKit
{
    private static readonly NodeName N1 = NodeName.Of("n1");
    private static readonly NodeName N2 = NodeName.Of("n2");
    private static readonly NodeName N3 = NodeName.Of("n3");
    private static readonly ClusterIdentity Cluster = new("gossip", 64);
    private static readonly ClusterIdentity Strangers = new("gossip", 128);
    private static readonly MetadataOptions Options = new() { ExchangeDelay = TimeSpan.FromMilliseconds(50), ContactInterval = TimeSpan.FromMilliseconds(20), SeedTimeout = TimeSpan.FromSeconds(2) };

    private readonly TestProbe _storage;
    private readonly TestProbe _links;
    private readonly ClusterDirectory _directory = new(N1, 64);

    public MetadataActorTests()
        : base("akka { loglevel = ERROR, log-dead-letters = off }")
    {
        _storage = CreateTestProbe();
        _links = CreateTestProbe();
    }

    [Fact(DisplayName = "A node without seeds forms a cluster of its own, and is ready when that is on disk")]
    public async Task A_lone_node_forms_a_ring()
    {
        Start();

        Assert.False(_directory.View.IsRingKnown);
        await SaveAllAsync(3);

        await AwaitConditionAsync(() => Task.FromResult(_directory.View.IsRingKnown));
        Assert.Equal([N1], _directory.View.Ring.Members.Select(member => member.Name));
        Assert.Empty(_directory.WaitingFor);
    }

    [Fact]
    public async Task Nothing_is_told_before_it_is_on_disk()
    {
        var metadata = await StartInRingAsync();
        await ReachAsync(metadata, N2);
        var type = new BucketType("carts", DataType.Set, 3, BucketProperties.Standard);

        var task = _directory.PutTypeAsync(type, TestContext.Current.CancellationToken).AsTask();
        var put = await _storage.ExpectMsgAsync<StorageProtocol.PutFact>();

        Assert.False(task.IsCompleted);
        Assert.Null(_directory.Find("carts"));
        await NoEntriesAsync();

        metadata.Tell(new StorageProtocol.FactPut(put.Name), _storage);
        var news = Assert.Single((await EntriesAsync()).Known);
        Assert.Equal(MetadataName.Type("carts"), news.Name);
        Assert.Equal(type, _directory.Find("carts"));
        Say(metadata, N2, new MetadataMessage.Has([news.Version]));
        Assert.Null((await task).Refusal);
    }

    [Fact]
    public async Task A_change_of_the_schema_says_on_how_many_nodes_it_is_in_force()
    {
        var metadata = await StartInRingAsync();
        await ReachAsync(metadata, N2);
        await ReachAsync(metadata, N3);

        var both = _directory.PutTypeAsync(Carts(), TestContext.Current.CancellationToken).AsTask();
        await SaveAllAsync(1);
        var news = Assert.Single((await EntriesAsync()).Known);
        Say(metadata, N3, new MetadataMessage.Has([news.Version]));
        Say(metadata, N3, new MetadataMessage.Has([news.Version]));
        Assert.False(both.IsCompleted);
        Say(metadata, N2, new MetadataMessage.Has([news.Version]));
        Assert.Equal(new SchemaReply(null, 3), await both);

        // Told again, nothing changes here; who has lost the news has it then.
        var again = _directory.PutTypeAsync(Carts(), TestContext.Current.CancellationToken).AsTask();
        Assert.Equal(news, Assert.Single((await EntriesAsync()).Known));
        Say(metadata, N2, new MetadataMessage.Has([news.Version]));
        metadata.Tell(new LinkProtocol.ReachabilityChanged(N3, IsReachable: false));
        Assert.Equal(new SchemaReply(null, 2), await again);
    }

    [Fact]
    public async Task Who_is_too_slow_is_not_waited_for_and_not_counted()
    {
        var metadata = await StartInRingAsync(options: Options with { SpreadWait = TimeSpan.FromMilliseconds(100) });
        await ReachAsync(metadata, N2);

        var put = _directory.PutBucketAsync("sets", "b", BucketProperties.Standard, TestContext.Current.CancellationToken).AsTask();
        await SaveAllAsync(1);

        Assert.Equal(new SchemaReply(null, 1), await put);
    }

    [Theory]
    [InlineData("n2", "Node 'n2' has put 'carts' at the same moment, and that counts: it is a type of Map with n_val 2. Look at its properties and try again.")]
    [InlineData("a0", null)]
    public async Task Of_two_who_create_a_type_at_the_same_moment_one_is_refused(string other, string? refusal)
    {
        var metadata = await StartInRingAsync();
        await ReachAsync(metadata, NodeName.Of(other));
        var put = _directory.PutTypeAsync(Carts(), TestContext.Current.CancellationToken).AsTask();
        await SaveAllAsync(1);
        var news = Assert.Single((await EntriesAsync()).Known);

        // The other had made its own before it heard of this one. Of equal epochs the greater author counts, everywhere.
        var theirs = MetadataEntry.Of(news.Name, news.Epoch, NodeName.Of(other), SchemaValue.Of(new BucketType("carts", DataType.Map, 2, BucketProperties.Standard)));
        Say(metadata, NodeName.Of(other), new MetadataMessage.Entries([theirs]));
        if (refusal is null)
        {
            Assert.Equal(news, Assert.Single((await EntriesAsync()).Known));
            Say(metadata, NodeName.Of(other), new MetadataMessage.Has([news.Version]));
        }
        else
        {
            await SaveAllAsync(1);
        }

        Assert.Equal(new SchemaReply(refusal, refusal is null ? 2 : 0), await put);
        Assert.Equal(refusal is null ? DataType.Set : DataType.Map, _directory.Find("carts")!.DataType);
    }

    [Fact]
    public async Task What_was_learned_is_said_to_its_author_once_it_is_on_disk()
    {
        var metadata = await StartInRingAsync();
        await ReachAsync(metadata, N2);
        var news = MetadataEntry.Of(MetadataName.Type("carts"), 1, N2, SchemaValue.Of(Carts()));

        Say(metadata, N2, new MetadataMessage.Entries([news]));
        var put = await _storage.ExpectMsgAsync<StorageProtocol.PutFact>();
        await NoEntriesAsync();
        metadata.Tell(new StorageProtocol.FactPut(put.Name), _storage);

        Assert.Equal(news.Version, Assert.Single((await HasAsync()).Known));
        Say(metadata, N2, new MetadataMessage.Entries([news]));
        Assert.Equal(news.Version, Assert.Single((await HasAsync()).Known));
    }

    [Fact]
    public async Task A_restart_goes_on_from_disk()
    {
        var disk = new MemoryDisk();
        var first = await StartInRingAsync(disk);
        var put = _directory.PutBucketAsync("sets", "b", new BucketProperties(new() { W = Core.Coordination.QuorumValue.All }), TestContext.Current.CancellationToken).AsTask();
        await SaveAllAsync(1, disk);
        Assert.Null((await put).Refusal);
        await WatchAsync(first);
        Sys.Stop(first);
        await ExpectTerminatedAsync(first);

        var after = new ClusterDirectory(N1, 64);
        Start(facts: disk.Facts, directory: after);

        await AwaitConditionAsync(() => Task.FromResult(after.View.IsRingKnown));
        Assert.Equal("all", after.PropertiesOf(after.Find("sets")!, "b").Quorums.W.ToString());
        Assert.Equal("quorum", after.PropertiesOf(after.Find("sets")!, "c").Quorums.W.ToString());
    }

    [Fact(DisplayName = "A first seed waits for the others, and forms the cluster when they are silent")]
    public async Task A_first_seed_waits()
    {
        Start(seeds: [Address(1), Address(2)]);

        Assert.StartsWith("metadata/", (await _storage.ExpectMsgAsync<StorageProtocol.PutFact>()).Name);
        await _storage.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(100));
        Assert.Equal("Asking the other seeds for a cluster before forming one.", _directory.WaitingFor);

        await SaveAllAsync(2);
        await AwaitConditionAsync(() => Task.FromResult(_directory.View.IsRingKnown));
    }

    [Fact]
    public async Task A_later_seed_never_forms_a_cluster()
    {
        var metadata = Start(seeds: [Address(2), Address(1)]);
        await _storage.ExpectMsgAsync<StorageProtocol.PutFact>();

        await _storage.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(500));
        Assert.StartsWith("Waiting for a seed", _directory.WaitingFor);

        // It enters the ring that it is told of.
        metadata.Tell(Contact(N2, new MetadataMessage.Entries([.. RingOf(N2).Entries])), _links);
        await SaveAllAsync(3);
        await AwaitConditionAsync(() => Task.FromResult(_directory.View.IsRingKnown));
        Assert.Equal([N1, N2], _directory.View.Ring.Members.Select(member => member.Name));
    }

    [Fact]
    public async Task Who_was_taken_out_stays_out()
    {
        var table = RingOf(N1, N2);
        Assert.True(table.TryRemove(N1, N2, out var gone, out _));
        var metadata = Start(seeds: [Address(2)]);
        await SaveAllAsync(1);

        metadata.Tell(Contact(N2, new MetadataMessage.Entries([.. table.Merge(gone!).Entries])), _links);
        await SaveAllAsync(3);

        await AwaitConditionAsync(() => Task.FromResult(_directory.WaitingFor.StartsWith("'n1' was taken out", StringComparison.Ordinal)));
        Assert.False(_directory.View.IsRingKnown);

        metadata.Tell(new MetadataProtocol.AddSelf(MayReturn: true), TestActor);
        await SaveAllAsync(1);
        await ExpectMsgAsync<MetadataProtocol.Done>();
        Assert.True(_directory.View.IsRingKnown);
    }

    [Fact(DisplayName = "A node whose seed is another cluster's says so in a sentence and gives up")]
    public async Task A_seed_of_another_cluster_ends_the_search()
    {
        var metadata = Start(seeds: [Address(2)]);
        await SaveAllAsync(1);
        Sys.EventStream.Subscribe(TestActor, typeof(MetadataProtocol.ClusterMismatch));

        metadata.Tell(Contact(N2, new MetadataMessage.Refused("No."), Strangers), _links);

        Assert.StartsWith("Node 'n2' has 128 partitions, this node has 64", (await ExpectMsgAsync<MetadataProtocol.ClusterMismatch>()).Sentence);
        Assert.StartsWith("Node 'n2' has 128 partitions", _directory.WaitingFor);
        metadata.Tell(Contact(N2, new MetadataMessage.Entries([.. RingOf(N2).Entries])), _links);
        await _storage.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(100));
    }

    [Fact(DisplayName = "A stranger who comes by is refused in a sentence, and stops nobody")]
    public async Task Strangers_are_refused()
    {
        var metadata = Start(seeds: [Address(2)]);
        await SaveAllAsync(1);

        metadata.Tell(Contact(N3, new MetadataMessage.Entries([.. RingOf(N3).Entries]), Strangers), _links);

        var refused = Assert.IsType<MetadataMessage.Refused>(Read((await _links.FishForMessageAsync<MetadataContact>(_ => true)).Bytes).Message);
        Assert.StartsWith("Node 'n1' has 64 partitions, this node has 128", refused.Sentence);
        metadata.Tell(Contact(N2, new MetadataMessage.Entries([.. RingOf(N2).Entries])), _links);
        await SaveAllAsync(3);
        await AwaitConditionAsync(() => Task.FromResult(_directory.Table.Find(MetadataName.Cluster) is not null));
        Assert.Null(_directory.Table.Find(MetadataName.Ring(N3)));
    }

    [Fact]
    public void A_data_directory_of_another_cluster_is_refused()
    {
        var facts = ImmutableDictionary<string, ReadOnlyMemory<byte>>.Empty.Add(
            MetadataName.FactOf(MetadataName.Cluster), MetadataEntry.Of(MetadataName.Cluster, 1, N1, new ClusterFacts(Cluster, 7).ToValue()).ToFact());

        Assert.Null(MetadataActor.RefusalOf(facts, Cluster));
        Assert.StartsWith("The data directory has 64 partitions", MetadataActor.RefusalOf(facts, new ClusterIdentity("gossip", 32)));
        Assert.Null(MetadataActor.RefusalOf(facts.Clear(), Cluster));
    }

    [Fact]
    public async Task Commands_change_the_ring_or_say_why_not()
    {
        var metadata = await StartInRingAsync();
        metadata.Tell(new LinkProtocol.Delivered(N2, ParcelKind.Metadata, Contact(N2, new MetadataMessage.Entries([.. RingOf(N2).Entries])).Bytes));
        await SaveAllAsync(2);
        await AwaitConditionAsync(() => Task.FromResult(_directory.View.Ring.Members.Length == 2));

        metadata.Tell(new MetadataProtocol.SetWeight(N2, 7), TestActor);
        await SaveAllAsync(1);
        await ExpectMsgAsync<MetadataProtocol.Done>();
        Assert.Equal(7, _directory.View.Ring.Find(N2)!.Weight);

        metadata.Tell(new MetadataProtocol.SetWeight(N2, 7), TestActor);
        await ExpectMsgAsync<MetadataProtocol.Done>();

        metadata.Tell(new MetadataProtocol.RemoveMember(N3), TestActor);
        Assert.Equal("'n3' is not in the ring.", (await ExpectMsgAsync<MetadataProtocol.Refused>()).Error.Sentence);

        metadata.Tell(new MetadataProtocol.RemoveMember(N2), TestActor);
        await SaveAllAsync(1);
        await ExpectMsgAsync<MetadataProtocol.Done>();
        Assert.Equal([N1], _directory.View.Ring.Members.Select(member => member.Name));
    }

    [Fact]
    public async Task What_a_type_is_never_changes()
    {
        await StartInRingAsync();
        var cancel = TestContext.Current.CancellationToken;

        Assert.Equal("The n_val of 'sets' is 3 and never changes.", (await _directory.PutTypeAsync(new("sets", DataType.Set, 2, BucketProperties.Standard), cancel)).Refusal);
        Assert.Equal("The data type of 'sets' is Set and never changes.", (await _directory.PutTypeAsync(new("sets", DataType.Map, 3, BucketProperties.Standard), cancel)).Refusal);
        Assert.Equal(
            "The precision of 'hlls' is 14: it may shrink and never grows.",
            (await _directory.PutTypeAsync(new("hlls", DataType.Hll, 3, BucketProperties.Standard with { HllPrecision = 16 }), cancel)).Refusal);
        Assert.Equal("There is no bucket type 'none'.", (await _directory.PutBucketAsync("none", "b", null, cancel)).Refusal);
        Assert.Equal(BucketType.BuiltIn, _directory.Types);
    }

    [Fact(DisplayName = "Facts of an earlier life, whose disk is lost, are replaced by those of the present one")]
    public async Task The_present_life_has_the_last_word()
    {
        var metadata = await StartInRingAsync();
        var old = MetadataEntry.Of(MetadataName.Node(N1), 40, N1, PeerFactsValue.Of(new PeerFacts(long.MaxValue / 4, Address(9), "http://old", "0")));

        metadata.Tell(new MetadataProtocol.Learned([old]));
        await SaveAllAsync(2);

        await AwaitConditionAsync(() => Task.FromResult(_directory.Table.Find(MetadataName.Node(N1))!.Epoch == 41));
        var facts = PeerFactsValue.Read(_directory.Table.Find(MetadataName.Node(N1))!.Value.Span)!;
        Assert.Equal(Address(1), facts.Remote);
        Assert.Equal((long.MaxValue / 4) + 1, facts.Incarnation);
    }

    [Fact(DisplayName = "After a failure the actor goes on from what is durable, and its subscribers hear of what follows")]
    public async Task A_failure_loses_nothing()
    {
        var metadata = await StartInRingAsync();
        metadata.Tell(new MetadataProtocol.Subscribe(TestActor));
        await ExpectMsgAsync<ViewChanged>();

        metadata.Tell(new StorageProtocol.FactPut(null!)); // A broken invariant: it throws, and the parent restarts it.
        await SaveAllAsync(1);
        Assert.True((await ExpectMsgAsync<ViewChanged>()).View.IsRingKnown);

        metadata.Tell(new MetadataProtocol.SetWeight(N1, 7), _storage);
        await SaveAllAsync(1);
        await FishForMessageAsync<ViewChanged>(changed => changed.View.Ring.Find(N1)!.Weight == 7);
    }

    [Fact]
    public async Task Garbage_is_dropped()
    {
        var metadata = await StartInRingAsync();

        foreach (var bytes in new byte[][] { [], [1], [9, 9, 9], [.. Contact(N2, new MetadataMessage.Digest(1, false)).Bytes, 0] })
        {
            metadata.Tell(new MetadataContact(bytes));
            metadata.Tell(new LinkProtocol.Delivered(N2, ParcelKind.Metadata, bytes));
        }

        metadata.Tell(new MetadataProtocol.SetWeight(N1, 100), TestActor);
        await ExpectMsgAsync<MetadataProtocol.Done>();
    }

    private static BucketType Carts() => new("carts", DataType.Set, 3, BucketProperties.Standard);

    private static void Say(IActorRef metadata, NodeName from, MetadataMessage message) =>
        metadata.Tell(new LinkProtocol.Delivered(from, ParcelKind.Metadata, Contact(from, message).Bytes));

    private static Address Address(int port) => new("akka.tcp", "test", "127.0.0.1", port);

    private static MetadataParcel Read(ReadOnlyMemory<byte> bytes) =>
        MetadataParcel.TryRead(bytes.Span, out var parcel, out var error) ? parcel : throw new InvalidOperationException(error.ToString());

    private static MetadataContact Contact(NodeName from, MetadataMessage message, ClusterIdentity? cluster = null) =>
        new(new MetadataParcel(from, cluster ?? Cluster, KnowsCluster: true, default, message).ToBytes());

    private static MetadataTable RingOf(params NodeName[] nodes)
    {
        var table = MetadataTable.Empty.Merge(MetadataEntry.Of(MetadataName.Cluster, 1, nodes[0], new ClusterFacts(Cluster, 7).ToValue()));
        foreach (var node in nodes)
        {
            Assert.True(table.TryAdd(new RingMember(node), mayReturn: false, node, out var entry, out _));
            table = table.Merge(entry!);
        }

        return table;
    }

    private IActorRef Start(
        ImmutableArray<Address>? seeds = null, ImmutableDictionary<string, ReadOnlyMemory<byte>>? facts = null, ClusterDirectory? directory = null, MetadataOptions? options = null) =>
        Sys.ActorOf(MetadataActor.CreateProps(
            new LocalNode(N1, Cluster, Address(1), 11, "http://n1", "1.0.0") { Seeds = seeds ?? [] },
            options ?? Options,
            _storage,
            _links,
            facts ?? ImmutableDictionary<string, ReadOnlyMemory<byte>>.Empty,
            directory ?? _directory,
            replicator: null,
            TimeProvider.System,
            ActorRefs.Nobody));

    private async Task<IActorRef> StartInRingAsync(MemoryDisk? disk = null, MetadataOptions? options = null)
    {
        var metadata = Start(options: options);
        await SaveAllAsync(3, disk);
        await AwaitConditionAsync(() => Task.FromResult(_directory.View.IsRingKnown));
        return metadata;
    }

    /// <summary>Confirms so many writes.</summary>
    private async Task SaveAllAsync(int count, MemoryDisk? disk = null)
    {
        for (; count > 0; count--)
        {
            var put = await _storage.ExpectMsgAsync<StorageProtocol.PutFact>();
            disk?.Put(put.Name, put.Value);
            _storage.Reply(new StorageProtocol.FactPut(put.Name));
        }
    }

    private async Task ReachAsync(IActorRef metadata, NodeName node)
    {
        metadata.Tell(new LinkProtocol.ReachabilityChanged(node, IsReachable: true));
        await _links.FishForMessageAsync<LinkProtocol.Send>(send => send.To == node);
    }

    private async Task NoEntriesAsync()
    {
        await Task.Yield();
        while (_links.HasMessages) Assert.IsNotType<MetadataMessage.Entries>(Read((await _links.ReceiveOneAsync(TimeSpan.Zero) as LinkProtocol.Send)!.Body).Message);
    }

    private async Task<MetadataMessage.Entries> EntriesAsync() =>
        (MetadataMessage.Entries)Read((await _links.FishForMessageAsync<LinkProtocol.Send>(send => Read(send.Body).Message is MetadataMessage.Entries)).Body).Message;

    private async Task<MetadataMessage.Has> HasAsync() =>
        (MetadataMessage.Has)Read((await _links.FishForMessageAsync<LinkProtocol.Send>(send => Read(send.Body).Message is MetadataMessage.Has)).Body).Message;
}
