using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.EndToEnd.Tests;

public sealed class PauseTests : ClusterTest
{
    [Fact]
    public async Task A_node_that_hangs_costs_latency_once_and_no_errors()
    {
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
}
