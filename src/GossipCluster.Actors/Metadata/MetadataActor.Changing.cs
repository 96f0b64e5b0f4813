using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using GossipCluster.Actors.Dissemination;
using GossipCluster.Actors.Membership;
using GossipCluster.Actors.Storage;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Membership;
using GossipCluster.Core.Metadata;

namespace GossipCluster.Actors.Metadata;

/// <content>Changes of the table: staged, written, durable, told.</content>
public sealed partial class MetadataActor
{
    private void Stage(MetadataEntry entry)
    {
        var staged = _staged.Merge(entry);
        if (ReferenceEquals(staged, _staged)) return;
        _staged = staged;
        if (!_writing.ContainsKey(MetadataName.FactOf(entry.Name))) Write(entry);
    }

    private void Write(MetadataEntry entry)
    {
        var fact = MetadataName.FactOf(entry.Name);
        _writing[fact] = entry;
        _storage.Tell(new StorageProtocol.PutFact(fact, entry.ToFact()));
        if (!Timers.IsTimerActive(WriteAgain.Instance)) Timers.StartPeriodicTimer(WriteAgain.Instance, WriteAgain.Instance, _options.WriteRetry);
    }

    private void WriteAll()
    {
        foreach (var (fact, entry) in _writing) _storage.Tell(new StorageProtocol.PutFact(fact, entry.ToFact()));
    }

    private void Durable(string fact)
    {
        if (!_writing.Remove(fact, out var entry)) return;
        var before = _table;
        _table = _table.Merge(entry);
        if (_staged.Find(entry.Name) is { } newer && newer.Beats(entry)) Write(newer);
        if (_writing.Count == 0) Timers.Cancel(WriteAgain.Instance);

        if (!ReferenceEquals(before, _table)) Tell(entry);
        foreach (var waiting in _waiting.Where(waiting => waiting.Entry.Name == entry.Name && !waiting.Entry.Beats(entry)).ToList())
        {
            _waiting.Remove(waiting);
            if (IsOfSchema(entry)) Spread(waiting.Entry, waiting.Asker);
            else waiting.Asker.Tell(MetadataProtocol.Done.Here);
        }

        Overtake(entry);
    }

    private void Tell(MetadataEntry entry)
    {
        var view = _directory.View;
        var next = IsOfView(entry) ? ViewOf(_table, view.Ring) : view;
        _directory.Set(_table, _directory.Schema.With(entry), next);
        _bridge.Tell(new ReplicatorBridgeActor.Publish([entry]));
        if (!ReferenceEquals(view, next)) ViewChanged(view, next);

        if (entry.Author == _node.Name) SpreadNews(new MetadataMessage.Entries([entry]));
        else if (_reachable.Contains(entry.Author)) SendTo(entry.Author, new MetadataMessage.Has([entry.Version]));

        ExchangeInAWhile();
        if (entry.Name == MetadataName.Node(_node.Name)) CorrectOwnFacts(entry);
        else TryEnterAgain(entry);
    }

    /// <summary>Who is in reach and no member yet, or no more, is not the spreader's; nor is what is too large for it.</summary>
    private void SpreadNews(MetadataMessage.Entries news)
    {
        var bytes = Parcel(news).Bytes;
        var isSpread = bytes.Length <= SpreadProtocol.BodyBytesMax;
        if (isSpread) _spreader.Tell(new SpreadProtocol.Publish(NewsKind.Metadata, bytes));
        foreach (var peer in _reachable.Where(peer => !isSpread || !_directory.View.Peers.ContainsKey(peer))) SendTo(peer, news);
    }

    private void ExchangeInAWhile()
    {
        if (!Timers.IsTimerActive(ExchangeSoon.Instance)) Timers.StartSingleTimer(ExchangeSoon.Instance, ExchangeSoon.Instance, WithJitter(_options.ExchangeDelay));
    }

    private void TryEnterAgain(MetadataEntry entry)
    {
        if (entry.Name != MetadataName.Cluster && entry.Name != MetadataName.Ring(_node.Name)) return;

        // The seeds learn at once that this node is in: links reach it only when they know its address.
        _contactWait = _options.ContactInterval;
        TryEnter();
    }

    /// <summary>Someone knew facts of this name that beat its own: an earlier life whose disk is lost. The present one takes the next epoch.</summary>
    private void CorrectOwnFacts(MetadataEntry entry)
    {
        if (_ownFacts is null || PeerFactsValue.Read(entry.Value.Span) == _ownFacts) return;
        _log.Warning("Another life of {Node} was heard of; its facts are replaced. If this goes on, two nodes have one name", _node.Name);
        TellOwnFacts();
    }

    private static bool IsOfView(MetadataEntry entry) =>
        entry.Name.StartsWith(MetadataName.RingPrefix, StringComparison.Ordinal) || entry.Name.StartsWith(MetadataName.NodePrefix, StringComparison.Ordinal);

    private ClusterView ViewOf(MetadataTable table, Core.Placement.Ring present)
    {
        var ring = table.Ring(_node.Cluster.PartitionCount);

        // An unchanged ring stays the same object: it keeps its preference lists.
        if (ring.Version == present.Version) ring = present;
        var peers = ImmutableDictionary.CreateBuilder<NodeName, PeerFacts>();
        foreach (var member in ring.Members)
        {
            if (member.Name != _node.Name && table.Find(MetadataName.Node(member.Name)) is { } entry && PeerFactsValue.Read(entry.Value.Span) is { } facts)
                peers.Add(member.Name, facts);
        }

        return new ClusterView(_node.Name, ring, peers.ToImmutable()) { HasLeft = table.StandingOf(_node.Name) == RingStanding.Left };
    }

    private void ViewChanged(ClusterView before, ClusterView view)
    {
        if (before.Ring.Version != view.Ring.Version)
            _log.Info("The ring has {Members} members now: {Names}", view.Ring.Members.Length, string.Join(' ', view.Ring.Members.Select(member => member.Name)));
        foreach (var subscriber in _subscribers) subscriber.Tell(new ViewChanged(view));
    }
}
