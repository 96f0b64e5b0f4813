using System.Collections.Immutable;
using GossipCluster.Actors.Links;
using GossipCluster.Actors.Membership;
using GossipCluster.Actors.Storage;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Coordination;
using GossipCluster.Core.Kernel;
using GossipCluster.Core.Replication;

namespace GossipCluster.Actors.Replicas;

/// <summary>The replicas of some partitions and the coordination of requests for their keys: the protocols' shell, without an actor around it.</summary>
/// <remarks>
/// A key's coordinator lives beside its replica, so that what a write does here needs no message: see docs/decisions/0014. Everything that leaves goes
/// through the <see cref="Outbox"/>. One owner, one thread; time comes in with each input.
/// </remarks>
internal sealed partial class Shard
{
    private readonly NodeName _self;
    private readonly int _index;
    private readonly int _count;
    private readonly ShardOptions _options;
    private readonly RepairOptions _repair;
    private readonly Outbox _outbox;
    private readonly TimeProvider _clock;
    private readonly Func<ulong> _random;
    private readonly Dictionary<ReplicaAddress, ReplicaShell> _shells = [];
    private readonly HashSet<NodeName> _reachable = [];
    private readonly Stack<List<ReplicaEffect>> _spareEffects = new();
    private HashSet<NodeName> _unreachable = [];
    private ClusterView _view;
    private ReplicaId? _identity;
    private bool _diskTakesWrites = true;
    private string _diskSentence = string.Empty;
    private long _position;
    private ulong _numbers;
    private TimeSpan _now;

    public Shard(NodeName self, int index, int count, ShardOptions options, Outbox outbox, TimeProvider clock, Func<ulong> random)
    {
        (_self, _index, _count, _options, _outbox, _clock, _random) = (self, index, count, options, outbox, clock, random);
        _repair = options.Repair;
        _feedLimits = options.Watch.Limits;
        _pace = new RepairPace(_repair.PaceOf(count), TimeSpan.Zero);
        _view = new ClusterView(self, Core.Placement.Ring.Of([]), ImmutableDictionary<NodeName, PeerFacts>.Empty);

        // Random, so that a late answer to an earlier life is not taken for one to this; with room above for as many as ever come.
        _numbers = random() >> 2;
    }

    /// <summary>Records and messages from peers that were malformed, since the start.</summary>
    public long Malformed { get; private set; }

    /// <summary>Requests of clients under way.</summary>
    public int RequestCount => _writes.Count + _reads.Count;

    /// <summary>Something is under way that time may change.</summary>
    public bool IsBusy => _writes.Count > 0 || _reads.Count > 0 || _lists.Count > 0 || _receipts.Count > 0 || _hintWaits.Count > 0 || _paced.Count > 0 || IsAuditing || FeedsAreBusy;

    /// <summary>A client of this node, or of another, waits for something.</summary>
    public bool HasRequests => _writes.Count > 0 || _reads.Count > 0 || _lists.Count > 0;

    /// <summary>Something is on its way to the disk.</summary>
    public bool HasPending => _shells.Values.Any(shell => shell.Replica.HasPending);

    /// <summary>The actor around it, whom watchers answer; for tests, whoever takes their place.</summary>
    public Akka.Actor.ICanTell ShardRef { get; init; } = Akka.Actor.ActorRefs.Nobody;

    public IEnumerable<ReplicaShell> Shells => _shells.Values;

    /// <summary>Takes the replicas that were on disk. First of all inputs.</summary>
    public void Adopt(IEnumerable<KeyValuePair<ReplicaAddress, Replica>> replicas, long position, IReadOnlyDictionary<ReplicaAddress, long> syncedRings)
    {
        _position = position;
        foreach (var (address, replica) in replicas)
        {
            if (address.Partition % _count == _index) _shells[address] = NewShell(address, replica);
        }

        foreach (var shell in _shells.Values) shell.SyncedRingOnDisk = syncedRings.GetValueOrDefault(shell.Address, -1);
    }

    /// <summary>A new ring, or new addresses.</summary>
    public void See(ClusterView view, TimeSpan now)
    {
        _now = now;
        var hasOtherPriorities = !ReferenceEquals(_view.Priorities, view.Priorities) && !(_view.Priorities.Count == view.Priorities.Count && _view.Priorities.All(view.Priorities.Contains));
        _view = view;
        foreach (var shell in _shells.Values)
        {
            ShowRing(shell);
            if (hasOtherPriorities) shell.Replica.Prioritize(PriorityOf);
        }

        OpenPrimaries();
        Recount();
        BeginHandoff();
        ReviewSubscriptions();
    }

    public void SeeReachability(NodeName node, bool isReachable, TimeSpan now)
    {
        _now = now;
        if (!(isReachable ? _reachable.Add(node) : _reachable.Remove(node))) return;
        Recount();
        foreach (var write in _writes.Values.ToArray()) Feed(write, WriteInput.ReachabilityChanged(node, isReachable));
        foreach (var read in _reads.Values.ToArray()) Feed(read, ReadInput.ReachabilityChanged(node, isReachable));
        SyncAfterReturn(node, isReachable);
        ReviewSubscriptions();
    }

    /// <summary>From here on dots are named under this id.</summary>
    public void Assume(ReplicaId identity, TimeSpan now)
    {
        _now = now;
        _identity = identity;
        foreach (var shell in _shells.Values) Assume(shell);
    }

    /// <summary>True where some replica knows dots of the id that the asker's disk does not.</summary>
    public bool KnowsMore(ReplicaId id, IReadOnlyDictionary<ReplicaAddress, long> next) =>
        _shells.Values.Any(shell => shell.Replica.Clock.LastOf(id) >= next.GetValueOrDefault(shell.Address, 1));

    public void SeeDisk(bool takesWrites, string sentence) => (_diskTakesWrites, _diskSentence) = (takesWrites, sentence);

    /// <summary>All that one frame had for this shard.</summary>
    public void Receive(LinkProtocol.Arrived arrived, TimeSpan now)
    {
        _now = now;
        foreach (var parcel in arrived.Parcels)
        {
            if (parcel.Replica.Partition >= Math.Max(1, _view.Ring.PartitionCount) || parcel.Replica.Partition % _count != _index) Malformed++;
            else if (parcel.Kind == ParcelKind.Replica) ReceiveForReplica(arrived.From, parcel);
            else if (parcel.Kind == ParcelKind.Audit) ReceiveForAudit(arrived.From, parcel);
            else ReceiveCall(arrived.From, parcel, arrived.ClockAhead);
        }
    }

    private void ReceiveForReplica(NodeName from, LinkProtocol.Parcel parcel)
    {
        if (!PeerMessageWire.TryRead(parcel.Body.Span, out var message, out _))
        {
            Malformed++;
            return;
        }

        if (message is PeerMessage.Replicate replicate && (!_diskTakesWrites || _view.HasLeft))
        {
            // Who has left takes no more copies: it may be gone as soon as it has handed off those that it has.
            _outbox.Add(from, parcel.Replica, new CoordinationMessage.NotTaken(replicate.Op, _view.HasLeft ? RefusalReason.NotAPrimary : RefusalReason.StorageUnavailable));
            return;
        }

        var shell = ShellOf(parcel.Replica);
        if (message is PeerMessage.Replicate hint && RefusesHint(shell, parcel.Body.Length))
        {
            _outbox.Add(from, parcel.Replica, new CoordinationMessage.NotTaken(hint.Op, RefusalReason.HintsFull));
            return;
        }

        if (message is PeerMessage.SyncAsk or PeerMessage.TransferAsk or PeerMessage.Know) NoteHandoff(shell);
        PayFor(shell, from, message, parcel.Body.Length);
        var effects = RentEffects();
        shell.Protocol.Receive(from, message, effects);

        // One transfer at a time: this one will have its turn when the other has ended, or has fallen silent.
        if (message is PeerMessage.TransferNeeded && effects.Count == 0) EndSession(shell, from, isComplete: false);
        Carry(shell, effects);
    }

    /// <summary>Carries out the effects in their order, and gives the list back.</summary>
    private void Carry(ReplicaShell shell, List<ReplicaEffect> effects)
    {
        foreach (var effect in effects)
        {
            switch (effect)
            {
                case ReplicaEffect.Send send:
                    if (!HoldBack(shell, send)) _outbox.Add(send.To, shell.Address, send.Message);
                    break;
                case ReplicaEffect.Persist persist:
                    _outbox.Add(shell.Address, persist.Batch);
                    break;
                case ReplicaEffect.Committed committed:
                    Committed(committed);
                    break;
                case ReplicaEffect.Acknowledged acknowledged:
                    Acknowledged(acknowledged);
                    break;
                case ReplicaEffect.Refused refused:
                    Refused(refused);
                    break;
                case ReplicaEffect.Synced synced:
                    Synced(shell, synced);
                    break;
                case ReplicaEffect.Repaired repaired:
                    Repaired(shell, repaired);
                    break;
                default:
                    throw new System.Diagnostics.UnreachableException($"No shell for effect {effect.GetType().Name}.");
            }
        }

        effects.Clear();
        _spareEffects.Push(effects);
    }

    private List<ReplicaEffect> RentEffects() => _spareEffects.TryPop(out var effects) ? effects : [];

    private ReplicaShell ShellOf(ReplicaAddress address)
    {
        if (_shells.TryGetValue(address, out var shell)) return shell;

        // Named by nobody until an identity is assumed, which is then the first thing on its disk.
        _shells[address] = shell = NewShell(address, new Replica(new ReplicaId(_self, 1), _options.Replica));
        ShowRing(shell);
        Assume(shell);
        return shell;
    }

    /// <summary>A primary is there before its first key is, so that it has synced by then and can say that there is nothing.</summary>
    private void OpenPrimaries()
    {
        if (!_view.IsRingKnown) return;
        foreach (var n in _view.NVals)
        {
            for (var partition = _index; partition < _view.Ring.PartitionCount; partition += _count)
            {
                if (_view.Ring.PreferenceList(partition).IsPrimary(_self, n)) ShellOf(new ReplicaAddress(n, partition));
            }
        }
    }

    private ReplicaShell NewShell(ReplicaAddress address, Replica replica)
    {
        replica.Prioritize(PriorityOf);
        return new ReplicaShell(address, new ReplicaProtocol(_self, replica, _random, _options.Replication));
    }

    /// <summary>Null where all types are alike: then nobody need look.</summary>
    private Func<Key, int>? PriorityOf => _view.Priorities.IsEmpty ? null : key => _view.Priorities.GetValueOrDefault(key.Type);

    private void ShowRing(ReplicaShell shell)
    {
        shell.Candidates = null;
        if (!_view.HasRing || shell.Address.Partition >= _view.Ring.PartitionCount) return;
        NodeName[] primaries = [.. _view.Ring.PreferenceList(shell.Address.Partition).Primaries(shell.Address.N)];
        shell.Protocol.ChangeRing(_view.Ring.Version, primaries, [.. _view.Ring.Members.Select(member => member.Name)]);
        shell.Protocol.ResumeSynced(shell.SyncedRingOnDisk);
        NoteSynced(shell);
    }

    private void Assume(ReplicaShell shell)
    {
        if (_identity is not { } identity) return;
        var effects = RentEffects();
        shell.Protocol.AssumeIdentity(identity, effects);
        Carry(shell, effects);
    }

    /// <summary>Who is not reachable: until a member was heard of, it is not.</summary>
    private void Recount()
    {
        _unreachable = [.. _view.Ring.Members.Select(member => member.Name).Where(name => name != _self && !_reachable.Contains(name))];
        foreach (var shell in _shells.Values) shell.Candidates = null;
    }

    private Candidates CandidatesOf(ReplicaShell shell) =>
        shell.Candidates ??= Candidates.Of(_self, _view.Ring.PreferenceList(shell.Address.Partition).Members, shell.Address.N, _unreachable);

    private ulong NextNumber() => ++_numbers;
}
