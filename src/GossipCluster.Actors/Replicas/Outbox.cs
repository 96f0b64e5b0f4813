using System.Collections.Immutable;
using GossipCluster.Actors.Links;
using GossipCluster.Actors.Storage;
using GossipCluster.Core.Audit;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Coordination;
using GossipCluster.Core.Kernel;
using GossipCluster.Core.Replication;
using GossipCluster.Core.Wire;

namespace GossipCluster.Actors.Replicas;

/// <summary>What a shard has to say to the storage and to other nodes, gathered until it has worked off what was in its mailbox.</summary>
internal sealed class Outbox
{
    private readonly Dictionary<NodeName, Runs> _peers = [];
    private readonly List<Runs> _dirty = [];
    private readonly ImmutableArray<StagedBatch>.Builder _batches = ImmutableArray.CreateBuilder<StagedBatch>(64);
    private readonly List<StorageProtocol.PutFact> _facts = [];
    private readonly WireWriter _body = new(1024);

    public bool IsEmpty => _dirty.Count == 0 && _batches.Count == 0 && _facts.Count == 0;

    public void Add(ReplicaAddress address, Batch batch) => _batches.Add(new StagedBatch(address, batch));

    public void Add(StorageProtocol.PutFact fact) => _facts.Add(fact);

    public void Add(NodeName to, ReplicaAddress address, PeerMessage message)
    {
        _body.Clear();
        Head(address);
        PeerMessageWire.Write(_body, message);
        Parcel(to, LaneOf(message), ParcelKind.Replica);
    }

    public void Add(NodeName to, ReplicaAddress address, CoordinationMessage message)
    {
        _body.Clear();
        Head(address);
        CoordinationWire.Write(_body, message);
        Parcel(to, LaneOf(message), ParcelKind.Coordination);
    }

    /// <returns>How many bytes it took.</returns>
    public int Add(NodeName to, ReplicaAddress address, AuditProtocol.Message message)
    {
        _body.Clear();
        Head(address);
        AuditWire.Write(_body, message);
        Parcel(to, Lane.Background, ParcelKind.Audit);
        return _body.Length;
    }

    /// <summary>Batches first: what is said to others about them waits for the disk anyway.</summary>
    public void Flush(IOutboxSink sink)
    {
        if (_batches.Count > 0) sink.Append(_batches.DrainToImmutable());
        foreach (var fact in _facts) sink.Put(fact);
        _facts.Clear();
        foreach (var peer in _dirty) peer.Flush(sink);
        _dirty.Clear();
    }

    private static Lane LaneOf(PeerMessage message) =>
        message is PeerMessage.Replicate or PeerMessage.Replicated or PeerMessage.Repair or PeerMessage.SyncAsk or PeerMessage.Know ? Lane.Foreground : Lane.Background;

    // All that a feed says in one lane: its messages keep their order.
    private static Lane LaneOf(CoordinationMessage message) => message is
        CoordinationMessage.ListNames or CoordinationMessage.NamesListed
        or CoordinationMessage.FeedAsk or CoordinationMessage.FeedAck or CoordinationMessage.FeedStop or CoordinationMessage.FeedPart
        ? Lane.Background : Lane.Foreground;

    private void Head(ReplicaAddress address)
    {
        _body.WriteCount(address.N);
        _body.WriteCount(address.Partition);
    }

    private void Parcel(NodeName to, Lane lane, ParcelKind kind)
    {
        if (!_peers.TryGetValue(to, out var peer)) _peers[to] = peer = new Runs(to);
        if (peer.IsEmpty) _dirty.Add(peer);
        Parcels.Write(peer[lane], kind, _body.Written);
    }

    /// <summary>What waits for one node.</summary>
    private sealed class Runs(NodeName to)
    {
        private readonly WireWriter _foreground = new(4096);
        private readonly WireWriter _background = new(256);

        public bool IsEmpty => _foreground.Length == 0 && _background.Length == 0;

        public WireWriter this[Lane lane] => lane == Lane.Foreground ? _foreground : _background;

        public void Flush(IOutboxSink sink)
        {
            Send(_foreground, Lane.Foreground);
            Send(_background, Lane.Background);

            void Send(WireWriter run, Lane lane)
            {
                if (run.Length == 0) return;
                sink.Send(to, lane, run.ToArray());
                run.Clear();
            }
        }
    }
}

/// <summary>Where an outbox is emptied into.</summary>
internal interface IOutboxSink
{
    /// <summary>To the storage.</summary>
    void Append(ImmutableArray<StagedBatch> batches);

    /// <summary>To the storage.</summary>
    void Put(StorageProtocol.PutFact fact);

    /// <summary>To the links.</summary>
    void Send(NodeName to, Lane lane, ReadOnlyMemory<byte> run);
}
