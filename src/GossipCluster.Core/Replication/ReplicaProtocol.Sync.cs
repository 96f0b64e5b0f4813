using GossipCluster.Core.Causality;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Core.Replication;

public partial class ReplicaProtocol
{
    // One frozen state a peer that is being filled; replaced when that peer starts anew.
    private readonly Dictionary<NodeName, FrozenReplica> _outgoing = [];
    private NodeName? _transferSource;
    private int _dropFrom;
    private bool _transferAdvanced;

    /// <summary>How many entries of the log are looked at in one search for hints that may be dropped: some milliseconds.</summary>
    public const int DropLooksMax = 5000;

    /// <summary>Nobody will go on with the full transfer to this peer: what it was sent from is let go.</summary>
    public void ForgetTransferTo(NodeName peer) => _outgoing.Remove(peer);

    /// <summary>True where what a peer sends is taken in: only a primary, in the ring that it sees itself (rule 7).</summary>
    protected internal virtual bool TakesIn => IsPrimary;

    /// <summary>How many questions this object has asked: who waits for an answer to a question asked now waits for a greater number.</summary>
    public long AsksSoFar => _asks;

    /// <summary>Starts a pairwise sync: asks a peer for what this replica lacks. Nothing where it is no primary.</summary>
    public void SyncWith(NodeName peer, List<ReplicaEffect> effects)
    {
        if (TakesIn) effects.Add(new ReplicaEffect.Send(peer, new PeerMessage.SyncAsk(new AskNumber(_life, ++_asks), Stamp)));
    }

    /// <summary>Hinted handoff: a fallback with something in it offers it to a primary.</summary>
    public void OfferTo(NodeName primary, List<ReplicaEffect> effects)
    {
        if (!IsPrimary && !Replica.Clock.IsEmpty) effects.Add(new ReplicaEffect.Send(primary, new PeerMessage.Offer(Stamp)));
    }

    /// <summary>Empties a fallback that every primary has caught up with; nothing otherwise.</summary>
    public void TryEmpty(List<ReplicaEffect> effects)
    {
        if (IsEmptiable()) StageAlone(_ => StageEmptied(), effects);
    }

    /// <summary>A fallback out of room drops the hints that a write quorum of primaries is known to have; those of the keys first that waited longest.</summary>
    /// <param name="w">How many primaries must have a key's dots.</param>
    /// <param name="keysMax">The most keys that are dropped in one step.</param>
    /// <param name="effects">What is to be done.</param>
    public void TryDropHints(int w, int keysMax, List<ReplicaEffect> effects) => StageAlone(
        _ =>
        {
            if (!IsPrimary && Replica.CannotAttribute && Watermarks.CountHaving(Replica.Clock) >= w && !Replica.Clock.IsEmpty)
            {
                // Which dots are whose nobody knows any more: then all or none.
                HintsDropped += Replica.KeyCount;
                Replica.StageEmptied();
                return true;
            }

            var keys = DroppableHints(w, keysMax);
            if (keys.Count == 0 || !Replica.TryStageHintsDropped(keys)) return false;
            HintsDropped += keys.Count;
            return true;
        },
        effects);

    /// <summary>Some of the keys whose hints may be dropped: none where some dot cannot be attributed to a key.</summary>
    /// <remarks>At most <see cref="DropLooksMax"/> entries of the log are looked at; the next call goes on where this one had to stop.</remarks>
    public IReadOnlyCollection<Key> DroppableHints(int w, int keysMax)
    {
        var keys = new HashSet<Key>(Key.Comparer.Instance);
        if (IsPrimary || Replica.CannotAttribute || Watermarks.NamedCount < w) return keys;
        var looked = new HashSet<Key>(Key.Comparer.Instance);
        var looks = 0;
        foreach (var key in Replica.KeysOldestFirst().Skip(_dropFrom))
        {
            if (keys.Count >= keysMax || looks == DropLooksMax)
            {
                _dropFrom = keys.Count > 0 ? 0 : _dropFrom + looks;
                return keys;
            }

            looks++;
            if (looked.Add(key) && Replica.DotsOfKey(key) is { IsEmpty: false } dots && Watermarks.CountHaving(dots) >= w) keys.Add(key);
        }

        _dropFrom = 0;
        return keys;
    }

    /// <summary>Read repair: one key's state for a peer whose clock was seen by a reader.</summary>
    public void RepairPeer(NodeName peer, Key key, DotSet peerClock, List<ReplicaEffect> effects)
    {
        if (RepairOf(key, peerClock) is { } state) effects.Add(new ReplicaEffect.Send(peer, new PeerMessage.Repair(state)));
    }

    /// <summary>A message from the same partition on another node.</summary>
    public void Receive(NodeName from, PeerMessage message, List<ReplicaEffect> effects)
    {
        switch (message)
        {
            case PeerMessage.Replicate replicate:
                LearnFolds(replicate.Records, effects);
                if (Defers(e => Receive(from, message, e))) return;
                var refused = RecordsRefused;
                StageAll(replicate.Records);
                WhenDurable(new Waiting(WaitingKind.Replicated, replicate.Op, from, null, replicate.IsWhole && RecordsRefused == refused), effects);
                break;
            case PeerMessage.Replicated replicated:
                Hear(from, replicated.Stamp, effects);
                effects.Add(new ReplicaEffect.Acknowledged(replicated.Op, from, replicated.Counts));
                break;
            case PeerMessage.SyncAsk ask:
                Hear(from, ask.Stamp, effects);
                effects.Add(new ReplicaEffect.Send(from, AnswerTo(ask)));
                break;
            case PeerMessage.SyncPart part:
                Hear(from, part.Stamp, effects);
                if (!TakesIn) return;
                LearnFolds(part.Records, effects);
                if (Defers(e => Receive(from, message, e))) return;
                // A part told twice must not go on twice: only news keeps a conversation alive.
                if (StageAll(part.Records) || part.IsComplete)
                {
                    WhenDurable(new Waiting(WaitingKind.SyncPart, 0, from, null, part.IsComplete) { Stamp = part.Stamp, Ask = part.Ask }, effects);
                }

                break;
            case PeerMessage.TransferNeeded needed:
                Hear(from, needed.Stamp, effects);
                if (TakesIn && AcceptsTransferFrom(from)) AskForTransfer(from, effects);
                break;
            case PeerMessage.TransferAsk ask:
                effects.Add(new ReplicaEffect.Send(from, TransferPartFor(from, ask)));
                break;
            case PeerMessage.TransferPart part:
                ReceiveTransferPart(from, part, effects);
                break;
            case PeerMessage.Offer offer:
                Hear(from, offer.Stamp, effects);
                if (!TakesIn) return;

                // A fallback asks for nothing, so nobody else tells it; under old names it would never see that everything has arrived.
                if (Replica.FoldsFor(offer.Stamp.Clock) is { Count: > 0 } folds) effects.Add(new ReplicaEffect.Send(from, new PeerMessage.Folds(folds)));
                if (Replica.Clock.Dominates(Replica.Resolve(offer.Stamp.Clock))) effects.Add(new ReplicaEffect.Send(from, new PeerMessage.Know(Stamp)));
                else SyncWith(from, effects);
                break;
            case PeerMessage.Folds news:
                LearnFolds(news.Records, effects);
                break;
            case PeerMessage.StampAsk:
                if (Defers(e => Receive(from, message, e))) return;
                WhenDurable(new Waiting(WaitingKind.Stamp, 0, from, null, false), effects);
                break;
            case PeerMessage.StampTold told:
                NoteForFold(from, told.Stamp);
                break;
            case PeerMessage.Know know:
                Hear(from, know.Stamp, effects);
                break;
            case PeerMessage.Repair repair:
                // Never fills a fallback: it would take in what nobody will hand off in its place.
                if (!TakesIn || Defers(e => Receive(from, message, e))) return;
                StageAll([repair.KeyState]);
                break;
            default:
                throw new System.Diagnostics.UnreachableException($"No handler for {message.GetType().Name}.");
        }

        Persist(effects);
    }

    /// <summary>The state of a key with every dot that a peer lacks of it (rule 4).</summary>
    protected internal virtual Record? RepairOf(Key key, DotSet peerClock) => Replica.RepairOf(key, peerClock);

    /// <summary>The state that a full transfer sends from.</summary>
    protected internal virtual FrozenReplica FrozenFor(NodeName peer, TransferAskKind kind)
    {
        if (kind == TransferAskKind.New || !_outgoing.TryGetValue(peer, out var frozen)) _outgoing[peer] = frozen = Replica.Freeze(_random());
        return frozen;
    }

    /// <summary>Stages records of a peer; true where they said anything new.</summary>
    private bool StageAll(IReadOnlyList<Record> records)
    {
        var before = Replica.GatheredCount;
        foreach (var record in records)
        {
            if (record.Kind == RecordKind.Fold) continue;
            if (!IsFromPeers(record.Kind) || !Replica.Stage(record, out _)) RecordsRefused++;
        }

        return Replica.GatheredCount > before;
    }

    /// <summary>One full transfer at a time: another source is turned to only when the present one has said nothing since it was last asked about.</summary>
    private bool AcceptsTransferFrom(NodeName peer)
    {
        if (_transferSource is { } source && source != peer && _transferAdvanced)
        {
            _transferAdvanced = false;
            return false;
        }

        (_transferSource, _transferAdvanced) = (peer, false);
        return true;
    }

    // What stands alone is said by a replica to itself; from a peer it would be an order to forget.
    private static bool IsFromPeers(RecordKind kind) => kind is RecordKind.Delta or RecordKind.JoinedDelta or RecordKind.KeyStates or RecordKind.TransferChunk;

    /// <summary>Takes a peer's word for what it has: trims the log, or empties a fallback.</summary>
    private void Hear(NodeName from, Stamp stamp, List<ReplicaEffect> effects)
    {
        if (_outgoing.TryGetValue(from, out var frozen) && Replica.Resolve(stamp.Clock).Dominates(Replica.Resolve(frozen.Clock))) _outgoing.Remove(from);
        if (!Listen(from, stamp)) return;
        if (IsPrimary) Replica.Trim(Watermarks.KnownToAll() ?? Replica.Clock);
        else TryEmpty(effects);
    }

    /// <summary>True where the word counts (rule 7).</summary>
    protected internal virtual bool Listen(NodeName from, Stamp stamp) => Watermarks.Heard(from, Replica.Resolve(stamp.Clock), stamp.RingVersion, stamp.IsPrimary);

    private PeerMessage AnswerTo(PeerMessage.SyncAsk ask)
    {
        var answer = Replica.Missing(ask.Stamp.Clock, _options.PartBytesMax);
        return answer.Need == SyncNeed.FullTransfer ? new PeerMessage.TransferNeeded(Stamp) : new PeerMessage.SyncPart(ask.Ask, answer.Records, answer.IsComplete, Stamp);
    }

    private void SyncPartIsDurable(in Waiting part, List<ReplicaEffect> effects)
    {
        if (!part.Flag)
        {
            SyncWith(part.Peer, effects);
            return;
        }

        effects.Add(new ReplicaEffect.Send(part.Peer, new PeerMessage.Know(Stamp)));

        // An answer to a question of an earlier life, or one of which something was refused, proves nothing.
        if (part.Ask.Life != _life || !Replica.Clock.Dominates(Replica.Resolve(part.Stamp!.Clock))) return;
        effects.Add(new ReplicaEffect.Synced(part.Peer, part.Ask.Number));
        if (part.Ask.Number <= _completedFrom) return;
        _completed.Add(part.Peer);
        HasSynced |= IsPrimary && (IsSource(part.Stamp) || _otherMembers.All(_completed.Contains));
    }

    private bool IsSource(Stamp stamp) => stamp.IsPrimary && stamp.HasSynced && stamp.RingVersion == Watermarks.RingVersion;

    /// <summary>Goes on with the full transfer from a peer, where one is under way: the shell has held back its ask.</summary>
    public void ContinueTransfer(NodeName peer, List<ReplicaEffect> effects)
    {
        if (TakesIn && _transferSource == peer) AskForTransfer(peer, effects);
    }

    private void AskForTransfer(NodeName peer, List<ReplicaEffect> effects)
    {
        var (transfer, next) = Replica.Incoming ?? (0, 0);
        effects.Add(new ReplicaEffect.Send(peer, new PeerMessage.TransferAsk(transfer, next)));
    }

    private PeerMessage.TransferPart TransferPartFor(NodeName peer, PeerMessage.TransferAsk ask)
    {
        // Frozen anew only where a transfer starts and there has been news since: asks that cross each other must lead to one transfer, not to many.
        var frozen = FrozenFor(peer, TransferAskKind.Resume);
        if (ask.Transfer == 0 && !frozen.Clock.Equals(Replica.Clock)) frozen = FrozenFor(peer, TransferAskKind.New);
        var from = frozen.Transfer == ask.Transfer ? Math.Max(0, ask.From) : 0;
        var record = from < frozen.KeyCount ? frozen.Chunk(from, _options.PartBytesMax, out _) : frozen.End();
        return new PeerMessage.TransferPart(record, Stamp);
    }

    private void ReceiveTransferPart(NodeName from, PeerMessage.TransferPart part, List<ReplicaEffect> effects)
    {
        if (!TakesIn || _transferSource != from || Defers(e => Receive(from, part, e))) return;
        if (part.Record.Kind == RecordKind.TransferEnd)
        {
            _transferSource = null;
            StageAlone(
                later =>
                {
                    if (!Replica.Stage(part.Record, out _))
                    {
                        RecordsRefused++;
                        return false;
                    }

                    // The source has gone on since it was frozen: the rest comes as any sync.
                    WhenDurable(new Waiting(WaitingKind.SyncPart, 0, from, null, false) { Stamp = part.Stamp }, later);
                    return true;
                },
                effects);
            return;
        }

        if (part.Record.Kind != RecordKind.TransferChunk) RecordsRefused++;
        else if (StageAll([part.Record])) WhenDurable(new Waiting(WaitingKind.TransferPart, 0, from, null, false), effects);
        _transferAdvanced = true;
    }

    private bool IsEmptiable() =>
        !IsPrimary && Watermarks.OtherPrimaries.Count > 0 && !Replica.Clock.IsEmpty
        && Watermarks.KnownToAll() is { } known && known.Dominates(Replica.Clock);

    private bool StageEmptied()
    {
        // Asked again: between the wish and the empty pipeline more may have come in.
        if (!IsEmptiable()) return false;
        Replica.StageEmptied();
        return true;
    }

    /// <summary>Why a frozen state is asked for.</summary>
    protected internal enum TransferAskKind
    {
        /// <summary>To go on with a transfer, if it is still there.</summary>
        Resume,

        /// <summary>To start a new one.</summary>
        New,
    }
}
