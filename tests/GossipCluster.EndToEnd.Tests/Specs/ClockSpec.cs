using GossipCluster.Client;
using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.EndToEnd.Tests.Specs;

/// <summary>Clocks that are wrong: they decide between concurrent writes of a register, and nothing else.</summary>
public sealed class ClockSpec : MultiNodeSpec
{
    [Fact(DisplayName = "Clocks that are hours apart, and one that jumps back, change nothing but which of two concurrent register writes wins")]
    public async Task Clocks_hours_apart()
    {
        OwnClock.Require();
        TakesLong();
        using var ahead = new OwnClock(TimeSpan.FromHours(5));
        using var behind = new OwnClock(TimeSpan.FromHours(-7));
        var cluster = await StartCompleteAsync(3, new ClusterPlan
        {
            LinkFaults = true,
            EnvironmentOf = name => name switch { "n2" => ahead.Environment, "n3" => behind.Environment, _ => new Dictionary<string, string>(StringComparer.Ordinal) },
        });
        var all = new WriteOptions { W = Quorum.All };

        // What was seen is superseded by whom saw it, however late his clock says that it is.
        for (var round = 0; round < 2; round++)
        {
            foreach (var node in cluster)
            {
                await node.Client.Registers.AssignAsync("b", "k", $"{node.Name}-{round}", all, Cancel);
                await node.Client.Counters.IncrementAsync("b", "k", 1, all, Cancel);
                await node.Client.Sets.AddAsync("b", "k", $"{node.Name}-{round}", all, Cancel);
                foreach (var reader in cluster)
                {
                    Assert.Equal($"{node.Name}-{round}", (await reader.Client.Registers.ReadAsync("b", "k", cancel: Cancel)).Value);
                }
            }

            ahead.Set(TimeSpan.FromHours(-9));
        }

        Assert.Equal(6, (await cluster[0].Client.Counters.ReadAsync("b", "k", cancel: Cancel)).Value);

        // Removed by the one who is behind, and it stays removed.
        var set = await cluster[2].Client.Sets.ReadAsync("b", "k", cancel: Cancel);
        Assert.Equal(6, set.Value!.Count);
        await cluster[2].Client.Sets.UpdateAsync("b", "k", Operation.Remove(set.Value!), new WriteOptions { Context = set.Context, W = Quorum.All }, Cancel);

        // Handoff and syncs go by clocks of dots, not of days: a jump while a node is away.
        await cluster[2].KillAsync();
        await Healing.IncrementAsync(cluster[1], 200, 1, Cancel);
        ahead.Set(TimeSpan.FromHours(30));
        behind.Set(TimeSpan.FromHours(3));
        await Healing.IncrementAsync(cluster[1], 200, 1, Cancel);
        ahead.Set(TimeSpan.Zero);
        await cluster[2].RestartAsync();
        await cluster.WaitRingCompleteAsync(Patience, Cancel);
        await Healing.WaitConvergedAsync(cluster, Patience, Cancel);
        foreach (var node in cluster)
        {
            await Healing.AssertCountersAsync(node, 200, 2, Cancel);
            Assert.Empty((await node.Client.Sets.ReadAsync("b", "k", cancel: Cancel)).Value!);
        }
    }

    [Fact(DisplayName = "Of two register writes on the two sides of a cut, the one with the later clock wins everywhere, though it was made first")]
    public async Task The_later_clock_wins()
    {
        OwnClock.Require();
        TakesLong();
        using var ahead = new OwnClock(TimeSpan.FromHours(5));
        var cluster = await StartCompleteAsync(2, new ClusterPlan
        {
            LinkFaults = true,
            EnvironmentOf = name => name == "n2" ? ahead.Environment : new Dictionary<string, string>(StringComparer.Ordinal),
        });
        await cluster.Links.CutAsync(cluster[0], cluster[1]);
        await cluster[1].Client.Registers.AssignAsync("b", "k", "first, by a clock that is ahead", cancel: Cancel);
        await cluster[0].Client.Registers.AssignAsync("b", "k", "second", cancel: Cancel);
        await cluster.Links.HealAllAsync();
        await cluster.WaitRingCompleteAsync(Patience, Cancel);
        await Healing.WaitConvergedAsync(cluster, Patience, Cancel);
        foreach (var node in cluster)
        {
            Assert.Equal("first, by a clock that is ahead", (await node.Client.Registers.ReadAsync("b", "k", new ReadOptions { R = Quorum.One }, Cancel)).Value);
        }
    }
}
