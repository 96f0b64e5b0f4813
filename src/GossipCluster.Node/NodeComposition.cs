using System.Collections.Immutable;
using Akka.Actor;
using Akka.DistributedData;
using Akka.Hosting;
using GossipCluster.Actors.Configuration;
using GossipCluster.Actors.Membership;
using GossipCluster.Actors.Metadata;
using GossipCluster.Actors.Storage;

namespace GossipCluster.Node;

/// <summary>Starts the tree under <c>/user/gossip</c>.</summary>
internal static class NodeComposition
{
    public static void Start(ActorSystem system, IActorRegistry registry, IServiceProvider services, LocalNode node)
    {
        var mismatch = system.ActorOf(StopOnMismatchActor.CreateProps(services.GetRequiredService<ExitCode>(), services.GetRequiredService<IHostApplicationLifetime>()), "gossip-mismatch");
        system.EventStream.Subscribe(mismatch, typeof(MetadataProtocol.ClusterMismatch));

        // The node's root actor goes here; until it is there, one that knows ring and metadata and forgets them with the process.
        system.ActorOf(Props.Create(() => new MetadataOnlyRoot(node, services.GetRequiredService<ClusterDirectory>(), services.GetRequiredService<NodeSettings>())), "gossip");
    }
}

/// <summary>A root without disk and links: enough to form a cluster, to join one and to see its ring.</summary>
internal sealed class MetadataOnlyRoot : ReceiveActor
{
    public MetadataOnlyRoot(LocalNode node, ClusterDirectory directory, NodeSettings settings)
    {
        List<string> errors = [];
        var (metadataOptions, membershipOptions) = (HoconOptions.Read<MetadataOptions>(settings.Config, errors), HoconOptions.Read<MembershipOptions>(settings.Config, errors));
        var links = Context.ActorOf(Props.Create(() => new Forgetful()), "links");
        var metadata = Context.ActorOf(
            MetadataActor.CreateProps(
                node,
                metadataOptions,
                links,
                links,
                ImmutableDictionary<string, ReadOnlyMemory<byte>>.Empty,
                directory,
                DistributedData.Get(Context.System).Replicator,
                TimeProvider.System),
            "metadata");
        Context.ActorOf(MembershipActor.CreateProps(node, membershipOptions, metadata, TimeProvider.System), "membership");
    }

    private sealed class Forgetful : ReceiveActor
    {
        public Forgetful()
        {
            Receive<StorageProtocol.PutFact>(put => Sender.Tell(new StorageProtocol.FactPut(put.Name)));
            ReceiveAny(_ => { });
        }
    }
}
