using System.Collections.Immutable;
using System.Security.Cryptography;
using Akka.Actor;
using Akka.Event;
using GossipCluster.Actors.Dissemination;
using GossipCluster.Actors.Links;
using GossipCluster.Actors.Membership;
using GossipCluster.Actors.Storage;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Membership;
using GossipCluster.Core.Metadata;

namespace GossipCluster.Actors.Metadata;

/// <summary>Owns what the node knows of its cluster: ring, bucket types, node facts. Tells nobody what is not on its disk.</summary>
/// <remarks>
/// <code>
///   command, peer's entries --> staged table --PutFact--> storage --FactPut--> durable table --> directory, subscribers, peers
/// </code>
/// Commands are decided on the staged table, so that two in a row see each other; everything said to anybody comes from the durable one.
/// One write a name is under way at a time; what is newer meanwhile follows it.
/// News go three ways: at once by the spreader, by digests of the whole table some time after a change and now and then, and through DistributedData. A node without
/// a ring speaks to its seeds' metadata actors directly, because links need the addresses that it is about to learn.
/// </remarks>
public sealed partial class MetadataActor : ReceiveActor, IWithTimers
{
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly LocalNode _node;
    private readonly MetadataOptions _options;
    private readonly IActorRef _storage;
    private readonly IActorRef _links;
    private readonly IActorRef _spreader;
    private readonly ClusterDirectory _directory;
    private readonly TimeProvider _clock;
    private readonly IActorRef _bridge;
    private readonly long _startedAt;

    private readonly Dictionary<string, MetadataEntry> _writing = new(StringComparer.Ordinal);
    private readonly List<(MetadataEntry Entry, IActorRef Asker)> _waiting = [];
    private readonly HashSet<IActorRef> _subscribers = [];
    private readonly HashSet<IActorRef> _peerSubscribers = [];
    private readonly SortedDictionary<NodeName, Island> _islands = [];
    private readonly HashSet<NodeName> _reachable = [];
    private readonly HashSet<Address> _seedsWithoutCluster = [];

    private MetadataTable _table;
    private MetadataTable _staged;
    private PeerFacts? _ownFacts;
    private Island _island;
    private TimeSpan _contactWait;
    private EnterStep _lastStep = EnterStep.AskSeeds;
    private bool _seedIsLevel;
    private bool _isRefused;
    private int _nextPeer;

    /// <summary>See <see cref="CreateProps"/>.</summary>
    public MetadataActor(
        LocalNode node,
        MetadataOptions options,
        IActorRef storage,
        IActorRef links,
        ImmutableDictionary<string, ReadOnlyMemory<byte>> facts,
        ClusterDirectory directory,
        IActorRef? replicator,
        TimeProvider clock,
        IActorRef spreader)
    {
        _spreader = spreader;
        (_node, _options, _storage, _links, _directory, _clock) = (node, options, storage, links, directory, clock);
        _startedAt = clock.GetTimestamp();
        _contactWait = options.ContactInterval;

        // After a restart of this actor the directory knows more than the facts that the node started with.
        _table = _staged = Recovered(facts).Merge(directory.Table);
        _bridge = replicator is null || !options.DistributedData
            ? ActorRefs.Nobody
            : Context.ActorOf(ReplicatorBridgeActor.CreateProps(node.Cluster, replicator), "replicator-bridge");

        Receive<StorageProtocol.FactPut>(put => Durable(put.Name));
        Receive<LinkProtocol.Delivered>(delivered => Receive(delivered.Body, answer => SendTo(delivered.From, answer), contact: null));
        Receive<SpreadProtocol.Heard>(heard => Receive(heard.Body, answer => SendTo(heard.Origin, answer), contact: null));
        Receive<LinkProtocol.ReachabilityChanged>(changed => ReachabilityChanged(changed.Node, changed.IsReachable));
        Receive<MetadataContact>(contact => Contacted(contact, Sender));
        Receive<MetadataProtocol.Learned>(learned => Learn(learned.Entries));
        Receive<MetadataProtocol.ICommand>(command => Carry(command, Sender));
        Receive<MetadataProtocol.Subscribe>(Subscribe);
        Receive<MetadataProtocol.IslandChanged>(changed => IslandIs(changed.Island));
        Receive<Terminated>(ended => Unsubscribe(ended.ActorRef));
        Receive<Enter>(_ => TryEnter());
        Receive<ExchangeSoon>(_ => SendDigests(_options.ExchangeFanout));
        Receive<ExchangeNowAndThen>(_ => SendDigests(1));
        Receive<WriteAgain>(_ => WriteAll());
        Receive<Spreading>(SpreadIsOver);
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>To be created once storage has recovered, at the same path on every node.</summary>
    /// <param name="node">Who this is.</param>
    /// <param name="options">Of this area.</param>
    /// <param name="storage">Takes <see cref="StorageProtocol.PutFact"/>.</param>
    /// <param name="links">Takes <see cref="LinkProtocol.Subscribe"/> and <see cref="LinkProtocol.Send"/>.</param>
    /// <param name="facts">From <see cref="StorageProtocol.Recovered"/>; those of other areas are left alone.</param>
    /// <param name="directory">Written by this actor alone.</param>
    /// <param name="replicator">Of Akka.DistributedData; null to do without.</param>
    /// <param name="clock">For incarnations and waits.</param>
    /// <param name="spreader">Takes <see cref="SpreadProtocol.Publish"/>: to those that this node knows to be members.</param>
    public static Props CreateProps(
        LocalNode node,
        MetadataOptions options,
        IActorRef storage,
        IActorRef links,
        ImmutableDictionary<string, ReadOnlyMemory<byte>> facts,
        ClusterDirectory directory,
        IActorRef? replicator,
        TimeProvider clock,
        IActorRef spreader) =>
        Props.Create(() => new MetadataActor(node, options, storage, links, facts, directory, replicator, clock, spreader));

    /// <summary>Why a node must not start on these facts: its data directory is another cluster's. Null where it may.</summary>
    public static string? RefusalOf(ImmutableDictionary<string, ReadOnlyMemory<byte>> facts, ClusterIdentity cluster)
    {
        ArgumentNullException.ThrowIfNull(facts);
        ArgumentNullException.ThrowIfNull(cluster);
        return facts.TryGetValue(MetadataName.FactOf(MetadataName.Cluster), out var fact)
            && MetadataEntry.TryFromFact(fact.Span, out var entry, out _)
            && ClusterFacts.FromValue(entry!.Value.Span) is { } known
                ? cluster.Refuse(known.Identity, "The data directory")
                : null;
    }

    /// <inheritdoc/>
    protected override void PreStart()
    {
        if (_table.Find(MetadataName.Cluster) is { } entry && ClusterFacts.FromValue(entry.Value.Span) is { } known
            && _node.Cluster.Refuse(known.Identity, "The data directory") is { } refusal)
        {
            Refuse(refusal);
            return;
        }

        _directory.Attach(Self);
        _directory.Set(_table, Schema.Of(_table), ViewOf(_table, Core.Placement.Ring.Of([], _node.Cluster.PartitionCount)));
        _bridge.Tell(new ReplicatorBridgeActor.Publish([.. _table.Entries]));
        _links.Tell(new LinkProtocol.Subscribe(ParcelKind.Metadata, Self));
        _spreader.Tell(new SpreadProtocol.Listen(NewsKind.Metadata, Self));
        foreach (var subscription in _directory.Subscriptions.Values) Subscribe(subscription);
        Timers.StartPeriodicTimer(ExchangeNowAndThen.Instance, ExchangeNowAndThen.Instance, WithJitter(_options.ExchangeInterval));
        TellOwnFacts();
        TryEnter();
    }

    private static MetadataTable Recovered(ImmutableDictionary<string, ReadOnlyMemory<byte>> facts)
    {
        var table = MetadataTable.Empty;
        foreach (var (name, fact) in facts)
        {
            if (!name.StartsWith(MetadataName.FactPrefix, StringComparison.Ordinal)) continue;
            if (MetadataEntry.TryFromFact(fact.Span, out var entry, out var error)) table = table.Merge(entry!);
            else Context.GetLogger().Error("The stored fact {Fact} is no metadata entry and is left out; peers will fill the gap: {Error}", name, error);
        }

        return table;
    }

    /// <summary>Up to a fifth more, so that nodes that started together do not stay in step.</summary>
    private static TimeSpan WithJitter(TimeSpan interval) => interval * (1 + (RandomNumberGenerator.GetInt32(200) / 1_000.0));

    private sealed record Enter : INotInfluenceReceiveTimeout, IDeadLetterSuppression, INoSerializationVerificationNeeded
    {
        public static readonly Enter Instance = new();
    }

    private sealed record ExchangeSoon : INotInfluenceReceiveTimeout, IDeadLetterSuppression, INoSerializationVerificationNeeded
    {
        public static readonly ExchangeSoon Instance = new();
    }

    private sealed record ExchangeNowAndThen : INotInfluenceReceiveTimeout, IDeadLetterSuppression, INoSerializationVerificationNeeded
    {
        public static readonly ExchangeNowAndThen Instance = new();
    }

    private sealed record WriteAgain : INotInfluenceReceiveTimeout, IDeadLetterSuppression, INoSerializationVerificationNeeded
    {
        public static readonly WriteAgain Instance = new();
    }
}
