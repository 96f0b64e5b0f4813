using GossipCluster.Core.Dissemination;

namespace GossipCluster.Simulation.Tests.Dissemination;

/// <summary>Many small networks in which everything goes wrong: whatever happens, each message reaches all that live in the end.</summary>
public sealed class SpreadSeedTests
{
    [Fact]
    public void Whatever_happens_each_message_reaches_all_live_nodes_and_the_overlay_is_one()
    {
        var first = int.Parse(Environment.GetEnvironmentVariable("GOSSIPCLUSTER_FIRST_SEED") ?? "0", System.Globalization.CultureInfo.InvariantCulture);
        var count = int.Parse(Environment.GetEnvironmentVariable("GOSSIPCLUSTER_SPREAD_SEEDS") ?? "30", System.Globalization.CultureInfo.InvariantCulture);
        var failures = new System.Collections.Concurrent.ConcurrentBag<string>();

        Parallel.For(first, first + count, seed =>
        {
            if (Run(seed) is { } failure) failures.Add(failure);
        });

        Assert.True(failures.IsEmpty, string.Join('\n', failures));
    }

    private static string? Run(int seed)
    {
        var random = new Random(seed);
        var plan = new SpreadPlan(DisseminationWay.Cooperative, random.Next(2, 70), random.Next(3) switch { 0 => 0, 1 => 0.02, _ => 0.1 }, seed) { ThroughBytes = true };
        var world = new SpreadWorld(plan);
        world.Start();
        world.RunFor(TimeSpan.FromSeconds(random.Next(0, 5)));
        List<Spread> spreads = [];
        for (var step = 0; step < 12; step++)
        {
            switch (random.Next(6))
            {
                case 0 when world.LiveCount > (plan.Nodes / 2) + 1:
                    world.Kill(random.Next(1, Math.Max(2, plan.Nodes / 10)));
                    break;
                case 1:
                    world.Restart(random.Next(plan.Nodes));
                    break;
                case 2:
                    var sides = Enumerable.Range(0, plan.Nodes).Select(_ => random.Next(10) < 3).ToArray();
                    var oneWay = random.Next(3) == 0;
                    world.Cut((from, to) => oneWay ? sides[from] && !sides[to] : sides[from] != sides[to]);
                    break;
                case 3:
                    world.Heal();
                    break;
                default:
                    spreads.AddRange(Enumerable.Range(0, random.Next(1, 5)).Select(_ => world.PublishAnywhere()).ToList());
                    break;
            }

            world.RunFor(TimeSpan.FromMilliseconds(random.Next(0, 3_000)));
        }

        world.Heal();
        world.RunFor(TimeSpan.FromSeconds(10));
        spreads.Add(world.PublishAnywhere());
        world.RunFor(TimeSpan.FromSeconds(8));

        // What died with all who had it is lost.
        var lost = spreads.Where(spread => world.Live.Any(spread.Has) && !world.ReachedAll(spread)).Select(spread => $"{spread.Id} of {spread.At.TotalSeconds:0.0} s reached {spread.ReachedCount}").ToList();
        var overlays = world.OverlayCount();
        return lost.Count == 0 && overlays == 1 ? null : $"{plan}: {overlays} overlays, {world.LiveCount} live, lost: {string.Join("; ", lost)}";
    }
}
