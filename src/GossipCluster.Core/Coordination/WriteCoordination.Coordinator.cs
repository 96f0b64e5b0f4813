using System.Numerics;
using GossipCluster.Core.Causality;

namespace GossipCluster.Core.Coordination;

/// <content>Who coordinates: the first reachable primary, the node itself where it is one; with no primary left, a fallback.</content>
public sealed partial class WriteCoordination
{
    private TimeSpan _forwardHedgeAt = TimeSpan.MaxValue;
    private int _forwards;

    // Until then, who was asked last may begin; and who was asked and is lost.
    private TimeSpan _beginBy = TimeSpan.MinValue;
    private TimeSpan _lostBeginBy = TimeSpan.MinValue;
    private bool _primaryIsBusy;
    private RefusalReason? _lastRefusal;

    // What to answer when nobody is left and someone was given up on that may have applied the operation.
    private WriteOutcome? _uncertain;

    // Nodes that were asked to coordinate and have not said how it went; and all that ever were.
    private ulong _forwarded;
    private ulong _tried;

    private void Coordinate(TimeSpan now, List<WriteEffect> effects)
    {
        if (now < _lostBeginBy)
        {
            // It is lost, and may be about to begin.
            _forwardHedgeAt = _lostBeginBy;
            return;
        }

        var self = _candidates.Self & ~_tried;
        var primary = Candidates.FirstOf(_candidates.Primaries & Reachable & ~_tried);

        if ((self & _candidates.Primaries) != 0) Stage(effects);
        else if (_options.Forwarded) StageForAnother(self, effects);
        else if (primary != 0) Forward(primary, now, effects);
        else if (_options.NeedsState || _primaryIsBusy) GiveUp(NoCoordinatorReason.NoPrimaryReachable, effects);
        else if (self != 0) Stage(effects);
        else if ((_candidates.Fallbacks & Reachable & ~_tried) is var others and not 0) Forward(Candidates.FirstOf(others), now, effects);
        else GiveUp(NoCoordinatorReason.NoNodeReachable, effects);
    }

    /// <summary>The sender's ring makes this node a coordinator, its own does not: state that it may lack decides.</summary>
    private void StageForAnother(ulong self, List<WriteEffect> effects)
    {
        if (self != 0 && !_options.NeedsState)
        {
            Stage(effects);
            return;
        }

        _lastRefusal ??= RefusalReason.NotAPrimary;
        GiveUp(NoCoordinatorReason.Refused, effects);
    }

    private void Stage(List<WriteEffect> effects)
    {
        // What is strict is asked before anything is applied, where it can be known.
        var primaries = Candidates.Count(_candidates.Primaries & Reachable);
        var nodes = Candidates.Count(Reachable);
        if (primaries < _quorum.Pw) Unsatisfied(UnmetQuorum.Pw, primaries, _quorum.Pw, effects);
        else if (nodes < _quorum.NodeConfirms) Unsatisfied(UnmetQuorum.NodeConfirms, nodes, _quorum.NodeConfirms, effects);
        else
        {
            _phase = Phase.Staging;
            _forwardHedgeAt = TimeSpan.MaxValue;
            _tried |= _candidates.Self;
            effects.Add(WriteEffect.StageLocally(StandInForTheFirstAbsent()));
        }
    }

    /// <summary>A fallback that coordinates takes the slot of the first primary that is not there.</summary>
    private NodeName? StandInForTheFirstAbsent()
    {
        var absent = _candidates.Primaries & ~Reachable;
        if ((_candidates.Self & _candidates.Primaries) != 0 || absent == 0) return null;
        var slot = BitOperations.TrailingZeroCount(absent);
        _slots[slot].StandIns |= _candidates.Self;
        return _candidates.NodeAt(slot);
    }

    private void Forward(ulong node, TimeSpan now, List<WriteEffect> effects)
    {
        _phase = Phase.Forwarding;
        _tried |= node;
        _forwarded |= node;
        _forwardHedgeAt = _options.Repeatable ? now + Doubled(_options.HedgeDelay, _forwards++) : TimeSpan.MaxValue;
        _beginBy = _forwardHedgeAt < _deadline ? _forwardHedgeAt : _deadline;
        effects.Add(WriteEffect.ForwardTo(_candidates.First(node), _beginBy));
    }

    /// <summary>
    /// A repeatable operation does not wait for a late coordinator: the next primary is asked too, one success will do. The late one does not begin any
    /// more, unless it has: an add under a second dot, when the first one's was seen and removed, would bring the element back.
    /// </summary>
    private void HedgeCoordinator(TimeSpan now, List<WriteEffect> effects)
    {
        var next = Candidates.FirstOf(_candidates.Primaries & Reachable & ~_tried);
        if (_forwarded == 0) Coordinate(now, effects);
        else if (next != 0) Forward(next, now, effects);
        else _forwardHedgeAt = TimeSpan.MaxValue;
    }

    private void RefuseToCoordinate(ulong node, RefusalReason reason, TimeSpan now, List<WriteEffect> effects)
    {
        var asked = _phase == Phase.Staging ? _candidates.Self : _forwarded;
        if ((node & asked) == 0) return;

        _forwarded &= ~node;
        if (reason == RefusalReason.ConnectionRefused) _shut |= node;
        else _lastRefusal = reason;

        // It is there and has not begun: with more time, it may.
        if (reason == RefusalReason.Late && _phase == Phase.Forwarding) _tried &= ~node;
        if (reason == RefusalReason.Busy && (node & _candidates.Primaries) != 0) _primaryIsBusy = true;
        if (_forwarded == 0) Coordinate(now, effects);
    }

    /// <summary>
    /// A coordinator that is gone may have applied the operation: only a repeatable one is given to the next, when the lost one does not begin any more.
    /// For any other the client is told at once, rather than when its time is over.
    /// </summary>
    private void LoseCoordinator(ulong node, TimeSpan now, List<WriteEffect> effects)
    {
        if ((node & _forwarded) == 0) return;
        _forwarded &= ~node;
        _uncertain ??= new WriteOutcome.TimedOut(0);
        _lostBeginBy = _beginBy;
        if (_forwarded != 0) return;
        if (_options.Repeatable) Coordinate(now, effects);
        else Answer(_uncertain, effects);
    }

    private void Relay(ulong node, WriteOutcome outcome, TimeSpan now, List<WriteEffect> effects)
    {
        if (outcome is WriteOutcome.NoCoordinator none)
        {
            // It answered, so it is there, whomever else it found gone.
            RefuseToCoordinate(node, none.LastRefusal ?? RefusalReason.NotAPrimary, now, effects);
            return;
        }

        _forwarded &= ~node;
        _uncertain = outcome;
        if (outcome is WriteOutcome.Written || _forwarded == 0) Answer(outcome, effects);
    }

    /// <summary>"It was not applied" is said only where nobody was given up on that may have applied it.</summary>
    private void GiveUp(NoCoordinatorReason reason, List<WriteEffect> effects) => Answer(
        _uncertain ?? new WriteOutcome.NoCoordinator(_lastRefusal is null ? reason : NoCoordinatorReason.Refused, _lastRefusal), effects);
}
