using Xunit;

namespace GossipCluster.MultiNode.TestKit;

/// <summary>A test on real processes. What was started ends with the test; logs are shown where it failed, and only there.</summary>
public abstract class ClusterTest : IAsyncLifetime
{
    // Five processes that start at once on two cores which others use too have been seen to take more than a minute to read an empty disk.
    private static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(3);

    private readonly List<ProcessCluster> _clusters = [];

    /// <summary>Ends the test's waits when the run is cancelled.</summary>
    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <inheritdoc/>
    public virtual ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        var failed = TestContext.Current.TestState?.Result == TestResult.Failed;
        foreach (var cluster in _clusters)
        {
            if (failed) TestContext.Current.TestOutputHelper?.WriteLine(cluster.Logs());
            cluster.KeepFolder = failed;
            await cluster.DisposeAsync();
        }

        await CleanUpAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>First of all in a test that is one of those which together take minutes: it runs where all have the time for it.</summary>
    protected static void TakesLong() =>
        Assert.SkipUnless(Environment.GetEnvironmentVariable("GOSSIPCLUSTER_LONG") == "1", "One of those that take minutes together: set GOSSIPCLUSTER_LONG=1, as .ci/run does.");

    /// <summary>What a test has made besides clusters goes; its clusters are gone.</summary>
    protected virtual ValueTask CleanUpAsync() => ValueTask.CompletedTask;

    /// <summary>Starts a cluster and waits for nothing.</summary>
    protected ProcessCluster Start(int nodes, string? binary = null, params IReadOnlyList<string> extra)
    {
        var cluster = ProcessCluster.Start(nodes, binary, extra);
        _clusters.Add(cluster);
        return cluster;
    }

    /// <summary>Starts a cluster and waits for nothing.</summary>
    protected ProcessCluster Start(int nodes, ClusterPlan plan)
    {
        var cluster = ProcessCluster.Start(nodes, plan);
        _clusters.Add(cluster);
        return cluster;
    }

    /// <summary>Starts a cluster and waits until it is complete.</summary>
    protected async Task<ProcessCluster> StartCompleteAsync(int nodes, ClusterPlan plan)
    {
        var cluster = Start(nodes, plan);
        await cluster.WaitRingCompleteAsync(StartPatience, Cancel);
        return cluster;
    }

    /// <summary>Starts a cluster and waits until it is complete.</summary>
    protected async Task<ProcessCluster> StartCompleteAsync(int nodes = 3, string? binary = null)
    {
        var cluster = Start(nodes, binary);
        await cluster.WaitRingCompleteAsync(StartPatience, Cancel);
        return cluster;
    }
}
