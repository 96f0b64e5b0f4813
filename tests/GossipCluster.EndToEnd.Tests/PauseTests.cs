using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.EndToEnd.Tests;

public sealed class PauseTests : ClusterTest
{
    [Fact]
    public async Task A_node_that_hangs_costs_latency_once_and_no_errors()
    {
        TakesLong();
        var cluster = await StartCompleteAsync();
        var (hanging, living) = (cluster[2], new[] { cluster[0], cluster[1] });
        using var load = new Load(living, Cancel);
        await load.RunUntilAsync(Load.Duration / 4, Cancel);

        await hanging.PauseAsync();
        await load.RunUntilAsync(Load.Duration / 2, Cancel);

        // By now everybody has noticed: writes no longer wait for it.
        using var later = new Load(living, Cancel);
        await load.RunUntilAsync(Load.Duration * 3 / 4, Cancel);
        await load.StopAsync();
        await later.StopAsync();
        await hanging.ResumeAsync();

        Assert.True(!load.Failures.Any(), $"{load.Failures.Count()} requests failed, the first: {load.Failures.FirstOrDefault().Failure?.Message}");
        Assert.True(!later.Failures.Any(), $"{later.Failures.Count()} later requests failed, the first: {later.Failures.FirstOrDefault().Failure?.Message}");
        Assert.True(later.SlowPart < 0.02, $"{later.SlowPart:P1} of the requests took longer than a second after the hanging node had been noticed");
        await load.AssertNothingLostAsync(cluster[0], Cancel);
        await cluster.WaitRingCompleteAsync(TimeSpan.FromSeconds(30), Cancel);
        await load.AssertNothingLostAsync(hanging, Cancel);
    }

    // An add whose coordinator is late goes to a second one; the first, when it goes on, must not do it again, under a dot that no remove has seen.
    [Fact]
    public async Task What_was_added_while_its_coordinator_hung_and_was_then_removed_stays_away()
    {
        TakesLong();
        var cluster = Start(4);
        await cluster.WaitRingCompleteAsync(TimeSpan.FromSeconds(180), Cancel);
        var (hanging, asked) = (cluster[1], cluster[3]);
        var keys = Enumerable.Range(0, 100).Select(number => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"k{number}")).ToArray();
        await hanging.PauseAsync();
        await Task.WhenAll(keys.Select(key => asked.Client.Sets.AddAsync("b", key, "x", cancel: Cancel)));

        // A remove goes to one coordinator and no other: it would wait for the one that hangs.
        await Eventually.TrueAsync(
            async token => (await asked.Client.MembersAsync(token)).Any(member => member.Name == hanging.Name && member.Reachable) ? "nobody misses it yet" : null, TimeSpan.FromSeconds(60), Cancel);
        foreach (var key in keys)
        {
            var read = await asked.Client.Sets.ReadAsync("b", key, cancel: Cancel);
            Assert.Equal(["x"], read.Value!);
            await asked.Client.Sets.RemoveAsync("b", key, "x", new Client.WriteOptions { Context = read.Context }, Cancel);
        }

        await hanging.ResumeAsync();
        await cluster.WaitRingCompleteAsync(TimeSpan.FromSeconds(60), Cancel);
        await Healing.WaitConvergedAsync(cluster, TimeSpan.FromSeconds(60), Cancel);

        var back = new List<string>();
        foreach (var key in keys)
        {
            if ((await asked.Client.Sets.ReadAsync("b", key, cancel: Cancel)).Value!.Count > 0) back.Add(key);
        }

        Assert.True(back.Count == 0, $"{back.Count} of {keys.Length} elements are back, the first in {back.FirstOrDefault()}");
    }
}
