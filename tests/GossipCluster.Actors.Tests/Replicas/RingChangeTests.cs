using GossipCluster.Actors.Replicas;
using GossipCluster.Actors.Store;
using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;
using GossipCluster.Core.Placement;

namespace GossipCluster.Actors.Tests.Replicas;

public sealed class RingChangeTests
{
    private const int KeyCount = 200;

    [Fact]
    public void Handoff_begins_with_the_ring_and_goes_on_as_fast_as_it_is_acknowledged()
    {
        var world = Filled(nodes: 4, partitions: 64);
        var leaver = world.Nodes[0];

        world.Ring = world.Ring.Without(leaver.Name);
        var before = Left(leaver);
        foreach (var node in world.Nodes.Reverse()) world.ShowRing(node);
        world.Settle();
        var atOnce = Left(leaver);

        // Who was being filled from elsewhere is offered it once more.
        world.Pass(TimeSpan.FromMilliseconds(300), looks: false);

        Assert.Equal(0, before.Replicas);
        Assert.InRange(atOnce.Replicas, 0, 4);
        Assert.Equal((0, 0L), Left(leaver));
        AssertAll(world, world.Nodes.Except([leaver]));
    }

    [Fact]
    public void A_node_that_hears_first_of_a_ring_asks_again_soon_and_needs_no_look_for_differences()
    {
        var world = Filled(nodes: 4, partitions: 64);
        var leaver = world.Nodes[0];

        world.Ring = world.Ring.Without(leaver.Name);
        world.ShowRing(leaver);
        world.Settle();
        var before = Left(leaver);
        world.ShowRing();
        world.Pass(TimeSpan.FromMilliseconds(600), looks: false);

        Assert.NotEqual(0, before.Replicas);
        Assert.Equal((0, 0L), Left(leaver));
        AssertAll(world, world.Nodes.Except([leaver]));
    }

    [Fact]
    public void Handoff_that_was_paused_before_the_ring_changed_goes_on_when_it_is_resumed()
    {
        var world = Filled(nodes: 4, partitions: 64);
        var leaver = world.Nodes[0];
        leaver.Shard.PauseHandoff(true, world.Now);

        world.Ring = world.Ring.Without(leaver.Name);
        world.ShowRing();
        world.Pass(TimeSpan.FromSeconds(5));
        Assert.NotEqual(0, Left(leaver).Replicas);

        leaver.Shard.PauseHandoff(false, world.Now);
        world.Settle();
        world.Pass(TimeSpan.FromMilliseconds(600), looks: false);
        Assert.Equal((0, 0L), Left(leaver));
    }

    [Fact]
    public void A_share_that_was_handed_off_is_forgotten_so_that_what_comes_later_counts_as_hints()
    {
        var world = Filled(nodes: 4, partitions: 64);
        var leaver = world.Nodes[0];
        Assert.Contains(leaver.Facts, fact => fact.Key.StartsWith("synced/", StringComparison.Ordinal) && !fact.Value.IsEmpty);

        world.Ring = world.Ring.Without(leaver.Name);
        world.ShowRing();
        world.Pass(TimeSpan.FromSeconds(5));

        Assert.All(leaver.Shard.Shells.Where(shell => shell.Replica.Clock.IsEmpty), shell => Assert.False(shell.WasPrimary));
        Assert.All(leaver.Facts.Where(fact => fact.Key.StartsWith("synced/", StringComparison.Ordinal)), fact => Assert.True(fact.Value.IsEmpty, fact.Key));
    }

    [Fact]
    public void A_newcomer_asks_for_its_share_at_once_and_former_holders_empty_themselves()
    {
        var world = new ShardWorld(nodes: 5, partitions: 64);
        world.Ring = world.Ring.Without(world.Nodes[4].Name);
        world.ShowRing();
        world.Pass(TimeSpan.FromSeconds(2));
        Fill(world);

        world.Ring = world.Ring.With(new RingMember(world.Nodes[4].Name));
        world.ShowRing();
        world.Pass(TimeSpan.FromMilliseconds(600), looks: false);

        Assert.All(world.Nodes, node => Assert.Equal((0, 0L), Left(node)));
        AssertAll(world, world.Nodes);
    }

    [Fact]
    public void What_is_held_for_a_primary_that_is_away_keeps_no_handoff_going()
    {
        var world = Filled(nodes: 5, partitions: 64);
        world.SetReachable(world.Nodes[4], false);

        world.Ring = world.Ring.Without(world.Nodes[0].Name);
        world.ShowRing();
        world.Pass(TimeSpan.FromMilliseconds(600), looks: false);

        Assert.False(world.Nodes[0].Shard.IsHandingOff);
        Assert.NotEqual(0, Left(world.Nodes[0]).Replicas);
        world.SetReachable(world.Nodes[4], true);
        world.Pass(TimeSpan.FromSeconds(5));
        Assert.Equal((0, 0L), Left(world.Nodes[0]));
    }

    [Fact]
    public void A_node_that_has_left_has_requests_done_by_the_members()
    {
        var world = Filled(nodes: 4);
        var leaver = world.Nodes[0];
        world.Ring = world.Ring.Without(leaver.Name);
        world.ShowRing();
        world.Settle();

        for (var i = 0; i < 20; i++) Assert.IsType<WriteReply.Written>(world.Write(leaver, KeyOf(i), new Operation.Increment(1)));

        for (var i = 0; i < 20; i++) Assert.Equal(i + 2, Sum(Assert.IsType<ReadReply.Found>(world.Read(leaver, KeyOf(i))).Value));
        Assert.Equal((0, 0L), Left(leaver));
    }

    [Fact]
    public void A_node_that_has_left_takes_no_more_copies_from_those_who_do_not_know_it_yet()
    {
        var world = Filled(nodes: 4);
        var leaver = world.Nodes[0];
        var late = world.Nodes[1];
        world.Ring = world.Ring.Without(leaver.Name);
        foreach (var node in world.Nodes.Where(node => node != late)) world.ShowRing(node);
        world.Pass(TimeSpan.FromSeconds(2), looks: false);
        var before = Left(leaver);

        for (var i = 0; i < KeyCount; i++)
        {
            var written = Assert.IsType<WriteReply.Written>(world.Write(late, KeyOf(i), new Operation.Increment(1)));
            Assert.True(written.Copies >= 2);
        }

        Assert.Equal(before, Left(leaver));
        Assert.All(leaver.Shard.Shells, shell => Assert.False(shell.Replica.HasPending));
        world.ShowRing(late);
        world.Pass(TimeSpan.FromSeconds(3));
        Assert.Equal((0, 0L), Left(leaver));
        for (var i = 0; i < KeyCount; i++) Assert.Equal(i + 2, Sum(Assert.IsType<ReadReply.Found>(world.Read(late, KeyOf(i))).Value));
    }

    private static ShardWorld Filled(int nodes, int partitions = 4)
    {
        var world = new ShardWorld(nodes, partitions);
        world.Pass(TimeSpan.FromSeconds(2));
        Fill(world);
        return world;
    }

    private static void Fill(ShardWorld world)
    {
        for (var i = 0; i < KeyCount; i++) world.Write(world.Nodes[i % 4], KeyOf(i), new Operation.Increment(i + 1));
    }

    private static void AssertAll(ShardWorld world, IEnumerable<ShardNode> nodes)
    {
        var members = nodes.ToArray();
        for (var i = 0; i < KeyCount; i++)
        {
            var key = KeyOf(i);
            foreach (var primary in world.Ring.PreferenceList(world.Ring.PartitionOf(key.Hash)).Primaries(3))
            {
                Assert.Equal(i + 1, Sum(members.Single(node => node.Name == primary).Replica(key).Read(key)));
            }
        }
    }

    private static (int Replicas, long Keys) Left(ShardNode node)
    {
        var left = node.Shard.CountHandoff();
        return (left.Replicas, left.Keys);
    }

    private static Key KeyOf(int number) => Key.Of("counters", "b", $"k{number}");

    private static Int128 Sum(DataValue? value) => Assert.IsType<DataValue.Counter>(value).Sum;
}
