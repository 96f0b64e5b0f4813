namespace GossipCluster.Core.Coordination;

/// <summary>Brings one read to its quorum (DESIGN.md, 4.2): whom to ask for what, what to join, when and how it is answered.</summary>
/// <remarks>
/// <para>
/// The nearest replica (self where it is a primary, else the first reachable primary) is asked for its state, the others for digests. A
/// node is <i>resolved</i> when its state is at hand: its own, or an equal one by the digest. A digest that no state at hand has is
/// resolved by fetching the state. R and PR count resolved nodes.
/// </para>
/// <para>
/// Nodes are asked in order, primaries first, as many as R and PR want. One that is unreachable or refuses is replaced at once, one that
/// is late is joined by the next; a late answer still counts.
/// </para>
/// <para>
/// Absence needs evidence. As soon as the first to answer have nothing, every reachable primary is asked, and for each primary that
/// cannot be a witness (unreachable, or behind by its own word) a fallback, which may hold hints. One that has the datum ends the search:
/// absences never outvote it, they are joined with it, and a clock that has seen a delete decides.
/// </para>
/// Not thread-safe: one owner calls it. Monotonic time comes in as <c>now</c>, from any origin.
/// </remarks>
public sealed partial class ReadCoordination
{
    private readonly Candidates _candidates;
    private readonly ReadQuorum _quorum;
    private readonly ReadOptions _options;

    // One for each node that was asked, in that order.
    private Call[] _calls;
    private int _callCount;

    private Phase _phase;
    private TimeSpan _deadline = TimeSpan.MaxValue;
    private int _lateRounds;

    // Sets of nodes, as Candidates has them.
    private ulong _down;
    private ulong _shut;
    private ulong _blocked;
    private ulong _asked;
    private ulong _stateAsked;
    private ulong _late;
    private ulong _replied;
    private ulong _stated;
    private ulong _withDatum;
    private ulong _behind;

    // Derived anew at every input.
    private ulong _resolved;
    private ulong _pending;

    /// <summary>A read that has not begun.</summary>
    /// <exception cref="ArgumentException">The candidates and the quorum are of different n: a programming error.</exception>
    public ReadCoordination(Candidates candidates, ReadQuorum quorum, ReadOptions options)
    {
        if (candidates.N != quorum.N) throw new ArgumentException("Candidates and quorum must be of one n.", nameof(quorum));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.HedgeDelay, TimeSpan.Zero, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.RequestTimeout, TimeSpan.Zero, nameof(options));
        _candidates = candidates;
        _quorum = quorum;
        _options = options;
        _down = candidates.Down;
        _wanted = quorum.R;
        _calls = new Call[quorum.N];
    }

    private enum Phase : byte
    {
        New,
        Reading,
        Answered,
        AnsweredWithDatum,
    }

    /// <summary>True once the answer was given. Only Joined still has an effect then; the owner may forget this read.</summary>
    public bool IsAnswered => _phase is Phase.Answered or Phase.AnsweredWithDatum;

    /// <summary>When the next Tick is due; <see cref="TimeSpan.MaxValue"/> where none is.</summary>
    public TimeSpan NextDeadline
    {
        get
        {
            var next = _deadline;
            foreach (ref readonly var call in Calls)
            {
                if ((call.Node & Live) != 0 && call.LateAt < next) next = call.LateAt;
            }

            return next;
        }
    }

    private Span<Call> Calls => _calls.AsSpan(0, _callCount);

    private ulong Reachable => _candidates.All & ~(_down | _shut);

    /// <summary>Something they were asked for is still to come.</summary>
    private ulong Waiting => (_asked & ~_replied) | (_stateAsked & ~_stated);

    /// <summary>Waiting, and no reason to give up on them.</summary>
    private ulong Live => IsAnswered ? 0 : Waiting & Reachable & ~(_blocked | _late);

    /// <summary>Takes one input and appends what is to be done, in order.</summary>
    /// <param name="input">What happened. Duplicates, inputs of strangers and inputs that come too late change nothing.</param>
    /// <param name="now">Monotonic time, never less than before.</param>
    /// <param name="effects">The caller's list; nothing in it is read or removed.</param>
    public void Handle(in ReadInput input, TimeSpan now, List<ReadEffect> effects)
    {
        ArgumentNullException.ThrowIfNull(effects);
        if (IsAnswered)
        {
            if (input.Kind == ReadInputKind.Joined) Repair(input.Digest, effects);
            return;
        }

        var node = _candidates.BitOf(input.Node);
        switch (input.Kind)
        {
            case ReadInputKind.Start when _phase == Phase.New:
                _phase = Phase.Reading;
                _deadline = now + _options.RequestTimeout;
                break;
            case ReadInputKind.StateRead when (node & _asked & ~_stated) != 0:
            case ReadInputKind.DigestRead when (node & _asked & ~_replied) != 0:
                Reply(node, input);
                break;
            case ReadInputKind.Refused when (node & Waiting) != 0:
                if (input.Reason == RefusalReason.ConnectionRefused) _shut |= node;
                else _blocked |= node;
                break;
            case ReadInputKind.ReachabilityChanged when node != 0 && node != _candidates.Self:
                _down = input.Yes ? _down & ~node : _down | node;
                break;
            case ReadInputKind.Covers when _checking:
                _checking = false;
                _covered = input.Yes;
                break;
        }

        if (_phase == Phase.Reading) Advance(now, effects);
    }

    private void Advance(TimeSpan now, List<ReadEffect> effects)
    {
        GiveUpOnTheLate(now);
        Assess();
        var overdue = now >= _deadline;
        Decide(overdue, effects);
        if (IsAnswered) return;
        if (overdue) Answer(new ReadOutcome.TimedOut(Candidates.Count(_replied)), effects);
        else AskMore(now, effects);
    }

    private void Reply(ulong node, in ReadInput input)
    {
        ref var call = ref CallOf(node);
        call.Digest = input.Digest;
        call.State = input.State;
        _replied |= node;
        _late &= ~node;
        _blocked &= ~node;
        if (input.State is not null) _stated |= node;
        _withDatum = input.HasDatum ? _withDatum | node : _withDatum & ~node;
        _behind = input.Behind ? _behind | node : _behind & ~node;
    }

    private void GiveUpOnTheLate(TimeSpan now)
    {
        var before = _late;
        foreach (ref readonly var call in Calls)
        {
            if (call.LateAt <= now) _late |= call.Node & Waiting;
        }

        if (_late != before) _lateRounds++;
    }

    private void Repair(UInt128 joined, List<ReadEffect> effects)
    {
        if (_phase != Phase.AnsweredWithDatum) return;
        _phase = Phase.Answered;

        // Where all are equal the join is what they have: nobody lacks anything, whatever digest the join was given.
        var lacking = 0UL;
        var differ = false;
        UInt128? first = null;
        foreach (ref readonly var call in Calls)
        {
            if ((call.Node & _replied) == 0) continue;
            first ??= call.Digest;
            differ |= call.Digest != first;
            if (call.Digest != joined) lacking |= call.Node & _candidates.Primaries;
        }

        if (differ && lacking != 0) effects.Add(ReadEffect.Repair(_candidates.NodesOf(lacking)));
    }

    private void Answer(ReadOutcome outcome, List<ReadEffect> effects)
    {
        _phase = outcome is ReadOutcome.Found ? Phase.AnsweredWithDatum : Phase.Answered;
        _deadline = TimeSpan.MaxValue;
        effects.Add(ReadEffect.Answer(outcome));
    }

    private ref Call CallOf(ulong node)
    {
        var index = 0;
        while (_calls[index].Node != node) index++;
        return ref _calls[index];
    }

    /// <summary>What one node was asked and has said.</summary>
    private struct Call
    {
        public ulong Node;
        public TimeSpan LateAt;
        public UInt128 Digest;
        public object? State;
    }
}
