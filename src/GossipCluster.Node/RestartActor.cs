using Akka.Actor;
using GossipCluster.Actors.Membership;

namespace GossipCluster.Node;

/// <summary>Hands the wish for another ActorSystem to the one who owns it.</summary>
internal sealed class RestartActor : ReceiveActor
{
    public RestartActor(NodeRuntime runtime) => Receive<RestartWanted>(runtime.Restart);

    public static Props CreateProps(NodeRuntime runtime) => Props.Create(() => new RestartActor(runtime));
}
