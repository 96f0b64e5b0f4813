using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;
using GossipCluster.Actors.Membership;
using GossipCluster.Actors.Metadata;
using GossipCluster.Actors.Store;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Metadata;
using GossipCluster.Core.Placement;

namespace GossipCluster.Actors.Hosting;

/// <summary>The cluster over what the node has published: metadata, links, and Akka.Cluster's own view.</summary>
/// <param name="directory">Ring and facts.</param>
/// <param name="store">Links and shards.</param>
public sealed class NodeCluster(ClusterDirectory directory, NodeStore store) : ICluster
{
    private static readonly TimeSpan HandoffTimeout = TimeSpan.FromSeconds(5);
    private volatile Akka.Cluster.Cluster? _akka;

    /// <inheritdoc/>
    public ClusterState State
    {
        get
        {
            var (table, view, reachable) = (directory.Table, directory.View, store.Status.Reachable);
            var akka = _akka is { IsTerminated: false } cluster ? cluster.State : null;
            var nodes = ImmutableArray.CreateBuilder<NodeState>();
            foreach (var entry in table.Under(MetadataName.RingPrefix))
            {
                if (!MetadataName.TryNodeOf(entry.Name, MetadataName.RingPrefix, out var name) || RingEntry.FromValue(entry.Value.Span) is not { } ring) continue;
                var facts = table.Find(MetadataName.Node(name)) is { } told ? PeerFactsValue.Read(told.Value.Span) : null;
                var member = akka is null ? null : MemberOf(akka, name, facts);
                var heard = directory.Loads.GetValueOrDefault(name);
                nodes.Add(new NodeState(
                    new RingMember(name, ring.Weight, ring.Zone),
                    ring.Standing,
                    name == view.Self || reachable.Contains(name.Text),
                    facts,
                    member?.Status.ToString().ToLowerInvariant(),
                    member is not null && akka!.Unreachable.Contains(member))
                {
                    Load = heard?.Load,
                    LoadAge = heard is null ? default : TimeProvider.System.GetElapsedTime(heard.At),
                });
            }

            return new ClusterState(view.Self, view.Ring, [.. directory.Types.Select(type => type.N).Distinct().Order()], [.. nodes.OrderBy(node => node.Member.Name)]);
        }
    }

    /// <inheritdoc/>
    public ValueTask<ChangeReply> ChangeAsync(MetadataProtocol.ICommand command, CancellationToken cancel) => directory.TryChangeAsync(command, cancel);

    /// <inheritdoc/>
    public async ValueTask<HandoffState?> HandoffAsync(CancellationToken cancel)
    {
        try
        {
            return await store.HandoffAsync(HandoffTimeout, cancel);
        }
        catch (AskTimeoutException)
        {
            return null;
        }
    }

    /// <summary>From the host, once there is an ActorSystem; until then nothing is known of Akka.Cluster.</summary>
    public void Attach(ActorSystem system) => _akka = Akka.Cluster.Cluster.Get(system);

    /// <summary>The member that is this life of the node, else any of its name.</summary>
    private static Member? MemberOf(ClusterEvent.CurrentClusterState akka, NodeName name, PeerFacts? facts)
    {
        Member? any = null;
        foreach (var member in akka.Members)
        {
            if (!MemberRoles.TryNodeOf(member, out var node) || node != name) continue;
            if (facts is not null && facts.Uid == member.UniqueAddress.Uid) return member;
            any = member;
        }

        return any;
    }
}
