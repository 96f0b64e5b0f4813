using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Core.Replication;

/// <summary>Bounds of a replica's conversations.</summary>
public sealed record ReplicationOptions
{
    /// <summary>The defaults.</summary>
    public static readonly ReplicationOptions Default = new();

    /// <summary>Where a part of a sync or a chunk of a transfer ends; one record may go beyond and is cut by the link.</summary>
    /// <value>Bytes. Default: 64 KiB, half of Akka.Remote's default frame.</value>
    public int PartBytesMax { get; init; } = 64 << 10;

    /// <summary>The most inputs that wait while a record that must stand alone is made durable; more are refused or dropped.</summary>
    /// <value>Inputs. Default: 1,000, about what arrives during one slow fsync.</value>
    public int DeferredMax { get; init; } = 1000;
}

/// <summary>
/// One replica in conversation: group commit, replication, pairwise sync, full transfer and handoff. Pure: (state, input) -> (state, effects).
/// </summary>
/// <remarks>
/// The shell carries out the effects in their order and says when a batch is durable. When to sync, and with whom, is the shell's choice: every
/// conversation may start at any time, break off anywhere and start again.
/// <code>
///   primary                         peer (primary or fallback)
///      |-- SyncAsk(my clock) ----------->|
///      |&lt;-- SyncPart(records) -----------|   staged, durable, asked again until complete
///      |-- Know(my clock) -------------->|   the peer's watermark: trims its log, lets a fallback empty itself
/// </code>
/// </remarks>
public partial class ReplicaProtocol
{
    private readonly ReplicationOptions _options;
    private readonly Func<ulong> _random;
    private readonly List<Waiting> _waiting = [];
    private readonly Queue<Func<List<ReplicaEffect>, bool>> _alone = new();
    private readonly Queue<Action<List<ReplicaEffect>>> _deferred = new();
    private readonly HashSet<NodeName> _completed = [];
    private readonly List<Record> _past = [];
    private IReadOnlyList<NodeName> _otherMembers = [];
    private ReplicaId? _identity;
    private Batch? _inFlight;
    private readonly ulong _life;
    private long _asks;
    private long _completedFrom;
    private bool _staging;
    private bool _draining;

    /// <summary>A replica under a ring in which it has no part yet: see <see cref="ChangeRing"/>.</summary>
    /// <param name="self">This node.</param>
    /// <param name="replica">Recovered, nothing pending.</param>
    /// <param name="random">Gives numbers for transfers.</param>
    /// <param name="options">Bounds.</param>
    public ReplicaProtocol(NodeName self, Replica replica, Func<ulong> random, ReplicationOptions? options = null)
    {
        Self = self;
        Replica = replica;
        _random = random;
        _life = random();
        _options = options ?? ReplicationOptions.Default;
    }

    /// <summary>This node.</summary>
    public NodeName Self { get; }

    /// <summary>The state. Only this object changes it.</summary>
    public Replica Replica { get; }

    /// <summary>What the other primaries are known to have.</summary>
    public Watermarks Watermarks { get; } = new();

    /// <summary>True where this node is a primary of the partition in the ring that it sees.</summary>
    public bool IsPrimary => Watermarks.IsPrimary;

    /// <summary>
    /// True for a primary that has had everything the partition held when it became one. Until then it coordinates no removes, and its "not found" is
    /// no evidence.
    /// </summary>
    public bool HasSynced { get; private set; }

    /// <summary>Inputs refused or dropped because <see cref="ReplicationOptions.DeferredMax"/> others waited, since the start.</summary>
    public long Overflowed { get; private set; }

    /// <summary>Records from peers that were malformed or refused, since the start.</summary>
    public long RecordsRefused { get; private set; }

    /// <summary>Keys whose hints were dropped for want of room, since the start; a write quorum of primaries had each.</summary>
    public long HintsDropped { get; private set; }

    /// <summary>The peer from which a full transfer comes; null where none does.</summary>
    public NodeName? TransferSource => Replica.Incoming is null ? null : _transferSource;

    /// <summary>What this replica says of itself.</summary>
    /// <remarks>
    /// A fallback that is about to forget, and hears of a ring in which it is a primary before that is durable, must not yet speak as one: what it has now
    /// is not what it will keep (found by seed 68226).
    /// </remarks>
    public Stamp Stamp => new(Replica.Clock, Watermarks.RingVersion, IsPrimary && _inFlight is not { IsAlone: true }, HasSynced);

    /// <summary>This node sees a new ring.</summary>
    /// <param name="ringVersion">Its version.</param>
    /// <param name="primaries">The partition's primaries in it.</param>
    /// <param name="members">All members of it.</param>
    public void ChangeRing(long ringVersion, IReadOnlyList<NodeName> primaries, IReadOnlyList<NodeName> members)
    {
        if (ringVersion == Watermarks.RingVersion) return;
        var wasPrimary = IsPrimary;
        Watermarks.ChangeRing(ringVersion, Self, primaries);
        _otherMembers = [.. members.Where(member => member != Self)];
        foreach (var gone in _outgoing.Keys.Where(peer => !_otherMembers.Contains(peer)).ToArray()) _outgoing.Remove(gone);
        if (IsPrimary && wasPrimary) return;
        _outgoing.Clear();
        _completed.Clear();
        _completedFrom = _asks;
        HasSynced = IsPrimary && _otherMembers.Count == 0;
    }

    /// <summary>
    /// After a restart on its own disk: this replica had synced under this ring. What it has missed since is a gap like any other; it is not empty.
    /// </summary>
    public void ResumeSynced(long ringVersion) => HasSynced |= IsPrimary && ringVersion == Watermarks.RingVersion;

    /// <summary>A local write: staged here, answered by <see cref="ReplicaEffect.Refused"/> or, once durable, <see cref="ReplicaEffect.Committed"/>.</summary>
    public void Write(ulong op, DataType type, Key key, Operation operation, WriteContext context, List<ReplicaEffect> effects)
    {
        if (Defers(e => Write(op, type, key, operation, context, e), out var isDropped))
        {
            if (isDropped) effects.Add(new ReplicaEffect.Refused(op, Overloaded(type), null));
            return;
        }

        var result = Replica.Stage(type, key, operation, context with { MayRemove = context.MayRemove && MayRemove });
        if (result.Error is { } error) effects.Add(new ReplicaEffect.Refused(op, error, result.Missing));
        else WhenDurable(new Waiting(WaitingKind.Committed, op, default, result.Delta, false), effects);
        Persist(effects);
    }

    /// <summary>Sends a durable write to a peer, with the past of its key that the peer may lack.</summary>
    public void ReplicateTo(NodeName peer, ulong op, Delta delta, List<ReplicaEffect> effects)
    {
        _past.Clear();
        var whole = TryPast(delta, Watermarks.KnownTo(peer), _past);
        _past.Add(delta.ToRecord());
        SendPast(peer, op, whole, effects);
    }

    /// <summary>
    /// The same for a write that was committed without a delta, because it found everything as it asks for: sends what it found. Without it such a write
    /// would be acknowledged by this disk alone.
    /// </summary>
    public void ReplicateTo(NodeName peer, ulong op, Key key, List<ReplicaEffect> effects)
    {
        _past.Clear();
        SendPast(peer, op, Replica.TryPast(key, Watermarks.KnownTo(peer), _past), effects);
    }

    /// <summary>The batch is on disk.</summary>
    public void Durable(Batch batch, List<ReplicaEffect> effects)
    {
        Replica.Commit(batch);
        if (IsPrimary && Watermarks.OtherPrimaries.Count == 0) Replica.Trim(Replica.Clock);
        if (batch.IsAlone) Watermarks.Resolve(Replica.Resolve);
        _inFlight = null;
        var released = 0;
        while (released < _waiting.Count && _waiting[released].Batch <= batch.Number) Release(_waiting[released++], effects);
        _waiting.RemoveRange(0, released);
        Persist(effects);
    }

    /// <summary>Nothing that was pending is on disk, for certain. Who waited for it hears nothing and will ask again.</summary>
    public void Lost(List<ReplicaEffect> effects)
    {
        Replica.Abort();
        _waiting.Clear();
        _alone.Clear();
        _deferred.Clear();
        _inFlight = null;
        if (_identity is not null) _alone.Enqueue(_ => StageIdentity());
        Persist(effects);
    }

    /// <summary>From here on dots are named under this id.</summary>
    public void AssumeIdentity(ReplicaId id, List<ReplicaEffect> effects)
    {
        _identity = id;
        _alone.Enqueue(_ => StageIdentity());
        Persist(effects);
    }

    /// <summary>True where this replica may coordinate what takes away what is there (4.1): it has had everything that there was.</summary>
    protected internal virtual bool MayRemove => IsPrimary && HasSynced;

    /// <summary>The past that must travel with a delta (rule 8).</summary>
    protected internal virtual bool TryPast(Delta delta, DotSet known, List<Record> past) => Replica.TryPast(delta, known, past);

    private void SendPast(NodeName peer, ulong op, bool isWhole, List<ReplicaEffect> effects)
    {
        // Folds go ahead: what follows may use the new names.
        Record[] records = [.. Replica.FoldsUnknownTo(Watermarks.KnownTo(peer)), .. _past];
        effects.Add(new ReplicaEffect.Send(peer, new PeerMessage.Replicate(op, records, isWhole)));
    }

    private bool StageIdentity()
    {
        if (_identity is not { } id || id == Replica.Self) return false;
        Replica.StageIdentity(id);
        return true;
    }

    /// <summary>Stages a record that stands alone as soon as nothing else is pending; everything that comes meanwhile waits.</summary>
    private void StageAlone(Func<List<ReplicaEffect>, bool> stage, List<ReplicaEffect> effects)
    {
        if (_alone.Count < _options.DeferredMax) _alone.Enqueue(stage);
        else Overflowed++;
        Persist(effects);
    }

    private bool Defers(Action<List<ReplicaEffect>> input) => Defers(input, out _);

    private bool Defers(Action<List<ReplicaEffect>> input, out bool isDropped)
    {
        isDropped = false;
        var free = _alone.Count == 0 && _deferred.Count == 0 && _inFlight is not { IsAlone: true };
        if (free || _draining) return false;
        isDropped = _deferred.Count >= _options.DeferredMax;
        if (isDropped) Overflowed++;
        else _deferred.Enqueue(input);
        return true;
    }

    /// <summary>Starts the next batch where none is under way: while one is being written the next gathers.</summary>
    private void Persist(List<ReplicaEffect> effects)
    {
        if (_staging) return;
        _staging = true;
        while (_inFlight is null)
        {
            if (!Replica.HasPending && _alone.TryDequeue(out var stage))
            {
                stage(effects);
            }
            else if (_alone.Count == 0 && _deferred.TryDequeue(out var input))
            {
                _draining = true;
                input(effects);
                _draining = false;
                continue;
            }

            var batch = Replica.Seal();
            if (!batch.IsEmpty) effects.Add(new ReplicaEffect.Persist(_inFlight = batch));
            else if (_alone.Count == 0 && _deferred.Count == 0) break;
        }

        _staging = false;
    }

    private void WhenDurable(Waiting waiting, List<ReplicaEffect> effects)
    {
        var batch = Replica.LastPending;
        if (batch is null) Release(waiting, effects);
        else _waiting.Add(waiting with { Batch = batch.Value });
    }

    private void Release(in Waiting waiting, List<ReplicaEffect> effects)
    {
        switch (waiting.Kind)
        {
            case WaitingKind.Committed:
                effects.Add(new ReplicaEffect.Committed(waiting.Op, waiting.Delta));
                break;
            case WaitingKind.Replicated:
                effects.Add(new ReplicaEffect.Send(waiting.Peer, new PeerMessage.Replicated(waiting.Op, waiting.Flag, Stamp)));
                break;
            case WaitingKind.SyncPart:
                SyncPartIsDurable(waiting, effects);
                break;
            case WaitingKind.Stamp:
                effects.Add(new ReplicaEffect.Send(waiting.Peer, new PeerMessage.StampTold(Stamp)));
                break;
            case WaitingKind.TransferPart:
                AskForTransfer(waiting.Peer, effects);
                break;
            case WaitingKind.Repaired:
                effects.Add(new ReplicaEffect.Repaired(waiting.Op, RepairResult.Staged));
                break;
            default:
                throw new System.Diagnostics.UnreachableException($"Nothing waits as {waiting.Kind}.");
        }
    }

    private static OperationError Overloaded(DataType type) => new(
        OperationProblem.NeedsState, "The replica is rearranging itself and its queue is full. Try again.", type);

    private enum WaitingKind
    {
        Committed,
        Replicated,
        SyncPart,
        TransferPart,
        Stamp,
        Repaired,
    }

    /// <summary>Something to be said once a batch is durable.</summary>
    private readonly record struct Waiting(WaitingKind Kind, ulong Op, NodeName Peer, Delta? Delta, bool Flag)
    {
        public long Batch { get; init; }

        /// <summary>For a part of a sync: what the sender had.</summary>
        public Stamp? Stamp { get; init; }

        /// <summary>For a part of a sync: which question it answers.</summary>
        public AskNumber Ask { get; init; }
    }
}
