namespace GossipCluster.Actors.Replicas;

/// <content>
/// What a change of the ring sets off: replicas that this node is no primary of any more are offered to those that are, some side by side, the next as
/// soon as one is empty. The looks for hints are the slow way for what gets stuck here, and for what is held for a primary that is away.
/// </content>
internal sealed partial class Shard
{
    private const int SilentTriesMax = 10;

    private readonly Queue<ReplicaShell> _toHandOff = new();
    private readonly List<ReplicaShell> _handingOff = [];
    private long _handoffRing = -1;

    /// <summary>Something is handed off after a change of the ring, and time matters to it.</summary>
    public bool IsHandingOff => (_handingOff.Count > 0 || _toHandOff.Count > 0) && !HandoffIsPaused;

    /// <summary>What is left to be handed off, and what is still waited for. O(replicas).</summary>
    public ShardProtocol.Handoff CountHandoff()
    {
        var (replicas, keys, unsynced) = (0, 0L, 0);
        foreach (var shell in _shells.Values)
        {
            if (shell.Protocol.IsPrimary)
            {
                if (!shell.Protocol.HasSynced) unsynced++;
            }
            else if (HoldsSomething(shell))
            {
                replicas++;
                keys += shell.Replica.KeyCount;
            }
        }

        return new ShardProtocol.Handoff(_view.HasLeft, _view.Ring.Version, replicas, keys, unsynced);
    }

    /// <summary>To be called with every view: another ring begins anew.</summary>
    private void BeginHandoff()
    {
        if (!_view.HasRing || _view.Ring.Version == _handoffRing) return;
        _handoffRing = _view.Ring.Version;
        _toHandOff.Clear();
        _handingOff.Clear();
        foreach (var shell in _shells.Values)
        {
            shell.Handoff = !shell.Protocol.IsPrimary && HoldsSomething(shell) ? new HandoffTry { Wait = _repair.HandoffRetry } : null;
            if (shell.Handoff is not null) _toHandOff.Enqueue(shell);
        }

        ContinueHandoff();

        // Who has become a primary asks for what there is, and waits for nobody's offer.
        LookForDifferences(_now);
    }

    private void ContinueHandoff()
    {
        if (HandoffIsPaused || (_handingOff.Count == 0 && _toHandOff.Count == 0)) return;
        for (var index = _handingOff.Count - 1; index >= 0; index--)
        {
            var shell = _handingOff[index];
            if (GoesOn(shell))
            {
                if (_now >= shell.Handoff!.NextAt) OfferOnce(shell);
                continue;
            }

            shell.Handoff = null;
            _handingOff.RemoveAt(index);
        }

        while (_handingOff.Count < _repair.HandoffsMax && _toHandOff.TryDequeue(out var next))
        {
            if (GoesOn(next))
            {
                _handingOff.Add(next);
                OfferOnce(next);
            }
            else next.Handoff = null;
        }
    }

    private bool GoesOn(ReplicaShell shell) =>
        !shell.Protocol.IsPrimary && HoldsSomething(shell) && shell.Handoff!.Silent <= SilentTriesMax

        // A primary that is away keeps what is held for it here; when it is back, the looks find out.
        && shell.Protocol.Watermarks.OtherPrimaries.All(_reachable.Contains);

    private void OfferOnce(ReplicaShell shell)
    {
        var attempt = shell.Handoff!;
        attempt.Silent++;
        attempt.NextAt = _now + attempt.Wait;
        attempt.Wait = TimeSpan.FromTicks(Math.Min(2 * attempt.Wait.Ticks, Math.Max(_repair.SyncInterval.Ticks, _repair.HandoffRetry.Ticks)));
        Offer(shell);
    }

    /// <summary>Somebody has said something about this replica: a conversation that goes on is not begun a second time.</summary>
    private void NoteHandoff(ReplicaShell shell)
    {
        if (shell.Handoff is not { } attempt) return;
        attempt.Silent = 0;
        attempt.Wait = _repair.HandoffRetry;
        attempt.NextAt = _now + attempt.Wait;
    }

    private static bool HoldsSomething(ReplicaShell shell) => !shell.Replica.Clock.IsEmpty || shell.Replica.HasPending;
}

/// <summary>A replica on its way out, or in the queue for it.</summary>
internal sealed class HandoffTry
{
    /// <summary>When to offer it again.</summary>
    public TimeSpan NextAt { get; set; }

    /// <summary>How long to wait after the next offer.</summary>
    public TimeSpan Wait { get; set; }

    /// <summary>Offers since anybody said something.</summary>
    public int Silent { get; set; }
}
