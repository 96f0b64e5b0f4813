using Akka.Actor;
using GossipCluster.Actors.Hosting;
using GossipCluster.Actors.Membership;
using GossipCluster.Actors.Metadata;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Metadata;
using GossipCluster.Core.Placement;

namespace GossipCluster.Node.Tests.Http;

/// <summary>A cluster in memory: the real rules of the ring, and nodes that are there only by name.</summary>
internal sealed class MemoryCluster : ICluster
{
    private static readonly NodeName Self = NodeName.Of("a");
    private readonly Lock _gate = new();
    private MetadataTable _table = MetadataTable.Empty;

    public MemoryCluster(params string[] others)
    {
        foreach (var name in others.Prepend("a"))
        {
            Assert.True(_table.TryAdd(new RingMember(NodeName.Of(name)), mayReturn: false, Self, out var entry, out _));
            _table = _table.Merge(entry!);
        }
    }

    /// <summary>Nodes that are not reachable.</summary>
    public HashSet<string> Away { get; } = [];

    /// <summary>What this node says of its handoff, one after another; the last one again and again.</summary>
    public Queue<HandoffState?> Handoffs { get; } = new([new HandoffState(false, 1, 0, 0, 0)]);

    public ClusterState State
    {
        get
        {
            lock (_gate)
            {
                return new ClusterState(Self, _table.Ring(16), [3], [.. _table.Under(MetadataName.RingPrefix).Select(NodeOf).OrderBy(node => node.Member.Name)]);
            }
        }
    }

    public ValueTask<ChangeReply> ChangeAsync(MetadataProtocol.ICommand command, CancellationToken cancel)
    {
        lock (_gate)
        {
            MetadataEntry? entry;
            MetadataError? error;
            if (command is MetadataProtocol.RemoveMember remove) _table.TryRemove(remove.Node, Self, out entry, out error);
            else if (command is MetadataProtocol.ReturnMember back) _table.TryReturn(back.Node, Self, out entry, out error);
            else _table.TrySetWeight(((MetadataProtocol.SetWeight)command).Node, ((MetadataProtocol.SetWeight)command).Weight, Self, out entry, out error);
            if (error is not null) return new(new ChangeReply.Refused(error));
            if (entry is not null) _table = _table.Merge(entry);
            return new(new ChangeReply.Done(1));
        }
    }

    public ValueTask<HandoffState?> HandoffAsync(CancellationToken cancel)
    {
        lock (_gate) return new(Handoffs.Count > 1 ? Handoffs.Dequeue() : Handoffs.Peek());
    }

    private NodeState NodeOf(MetadataEntry entry)
    {
        Assert.True(MetadataName.TryNodeOf(entry.Name, MetadataName.RingPrefix, out var name));
        var ring = RingEntry.FromValue(entry.Value.Span)!;
        var facts = new PeerFacts(7, new Address("akka.tcp", "s", name.Text, 4053), $"http://{name}:8098", "1.2.3");
        return new NodeState(new RingMember(name, ring.Weight, ring.Zone), ring.Standing, !Away.Contains(name.Text), facts, name == Self ? "up" : null, false);
    }
}
