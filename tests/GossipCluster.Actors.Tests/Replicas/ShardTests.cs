using GossipCluster.Actors.Replicas;
using GossipCluster.Actors.Store;
using GossipCluster.Core.Coordination;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;
using GossipCluster.Core.Placement;

namespace GossipCluster.Actors.Tests.Replicas;

public sealed class ShardTests
{
    private static readonly Key Counter = Key.Of("counters", "b", "k");
    private static readonly Key Set = Key.Of("sets", "b", "k");

    [Fact]
    public void A_write_is_acknowledged_with_two_copies_and_reaches_all_primaries()
    {
        var world = new ShardWorld();

        var written = Assert.IsType<WriteReply.Written>(world.Write(world.Nodes[0], Counter, new Operation.Increment(5)));

        Assert.InRange(written.Copies, 2, 3);
        Assert.Equal(5, Sum(written.Value));
        foreach (var node in world.Nodes) Assert.Equal(5, Sum(node.Replica(Counter).Read(Counter)));
    }

    [Fact]
    public void A_read_joins_what_a_quorum_has()
    {
        var world = new ShardWorld();
        world.Write(world.Nodes[0], Counter, new Operation.Increment(1));
        world.Write(world.Nodes[1], Counter, new Operation.Increment(2));

        foreach (var node in world.Nodes) Assert.Equal(3, Sum(Assert.IsType<ReadReply.Found>(world.Read(node, Counter)).Value));
    }

    [Fact]
    public void What_was_never_written_is_not_found() =>
        Assert.IsType<ReadReply.NotFound>(new ShardWorld() is var world ? world.Read(world.Nodes[0], Counter) : null);

    [Fact]
    public void A_node_that_is_no_replica_has_its_writes_and_reads_done_by_others()
    {
        var world = new ShardWorld(nodes: 6);
        var stranger = world.Nodes.First(node => !world.Ring.PreferenceList(world.Ring.PartitionOf(Set.Hash)).IsPrimary(node.Name, 3));
        world.Pass(TimeSpan.FromSeconds(2));

        var written = Assert.IsType<WriteReply.Written>(world.Write(stranger, Set, Operation.AddToSet("x", "y")));
        Assert.IsType<WriteReply.Written>(world.Write(stranger, Set, Operation.RemoveFromSet("x"), observed: written.Clock));

        Assert.Equal(["y"], Texts(Assert.IsType<ReadReply.Found>(world.Read(stranger, Set)).Value));
        Assert.True(stranger.Replica(Set).Clock.IsEmpty);
    }

    [Fact]
    public void The_token_of_a_write_has_seen_what_the_clients_token_had_seen_whoever_coordinates_it()
    {
        foreach (var (key, operation) in new (Key, Operation)[] { (Set, Operation.AddToSet("y")), (Counter, new Operation.Increment(1)) })
        {
            var world = new ShardWorld();
            foreach (var node in world.Nodes) world.SetReachable(node, false);
            var first = Assert.IsType<WriteReply.Written>(world.Write(world.Nodes[0], key, operation));

            var second = Assert.IsType<WriteReply.Written>(world.Write(world.Nodes[1], key, operation, observed: first.Clock));

            Assert.False(world.Nodes[1].Replica(key).Clock.Dominates(first.Clock));
            Assert.True(second.Clock.Dominates(first.Clock));
            Assert.True(second.Clock.Dominates(world.Nodes[1].Replica(key).Clock));
        }
    }

    [Fact]
    public void A_refusal_by_another_coordinator_reaches_the_client()
    {
        var world = new ShardWorld(nodes: 6);
        var stranger = world.Nodes.First(node => !world.Ring.PreferenceList(world.Ring.PartitionOf(Set.Hash)).IsPrimary(node.Name, 3));
        world.Pass(TimeSpan.FromSeconds(2));

        var refused = Assert.IsType<WriteReply.Refused>(world.Write(stranger, Set, Operation.RemoveFromSet("x")));

        Assert.Equal(OperationProblem.NotPresent, refused.Error.Problem);
    }

    [Fact]
    public void With_one_primary_gone_a_fallback_takes_its_copy_and_gives_it_back()
    {
        var world = new ShardWorld(nodes: 4);
        var list = world.Ring.PreferenceList(world.Ring.PartitionOf(Counter.Hash));
        var gone = world.Nodes.Single(node => node.Name == list.Members[1]);
        var fallback = world.Nodes.Single(node => node.Name == list.Members[3]);
        world.Pass(TimeSpan.FromSeconds(2));
        world.SetReachable(gone, false);

        var written = Assert.IsType<WriteReply.Written>(world.Write(world.Nodes.Single(node => node.Name == list.Members[0]), Counter, new Operation.Increment(4), w: 3));
        Assert.Equal(3, written.Copies);
        Assert.Equal(4, Sum(fallback.Replica(Counter).Read(Counter)));

        world.SetReachable(gone, true);
        world.Pass(TimeSpan.FromSeconds(20));
        Assert.Equal(4, Sum(gone.Replica(Counter).Read(Counter)));
        Assert.True(fallback.Replica(Counter).Clock.IsEmpty);
    }

    [Fact]
    public void A_late_primary_costs_a_hedge_and_no_error()
    {
        var world = new ShardWorld(nodes: 4);
        world.Pass(TimeSpan.FromSeconds(2));
        var list = world.Ring.PreferenceList(world.Ring.PartitionOf(Counter.Hash));
        world.Silent.Add(list.Members[1]);
        world.Silent.Add(list.Members[2]);

        var written = Assert.IsType<WriteReply.Written>(world.Write(world.Nodes.Single(node => node.Name == list.Members[0]), Counter, new Operation.Increment(1)));

        Assert.Equal(2, written.Copies);
    }

    [Fact]
    public void An_add_whose_coordinator_hung_is_not_done_again_when_it_goes_on()
    {
        var world = new ShardWorld(nodes: 6);
        var list = world.Ring.PreferenceList(world.Ring.PartitionOf(Set.Hash));
        var stranger = world.Nodes.First(node => !list.IsPrimary(node.Name, 3));
        world.Pass(TimeSpan.FromSeconds(2));

        world.Hang(list.Members[0]);
        var written = Assert.IsType<WriteReply.Written>(world.Write(stranger, Set, Operation.AddToSet("x")));
        var second = world.Nodes.Single(node => node.Name == list.Members[1]);
        Assert.IsType<WriteReply.Written>(world.Write(second, Set, Operation.RemoveFromSet("x"), observed: written.Clock));
        world.GoOn(list.Members[0]);

        world.Pass(TimeSpan.FromSeconds(5));
        foreach (var node in world.Nodes.Where(node => list.IsPrimary(node.Name, 3))) Assert.Empty(Texts(node.Replica(Set).Read(Set)));
    }

    [Fact]
    public async Task Coordinators_that_were_all_too_late_are_asked_again()
    {
        var world = new ShardWorld(nodes: 6);
        var list = world.Ring.PreferenceList(world.Ring.PartitionOf(Set.Hash));
        var stranger = world.Nodes.First(node => !list.IsPrimary(node.Name, 3));
        foreach (var node in world.Nodes.Where(node => list.IsPrimary(node.Name, 3))) world.Hang(node.Name);
        var command = new WriteCommand(Set, DataType.Set, Operation.AddToSet("x"), new WriteQuorum(3, 2, 2, 0, 0));
        var ticket = new WriteTicket(command, new ReplicaAddress(3, world.Ring.PartitionOf(Set.Hash)));
        stranger.Shard.Write(ticket, world.Now);

        // One after the other was asked, and all were too late.
        world.Pass(TimeSpan.FromSeconds(1), looks: false);
        foreach (var node in list.Members.Take(3)) world.GoOn(node);
        world.Pass(TimeSpan.FromSeconds(1), looks: false);

        Assert.True(ticket.Task.IsCompletedSuccessfully);
        Assert.IsType<WriteReply.Written>(await ticket.Task);
    }

    [Fact]
    public void A_lost_disk_write_is_an_answer_and_not_an_acknowledgement()
    {
        var world = new ShardWorld();
        foreach (var node in world.Nodes) node.Lands = _ => false;

        Assert.IsType<WriteReply.Unavailable>(world.Write(world.Nodes[0], Counter, new Operation.Increment(1)));

        foreach (var node in world.Nodes) node.Lands = _ => true;
        var written = Assert.IsType<WriteReply.Written>(world.Write(world.Nodes[0], Counter, new Operation.Increment(1)));
        Assert.Equal(1, Sum(written.Value));
    }

    [Fact]
    public void A_remove_whose_context_is_ahead_of_the_replica_waits_until_that_has_seen_it()
    {
        var world = new ShardWorld();
        world.Pass(TimeSpan.FromSeconds(2));
        world.SetReachable(world.Nodes[2], false);
        var written = Assert.IsType<WriteReply.Written>(world.Write(world.Nodes[0], Set, Operation.AddToSet("x")));
        world.SetReachable(world.Nodes[2], true);

        Assert.IsType<WriteReply.Written>(world.Write(world.Nodes[2], Set, Operation.RemoveFromSet("x"), observed: written.Clock));

        world.Pass(TimeSpan.FromSeconds(5));
        foreach (var node in world.Nodes) Assert.Empty(Texts(node.Replica(Set).Read(Set)));
    }

    [Fact]
    public void A_read_with_a_token_sees_at_least_what_the_token_has_seen()
    {
        var world = new ShardWorld();
        world.Pass(TimeSpan.FromSeconds(2));
        world.SetReachable(world.Nodes[2], false);
        var written = Assert.IsType<WriteReply.Written>(world.Write(world.Nodes[0], Set, Operation.AddToSet("x")));
        world.SetReachable(world.Nodes[2], true);

        var found = Assert.IsType<ReadReply.Found>(world.Read(world.Nodes[2], Set, r: 1, atLeast: written.Clock));

        Assert.Equal(["x"], Texts(found.Value));
    }

    [Fact]
    public void A_read_repairs_a_primary_that_missed_a_write_even_from_a_node_that_has_nothing()
    {
        var world = new ShardWorld(nodes: 4);
        world.Pass(TimeSpan.FromSeconds(2));
        var list = world.Ring.PreferenceList(world.Ring.PartitionOf(Counter.Hash));
        var behind = world.Nodes.Single(node => node.Name == list.Members[0]);
        world.Silent.Add(behind.Name);
        Assert.IsType<WriteReply.Written>(world.Write(world.Nodes.Single(node => node.Name == list.Members[1]), Counter, new Operation.Increment(6)));
        world.Silent.Remove(behind.Name);
        Assert.Null(behind.Replica(Counter).Read(Counter));

        var found = Assert.IsType<ReadReply.Found>(world.Read(world.Nodes.Single(node => node.Name == list.Members[3]), Counter, r: 3));

        Assert.Equal(6, Sum(found.Value));
        Assert.Equal(6, Sum(behind.Replica(Counter).Read(Counter)));
    }

    [Fact]
    public void What_a_replica_missed_it_has_soon_after_it_is_back()
    {
        var world = new ShardWorld();
        world.Pass(TimeSpan.FromSeconds(2));
        world.SetReachable(world.Nodes[2], false);
        for (var i = 0; i < 50; i++) world.Write(world.Nodes[i % 2], Key.Of("counters", "b", $"k{i}"), new Operation.Increment(i));
        world.SetReachable(world.Nodes[2], true);

        world.Pass(TimeSpan.FromSeconds(5));

        for (var i = 0; i < 50; i++)
        {
            var key = Key.Of("counters", "b", $"k{i}");
            Assert.Equal(i, Sum(world.Nodes[2].Replica(key).Read(key)));
        }
    }

    [Fact]
    public void A_node_that_has_left_the_ring_hands_off_all_it_has_and_empties_itself()
    {
        var world = new ShardWorld(nodes: 4);
        world.Pass(TimeSpan.FromSeconds(2));
        for (var i = 0; i < 40; i++) world.Write(world.Nodes[i % 4], Key.Of("counters", "b", $"k{i}"), new Operation.Increment(i));
        var leaver = world.Nodes[0];

        world.Ring = world.Ring.Without(leaver.Name);
        world.ShowRing();
        world.Pass(TimeSpan.FromSeconds(60));

        Assert.All(leaver.Shard.Shells, shell => Assert.True(shell.Replica.Clock.IsEmpty));
        for (var i = 0; i < 40; i++)
        {
            var key = Key.Of("counters", "b", $"k{i}");
            Assert.All(world.Nodes.Where(node => node != leaver), node => Assert.Equal(i, Sum(node.Replica(key).Read(key))));
        }
    }

    [Fact]
    public void A_node_that_joins_gets_its_share_and_others_keep_no_more_than_theirs()
    {
        var world = new ShardWorld(nodes: 5);
        var whole = world.Ring;
        world.Ring = whole.Without(world.Nodes[4].Name);
        world.ShowRing();
        world.Pass(TimeSpan.FromSeconds(2));
        for (var i = 0; i < 40; i++) world.Write(world.Nodes[i % 4], Key.Of("counters", "b", $"k{i}"), new Operation.Increment(i + 1));

        world.Ring = world.Ring.With(new RingMember(world.Nodes[4].Name));
        world.ShowRing();
        world.Pass(TimeSpan.FromSeconds(60));

        foreach (var node in world.Nodes)
        {
            foreach (var shell in node.Shard.Shells)
            {
                var isPrimary = world.Ring.PreferenceList(shell.Address.Partition).IsPrimary(node.Name, 3);
                Assert.True(isPrimary || shell.Replica.Clock.IsEmpty, $"{node.Name} still has something of {shell.Address}");
            }
        }

        for (var i = 0; i < 40; i++)
        {
            var key = Key.Of("counters", "b", $"k{i}");
            var primaries = world.Ring.PreferenceList(world.Ring.PartitionOf(key.Hash)).Primaries(3).ToArray();
            Assert.All(world.Nodes.Where(node => primaries.Contains(node.Name)), node => Assert.Equal(i + 1, Sum(node.Replica(key).Read(key))));
        }
    }

    [Fact]
    public void Keys_and_buckets_are_listed_from_all_nodes_each_once()
    {
        var world = new ShardWorld();
        for (var i = 0; i < 30; i++) world.Write(world.Nodes[0], Key.Of("counters", i % 2 == 0 ? "even" : "odd", $"k{i}"), new Operation.Increment(1));

        Assert.Equal(15, List(world, "even").Distinct().Count());
        Assert.Equal(15, List(world, "even").Count);
        Assert.Equal(["even", "odd"], List(world, null).Distinct().Order());
    }

    [Fact]
    public void A_listing_says_where_it_is_only_a_part()
    {
        var world = new ShardWorld(nodes: 6, partitions: 16);
        world.Pass(TimeSpan.FromSeconds(2));
        foreach (var node in world.Nodes.Where((_, index) => index != 1)) world.SetReachable(node, false);
        var parts = System.Threading.Channels.Channel.CreateUnbounded<IReadOnlyList<string>?>();

        world.Nodes[1].Shard.List(new ListTicket(3, "counters", "b", parts.Writer), world.Now);
        world.Settle();

        var all = new List<IReadOnlyList<string>?>();
        while (parts.Reader.TryRead(out var part)) all.Add(part);
        Assert.True(parts.Reader.Completion.IsCompleted);
        var alone = Enumerable.Range(0, 16).Count(partition => !world.Ring.PreferenceList(partition).IsPrimary(world.Nodes[1].Name, 3));
        Assert.NotEqual(0, alone);
        Assert.Equal(alone, all.Count(part => part is null));
    }

    private static List<string> List(ShardWorld world, string? bucket)
    {
        var parts = System.Threading.Channels.Channel.CreateUnbounded<IReadOnlyList<string>?>();
        world.Nodes[1].Shard.List(new ListTicket(3, "counters", bucket, parts.Writer), world.Now);
        world.Settle();
        Assert.True(parts.Reader.Completion.IsCompleted || parts.Reader.Count > 0);
        var names = new List<string>();
        while (parts.Reader.TryRead(out var part)) names.AddRange(part!);
        Assert.True(parts.Reader.Completion.IsCompleted);
        return names;
    }

    private static Int128 Sum(DataValue? value) => Assert.IsType<DataValue.Counter>(value).Sum;

    private static IEnumerable<string> Texts(DataValue? value) => Assert.IsType<DataValue.Elements>(value).Texts;
}
