using System.Collections.Immutable;
using GossipCluster.Actors.Replicas;
using GossipCluster.Actors.Store;
using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Actors.Tests.Replicas;

public sealed class ShardRepairTests
{
    private static readonly Key Counter = Key.Of("counters", "b", "k");
    private static readonly Key Set = Key.Of("sets", "b", "k");

    [Fact]
    public void Who_has_come_back_has_everything_at_once()
    {
        var world = new ShardWorld();
        world.Pass(TimeSpan.FromSeconds(2));
        world.SetReachable(world.Nodes[2], false);
        for (var i = 0; i < 50; i++) world.Write(world.Nodes[i % 2], KeyOf(i), new Operation.Increment(i));

        world.SetReachable(world.Nodes[2], true);
        world.Settle();

        for (var i = 0; i < 50; i++) Assert.Equal(i, Sum(world.Nodes[2].Replica(KeyOf(i)).Read(KeyOf(i))));
    }

    [Fact]
    public void With_more_partitions_than_sessions_all_are_compared_one_after_another_without_waiting_for_the_next_look()
    {
        var world = new ShardWorld(partitions: 64, options: Options(repair => repair with { SyncSessionsMax = 2 }));
        world.Pass(TimeSpan.FromSeconds(5));
        world.SetReachable(world.Nodes[2], false);
        for (var i = 0; i < 200; i++) world.Write(world.Nodes[i % 2], KeyOf(i), new Operation.Increment(i));

        world.SetReachable(world.Nodes[2], true);
        world.Settle();

        for (var i = 0; i < 200; i++) Assert.Equal(i, Sum(world.Nodes[2].Replica(KeyOf(i)).Read(KeyOf(i))));
    }

    [Fact]
    public void A_peer_that_says_nothing_gives_its_place_to_another()
    {
        var world = new ShardWorld(partitions: 8, options: Options(repair => repair with { SyncSessionsMax = 1 }));
        world.Pass(TimeSpan.FromSeconds(5));
        world.Silent.Add(world.Nodes[1].Name);

        world.Pass(TimeSpan.FromMinutes(3.5));

        Assert.True(world.Nodes[0].Shard.SyncsBroken > 0);
        Assert.All(
            world.Nodes[0].Shard.EntropyAt(world.Now).Replicas.SelectMany(replica => replica.Peers).Where(peer => peer.Node == "n3"),
            peer => Assert.InRange(peer.SinceSync!.Value, TimeSpan.Zero, TimeSpan.FromMinutes(3)));
    }

    [Fact]
    public void Repairs_come_in_as_fast_as_the_pace_says()
    {
        var world = new ShardWorld(options: Options(repair => repair with { BytesPerSecondMax = 100_000, BytesPerSecondMin = 100_000 }));
        world.Pass(TimeSpan.FromSeconds(2));
        world.SetReachable(world.Nodes[2], false);
        var element = new string('x', 1000);
        for (var i = 0; i < 1000; i++) world.Write(world.Nodes[i % 2], Key.Of("sets", "b", $"k{i}"), Operation.AddToSet($"{element}{i}"));
        world.SetReachable(world.Nodes[2], true);

        world.Pass(TimeSpan.FromSeconds(4));
        Assert.InRange(world.Nodes[2].Shard.RepairedBytes, 200_000, 1_000_000);
        Assert.True(world.Nodes[2].Shard.EntropyAt(world.Now).Repair.HeldBack > 0);

        world.Pass(TimeSpan.FromSeconds(30));
        for (var i = 0; i < 1000; i++)
        {
            var key = Key.Of("sets", "b", $"k{i}");
            Assert.True(world.Nodes[2].Replica(key).Has(key));
        }
    }

    [Fact]
    public void Bucket_types_of_a_greater_priority_are_repaired_before_others()
    {
        var world = new ShardWorld(partitions: 1, options: Options(repair => repair with { BytesPerSecondMax = 100_000, BytesPerSecondMin = 100_000 }));
        foreach (var node in world.Nodes) node.Shard.See(world.ViewOf(node) with { Priorities = ImmutableDictionary<string, int>.Empty.Add("orders", 5) }, world.Now);
        world.Pass(TimeSpan.FromSeconds(2));
        world.SetReachable(world.Nodes[2], false);
        var element = new string('x', 1000);
        for (var i = 0; i < 600; i++) world.Write(world.Nodes[i % 2], Key.Of(i % 6 == 5 ? "orders" : "sets", "b", $"k{i}"), Operation.AddToSet($"{element}{i}"));
        world.SetReachable(world.Nodes[2], true);

        world.Pass(TimeSpan.FromSeconds(2.5));

        var replica = world.Nodes[2].Shard.Shells.Single().Replica;
        var have = replica.Keys.GroupBy(key => key.Type).ToDictionary(group => group.Key, group => group.Count());
        Assert.Equal(100, have["orders"]);
        Assert.InRange(have.GetValueOrDefault("sets"), 0, 350);
        world.Pass(TimeSpan.FromSeconds(20));
        Assert.Equal(600, replica.KeyCount);
    }

    [Fact]
    public void A_new_disk_is_filled_by_a_full_transfer_at_the_same_pace_and_the_transfer_is_seen()
    {
        var world = new ShardWorld(partitions: 1, options: Options(repair => repair with { BytesPerSecondMax = 100_000, BytesPerSecondMin = 100_000 }));
        world.Pass(TimeSpan.FromSeconds(2));
        var element = new string('x', 1000);
        for (var i = 0; i < 600; i++) world.Write(world.Nodes[i % 3], Key.Of("sets", "b", $"k{i}"), Operation.AddToSet($"{element}{i}"));
        world.Pass(TimeSpan.FromSeconds(2));

        var fresh = world.Replace(world.Nodes[2]);
        world.Pass(TimeSpan.FromSeconds(3));
        Assert.Contains(fresh.Shard.EntropyAt(world.Now).Replicas, replica => replica is { TransferFrom: not null, TransferKeys: > 0, HasSynced: false });

        world.Pass(TimeSpan.FromSeconds(30));
        for (var i = 0; i < 600; i++)
        {
            var key = Key.Of("sets", "b", $"k{i}");
            Assert.True(fresh.Replica(key).Has(key));
        }
    }

    [Fact]
    public void Paused_handoff_keeps_its_hints_and_goes_on_when_resumed()
    {
        var (world, gone, fallback, coordinator) = WithOneGone();
        world.Write(coordinator, Counter, new Operation.Increment(4), w: 3);
        fallback.Shard.PauseHandoff(true, world.Now);

        world.SetReachable(gone, true);
        world.Pass(TimeSpan.FromSeconds(10));
        Assert.False(fallback.Replica(Counter).Clock.IsEmpty);
        Assert.True(fallback.Shard.EntropyAt(world.Now).Hints is { IsPaused: true, Bytes: > 0 });

        fallback.Shard.PauseHandoff(false, world.Now);
        world.Settle();
        Assert.True(fallback.Replica(Counter).Clock.IsEmpty);
    }

    [Fact]
    public void What_is_kept_for_others_is_given_back_at_once_when_they_are_back()
    {
        var (world, gone, fallback, coordinator) = WithOneGone();
        world.Write(coordinator, Counter, new Operation.Increment(4), w: 3);

        world.SetReachable(gone, true);
        world.Settle();

        Assert.Equal(4, Sum(gone.Replica(Counter).Read(Counter)));
        Assert.True(fallback.Replica(Counter).Clock.IsEmpty);
    }

    [Fact]
    public void Hints_that_a_write_quorum_has_make_room_for_others()
    {
        var (world, _, fallback, coordinator) = WithOneGone(Options(repair => repair with { HintBytesMax = 65_536, HintDropKeysMax = 10 }));
        var element = new string('x', 1000);
        for (var i = 0; i < 200; i++)
        {
            Assert.IsType<WriteReply.Written>(world.Write(coordinator, Key.Of("sets", "b", $"k{i}"), Operation.AddToSet($"{element}{i}"), w: 2));
            world.Pass(TimeSpan.FromSeconds(1));
        }

        var hints = fallback.Shard.EntropyAt(world.Now).Hints;
        Assert.True(hints.KeysDropped > 50, $"{hints}");
        Assert.InRange(hints.Bytes, 0, 80_000);
    }

    [Fact]
    public void Hints_that_may_be_the_only_copy_are_kept_and_no_more_are_taken()
    {
        var world = new ShardWorld(nodes: 4, partitions: 1, options: Options(repair => repair with { HintBytesMax = 65_536 }));
        world.Pass(TimeSpan.FromSeconds(2));
        var list = world.Ring.PreferenceList(0);
        var fallback = world.Nodes.Single(node => node.Name == list.Members[3]);
        foreach (var primary in list.Members.Take(3)) world.SetReachable(world.Nodes.Single(node => node.Name == primary), false);
        var element = new string('x', 1000);
        var replies = Enumerable.Range(0, 200).Select(i =>
        {
            var reply = world.Write(fallback, Key.Of("sets", "b", $"k{i}"), Operation.AddToSet($"{element}{i}"), w: 2);
            world.Pass(TimeSpan.FromSeconds(1));
            return reply;
        }).ToList();

        var written = replies.TakeWhile(reply => reply is WriteReply.Written).Count();
        Assert.InRange(written, 20, 70);
        Assert.All(replies.Skip(written), reply => Assert.IsType<WriteReply.Unavailable>(reply));
        var hints = fallback.Shard.EntropyAt(world.Now).Hints;
        Assert.True(hints is { KeysDropped: 0, Refused: > 0 }, $"{hints}");
        for (var i = 0; i < written; i++) Assert.True(fallback.Replica(Key.Of("sets", "b", $"k{i}")).Has(Key.Of("sets", "b", $"k{i}")));
    }

    [Fact]
    public void Hints_that_are_old_are_dropped_where_a_write_quorum_has_them()
    {
        var (world, _, fallback, coordinator) = WithOneGone(Options(repair => repair with { HintAgeMax = TimeSpan.FromSeconds(5) }));
        world.Write(coordinator, Counter, new Operation.Increment(4), w: 3);

        world.Pass(TimeSpan.FromSeconds(3));
        Assert.False(fallback.Replica(Counter).Clock.IsEmpty);
        world.Pass(TimeSpan.FromSeconds(5));

        Assert.True(fallback.Replica(Counter).Clock.IsEmpty);
        Assert.Equal(1, fallback.Shard.HintsDropped);
    }

    [Fact]
    public void Entropy_is_the_number_of_dots_that_others_lack_and_their_age()
    {
        var world = new ShardWorld(partitions: 1);
        world.Pass(TimeSpan.FromSeconds(2));
        world.SetReachable(world.Nodes[2], false);
        for (var i = 0; i < 7; i++) world.Write(world.Nodes[0], Set, Operation.AddToSet($"e{i}"));
        world.Pass(TimeSpan.FromSeconds(10));
        for (var i = 7; i < 9; i++) world.Write(world.Nodes[0], Set, Operation.AddToSet($"e{i}"));

        var peers = Assert.Single(world.Nodes[0].Shard.EntropyAt(world.Now).Replicas).Peers;
        var gone = Assert.Single(peers, peer => peer.Node == "n3");
        Assert.Equal(10, gone.DotsLacking);
        Assert.False(gone.IsReachable);
        Assert.InRange(gone.OldestAge!.Value.TotalSeconds, 9, 11);
        Assert.Equal(0, Assert.Single(peers, peer => peer.Node == "n2").DotsLacking);

        world.SetReachable(world.Nodes[2], true);
        world.Pass(TimeSpan.FromSeconds(3));
        foreach (var node in world.Nodes)
        {
            foreach (var peer in Assert.Single(node.Shard.EntropyAt(world.Now).Replicas).Peers)
            {
                Assert.Equal((0, 0), (peer.DotsLacking, peer.DotsAhead));
                Assert.Null(peer.OldestAge);
                Assert.NotNull(peer.SinceSync);
            }
        }
    }

    [Fact]
    public void A_receipt_names_who_lacks_what_a_token_covers_and_is_given_when_all_have_it()
    {
        var world = new ShardWorld(nodes: 4);
        world.Pass(TimeSpan.FromSeconds(2));
        var list = world.Ring.PreferenceList(world.Ring.PartitionOf(Counter.Hash));
        var (gone, stranger) = (NodeOf(world, list.Members[1]), NodeOf(world, list.Members[3]));
        world.SetReachable(gone, false);
        var written = Assert.IsType<WriteReply.Written>(world.Write(NodeOf(world, list.Members[0]), Counter, new Operation.Increment(1)));

        foreach (var node in new[] { NodeOf(world, list.Members[0]), stranger })
        {
            var reply = world.Receipt(node, Counter, written.Clock, TimeSpan.FromSeconds(1))!;
            Assert.False(reply.IsConverged);
            Assert.Equal(gone.Name.Text, Assert.Single(reply.Replicas, replica => !replica.Has).Node);
            Assert.False(Assert.Single(reply.Replicas, replica => !replica.Has).IsReachable);
        }

        world.SetReachable(gone, true);
        Assert.True(world.Receipt(stranger, Counter, written.Clock, TimeSpan.FromSeconds(5))!.IsConverged);
    }

    [Fact]
    public void A_read_that_waits_for_its_repairs_answers_when_those_who_were_behind_have_it()
    {
        var world = new ShardWorld();
        world.Pass(TimeSpan.FromSeconds(2));
        world.Silent.Add(world.Nodes[2].Name);
        world.Write(world.Nodes[0], Counter, new Operation.Increment(6));
        world.Silent.Clear();
        Assert.Null(world.Nodes[2].Replica(Counter).Read(Counter));

        Assert.Equal(6, Sum(Assert.IsType<ReadReply.Found>(world.Read(world.Nodes[0], Counter, r: 3, awaitRepair: true)).Value));

        Assert.Equal(6, Sum(world.Nodes[2].Replica(Counter).Read(Counter)));
    }

    [Fact]
    public void A_read_that_waits_for_repairs_that_cannot_be_made_says_so()
    {
        var world = new ShardWorld();
        world.Pass(TimeSpan.FromSeconds(2));
        world.Silent.Add(world.Nodes[2].Name);
        world.Write(world.Nodes[0], Counter, new Operation.Increment(6));
        world.Silent.Clear();
        world.Nodes[2].Lands = _ => false;

        var reply = Assert.IsType<ReadReply.Unsatisfied>(world.Read(world.Nodes[0], Counter, r: 3, awaitRepair: true));

        Assert.Contains("n3", reply.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_read_of_what_did_not_change_costs_no_write_on_any_node()
    {
        var world = new ShardWorld();
        world.Write(world.Nodes[0], Counter, new Operation.Increment(6));
        world.Pass(TimeSpan.FromSeconds(5));
        var writes = 0;
        foreach (var node in world.Nodes)
        {
            node.Lands = _ =>
            {
                writes++;
                return true;
            };
        }

        foreach (var node in world.Nodes) world.Read(node, Counter, r: 3, awaitRepair: true);
        world.Pass(TimeSpan.FromMinutes(3));

        Assert.Equal(0, writes);
    }

    [Theory]
    [InlineData("00:00", "00:00", "12:00", true)]
    [InlineData("22:00", "06:00", "23:30", true)]
    [InlineData("22:00", "06:00", "05:59", true)]
    [InlineData("22:00", "06:00", "06:00", false)]
    [InlineData("01:00", "05:00", "03:00", true)]
    [InlineData("01:00", "05:00", "05:00", false)]
    [InlineData("01:00", "05:00", "00:59", false)]
    public void Replicas_that_seem_equal_are_compared_within_a_window_of_the_day(string from, string until, string time, bool isIn)
    {
        var options = new RepairOptions { SyncQuietFrom = Time(from), SyncQuietUntil = Time(until) };

        Assert.Equal(isIn, options.IsInWindow(new DateTimeOffset(2026, 2, 3, 0, 0, 0, TimeSpan.Zero) + Time(time)));

        static TimeSpan Time(string text) => TimeSpan.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
    }

    private static (ShardWorld World, ShardNode Gone, ShardNode Fallback, ShardNode Coordinator) WithOneGone(ShardOptions? options = null)
    {
        var world = new ShardWorld(nodes: 4, partitions: 1, options: options);
        var list = world.Ring.PreferenceList(0);
        world.Pass(TimeSpan.FromSeconds(2));
        var gone = NodeOf(world, list.Members[1]);
        world.SetReachable(gone, false);
        return (world, gone, NodeOf(world, list.Members[3]), NodeOf(world, list.Members[0]));
    }

    private static ShardOptions Options(Func<RepairOptions, RepairOptions> change) => new() { Repair = change(new RepairOptions()) };

    private static ShardNode NodeOf(ShardWorld world, NodeName name) => world.Nodes.Single(node => node.Name == name);

    private static Key KeyOf(int i) => Key.Of("counters", "b", $"k{i}");

    private static Int128 Sum(DataValue? value) => Assert.IsType<DataValue.Counter>(value).Sum;
}
