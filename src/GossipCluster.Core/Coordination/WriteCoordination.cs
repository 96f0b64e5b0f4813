using System.Numerics;
using GossipCluster.Core.Causality;

namespace GossipCluster.Core.Coordination;

/// <summary>Brings one write to its quorum (DESIGN.md, 4.1): who coordinates it, who holds it, when and how it is answered.</summary>
/// <remarks>
/// <code>
///            self is a primary, or stands in for all of them
///   Start ------------------------------------------------> Staging --Committed--> Replicating --quorum--> Answered
///     |                                                        | refused              (to any of them: time is over)
///     +--- another node is to coordinate --> Forwarding &lt;------+
///                                             | refused, lost: the next one; relayed: Answered
/// </code>
/// <para>
/// In Replicating, each primary has a slot that someone must hold: the primary, or else the next fallback. A holder that is
/// unreachable, refuses, or joins without counting is replaced at once; one that is late by
/// <see cref="WriteOptions.HedgeDelay"/> is joined by the next fallback. Copies are counted on distinct nodes, whatever their slot.
/// </para>
/// <para>
/// Nothing follows the answer: what acknowledgements still come are accepted silently, and what copies are still missing are the
/// business of pairwise sync.
/// </para>
/// Not thread-safe: one owner calls it. Monotonic time comes in as <c>now</c>, from any origin.
/// </remarks>
public sealed partial class WriteCoordination
{
    private readonly Candidates _candidates;
    private readonly WriteQuorum _quorum;
    private readonly WriteOptions _options;
    private readonly Slot[] _slots;

    private Phase _phase;
    private TimeSpan _deadline = TimeSpan.MaxValue;

    // Sets of nodes, as Candidates has them.
    private ulong _down;
    private ulong _shut;
    private ulong _asked;
    private ulong _late;
    private ulong _blocked;
    private ulong _acked;
    private ulong _durable;

    /// <summary>A write that has not begun.</summary>
    /// <exception cref="ArgumentException">The candidates and the quorum are of different n: a programming error.</exception>
    public WriteCoordination(Candidates candidates, WriteQuorum quorum, WriteOptions options)
    {
        if (candidates.N != quorum.N) throw new ArgumentException("Candidates and quorum must be of one n.", nameof(quorum));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.HedgeDelay, TimeSpan.Zero, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.RequestTimeout, TimeSpan.Zero, nameof(options));
        _candidates = candidates;
        _quorum = quorum;
        _options = options;
        _down = candidates.Down;
        _slots = new Slot[Candidates.Count(candidates.Primaries)];
        foreach (ref var slot in _slots.AsSpan()) slot.HedgeAt = TimeSpan.MaxValue;
    }

    private enum Phase : byte
    {
        New,
        Forwarding,
        Staging,
        Replicating,
        Answered,
    }

    /// <summary>True once the answer was given; the owner may forget this write.</summary>
    public bool IsAnswered => _phase == Phase.Answered;

    /// <summary>When the next Tick is due; <see cref="TimeSpan.MaxValue"/> where none is.</summary>
    public TimeSpan NextDeadline
    {
        get
        {
            var next = _deadline;
            if (_phase == Phase.Forwarding && _forwardHedgeAt < next) next = _forwardHedgeAt;
            if (_phase != Phase.Replicating || OnlyPrimariesAreMissing) return next;
            for (var slot = 0; slot < _slots.Length; slot++)
            {
                if (_slots[slot].HedgeAt < next && (HoldersOf(slot) & Settled) == 0) next = _slots[slot].HedgeAt;
            }

            return next;
        }
    }

    private ulong Reachable => _candidates.All & ~(_down | _shut);

    /// <summary>Reachable, and may yet acknowledge.</summary>
    private ulong Open => Reachable & ~(_acked | _blocked);

    /// <summary>Their copy is all that it is waited for to be.</summary>
    private ulong Settled => Candidates.Count(_durable) >= _quorum.Dw ? _acked : _durable;

    /// <summary>Asked, and no reason to give up on them.</summary>
    private ulong Live => _asked & Reachable & ~(_blocked | _late);

    private bool OnlyPrimariesAreMissing =>
        Candidates.Count(_acked) >= Math.Max(_quorum.W, _quorum.NodeConfirms) && Candidates.Count(_durable) >= _quorum.Dw;

    /// <summary>Takes one input and appends what is to be done, in order.</summary>
    /// <param name="input">What happened. Duplicates, inputs of strangers and inputs that come too late change nothing.</param>
    /// <param name="now">Monotonic time, never less than before.</param>
    /// <param name="effects">The caller's list; nothing in it is read or removed.</param>
    public void Handle(in WriteInput input, TimeSpan now, List<WriteEffect> effects)
    {
        ArgumentNullException.ThrowIfNull(effects);
        if (_phase == Phase.Answered) return;

        var node = _candidates.BitOf(input.Node);
        switch (input.Kind)
        {
            case WriteInputKind.Start when _phase == Phase.New:
                _deadline = now + _options.RequestTimeout;
                Coordinate(now, effects);
                break;
            case WriteInputKind.Committed when _phase == Phase.Staging:
                Commit();
                break;
            case WriteInputKind.Acked when (node & _asked) != 0:
                Acknowledge(node, input.Durable, input.Yes);
                break;
            case WriteInputKind.Refused when node != 0:
                Refuse(node, input.Reason, now, effects);
                break;
            case WriteInputKind.Relayed when (node & _forwarded) != 0:
                Relay(node, input.Outcome!, now, effects);
                break;
            case WriteInputKind.ReachabilityChanged when node != 0 && node != _candidates.Self:
                _down = input.Yes ? _down & ~node : _down | node;
                if (_phase == Phase.Forwarding && !input.Yes) LoseCoordinator(node, now, effects);
                break;
        }

        if (_phase == Phase.Forwarding && now >= _forwardHedgeAt && now < _deadline) HedgeCoordinator(now, effects);
        if (_phase == Phase.Replicating) Replicate(now, effects);
        if (_phase != Phase.Answered && now >= _deadline) Answer(new WriteOutcome.TimedOut(Candidates.Count(_acked)), effects);
    }

    private void Commit()
    {
        _phase = Phase.Replicating;
        _asked = _acked = _durable = _candidates.Self;
        _blocked = 0;
    }

    private void Acknowledge(ulong node, bool durable, bool counts)
    {
        if (!counts)
        {
            _blocked |= node & ~_acked;
            return;
        }

        _blocked &= ~node;
        _acked |= node;
        if (durable) _durable |= node;
    }

    private void Refuse(ulong node, RefusalReason reason, TimeSpan now, List<WriteEffect> effects)
    {
        if (_phase is Phase.Forwarding or Phase.Staging)
        {
            RefuseToCoordinate(node, reason, now, effects);
            return;
        }

        if ((node & _asked & ~_acked) == 0) return;
        if (reason == RefusalReason.ConnectionRefused) _shut |= node;
        else _blocked |= node;
    }

    private void Replicate(TimeSpan now, List<WriteEffect> effects)
    {
        if (!OnlyPrimariesAreMissing) GiveUpOnTheLate(now);
        FillSlots(now, effects);
        Decide(effects);
    }

    private void GiveUpOnTheLate(TimeSpan now)
    {
        for (var slot = 0; slot < _slots.Length; slot++)
        {
            if (_slots[slot].HedgeAt > now) continue;
            _late |= HoldersOf(slot) & _asked & ~Settled;
            _slots[slot].HedgeAt = TimeSpan.MaxValue;
            _slots[slot].Hedges++;
        }
    }

    /// <summary>Asks every reachable primary once, and for each slot that nobody holds the next fallback.</summary>
    private void FillSlots(TimeSpan now, List<WriteEffect> effects)
    {
        for (var fresh = _candidates.Primaries & Reachable & ~_asked; fresh != 0; fresh &= fresh - 1)
        {
            var slot = BitOperations.TrailingZeroCount(fresh);
            Ask(Candidates.FirstOf(fresh), slot, null, now, effects);
        }

        for (var slot = 0; slot < _slots.Length; slot++)
        {
            if ((HoldersOf(slot) & (Live | Settled)) != 0) continue;
            var fallback = Candidates.FirstOf(_candidates.Fallbacks & Reachable & ~_asked);
            if (fallback == 0) return;
            _slots[slot].StandIns |= fallback;
            Ask(fallback, slot, _candidates.NodeAt(slot), now, effects);
        }
    }

    private void Ask(ulong node, int slot, NodeName? onBehalfOf, TimeSpan now, List<WriteEffect> effects)
    {
        _asked |= node;
        _slots[slot].HedgeAt = now + Doubled(_options.HedgeDelay, _slots[slot].Hedges);
        effects.Add(WriteEffect.Replicate(_candidates.First(node), onBehalfOf));
    }

    /// <summary>
    /// Answers where the quorum is met, and where it cannot be. W and DW ask for no more than there are reachable nodes; a reachable node
    /// that refuses keeps them up, for it is there.
    /// </summary>
    private void Decide(List<WriteEffect> effects)
    {
        var open = Open;
        var copies = Candidates.Count(_acked);
        var durable = Candidates.Count(_durable);
        var primaries = Candidates.Count(_acked & _candidates.Primaries);
        var copiesMost = copies + Candidates.Count(open);
        var durableMost = Candidates.Count(_durable | open | (_acked & Reachable));
        var primariesMost = primaries + Candidates.Count(open & _candidates.Primaries);
        var refused = Candidates.Count(_blocked & Reachable);
        var w = Math.Min(_quorum.W, copiesMost + refused);
        var dw = Math.Min(_quorum.Dw, durableMost + refused);

        if (primariesMost < _quorum.Pw) Unsatisfied(UnmetQuorum.Pw, primariesMost, _quorum.Pw, effects);
        else if (copiesMost < _quorum.NodeConfirms) Unsatisfied(UnmetQuorum.NodeConfirms, copiesMost, _quorum.NodeConfirms, effects);
        else if (copiesMost < w) Unsatisfied(UnmetQuorum.W, copiesMost, _quorum.W, effects);
        else if (durableMost < dw) Unsatisfied(UnmetQuorum.Dw, durableMost, _quorum.Dw, effects);
        else if (copies >= Math.Max(w, _quorum.NodeConfirms) && durable >= dw && primaries >= _quorum.Pw)
        {
            var isShort = copies < _quorum.W || durable < _quorum.Dw;
            Answer(new WriteOutcome.Written(copies, primaries, durable, isShort), effects);
        }
    }

    private void Unsatisfied(UnmetQuorum kind, int got, int wanted, List<WriteEffect> effects) =>
        Answer(new WriteOutcome.Unsatisfied(kind, got, wanted), effects);

    private void Answer(WriteOutcome outcome, List<WriteEffect> effects)
    {
        _phase = Phase.Answered;
        _deadline = TimeSpan.MaxValue;
        effects.Add(WriteEffect.Answer(outcome));
    }

    private ulong HoldersOf(int slot) => (1UL << slot) | _slots[slot].StandIns;

    // Ten doublings of 50 ms are almost a minute: past any request's time.
    private static TimeSpan Doubled(TimeSpan delay, int times) => delay * (1 << Math.Min(times, 10));

    /// <summary>What is known about one primary's place.</summary>
    private struct Slot
    {
        public ulong StandIns;
        public TimeSpan HedgeAt;
        public int Hedges;
    }
}
