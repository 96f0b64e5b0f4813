using System.Collections.Immutable;
using System.Diagnostics;
using System.Security.Cryptography;
using Akka.Actor;
using Akka.Event;
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
/// News go three ways: at once to every reachable peer, by digests some time after a change and now and then, and through DistributedData. A node without
/// a ring speaks to its seeds' metadata actors directly, because links need the addresses that it is about to learn.
/// </remarks>
public sealed class MetadataActor : ReceiveActor, IWithTimers
{
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly LocalNode _node;
    private readonly MetadataOptions _options;
    private readonly IActorRef _storage;
    private readonly IActorRef _links;
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
        TimeProvider clock)
    {
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
    public static Props CreateProps(
        LocalNode node,
        MetadataOptions options,
        IActorRef storage,
        IActorRef links,
        ImmutableDictionary<string, ReadOnlyMemory<byte>> facts,
        ClusterDirectory directory,
        IActorRef? replicator,
        TimeProvider clock) =>
        Props.Create(() => new MetadataActor(node, options, storage, links, facts, directory, replicator, clock));

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

    // ---- Entering the ring ----

    private void TryEnter()
    {
        if (_isRefused) return;
        var step = EnterDecision.Next(
            _staged.Find(MetadataName.Cluster) is not null,
            _staged.StandingOf(_node.Name),
            _node.IsFirstSeed,
            _node.OtherSeeds.All(_seedsWithoutCluster.Contains),
            _clock.GetElapsedTime(_startedAt),
            _options.SeedTimeout);
        switch (step)
        {
            case EnterStep.Form:
                _log.Info("Forming the cluster {Cluster} with {Partitions} partitions", _node.Cluster.Name, _node.Cluster.PartitionCount);
                var facts = new ClusterFacts(_node.Cluster, BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))));
                Stage(_staged.Next(MetadataName.Cluster, _node.Name, facts.ToValue()));
                EnterRing();
                break;
            case EnterStep.Enter:
                EnterRing();
                break;
            case EnterStep.StayOut when _lastStep != step:
                _log.Warning("{Node} was taken out of the ring by an operator and stays out", _node.Name);
                _directory.WaitingFor = new MetadataError.HasLeft(_node.Name).Sentence;
                break;
            case EnterStep.AskSeeds when _lastStep != step || _directory.WaitingFor.Length > 0:
                _directory.WaitingFor = _node.IsFirstSeed
                    ? "Asking the other seeds for a cluster before forming one."
                    : $"Waiting for a seed that knows the cluster: {string.Join(", ", _node.OtherSeeds)}.";
                break;
            case EnterStep.Entered or EnterStep.StayOut or EnterStep.AskSeeds:
                break;
            default:
                throw new UnreachableException($"No shell for step {step}.");
        }

        _lastStep = step;
        ContactSeeds();
    }

    private void EnterRing()
    {
        if (!_staged.TryAdd(_node.Member, mayReturn: false, _node.Name, out var entry, out var error)) _directory.WaitingFor = error.Sentence;
        else if (entry is not null) Stage(entry);
    }

    /// <summary>Goes on until a link or a seed has shown that others know what is known here; the waits grow, for a seed may be away for long.</summary>
    private void ContactSeeds()
    {
        var isKnown = _directory.View.Serves && (_reachable.Count > 0 || _seedIsLevel);
        if (isKnown || !_node.OtherSeeds.Any()) return;

        var question = Parcel(new MetadataMessage.Digest(_table.Digest, WantsAnswer: true));
        foreach (var seed in _node.OtherSeeds) SendTo(seed, question);

        var wait = _contactWait;
        _contactWait = TimeSpan.FromTicks(Math.Min(_contactWait.Ticks * 2, _options.ContactIntervalMax.Ticks));

        // The first seed looks again as soon as its patience ends.
        var left = _options.SeedTimeout - _clock.GetElapsedTime(_startedAt);
        if (_lastStep == EnterStep.AskSeeds && _node.IsFirstSeed && left > TimeSpan.Zero && left < wait) wait = left + TimeSpan.FromMilliseconds(1);
        Timers.StartSingleTimer(Enter.Instance, Enter.Instance, WithJitter(wait));
    }

    private void SendTo(Address seed, MetadataContact contact) =>
        Context.ActorSelection(new RootActorPath(seed) / Self.Path.Elements).Tell(contact, Self);

    private void TellOwnFacts()
    {
        var name = MetadataName.Node(_node.Name);
        var last = _staged.Find(name) is { } entry ? PeerFactsValue.Read(entry.Value.Span) : null;
        var incarnation = Math.Max((last?.Incarnation ?? 0) + 1, _clock.GetUtcNow().ToUnixTimeMilliseconds());
        _ownFacts = new PeerFacts(incarnation, _node.Remote, _node.Http, _node.Version) { Uid = _node.Uid };
        Stage(_staged.Next(name, _node.Name, PeerFactsValue.Of(_ownFacts)));
    }

    // ---- Changing the table: staged, written, durable, told ----

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
            waiting.Asker.Tell(MetadataProtocol.Done.Instance);
        }
    }

    private void Tell(MetadataEntry entry)
    {
        var view = _directory.View;
        var next = IsOfView(entry) ? ViewOf(_table, view.Ring) : view;
        _directory.Set(_table, _directory.Schema.With(entry), next);
        _bridge.Tell(new ReplicatorBridgeActor.Publish([entry]));
        if (!ReferenceEquals(view, next)) ViewChanged(view, next);

        if (entry.Author == _node.Name)
        {
            var news = new MetadataMessage.Entries([entry]);
            foreach (var peer in _reachable) SendTo(peer, news);
        }

        ExchangeInAWhile();
        if (entry.Name == MetadataName.Node(_node.Name)) CorrectOwnFacts(entry);
        else TryEnterAgain(entry);
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

    // ---- Commands ----

    private void Carry(MetadataProtocol.ICommand command, IActorRef asker)
    {
        var (entry, error) = Decide(command);
        if (error is not null)
        {
            _log.Warning("Refused: {Reason}", error.Sentence);
            asker.Tell(new MetadataProtocol.Refused(error));
        }
        else if (entry is not null || IsBeingWritten(command))
        {
            _waiting.Add((entry ?? _staged.Find(NameOf(command))!, asker));
            if (entry is not null) Stage(entry);
        }
        else
        {
            asker.Tell(MetadataProtocol.Done.Instance);
        }
    }

    private (MetadataEntry? Entry, MetadataError? Error) Decide(MetadataProtocol.ICommand command)
    {
        if (_isRefused || _staged.Find(MetadataName.Cluster) is null) return (null, new MetadataError.NoRing());

        MetadataEntry? entry;
        MetadataError? error;
        switch (command)
        {
            case MetadataProtocol.AddSelf add:
                _staged.TryAdd(_node.Member, add.MayReturn, _node.Name, out entry, out error);
                return (entry, error);
            case MetadataProtocol.SetWeight set:
                _staged.TrySetWeight(set.Node, set.Weight, _node.Name, out entry, out error);
                return (entry, error);
            case MetadataProtocol.RemoveMember remove:
                _staged.TryRemove(remove.Node, _node.Name, out entry, out error);
                return (entry, error);
            case MetadataProtocol.ReturnMember back:
                _staged.TryReturn(back.Node, _node.Name, out entry, out error);
                return (entry, error);
            case MetadataProtocol.PutType put:
                return Replace(NameOf(put), SchemaValue.Of(put.Type), Schema.Of(_staged).Refuse(put.Type));
            case MetadataProtocol.PutBucket put:
                var refusal = Schema.Of(_staged).Refuse(put.Type, put.Properties);
                return put.Properties is null && refusal is null && _staged.Find(NameOf(put)) is null
                    ? (null, null)
                    : Replace(NameOf(put), SchemaValue.Of(put.Properties), refusal);
            default:
                throw new UnreachableException($"No shell for command {command.GetType().Name}.");
        }
    }

    private (MetadataEntry? Entry, MetadataError? Error) Replace(string name, byte[] value, MetadataError? refusal)
    {
        var known = _staged.Find(name);
        if (refusal is not null) return (null, refusal);
        if (known is null && _staged.Count >= MetadataTable.EntriesMax) return (null, new MetadataError.TooManyEntries());
        if (known?.Epoch == MetadataEntry.EpochMax) return (null, new MetadataError.NoEpochLeft(name));
        return known is not null && known.Value.Span.SequenceEqual(value) ? (null, null) : (_staged.Next(name, _node.Name, value), null);
    }

    private bool IsBeingWritten(MetadataProtocol.ICommand command) => _writing.ContainsKey(MetadataName.FactOf(NameOf(command)));

    private string NameOf(MetadataProtocol.ICommand command) => command switch
    {
        MetadataProtocol.AddSelf => MetadataName.Ring(_node.Name),
        MetadataProtocol.SetWeight set => MetadataName.Ring(set.Node),
        MetadataProtocol.RemoveMember remove => MetadataName.Ring(remove.Node),
        MetadataProtocol.ReturnMember back => MetadataName.Ring(back.Node),
        MetadataProtocol.PutType put => MetadataName.Type(put.Type.Name),
        MetadataProtocol.PutBucket put => MetadataName.Bucket(put.Type, put.Bucket),
        _ => throw new UnreachableException($"No name for command {command.GetType().Name}."),
    };

    // ---- Peers ----

    private void Contacted(MetadataContact contact, IActorRef sender) => Receive(
        contact.Bytes, answer => sender.Tell(Parcel(answer), Self), sender.Path.Address.HasGlobalScope ? sender.Path.Address : null);

    private void Receive(ReadOnlyMemory<byte> bytes, Action<MetadataMessage> answer, Address? contact)
    {
        if (_isRefused) return;
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

    // ---- Another cluster ----

    /// <summary>A stranger's cluster that was asked for ends the search; a stranger who comes by does not.</summary>
    private void MetMismatch(string sentence, MetadataParcel parcel, Address? contact)
    {
        _log.Error("{Sentence}", sentence);
        var wasAsked = parcel.Message is MetadataMessage.Refused || (contact is not null && _node.OtherSeeds.Contains(contact));
        if (!_directory.View.IsRingKnown && parcel.KnowsCluster && wasAsked) Refuse(sentence);
    }

    /// <summary>A node that is in no ring yet and finds itself among strangers stops trying: going on could only do harm.</summary>
    private void Refuse(string sentence)
    {
        _isRefused = true;
        _directory.WaitingFor = sentence;
        Timers.CancelAll();
        Context.System.EventStream.Publish(new MetadataProtocol.ClusterMismatch(sentence));
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
