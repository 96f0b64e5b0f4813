using Akka.Actor;
using Akka.DistributedData;
using GossipCluster.Actors.Configuration;
using GossipCluster.Actors.Hosting;
using GossipCluster.Actors.Membership;
using GossipCluster.Actors.Metadata;
using GossipCluster.Actors.Replicas;
using GossipCluster.Actors.Store;

namespace GossipCluster.Node;

/// <summary>Starts the tree under <c>/user/gossip</c>, and stops it in order.</summary>
internal static class NodeComposition
{
    /// <summary>What requests are told while the process ends.</summary>
    public const string Stopping = "The node is stopping.";

    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(18);

    /// <summary>Starts it in a new ActorSystem.</summary>
    /// <param name="system">The ActorSystem.</param>
    /// <param name="services">Of the process.</param>
    /// <param name="node">What this node is.</param>
    /// <param name="history">Of the process.</param>
    /// <param name="life">Says what requests are told when it stops.</param>
    public static void Start(ActorSystem system, IServiceProvider services, LocalNode node, MembershipHistory history, NodeRuntime.Life life)
    {
        var restarter = system.ActorOf(RestartActor.CreateProps(services.GetRequiredService<NodeRuntime>()), "gossip-restart");
        system.EventStream.Subscribe(restarter, typeof(RestartWanted));
        var mismatch = system.ActorOf(StopOnMismatchActor.CreateProps(services.GetRequiredService<ExitCode>(), services.GetRequiredService<IHostApplicationLifetime>()), "gossip-mismatch");
        system.EventStream.Subscribe(mismatch, typeof(MetadataProtocol.ClusterMismatch));

        var settings = services.GetRequiredService<NodeSettings>();
        var metadata = HoconOptions.Read<MetadataOptions>(settings.Config, []);
        var parts = new NodeParts(
            node, services.GetRequiredService<ClusterDirectory>(), services.GetRequiredService<NodeStore>(), metadata.DistributedData ? DistributedData.Get(system).Replicator : null)
        {
            Storage = settings.Storage,
            Links = HoconOptions.Read<Actors.Links.LinkOptions>(settings.Config, []),
            Shards = HoconOptions.Read<ShardOptions>(settings.Config, []) with
            {
                Repair = HoconOptions.Read<RepairOptions>(settings.Config, []),
                Audit = HoconOptions.Read<AuditOptions>(settings.Config, []),
                Watch = services.GetRequiredService<Actors.Feeds.WatchOptions>(),
            },
            Metadata = metadata,
            Spread = HoconOptions.Read<Actors.Dissemination.SpreadOptions>(settings.Config, []),
            Membership = HoconOptions.Read<MembershipOptions>(settings.Config, []),
            History = history,
        };
        services.GetRequiredService<NodeCluster>().Attach(system);
        var root = system.ActorOf(NodeActor.CreateProps(parts), "gossip");
        CoordinatedShutdown.Get(system).AddTask(CoordinatedShutdown.PhaseServiceStop, "stop-gossip", async () =>
        {
            await root.Ask<NodeActor.Stopped>(new NodeActor.Stop(life.StopSentence), StopPatience);
            return Akka.Done.Instance;
        });
    }
}
