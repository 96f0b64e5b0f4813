using Akka.Actor;
using Akka.Event;
using GossipCluster.Actors.Links;
using GossipCluster.Actors.Membership;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Membership;
using GossipCluster.Core.Metadata;

namespace GossipCluster.Actors.Metadata;

/// <content>What other nodes say, and what they are told.</content>
public sealed partial class MetadataActor
{
    private void Contacted(MetadataContact contact, IActorRef sender) => Receive(
        contact.Bytes, answer => sender.Tell(Parcel(answer), Self), sender.Path.Address.HasGlobalScope ? sender.Path.Address : null);

    private void Receive(ReadOnlyMemory<byte> bytes, Action<MetadataMessage> answer, Address? contact)
    {
        if (_isRefused) return;
        if (contact is not null) _links.Tell(new LinkProtocol.Answered(contact));
        if (!MetadataParcel.TryRead(bytes.Span, out var parcel, out var error))
        {
            _log.Warning("A metadata parcel is refused: {Error}", error);
            return;
        }

        if (_node.Cluster.Refuse(parcel.Cluster, $"Node '{parcel.From}'") is { } refusal)
        {
            MetMismatch(refusal, parcel, contact);
            if (parcel.Message is not MetadataMessage.Refused) answer(new MetadataMessage.Refused(parcel.Cluster.Refuse(_node.Cluster, $"Node '{_node.Name}'")!));
            return;
        }

        if (parcel.From != _node.Name) PeerSpoke(parcel.From, parcel.Island);

        var outcome = MetadataExchange.Receive(_table, parcel.Message);
        foreach (var reply in outcome.Answers) answer(reply);
        if (parcel.Message is MetadataMessage.Has has) HasThem(parcel.From, has);
        Learn(outcome.Learned);
        if (contact is not null) SeedSpoke(contact, parcel);
    }

    private void SeedSpoke(Address seed, MetadataParcel parcel)
    {
        if (!parcel.KnowsCluster && _seedsWithoutCluster.Add(seed) && _lastStep == EnterStep.AskSeeds) TryEnter();
        _seedIsLevel |= parcel.KnowsCluster && _directory.View.IsRingKnown && parcel.Message is MetadataMessage.Digest digest && digest.Table == _table.Digest;
    }

    private void Learn(IEnumerable<MetadataEntry> entries)
    {
        if (_isRefused) return;
        foreach (var entry in entries)
        {
            if (entry.Name == MetadataName.Cluster && ClusterFacts.FromValue(entry.Value.Span)?.Identity != _node.Cluster) continue;
            if (entry.Name == MetadataName.Cluster && _table.Find(MetadataName.Cluster) is not null && entry.Beats(_staged.Find(entry.Name)))
                _log.Warning("Two clusters named {Cluster} have met and are one now", _node.Cluster.Name);
            Stage(entry);
        }
    }

    private void ReachabilityChanged(NodeName node, bool isReachable)
    {
        if (isReachable ? !_reachable.Add(node) : !_reachable.Remove(node)) return;
        PeerStateChanged(node);
        if (isReachable) SendTo(node, new MetadataMessage.Digest(_table.Digest, WantsAnswer: true));
        else GiveUpOn(node);
    }

    /// <summary>Every parcel tells of it; peers that decide on islands shall not wait for the next that comes by.</summary>
    private void IslandIs(Island island)
    {
        _island = island;
        ExchangeInAWhile();
    }

    private void PeerSpoke(NodeName node, Island island)
    {
        if (_islands.TryGetValue(node, out var known) && known == island) return;
        _islands[node] = island;
        PeerStateChanged(node);
    }

    private void PeerStateChanged(NodeName node)
    {
        var state = new MetadataProtocol.PeerState(node, _reachable.Contains(node), _islands.GetValueOrDefault(node));
        foreach (var subscriber in _peerSubscribers) subscriber.Tell(state);
    }

    /// <summary>To the next peers in turn, so that each is met however large the cluster is.</summary>
    private void SendDigests(int peerCount)
    {
        var peers = _reachable.Order().ToList();
        var digest = new MetadataMessage.Digest(_table.Digest, WantsAnswer: false);
        for (var index = 0; index < Math.Min(peerCount, peers.Count); index++) SendTo(peers[_nextPeer++ % peers.Count], digest);
    }

    private void SendTo(NodeName peer, MetadataMessage message) =>
        _links.Tell(new LinkProtocol.Send(peer, ParcelKind.Metadata, Lane.Foreground, Parcel(message).Bytes));

    private MetadataContact Parcel(MetadataMessage message) =>
        new(new MetadataParcel(_node.Name, _node.Cluster, _table.Find(MetadataName.Cluster) is not null, _island, message).ToBytes());

    private void Subscribe(MetadataProtocol.Subscribe subscribe)
    {
        Context.Watch(subscribe.Subscriber);
        _directory.Subscriptions[subscribe.Subscriber] = subscribe;
        if (_subscribers.Add(subscribe.Subscriber)) subscribe.Subscriber.Tell(new ViewChanged(_directory.View));
        if (!subscribe.Peers || !_peerSubscribers.Add(subscribe.Subscriber)) return;
        foreach (var node in _reachable.Union(_islands.Keys))
            subscribe.Subscriber.Tell(new MetadataProtocol.PeerState(node, _reachable.Contains(node), _islands.GetValueOrDefault(node)));
    }

    private void Unsubscribe(IActorRef subscriber)
    {
        _subscribers.Remove(subscriber);
        _peerSubscribers.Remove(subscriber);
        _directory.Subscriptions.TryRemove(subscriber, out _);
    }
}
