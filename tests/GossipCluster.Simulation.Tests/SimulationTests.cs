namespace GossipCluster.Simulation.Tests;

public sealed class SimulationTests
{
    [Fact]
    public void Seeds_keep_every_invariant()
    {
        var first = int.Parse(Environment.GetEnvironmentVariable("GOSSIPCLUSTER_FIRST_SEED") ?? "0", System.Globalization.CultureInfo.InvariantCulture);
        var count = int.Parse(Environment.GetEnvironmentVariable("GOSSIPCLUSTER_SEEDS") ?? "2000", System.Globalization.CultureInfo.InvariantCulture);

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
}
