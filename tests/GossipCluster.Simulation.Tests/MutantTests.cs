using System.Text;

namespace GossipCluster.Simulation.Tests;

/// <summary>The tests of the test: each rule, broken on purpose, is noticed.</summary>
public sealed class MutantTests(ITestOutputHelper output)
{
    public static TheoryData<Mutant> Chains => [.. DirectedChains.All.Keys];

    [Theory]
    [MemberData(nameof(Chains))]
    public void A_chain_that_needs_a_rule_shows_where_it_is_broken(Mutant mutant)
    {
        var chain = DirectedChains.All[mutant];

        var noticed = Assert.Throws<InvariantException>(() => chain.Run(mutant));

        Assert.Contains(chain.Shows, noticed.Message, StringComparison.Ordinal);
    }

    /// <summary>For development: in how many of 400 seeds each mutant is noticed, and by what.</summary>
    [Fact(Explicit = true)]
    public void Count_how_often_each_is_noticed()
    {
        foreach (var mutant in Enum.GetValues<Mutant>())
        {
            var reasons = new System.Collections.Concurrent.ConcurrentDictionary<string, int>(StringComparer.Ordinal);
            Parallel.For(0, 400, seed =>
            {
                if (Simulation.BrokenBy(SimPlan.Of(seed, mutant)) is { } broken) reasons.AddOrUpdate(Wordless(broken.Message), 1, (_, count) => count + 1);
            });
            output.WriteLine($"{mutant} {reasons.Values.Sum()}");
            foreach (var (reason, count) in reasons.OrderByDescending(entry => entry.Value)) output.WriteLine($"    {count,4} {reason}");
        }
    }

    /// <summary>A message without the names and numbers in it.</summary>
    private static string Wordless(string message)
    {
        var text = new StringBuilder();
        foreach (var word in message.Split('\n')[0].Split(' '))
        {
            if (word.All(char.IsAsciiLetterLower)) text.Append(word).Append(' ');
        }

        return text.ToString(0, Math.Min(text.Length, 100));
    }
}
