using GossipCluster.Core.Dissemination;

namespace GossipCluster.Simulation.Tests.Dissemination;

public sealed class SpreadTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(DisseminationWay.Direct)]
    [InlineData(DisseminationWay.Exchange)]
    [InlineData(DisseminationWay.Cooperative)]
    public void Every_way_reaches_every_node_with_and_without_loss(DisseminationWay way)
    {
        foreach (var loss in (double[])[0, 0.01, 0.1])
        {
            var run = SpreadRun.Stable(new SpreadPlan(way, 100, loss) { ThroughBytes = true }, warming: 5, measured: 5);
            Show(run);

            Assert.All(run.Warming.Concat(run.Measured), spread => Assert.True(run.World.ReachedAll(spread)));
            Assert.All(run.Warming.Concat(run.Measured), spread => Assert.Equal(0, spread.Repeated));
        }
    }

    [Fact]
    public void A_tree_over_a_thousand_nodes_has_hardly_a_payload_too_many()
    {
        var run = SpreadRun.Stable(new SpreadPlan(DisseminationWay.Cooperative, 1_000), measured: 5);
        Show(run);

        Assert.Equal(1, run.World.OverlayCount());
        Assert.All(run.Measured, spread => Assert.True(run.World.ReachedAll(spread)));
        Assert.InRange(run.Measured.Average(spread => spread.Redundancy), 0, 0.1);
        Assert.All(run.Measured, spread => Assert.True(spread.Time < TimeSpan.FromSeconds(1), $"{spread.Time}"));
        Assert.All(run.World.Live, place => Assert.InRange(run.World.NeighborsOf(place).Count(), 1, ViewOptionsMax));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(1_000)]
    public void When_a_tenth_dies_at_once_the_rest_is_reached_within_two_seconds(int nodes)
    {
        var run = SpreadRun.Deaths(new SpreadPlan(DisseminationWay.Cooperative, nodes));
        Show(run);

        Assert.Equal(1, run.World.OverlayCount());
        Assert.All(run.Measured, spread => Assert.True(run.World.ReachedAll(spread)));
        Assert.All(run.Measured, spread => Assert.True(spread.Time < TimeSpan.FromSeconds(2), $"{spread.Time}"));
        Assert.InRange(run.Measured[^1].Redundancy, 0, 0.1);
        Assert.All(run.World.Live, place => Assert.All(run.World.NeighborsOf(place), peer => Assert.Contains(peer, run.World.Live)));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(1_000)]
    public void Two_halves_find_each_other_again_when_a_cut_heals(int nodes)
    {
        var run = SpreadRun.CutAndHealed(new SpreadPlan(DisseminationWay.Cooperative, nodes));
        Show(run);

        Assert.Equal(1, run.World.OverlayCount());
        Assert.InRange(run.World.Sum(counters => counters.IslandsJoined), 1, nodes);
        Assert.All(run.Measured, spread => Assert.True(run.World.ReachedAll(spread)));
        Assert.All(run.Measured.Skip(2), spread => Assert.True(spread.Time < TimeSpan.FromSeconds(2), $"{spread.Time}"));
        Assert.InRange(run.Measured[^1].Redundancy, 0, 0.1);
    }

    [Fact]
    public void A_thousand_nodes_are_reached_though_a_tenth_of_all_messages_is_lost()
    {
        var run = SpreadRun.Stable(new SpreadPlan(DisseminationWay.Cooperative, 1_000, Loss: 0.1), warming: 5, measured: 3);
        Show(run);

        Assert.Equal(1, run.World.OverlayCount());
        Assert.All(run.Measured, spread => Assert.True(run.World.ReachedAll(spread)));
    }

    [Fact]
    public void Twenty_publishers_at_once_leave_the_tree_a_tree()
    {
        var run = SpreadRun.Crowd(new SpreadPlan(DisseminationWay.Cooperative, 300));
        Show(run);

        Assert.All(run.Measured, spread => Assert.True(run.World.ReachedAll(spread)));
        Assert.InRange(run.Measured.Average(spread => spread.Redundancy), 0, 0.1);
    }

    /// <summary>A test of the test: the halves do not come together for another reason.</summary>
    [Fact]
    public void Without_beacons_two_halves_would_stay_two_overlays()
    {
        var options = DisseminationOptions.Default;
        options = options with { Views = options.Views with { BeaconSettledAfter = TimeSpan.FromDays(1) } };

        var run = SpreadRun.CutAndHealed(new SpreadPlan(DisseminationWay.Cooperative, 100) { Options = options });

        Assert.Equal(2, run.World.OverlayCount());
    }

    /// <summary>A test of the test: messages are lost, and it is the digests that make good for it.</summary>
    [Fact]
    public void Without_digests_a_loss_would_leave_somebody_out()
    {
        var options = DisseminationOptions.Default;
        options = options with { Exchange = options.Exchange with { Interval = TimeSpan.FromDays(1) } };

        var run = SpreadRun.Stable(new SpreadPlan(DisseminationWay.Direct, 100, Loss: 0.1) { Options = options }, warming: 0, measured: 2);

        Assert.DoesNotContain(run.Measured, run.World.ReachedAll);
    }

    /// <summary>A handful of nodes cut off from the rest is found as a half is: each of them knows members of the other side.</summary>
    [Fact]
    public void A_small_island_finds_the_rest_again()
    {
        var world = new SpreadWorld(new SpreadPlan(DisseminationWay.Cooperative, 200));
        world.Start();
        world.RunFor(TimeSpan.FromSeconds(5));
        world.Cut((one, other) => one < 8 != other < 8);
        world.RunFor(TimeSpan.FromSeconds(10));
        Assert.InRange(world.OverlayCount(), 2, 9);

        world.Heal();
        world.RunFor(TimeSpan.FromSeconds(5));

        Assert.Equal(1, world.OverlayCount());
        Assert.True(world.ReachedAll(world.Measure(within: TimeSpan.FromSeconds(2), after: TimeSpan.Zero)));
    }

    [Fact]
    public void The_same_seed_gives_the_same_run()
    {
        var plan = new SpreadPlan(DisseminationWay.Cooperative, 60, Loss: 0.05, Seed: 7);

        Assert.Equal(Fingerprint(), Fingerprint());

        (long, Traffic) Fingerprint()
        {
            var run = SpreadRun.Deaths(plan);
            return (run.World.EventCount, run.World.Traffic);
        }
    }

    [Fact]
    public void A_node_that_restarts_is_a_neighbour_in_its_new_life_only()
    {
        var world = new SpreadWorld(new SpreadPlan(DisseminationWay.Cooperative, 20));
        world.Start();
        world.RunFor(TimeSpan.FromSeconds(5));
        var before = world.Publish(3);
        world.RunFor(TimeSpan.FromSeconds(1));

        world.Restart(3);
        world.RunFor(TimeSpan.FromSeconds(5));
        var after = world.Publish(3);
        world.RunFor(TimeSpan.FromSeconds(3));

        Assert.True(world.ReachedAll(before));
        Assert.True(world.ReachedAll(after));
        Assert.Equal(2ul, after.Id.Origin.Epoch);
        Assert.NotEmpty(world.NeighborsOf(3));
        Assert.All(world.Live, place => Assert.DoesNotContain(before.Id.Origin, world.Views(place).Active.Concat(world.Views(place).Passive)));
    }

    private static int ViewOptionsMax => DisseminationOptions.Default.Views.ActiveMax;

    private void Show(SpreadRun run) => output.WriteLine(SpreadReport.Row(run));
}
