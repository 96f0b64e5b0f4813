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
