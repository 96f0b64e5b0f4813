using GossipCluster.Core.Dissemination;

namespace GossipCluster.Simulation.Tests.Dissemination;

/// <summary>What is measured: one network through one course of events.</summary>
internal sealed record SpreadRun(string Name, SpreadPlan Plan, SpreadWorld World, IReadOnlyList<Spread> Warming, IReadOnlyList<Spread> Measured, Traffic PerMessage)
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan After = TimeSpan.FromSeconds(2);

    /// <summary>Bytes a node sends in a second in which there is no news.</summary>
    public double IdleBytes { get; init; }

    /// <summary>Nothing but news, and messages lost as planned.</summary>
    public static SpreadRun Stable(SpreadPlan plan, int warming = 10, int measured = 10)
    {
        var world = Warm(plan, warming, out var first, out var idle);
        var before = world.Traffic;
        var spreads = Enumerable.Range(0, measured).Select(_ => world.Measure(Within, After)).ToList();
        return new SpreadRun("stable", plan, world, first, spreads, world.Traffic - before) { IdleBytes = idle };
    }

    /// <summary>A part of the nodes dies at once. The first message is published at that moment, the second 2 s later, three more follow.</summary>
    /// <remarks>No failure detector helps, and the member list goes on to name the dead.</remarks>
    public static SpreadRun Deaths(SpreadPlan plan, double share = 0.1)
    {
        var world = Warm(plan, 10, out var first, out var idle);
        world.Kill((int)(plan.Nodes * share));
        var before = world.Traffic;
        var atOnce = world.PublishAnywhere();
        world.RunFor(TimeSpan.FromSeconds(2));
        List<Spread> spreads = [atOnce, .. Enumerable.Range(0, 4).Select(_ => world.Measure(Within, After))];
        return new SpreadRun($"{share * 100:0} % die", plan, world, first, spreads, world.Traffic - before) { IdleBytes = idle };
    }

    /// <summary>Two halves are cut apart for 10 s. One message on each side during the cut, one on each side at its end, two more 5 s later.</summary>
    public static SpreadRun CutAndHealed(SpreadPlan plan)
    {
        var world = Warm(plan, 10, out var first, out var idle);
        var before = world.Traffic;
        world.Cut((one, other) => one % 2 != other % 2);
        world.RunFor(TimeSpan.FromSeconds(5));
        List<Spread> spreads = [world.Publish(0), world.Publish(1)];
        world.RunFor(TimeSpan.FromSeconds(5));
        world.Heal();
        spreads.AddRange([world.Publish(2), world.Publish(3)]);
        world.RunFor(TimeSpan.FromSeconds(5));
        spreads.AddRange([world.Measure(Within, After), world.Measure(Within, After)]);
        return new SpreadRun("cut in halves for 10 s", plan, world, first, spreads, world.Traffic - before) { IdleBytes = idle };
    }

    /// <summary>Twenty nodes publish at the same moment, three times: every node sees the messages in another order, and one tree is to serve all.</summary>
    public static SpreadRun Crowd(SpreadPlan plan)
    {
        var world = Warm(plan, 10, out var first, out var idle);
        var before = world.Traffic;
        List<Spread> spreads = [];
        for (var times = 0; times < 3; times++)
        {
            spreads.AddRange(Enumerable.Range(0, 20).Select(_ => world.PublishAnywhere()).ToList());
            world.RunFor(TimeSpan.FromSeconds(5));
        }

        return new SpreadRun("20 publish at once", plan, world, first, spreads, world.Traffic - before) { IdleBytes = idle };
    }

    private static SpreadWorld Warm(SpreadPlan plan, int messages, out List<Spread> spreads, out double idle)
    {
        var world = new SpreadWorld(plan);
        world.Start();
        world.RunFor(TimeSpan.FromSeconds(6));
        var before = world.Traffic;
        world.RunFor(TimeSpan.FromSeconds(2));
        idle = (double)(world.Traffic - before).Bytes / plan.Nodes / 2;
        spreads = [];
        for (; messages > 0; messages--)
        {
            spreads.Add(world.PublishAnywhere());
            world.RunFor(TimeSpan.FromSeconds(1));
        }

        return world;
    }
}
