using GossipCluster.Core.Causality;

namespace GossipCluster.Actors.Replicas;

/// <content>Hinted handoff: what this node keeps for primaries that could not be reached, and how it gets rid of it.</content>
internal sealed partial class Shard
{
    private readonly List<HintWait> _hintWaits = [];
    private long _hintBytes;

    /// <summary>An operator has stopped handoff; hints are kept, and taken, within their bounds.</summary>
    public bool HandoffIsPaused { get; private set; }

    /// <summary>Keys whose hints were dropped because of a bound, since the start; a write quorum of primaries had each.</summary>
    public long HintsDropped => _shells.Values.Sum(shell => shell.Protocol.HintsDropped);

    /// <summary>Writes that were not taken as hints for want of room, since the start.</summary>
    public long HintsRefused { get; private set; }

    public void PauseHandoff(bool isPaused, TimeSpan now)
    {
        HandoffIsPaused = isPaused;
        LookForDifferences(now);
        ContinueHandoff();
    }

    /// <summary>An operator wants hints dropped: those that a write quorum of primaries is known to have, and no others.</summary>
    public void DropHints(TimeSpan now)
    {
        _now = now;
        foreach (var shell in _shells.Values.Where(shell => HoldsHints(shell) && !shell.WasPrimary)) DropHintsOf(shell, int.MaxValue);
    }

    /// <summary>An operator wants to know when everything that is kept for others now has arrived.</summary>
    public void AwaitHints(HintsTicket ticket, TimeSpan now)
    {
        _now = now;

        // Out of room for another one that waits, it is answered as things are.
        var endsAt = _hintWaits.Count < _repair.ReceiptsMax ? now + ticket.Wait : now;
        _hintWaits.Add(new HintWait(ticket, endsAt, [.. _shells.Values.Where(HoldsHints).Select(shell => (shell, shell.Replica.Clock))]));
        TickHintWaits();
    }

    private void TickHintWaits()
    {
        if (_hintWaits.Count == 0) return;
        _hintWaits.RemoveAll(wait =>
        {
            wait.Open.RemoveAll(open => HasArrived(open.Shell, open.Clock));
            return (wait.Open.Count == 0 || _now >= wait.EndsAt) && wait.Ticket.TrySetResult(wait.Open.Count);
        });
    }

    private static bool HasArrived(ReplicaShell shell, DotSet clock) =>
        !shell.Replica.Clock.Overlaps(clock) || (shell.Protocol.Watermarks.KnownToAll() is { } known && known.Dominates(clock));

    private static bool HoldsHints(ReplicaShell shell) => !shell.Protocol.IsPrimary && !shell.Replica.Clock.IsEmpty;

    private void LookAtHints()
    {
        _hintBytes = 0;
        foreach (var shell in _shells.Values)
        {
            if (!HoldsHints(shell))
            {
                shell.HintsSince = null;
                ForgetShare(shell);
                continue;
            }

            if (!HandoffIsPaused && shell.Handoff is null) Offer(shell);
            if (shell.WasPrimary) continue;
            shell.HintsSince ??= _now;
            _hintBytes += shell.Replica.HeldBytes;
        }

        if (_hintBytes == 0) return;
        var isFull = HintsAreFull;
        foreach (var shell in _shells.Values.Where(shell => shell.HintsSince is not null).OrderBy(shell => shell.HintsSince))
        {
            if (isFull || _now - shell.HintsSince >= _repair.HintAgeMax) DropHintsOf(shell, _repair.HintDropKeysMax);
        }
    }

    /// <summary>A share that was handed off is gone: what comes from here on is hints. An empty fact is none.</summary>
    private void ForgetShare(ReplicaShell shell)
    {
        if (!shell.WasPrimary || !shell.Replica.Clock.IsEmpty) return;
        shell.SyncedRingOnDisk = -1;
        _outbox.Add(new Storage.StorageProtocol.PutFact(SyncedFact + shell.Address, ReadOnlyMemory<byte>.Empty));
    }

    private bool HintsAreFull => _hintBytes >= _repair.HintBytesMax / _count;

    private void Offer(ReplicaShell shell)
    {
        var effects = RentEffects();
        foreach (var primary in shell.Protocol.Watermarks.OtherPrimaries)
        {
            if (_reachable.Contains(primary)) shell.Protocol.OfferTo(primary, effects);
        }

        shell.Protocol.TryEmpty(effects);
        Carry(shell, effects);
    }

    private void DropHintsOf(ReplicaShell shell, int keysMax)
    {
        var effects = RentEffects();
        shell.Protocol.TryDropHints((shell.Address.N / 2) + 1, keysMax, effects);
        Carry(shell, effects);
    }

    /// <summary>True where a replica that keeps things for others may take no more. A primary always may: it is no hint there.</summary>
    private bool RefusesHint(ReplicaShell shell, int bytes)
    {
        if (shell.Protocol.IsPrimary || !_view.HasRing) return false;
        if (HintsAreFull)
        {
            HintsRefused++;
            return true;
        }

        // Until the next look counts anew: more than it takes, for what supersedes takes nothing.
        _hintBytes += bytes;
        return false;
    }

    /// <summary>What was kept when somebody asked.</summary>
    private sealed record HintWait(HintsTicket Ticket, TimeSpan EndsAt, List<(ReplicaShell Shell, DotSet Clock)> Open);
}
