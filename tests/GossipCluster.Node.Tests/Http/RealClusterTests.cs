using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.Node.Tests.Http;

/// <summary>Three real processes with disks and links; asked is one that is not the first.</summary>
public sealed class RealCluster : IHttpNode, IAsyncLifetime
{
    private ProcessCluster? _cluster;

    public Uri Address => _cluster![1].Url;

    public async ValueTask InitializeAsync()
    {
        _cluster = ProcessCluster.Start(nodes: 3);
        try
        {
            await _cluster.WaitRingCompleteAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        }
        catch (Exception error)
        {
            throw new InvalidOperationException($"The cluster is not complete: {error.Message}\n{_cluster.Logs()}", error);
        }
    }

    public ValueTask DisposeAsync() => _cluster?.DisposeAsync() ?? ValueTask.CompletedTask;
}

/// <summary>The same contract as for one node in memory, kept by a real cluster.</summary>
[CollectionDefinition(Name)]
public sealed class RealClusterTests : ICollectionFixture<RealCluster>
{
    public const string Name = "real cluster";
}

[Collection(RealClusterTests.Name)]
public sealed class RealBatchTests(RealCluster cluster) : BatchContract(cluster);

[Collection(RealClusterTests.Name)]
public sealed class RealContextTests(RealCluster cluster) : ContextContract(cluster);

[Collection(RealClusterTests.Name)]
public sealed class RealDatatypeTests(RealCluster cluster) : DatatypeContract(cluster);

[Collection(RealClusterTests.Name)]
public sealed class RealPathTests(RealCluster cluster) : PathContract(cluster);

[Collection(RealClusterTests.Name)]
public sealed class RealSchemaTests(RealCluster cluster) : SchemaContract(cluster);

[Collection(RealClusterTests.Name)]
public sealed class RealServerTests(RealCluster cluster) : ServerContract(cluster);

[Collection(RealClusterTests.Name)]
public sealed class RealTranscriptTests(RealCluster cluster) : TranscriptContract(cluster);

[Collection(RealClusterTests.Name)]
public sealed class RealRepairTests(RealCluster cluster) : RepairContract(cluster)
{
    private readonly RealCluster _cluster = cluster;

    [Fact]
    public async Task What_was_written_is_everywhere_and_the_receipt_says_so()
    {
        var token = (await _cluster.PostAsync(_cluster.PathOf("sets"), """{"add":"a"}""")).Token;

        var reply = System.Text.Json.Nodes.JsonNode.Parse((await _cluster.GetAsync($"/cluster/convergence/{token}?wait=10s")).Body)!;

        Assert.True(reply["converged"]!.GetValue<bool>(), reply.ToJsonString());
        Assert.Equal(3, reply["replicas"]!.AsArray().Count);
    }

    [Fact]
    public async Task Where_nothing_is_written_entropy_becomes_nothing()
    {
        await _cluster.PostAsync(_cluster.PathOf("sets"), """{"add":"a"}""");

        await Eventually.EqualAsync(
            0L,
            async _ => System.Text.Json.Nodes.JsonNode.Parse((await _cluster.GetAsync("/cluster/entropy")).Body)!["dots"]!.GetValue<long>(),
            TimeSpan.FromSeconds(20),
            TestContext.Current.CancellationToken);
    }
}
