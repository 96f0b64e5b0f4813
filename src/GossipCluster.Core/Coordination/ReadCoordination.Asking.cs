namespace GossipCluster.Core.Coordination;

/// <content>Whom to ask next, and for what.</content>
public sealed partial class ReadCoordination
{
    // How many nodes should be resolved or on the way: R, and more while a token is not covered.
    private int _wanted;

    /// <summary>Nobody that answered has the datum.</summary>
    private bool AllAbsent => (_replied & _withDatum) == 0;

    /// <summary>Primaries that are no witnesses of absence, each to be replaced by a fallback.</summary>
    private int WitnessesLacking =>
        Candidates.Count(_candidates.Primaries) - Candidates.Count(_candidates.Primaries & Reachable & ~(_behind | (_blocked & ~_replied)));

    /// <summary>
    /// Primaries that know that they are behind: for each, one node more is asked, as long as there is one. A node that has just become a primary would else
    /// stand in a quorum for the one whose place it took, which has what was acknowledged and is the next in the list.
    /// </summary>
    private int PrimariesBehind => Candidates.Count(_replied & _behind & _candidates.Primaries);

    /// <summary>Sorts the nodes: resolved, or on the way to it.</summary>
    private void Assess()
    {
        // Nothing is nothing, whatever the clock: where no token asks for a clock, absences need no state.
        _resolved = AllAbsent && !_options.HasToken ? _replied : _stated;
        foreach (ref readonly var call in Calls)
        {
            if ((call.Node & _replied & ~_resolved) != 0 && IsAtHand(call.Digest)) _resolved |= call.Node;
        }

        var live = Live;
        _pending = live & ~_resolved;

        // A state on its way of which nothing is known yet may be equal to any digest: wait for it before fetching others.
        var undecided = (live & _stateAsked & ~_replied) != 0;
        foreach (ref readonly var call in Calls)
        {
            if ((call.Node & _replied & ~(_resolved | _pending)) == 0) continue;
            if (undecided || IsOnItsWay(call.Digest)) _pending |= call.Node;
        }
    }

    private bool IsAtHand(UInt128 digest)
    {
        foreach (ref readonly var call in Calls)
        {
            if ((call.Node & _stated) != 0 && call.Digest == digest) return true;
        }

        return false;
    }

    private bool IsOnItsWay(UInt128 digest)
    {
        foreach (ref readonly var call in Calls)
        {
            if ((call.Node & Live & _stateAsked & _replied) != 0 && call.Digest == digest) return true;
        }

        return false;
    }

    private void AskMore(TimeSpan now, List<ReadEffect> effects)
    {
        FetchDifferingStates(now, effects);
        while (Candidates.Count(_resolved | _pending) < _wanted + PrimariesBehind && AskNext(_candidates.All, now, effects)) continue;

        var primaries = _candidates.Primaries;
        while (Candidates.Count((_resolved | _pending) & primaries) < _quorum.Pr && AskNext(primaries, now, effects)) continue;

        if (_replied == 0) return;
        if (AllAbsent)
        {
            while (AskNext(primaries, now, effects)) continue;

            var fallbacks = _candidates.Fallbacks;
            while (Candidates.Count((_replied | _pending) & fallbacks) < WitnessesLacking && AskNext(fallbacks, now, effects)) continue;
        }
        else if ((_resolved & _withDatum) == 0 && _pending == 0)
        {
            // Who had the datum is late or gone: perhaps another has it too.
            AskNext(_candidates.All, now, effects);
        }
    }

    private void FetchDifferingStates(TimeSpan now, List<ReadEffect> effects)
    {
        foreach (ref var call in Calls)
        {
            var node = call.Node & _replied & Reachable & ~(_resolved | _pending | _stateAsked | _blocked);
            if (node == 0 || IsOnItsWay(call.Digest)) continue;
            AskState(ref call, now, effects);
        }

        Assess();
    }

    private bool AskNext(ulong among, TimeSpan now, List<ReadEffect> effects)
    {
        var nodes = among & Reachable & ~_asked;
        if (nodes == 0) return false;

        var nearest = nodes & _candidates.Self & _candidates.Primaries;
        if (_callCount == _calls.Length) Array.Resize(ref _calls, _callCount * 2);
        ref var call = ref _calls[_callCount++];
        call.Node = nearest != 0 ? nearest : Candidates.FirstOf(nodes);

        var needsState = ((_stated | (Live & _stateAsked)) & ~call.Node) == 0;
        _asked |= call.Node;
        if (needsState) AskState(ref call, now, effects);
        else
        {
            call.LateAt = LateAt(now);
            effects.Add(ReadEffect.AskDigest(_candidates.First(call.Node)));
        }

        _pending |= call.Node;
        return true;
    }

    private void AskState(ref Call call, TimeSpan now, List<ReadEffect> effects)
    {
        _stateAsked |= call.Node;
        call.LateAt = LateAt(now);
        effects.Add(ReadEffect.AskState(_candidates.First(call.Node)));
    }

    // Ten doublings of 50 ms are almost a minute: past any request's time.
    private TimeSpan LateAt(TimeSpan now) => now + (_options.HedgeDelay * (1 << Math.Min(_lateRounds, 10)));
}
