namespace GossipCluster.Simulation.Tests;

public sealed class SimulationTests(ITestOutputHelper output)
{
    [Fact]
    public void Seeds_keep_every_invariant()
    {
        var first = int.Parse(Environment.GetEnvironmentVariable("GOSSIPCLUSTER_FIRST_SEED") ?? "0", System.Globalization.CultureInfo.InvariantCulture);
        var count = int.Parse(Environment.GetEnvironmentVariable("GOSSIPCLUSTER_SEEDS") ?? (Environment.GetEnvironmentVariable("GOSSIPCLUSTER_LONG") == "1" ? "2000" : "500"), System.Globalization.CultureInfo.InvariantCulture);

        var failures = new System.Collections.Concurrent.ConcurrentBag<string>();
        Parallel.For(first, first + count, (seed, state) =>
        {
            try
            {
                Simulation.Run(SimPlan.Of(seed));
            }
            catch (InvariantException broken)
            {
                failures.Add(broken.Message);
                if (failures.Count >= 3) state.Stop();
            }
        });

        Assert.True(failures.IsEmpty, string.Join("\n\n", failures.OrderBy(text => text.Length).Take(1)));
    }

    /// <summary>For development: what 400 seeds get to see of the coordinators' ways.</summary>
    [Fact(Explicit = true)]
    public void Count_what_happens()
    {
        var all = Enumerable.Range(0, 400).AsParallel().SelectMany(seed =>
        {
            var world = new Simulation(SimPlan.Of(seed));
            world.Run();
            return world.Tally;
        });
        foreach (var what in all.GroupBy(entry => entry.Key, StringComparer.Ordinal).OrderBy(what => what.Key, StringComparer.Ordinal))
        {
            output.WriteLine($"{what.Sum(entry => entry.Value),8} {what.Key}");
        }
    }
}
