namespace GossipCluster.Simulation.Tests;

/// <summary>The tests of the test: each rule, broken on purpose, is noticed.</summary>
public sealed class MutantTests
{
    /// <summary>For development: in how many seeds each mutant is noticed.</summary>
    [Fact]
    public void Count()
    {
        var text = new System.Text.StringBuilder();
        foreach (var mutant in Enum.GetValues<Mutant>())
        {
            var caught = 0;
            var first = "";
            Parallel.For(0, 400, seed =>
            {
                try { Simulation.Run(SimPlan.Of(seed, mutant)); }
                catch (InvariantException e) { if (Interlocked.Increment(ref caught) == 1) first = e.Message.Split('\n').First(l => l.Contains("Exception") || l.Contains("replay")); }
            });
            text.AppendLine(System.Globalization.CultureInfo.InvariantCulture, $"{mutant} {caught} {first}");
        }
        Assert.Fail(text.ToString());
    }
}
