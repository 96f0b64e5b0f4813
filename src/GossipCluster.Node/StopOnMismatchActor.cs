using Akka.Actor;
using GossipCluster.Actors.Metadata;

namespace GossipCluster.Node;

/// <summary>Ends the process where this node is found to be of another cluster than its seeds or its data: the sentence was logged.</summary>
internal sealed class StopOnMismatchActor : ReceiveActor
{
    public StopOnMismatchActor(ExitCode exit, IHostApplicationLifetime lifetime) => Receive<MetadataProtocol.ClusterMismatch>(_ =>
    {
        exit.Value = ExitCode.AnotherCluster;
        lifetime.StopApplication();
    });

    public static Props CreateProps(ExitCode exit, IHostApplicationLifetime lifetime) => Props.Create(() => new StopOnMismatchActor(exit, lifetime));
}
