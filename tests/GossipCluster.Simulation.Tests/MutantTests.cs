using System.Collections.Concurrent;
using System.Text;

namespace GossipCluster.Simulation.Tests;

/// <summary>The tests of the test: each rule, broken on purpose, is noticed.</summary>
public sealed class MutantTests(ITestOutputHelper output)
{
    /// <summary>What random runs notice in less than one seed of a hundred, if at all: for these there is a chain.</summary>
    private static readonly Mutant[] Seldom = [Mutant.KeptId, Mutant.LoneWitness, Mutant.AnyView, Mutant.RepairBasis, Mutant.StreamStart, Mutant.PastUnsure, Mutant.GateForever, Mutant.NothingToSend, Mutant.FoldUnasked, Mutant.UnsyncedRemoves, Mutant.FallbackRemoves, Mutant.NoHedge, Mutant.BehindIsEvidence];

    public static TheoryData<Mutant> Often => [.. Enum.GetValues<Mutant>().Except([Mutant.None, .. Seldom])];

    public static TheoryData<Mutant> Chains => [.. DirectedChains.All.Keys];

    [Theory]
    [MemberData(nameof(Chains))]
    public void A_chain_that_needs_a_rule_shows_where_it_is_broken(Mutant mutant)
    {
        var chain = DirectedChains.All[mutant];

        var noticed = Assert.Throws<InvariantException>(() => chain.Run(mutant));

        Assert.Contains(chain.Shows, noticed.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Often))]
    public void Random_runs_notice_a_broken_rule_soon(Mutant mutant)
    {
        Assert.Contains(Enumerable.Range(0, 400), seed => Simulation.BrokenBy(SimPlan.Of(seed, mutant)) is InvariantException);
    }

    [Fact]
    public void Every_rule_that_random_runs_seldom_miss_has_a_chain()
    {
        Assert.Empty(Seldom.Except(DirectedChains.All.Keys));
    }

    /// <summary>For development: in how many of 400 seeds each mutant, or GOSSIPCLUSTER_MUTANT, is noticed, by what, and in which seed for one.</summary>
    [Fact(Explicit = true)]
    public void Count_how_often_each_is_noticed()
    {
        var only = Environment.GetEnvironmentVariable("GOSSIPCLUSTER_MUTANT")?.Split(' ');
        foreach (var mutant in Enum.GetValues<Mutant>().Where(mutant => only is null || only.Contains(mutant.ToString())))
        {
            var reasons = new ConcurrentDictionary<string, (int Count, int Seed)>(StringComparer.Ordinal);
            Parallel.For(0, 400, seed =>
            {
                if (Simulation.BrokenBy(SimPlan.Of(seed, mutant)) is { } broken) reasons.AddOrUpdate(Wordless(broken), (1, seed), (_, entry) => (entry.Count + 1, seed));
            });
            output.WriteLine($"{mutant} {reasons.Values.Sum(entry => entry.Count)}");
            foreach (var (reason, (count, seed)) in reasons.OrderByDescending(entry => entry.Value)) output.WriteLine($"    {count,4} {reason}(seed {seed})");
        }
    }

    /// <summary>What went wrong without the names and numbers in it.</summary>
    private static string Wordless(Exception broken)
    {
        var text = new StringBuilder();
        if (broken is not InvariantException) text.Append(broken.GetType().Name).Append(' ');
        foreach (var word in broken.Message.Split('\n')[0].Split(' '))
        {
            if (word.All(char.IsAsciiLetterLower)) text.Append(word).Append(' ');
        }

        return text.ToString(0, Math.Min(text.Length, 100));
    }
}
