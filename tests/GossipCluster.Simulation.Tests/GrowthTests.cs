using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Simulation.Tests;

/// <summary>Rule 6: restarts, however many, leave nothing behind in clocks, counters and tokens.</summary>
public sealed class GrowthTests
{
    private const int RestartsEach = 1000;

    [Fact]
    public void A_thousand_restarts_of_each_node_leave_clocks_counters_and_tokens_small()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("GOSSIPCLUSTER_LONG") == "1", "Takes a minute: set GOSSIPCLUSTER_LONG=1, as .ci/run does.");
        var plan = new SimPlan(1) { Nodes = 3, FirstMembers = 3, Partitions = 1, N = 3, W = 2, EventsMax = int.MaxValue, Loss = 0, Duplication = 0, DelayMax = 5 };
        var world = new Simulation(plan);
        var key = Key.Of("Counter", "b", "visits");
        var tokens = new ContextToken("a secret of sixteen bytes"u8);
        world.StartAll();

        Int128 written = 0;
        for (var restart = 0; restart < RestartsEach * 3; restart++)
        {
            var node = world.NodeAt(restart % 3);
            written += world.Increment(node, key);
            world.Round();
            node.SaveSnapshots();
            if (restart % 2 == 0) node.Crash("is killed");
            else node.StopCleanly();
            node.Start();
            world.Advance(TimeSpan.FromMilliseconds(2500));
            world.FoldEverywhere();
        }

        for (var i = 0; i < 3; i++) world.Round();
        foreach (var node in world.All)
        {
            var replica = node.Protocols[0].Replica;
            Assert.Equal(written, ((DataValue.Counter)replica.Read(key)!).Sum);
            Assert.InRange(replica.Clock.ReplicaCount, 1, 6);
            Assert.InRange(replica.Clock.RangeCount, 1, 9);
            Assert.InRange(replica.ItemCount(key), 1, 6);
            Assert.InRange(tokens.Encode(new TokenPlace(key.Hash, 3), replica.Clock).Length, 1, 250);
            world.Oracles[0].CheckState(replica, node.Name.Text);
        }
    }
}
