using System.Diagnostics.CodeAnalysis;
using System.Text;
using GossipCluster.Actors.Feeds;
using GossipCluster.Actors.Replicas;
using GossipCluster.Core.Coordination;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Feeds;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Actors.Tests.Replicas;

/// <summary>Change feeds over shards of several nodes: which replica is followed, and that nothing is left out.</summary>
public sealed class ShardFeedTests
{
    private static readonly FeedScope Bucket = FeedScope.TryOfBucket("counters", "b", out var scope, out _) ? scope : throw new InvalidOperationException();
    private static readonly WatchOptions Watch = new() { DeliveryInterval = TimeSpan.Zero, PositionInterval = TimeSpan.FromMilliseconds(1) };

    [Fact]
    public async Task A_watcher_sees_what_is_written_through_another_node()
    {
        var world = new ShardWorld();
        var watcher = new Watcher(world, world.Nodes[0]);
        Assert.Empty(await watcher.TellsAsync());
        Assert.NotNull(watcher.Position);

        Increment(world, 1, "k1");
        Increment(world, 2, "k2");
        Increment(world, 2, "k9", "another");

        Assert.Equal(["k1=1", "k2=1"], Sorted(await watcher.TellsAsync()));
    }

    [Fact]
    public async Task A_node_without_a_replica_follows_another_and_the_next_when_that_is_gone()
    {
        var world = new ShardWorld(nodes: 5);
        var key = KeyOf("k1");
        var list = world.Ring.PreferenceList(world.Ring.PartitionOf(key.Hash));
        var outside = world.Nodes.Single(node => node.Name == list.Members[^1]);
        var primaries = list.Members.Take(3).Select(name => world.Nodes.Single(node => node.Name == name)).ToArray();
        var watcher = new Watcher(world, outside, FeedScope.Of(key));
        await watcher.TellsAsync();
        world.Write(primaries[1], key, new Operation.Increment(1), w: 3);
        Assert.Equal(["k1=1"], await watcher.TellsAsync());

        var source = primaries.Single(node => node.Shard.FeedStreams > 0);
        world.SetReachable(source, false);
        world.Write(primaries.First(node => node != source), key, new Operation.Increment(1));
        world.Pass(TimeSpan.FromSeconds(3));

        Assert.Equal("k1=2", (await watcher.TellsAsync())[^1]);
    }

    [Fact(DisplayName = "A watcher that comes back on another node is told what changed meanwhile, deletions too, and nothing else")]
    public async Task Resume()
    {
        var world = new ShardWorld();
        var first = new Watcher(world, world.Nodes[0]);
        foreach (var name in new[] { "k1", "k2", "k3", "k4" }) Increment(world, 1, name);
        Assert.Equal(4, (await first.TellsAsync()).Count);
        var position = first.Position;
        world.SetReachable(world.Nodes[0], false);

        Increment(world, 1, "k2");
        world.Write(world.Nodes[2], KeyOf("k3"), Operation.Delete.Instance);
        Increment(world, 2, "k5");
        world.Pass(TimeSpan.FromSeconds(10));
        var second = new Watcher(world, world.Nodes[2], from: position);
        world.Pass(TimeSpan.FromSeconds(3));

        Assert.Equal(["k2=2", "k3=gone", "k5=1"], Sorted(await second.TellsAsync()));
        Assert.False(second.WasReset);
        Assert.NotNull(second.Position);
        Increment(world, 1, "k1");
        Assert.Equal(["k1=2"], await second.TellsAsync());
    }

    [Fact]
    public async Task Where_it_cannot_be_told_what_has_changed_everything_is_told_again()
    {
        var world = new ShardWorld(options: new ShardOptions { Watch = Watch with { JournalEntriesMax = 16 } });
        var first = new Watcher(world, world.Nodes[0]);
        Increment(world, 1, "k1");
        await first.TellsAsync();
        var position = first.Position;

        for (var i = 0; i < 200; i++) Increment(world, 1, $"x{i}", "another");
        Increment(world, 1, "k2");
        world.Pass(TimeSpan.FromSeconds(3));
        var second = new Watcher(world, world.Nodes[2], from: position);

        var told = await second.TellsAsync();
        Assert.True(second.WasReset);
        Assert.Equal(["k1=1", "k2=1"], Sorted(told));
        Assert.NotNull(second.Position);
    }

    [Fact]
    public async Task A_snapshot_has_all_keys_that_begin_so_and_then_what_changes()
    {
        var world = new ShardWorld();
        for (var i = 0; i < 50; i++) Increment(world, 1, $"a{i}");
        Increment(world, 1, "b1");

        var watcher = new Watcher(world, world.Nodes[0], snapshot: true, prefix: "a");
        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"a{i}=1").Order(StringComparer.Ordinal), Sorted(await watcher.TellsAsync()));
        Assert.NotNull(watcher.Position);

        Increment(world, 1, "b1");
        Increment(world, 1, "a7");
        Assert.Equal(["a7=2"], await watcher.TellsAsync());
    }

    [Fact]
    public async Task A_part_that_was_lost_is_noticed_and_made_good()
    {
        var world = new ShardWorld(nodes: 5);
        var key = KeyOf("k1");
        var members = world.Ring.PreferenceList(world.Ring.PartitionOf(key.Hash)).Members;
        var outside = world.Nodes.Single(node => node.Name == members[^1]);
        var primary = world.Nodes.Single(node => node.Name == members[0]);
        var watcher = new Watcher(world, outside, FeedScope.Of(key));
        await watcher.TellsAsync();

        world.Silent.Add(outside.Name);
        world.Write(primary, key, new Operation.Increment(1), w: 3);
        world.Pass(TimeSpan.FromSeconds(1));
        world.Silent.Remove(outside.Name);
        world.Pass(TimeSpan.FromSeconds(16), looks: false);

        Assert.Equal("k1=1", (await watcher.TellsAsync())[^1]);
    }

    [Fact]
    public async Task A_watcher_that_does_not_keep_up_is_told_how_much_it_missed_and_gets_it_all_the_same()
    {
        var world = new ShardWorld();
        var watcher = new Watcher(world, world.Nodes[0], options: Watch with { WaitingKeysMax = 16 });
        await watcher.TellsAsync();

        for (var i = 0; i < 40; i++)
        {
            Increment(world, 1, $"k{i}");
            world.Pass(TimeSpan.FromMilliseconds(40), looks: false);
        }

        var told = await watcher.TellsAsync();
        Assert.InRange(watcher.Missed, 1, 40);
        Assert.False(watcher.WasReset);
        Assert.Equal(Enumerable.Range(0, 40).Select(i => $"k{i}=1").Order(StringComparer.Ordinal), told.Distinct().Order(StringComparer.Ordinal));
        Assert.NotNull(watcher.Position);
    }

    [Fact]
    public async Task One_subscription_serves_all_watchers_of_a_bucket_and_nothing_is_left_of_it_afterwards()
    {
        var world = new ShardWorld();
        var first = new Watcher(world, world.Nodes[0]);
        var second = new Watcher(world, world.Nodes[0], beside: first);
        Increment(world, 1, "k1");

        Assert.Equal(["k1=1"], await first.TellsAsync());
        Assert.Equal(["k1=1"], await second.TellsAsync());
        Assert.Equal(world.Ring.PartitionCount, world.Nodes[0].Shard.SubscriptionCount);
        Assert.Equal(world.Ring.PartitionCount, world.Nodes.Sum(node => node.Shard.FeedStreams));

        first.Hub.Tell(new FeedProtocol.Close(first.Hub));
        world.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(0, world.Nodes.Sum(node => node.Shard.FeedStreams));
        Assert.True(world.Nodes[0].Replica(KeyOf("k1")).IsWatched);
        world.Pass(TimeSpan.FromMinutes(11), looks: false);
        Assert.All(world.Nodes, node => Assert.False(node.Replica(KeyOf("k1")).IsWatched));
    }

    private static Key KeyOf(string name, string bucket = "b") => Key.Of("counters", bucket, name);

    private static void Increment(ShardWorld world, int node, string name, string bucket = "b") => world.Write(world.Nodes[node], KeyOf(name, bucket), new Operation.Increment(1));

    private static IEnumerable<string> Sorted(IEnumerable<string> told) => told.Order(StringComparer.Ordinal);

    [SuppressMessage("Design", "CA1001", Justification = "A watch holds nothing but its place in a hub, which ends with the test.")]
    private sealed class Watcher
    {
        private readonly ShardWorld _world;
        private readonly FeedWatch _watch;

        public Watcher(
            ShardWorld world, ShardNode node, FeedScope? scope = null, bool snapshot = false, string prefix = "", FeedPosition? from = null, WatchOptions? options = null, Watcher? beside = null)
        {
            _world = world;
            scope ??= Bucket;
            Hub = beside?.Hub ?? new FeedHub(
                scope, 3, world.Ring.PartitionCount, scope.IsKey ? [world.Ring.PartitionOf(scope.Key.Hash)] : [.. Enumerable.Range(0, world.Ring.PartitionCount)], [node.Ref], options ?? Watch, new FeedPace(options ?? Watch))
            {
                Schedule = hub => world.Post(hub.Execute),
            };
            if (beside is null) Hub.Tell(new FeedProtocol.Open(Hub));
            _watch = new FeedWatch(Hub, new FeedRequest(scope, 3) { Snapshot = snapshot, Prefix = Encoding.UTF8.GetBytes(prefix), From = from }, TimeProvider.System, _ => { });
            Hub.Add(_watch);
            Hub.Tell(new FeedProtocol.Attach(_watch, _watch.Wish));
            world.Settle();
        }

        public FeedHub Hub { get; }

        public FeedPosition? Position { get; private set; }

        public bool WasReset { get; private set; }

        public int Missed { get; private set; }

        /// <summary>Everything until nothing more comes for a second.</summary>
        public async Task<List<string>> TellsAsync()
        {
            var told = new List<string>();
            for (var quiet = 0; quiet < 50; quiet++)
            {
                _world.Pass(TimeSpan.FromMilliseconds(20), looks: false);
                var batch = await _watch.ReadAsync(TimeSpan.Zero, TestContext.Current.CancellationToken);
                if (!batch.IsEmpty) quiet = 0;
                Position = batch.Position ?? Position;
                WasReset |= batch.IsReset;
                Missed += batch.Missed;
                told.AddRange(batch.Events.Select(change => $"{change.Key.Name}={(change.Value is DataValue.Counter counter ? counter.Sum.ToString(System.Globalization.CultureInfo.InvariantCulture) : "gone")}"));
            }

            return told;
        }
    }
}
