using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace GossipCluster.Core.Coordination;

/// <content>When there is an answer, and which.</content>
public sealed partial class ReadCoordination
{
    private bool _checking;
    private bool _covered;
    private ulong _checked;

    /// <summary>
    /// Answers where the quorum is met, and where it cannot be. R asks for no more than there are reachable nodes; a reachable node that
    /// refuses keeps it up, for it is there.
    /// </summary>
    private void Decide(bool overdue, List<ReadEffect> effects)
    {
        var open = Reachable & ~(_resolved | _blocked);
        var copies = Candidates.Count(_resolved);
        var copiesMost = copies + Candidates.Count(open);
        var primaries = Candidates.Count(_resolved & _candidates.Primaries);
        var primariesMost = primaries + Candidates.Count(open & _candidates.Primaries);
        var refused = Candidates.Count(_blocked & Reachable & ~_resolved);
        var r = Math.Max(1, Math.Min(_quorum.R, copiesMost + refused));

        if (primariesMost < _quorum.Pr) Unsatisfied(UnmetQuorum.Pr, primariesMost, _quorum.Pr, effects);
        else if (copiesMost < r) Unsatisfied(UnmetQuorum.R, copiesMost, _quorum.R, effects);
        else if (copies < r || primaries < _quorum.Pr) return;
        else if (!overdue && copies < Math.Min(r + PrimariesBehind, copies + Candidates.Count(open & ~_late))) return;
        else if (AllAbsent) DecideAbsent(open, overdue, effects);
        else DecidePresent(open, overdue, effects);
    }

    private void DecidePresent(ulong open, bool overdue, List<ReadEffect> effects)
    {
        if ((_resolved & _withDatum) != 0)
        {
            if (!CoverToken(open, overdue, effects)) return;
            var primaries = Candidates.Count(_resolved & _candidates.Primaries);
            Answer(new ReadOutcome.Found(States(), Candidates.Count(_resolved), primaries, IsShort), effects);
        }
        else if (open == 0)
        {
            // One said that it has the datum and was gone before it gave it: no state, but no absence either.
            Unsatisfied(UnmetQuorum.R, 0, _quorum.R, effects);
        }
    }

    private void DecideAbsent(ulong open, bool overdue, List<ReadEffect> effects)
    {
        var silent = _candidates.Primaries & Reachable & ~_replied;
        if ((silent & ~_blocked) != 0) return;

        var fallbacks = Candidates.Count(_replied & _candidates.Fallbacks);
        var fallbacksMost = fallbacks + Candidates.Count(open & _candidates.Fallbacks);
        if (!overdue && fallbacks < Math.Min(WitnessesLacking, fallbacksMost)) return;
        if (silent != 0)
        {
            // A primary that is there and does not say may have the datum.
            var wanted = Candidates.Count(_candidates.Primaries & Reachable);
            Unsatisfied(UnmetQuorum.R, wanted - Candidates.Count(silent), wanted, effects);
            return;
        }

        if (!CoverToken(open, overdue, effects)) return;

        var witnesses = Candidates.Count(_replied & _candidates.Primaries & ~_behind);
        Answer(new ReadOutcome.NotFound(States(), Candidates.Count(_resolved), witnesses, IsShort), effects);
    }

    private bool IsShort => Candidates.Count(_resolved) < _quorum.R;

    /// <summary>True where what is joined has seen what the client has seen; else asks for the comparison, or for more replicas.</summary>
    private bool CoverToken(ulong open, bool overdue, List<ReadEffect> effects)
    {
        if (_covered || !_options.HasToken) return true;
        if (_checking || overdue) return false;
        if (_checked != _resolved)
        {
            _checking = true;
            _checked = _resolved;
            effects.Add(ReadEffect.CheckCover(States()));
        }
        else if (open == 0) Unsatisfied(UnmetQuorum.Token, Candidates.Count(_resolved), _quorum.N, effects);
        else if (_pending == 0) _wanted = Candidates.Count(_resolved) + _quorum.N;
        return false;
    }

    private void Unsatisfied(UnmetQuorum kind, int got, int wanted, List<ReadEffect> effects) =>
        Answer(new ReadOutcome.Unsatisfied(kind, got, wanted), effects);

    /// <summary>The states at hand, one for each digest, in the order in which their nodes were asked.</summary>
    private ImmutableArray<object> States()
    {
        var states = new object[Candidates.Count(_stated)];
        var count = 0;
        for (var index = 0; index < _callCount; index++)
        {
            ref readonly var call = ref _calls[index];
            if ((call.Node & _stated) != 0 && IsTheFirstWithItsDigest(index)) states[count++] = call.State!;
        }

        if (count < states.Length) Array.Resize(ref states, count);
        return ImmutableCollectionsMarshal.AsImmutableArray(states);
    }

    private bool IsTheFirstWithItsDigest(int index)
    {
        for (var earlier = 0; earlier < index; earlier++)
        {
            if ((_calls[earlier].Node & _stated) != 0 && _calls[earlier].Digest == _calls[index].Digest) return false;
        }

        return true;
    }
}
