using GossipCluster.Core.Replication;

namespace GossipCluster.Actors.Replicas;

/// <content>
/// What a change of the ring sets off: replicas that this node is no primary of any more are offered to those that are, some side by side, the next as
/// soon as one is empty. The looks for differences are the slow way for what gets stuck here, and for what is held for a primary that is away.
/// </content>
internal sealed partial class Shard
{
    private const int SilentTriesMax = 10;

    private readonly Queue<ReplicaShell> _toHandOff = new();
    private readonly Dictionary<ReplicaShell, HandoffTry> _handingOff = [];
    private long _handoffRing = -1;

    /// <summary>Something is handed off after a change of the ring, and time matters to it.</summary>
    public bool IsHandingOff => _handingOff.Count > 0;

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
            if (!shell.Protocol.IsPrimary && HoldsSomething(shell)) _toHandOff.Enqueue(shell);
        }

        // What this node has become a primary of it asks for at once.
        LookForDifferences(_now);
        ContinueHandoff();
    }

    private void ContinueHandoff()
    {
        if (HandoffIsPaused || (_handingOff.Count == 0 && _toHandOff.Count == 0)) return;
        foreach (var (shell, attempt) in _handingOff.ToArray())
        {
            if (!HoldsSomething(shell) || !CanBeEmptied(shell) || attempt.Silent > SilentTriesMax) _handingOff.Remove(shell);
            else if (_now >= attempt.NextAt) Offer(shell, attempt);
        }

        while (_handingOff.Count < _repair.HandoffsMax && _toHandOff.TryDequeue(out var next))
        {
            if (next.Protocol.IsPrimary || !HoldsSomething(next) || !CanBeEmptied(next)) continue;
            _handingOff[next] = new HandoffTry { Wait = _repair.HandoffRetry };
            Offer(next, _handingOff[next]);
        }
    }

    private void Offer(ReplicaShell shell, HandoffTry attempt)
    {
        attempt.Silent++;
        attempt.NextAt = _now + attempt.Wait;
        attempt.Wait = TimeSpan.FromTicks(Math.Min(2 * attempt.Wait.Ticks, Math.Max(_repair.SyncInterval.Ticks, _repair.HandoffRetry.Ticks)));
        var effects = RentEffects();
        foreach (var primary in shell.Protocol.Watermarks.OtherPrimaries)
        {
            if (!shell.Protocol.Watermarks.KnownTo(primary).Dominates(shell.Replica.Clock)) shell.Protocol.OfferTo(primary, effects);
        }

        shell.Protocol.TryEmpty(effects);
        Carry(shell, effects);
    }

    /// <summary>Somebody has said something about this replica: a conversation that goes on is not begun a second time.</summary>
    private void NoteHandoff(ReplicaShell shell)
    {
        if (_handingOff.Count == 0 || !_handingOff.TryGetValue(shell, out var attempt)) return;
        attempt.Silent = 0;
        attempt.Wait = _repair.HandoffRetry;
        attempt.NextAt = _now + attempt.Wait;
    }

    /// <summary>The looks for differences leave alone what is being handed off, or soon will be.</summary>
    private bool IsHandedOffElsewhere(ReplicaShell shell) => _handingOff.ContainsKey(shell) || (_toHandOff.Count > 0 && _toHandOff.Contains(shell));

    private static bool HoldsSomething(ReplicaShell shell) => !shell.Replica.Clock.IsEmpty || shell.Replica.HasPending;

    /// <summary>A primary that is away keeps what is held for it here; when it is back, the looks find out.</summary>
    private bool CanBeEmptied(ReplicaShell shell) => shell.Protocol.Watermarks.OtherPrimaries.All(_reachable.Contains);

    /// <summary>A replica on its way out.</summary>
    private sealed class HandoffTry
    {
        /// <summary>When to offer it again.</summary>
        public TimeSpan NextAt { get; set; }

        /// <summary>How long to wait after the next offer.</summary>
        public TimeSpan Wait { get; set; }

        /// <summary>Offers since anybody said something.</summary>
        public int Silent { get; set; }
    }
}
