using System.Globalization;
using GossipCluster.Actors.Storage;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Wire;

namespace GossipCluster.Actors.Replicas;

/// <content>When to compare with whom: never compared first, then after a return, then where clocks differ, then longest ago.</content>
internal sealed partial class Shard
{
    private const string SyncedFact = "synced/";

    private readonly PriorityQueue<(ReplicaShell Shell, NodeName Peer), (SyncRank Rank, TimeSpan Since)> _due = new();

    // As long as a peer that died in a full transfer may take to come back and go on with it.
    private static readonly TimeSpan TransferKeptFor = TimeSpan.FromMinutes(10);
    private int _sessions;

    private enum SyncRank
    {
        Never,
        Healed,
        Differs,
        Quiet,
    }

    /// <summary>Syncs that ended with nothing left to give, since the start.</summary>
    public long SyncsCompleted { get; private set; }

    /// <summary>Syncs that fell silent, since the start.</summary>
    public long SyncsBroken { get; private set; }

    /// <summary>Which ring each replica had synced under, out of the node's facts.</summary>
    public static Dictionary<ReplicaAddress, long> SyncedRingsOf(IEnumerable<KeyValuePair<string, ReadOnlyMemory<byte>>> facts)
    {
        var rings = new Dictionary<ReplicaAddress, long>();
        foreach (var (name, value) in facts)
        {
            if (!name.StartsWith(SyncedFact, StringComparison.Ordinal)) continue;
            var parts = name[SyncedFact.Length..].Split('-');
            var reader = new WireReader(value.Span);
            var ring = reader.ReadLong();
            if (parts.Length == 2 && int.TryParse(parts[0], CultureInfo.InvariantCulture, out var n) && int.TryParse(parts[1], CultureInfo.InvariantCulture, out var partition) && reader.AtEnd) rings[new ReplicaAddress(n, partition)] = ring;
        }

        return rings;
    }

    /// <summary>Looks for replicas to compare and hints to hand off. Costs nothing but the look where all are equal.</summary>
    public void LookForDifferences(TimeSpan now)
    {
        _now = now;
        if (!_view.HasRing) return;
        var isInWindow = _repair.IsInWindow(_clock.GetUtcNow());
        _due.Clear();
        foreach (var shell in _shells.Values)
        {
            NoteSynced(shell);
            EndSilent(shell);
            if (!shell.Protocol.IsPrimary) continue;
            TryFold(shell);
            LookAtPrimary(shell, isInWindow);
        }

        LookAtHints();
        StartDue();
    }

    /// <summary>An operator wants every replica compared with every peer, at once.</summary>
    public void SyncAll(TimeSpan now)
    {
        foreach (var peer in _shells.Values.SelectMany(shell => shell.Peers.Values)) peer.IsHealed = true;
        LookForDifferences(now);
    }

    private void LookAtPrimary(ReplicaShell shell, bool isInWindow)
    {
        var clock = shell.Replica.Clock;
        var isAtRest = shell.ClockSeen is { } before && before.Equals(clock);
        shell.ClockSeen = clock;
        foreach (var node in PeersOf(shell))
        {
            var peer = shell.PeerOf(node);
            var known = shell.Protocol.Watermarks.KnownTo(node);
            if (shell.Protocol.HasSynced) peer.NoteLacking(clock, known, _now);
            if (!_reachable.Contains(node) || peer.IsRunning || RankOf(shell, peer, !known.Equals(clock), isAtRest, isInWindow) is not { } rank) continue;
            _due.Enqueue((shell, node), (rank, peer.SyncedAt ?? peer.AskedAt ?? TimeSpan.MinValue));
        }
    }

    /// <summary>A primary that has not synced turns to everybody: what it became a primary of may be with nodes that are none any more.</summary>
    private IEnumerable<NodeName> PeersOf(ReplicaShell shell) =>
        shell.Protocol.HasSynced ? shell.Protocol.Watermarks.OtherPrimaries : _view.Ring.Members.Select(member => member.Name).Where(name => name != _self);

    private SyncRank? RankOf(ReplicaShell shell, PeerSync peer, bool differs, bool isAtRest, bool isInWindow)
    {
        if (peer.AskedAt is not { } asked) return SyncRank.Never;
        if (peer.IsHealed) return SyncRank.Healed;
        var since = _now - asked;
        if (!shell.Protocol.HasSynced) return since >= _repair.SyncInterval ? SyncRank.Never : null;

        // While a clock changes, acknowledgements are on their way, and what differs is mostly that.
        if (differs) return since >= (isAtRest ? _repair.SyncInterval : 10 * _repair.SyncInterval) ? SyncRank.Differs : null;
        return isInWindow && since >= _repair.SyncQuietInterval ? SyncRank.Quiet : null;
    }

    private void StartDue()
    {
        while (_sessions < _repair.SyncSessionsMax && _due.TryDequeue(out var due, out _))
        {
            var peer = due.Shell.PeerOf(due.Peer);
            if (peer.IsRunning || !_reachable.Contains(due.Peer)) continue;
            (peer.IsRunning, peer.IsHealed, peer.AskedAt, peer.HeardAt) = (true, false, _now, _now);
            _sessions++;
            var effects = RentEffects();
            due.Shell.Protocol.SyncWith(due.Peer, effects);
            Carry(due.Shell, effects);
        }
    }

    private void EndSession(ReplicaShell shell, NodeName node, bool isComplete)
    {
        var peer = shell.PeerOf(node);
        if (isComplete) peer.SyncedAt = _now;
        if (!peer.IsRunning) return;
        peer.IsRunning = false;
        _sessions--;
        if (isComplete) SyncsCompleted++;
        else SyncsBroken++;
    }

    private void EndSilent(ReplicaShell shell)
    {
        foreach (var (node, peer) in shell.Peers)
        {
            if (peer.LostAt is { } lost && _now - lost >= TransferKeptFor) shell.Protocol.ForgetTransferTo(node);
            if (peer.Waits || _now - peer.HeardAt < _repair.SyncPatience) continue;
            Refund(peer);
            if (peer.IsRunning) EndSession(shell, node, isComplete: false);
        }
    }

    private void TryFold(ReplicaShell shell)
    {
        if (_now - shell.FoldTriedAt < _repair.SyncInterval || _identity is null || shell.Replica.AbandonedIds.Count == 0) return;
        shell.FoldTriedAt = _now;
        var effects = RentEffects();
        shell.Protocol.TryFold(_now, _options.MessageLifetimeMax, effects);
        Carry(shell, effects);
    }

    /// <summary>Who has come back is compared with at once, whatever was known of it, and given what is kept for it.</summary>
    private void SyncAfterReturn(NodeName node, bool isReachable)
    {
        foreach (var shell in _shells.Values)
        {
            if (!shell.Peers.TryGetValue(node, out var peer)) continue;
            peer.LostAt = isReachable ? null : _now;
            if (isReachable) peer.IsHealed = true;
            else
            {
                Refund(peer);
                EndSession(shell, node, isComplete: false);
            }
        }

        if (isReachable) LookForDifferences(_now);
    }

    private void NoteSynced(ReplicaShell shell)
    {
        if (!shell.Protocol.HasSynced || shell.SyncedRingOnDisk == shell.Protocol.Watermarks.RingVersion) return;
        shell.SyncedRingOnDisk = shell.Protocol.Watermarks.RingVersion;
        var value = new WireWriter(16);
        value.WriteVarint((ulong)shell.SyncedRingOnDisk);
        _outbox.Add(new StorageProtocol.PutFact(SyncedFact + shell.Address, value.ToArray()));
    }
}
