using System.Collections.Immutable;
using GossipCluster.Actors.Store;
using GossipCluster.Core.Causality;

namespace GossipCluster.Actors.Replicas;

/// <content>Entropy: what other replicas are not known to have, and what this node knows that it lacks.</content>
internal sealed partial class Shard
{
    /// <summary>Every replica of this shard that has anything or should have.</summary>
    public ShardEntropy EntropyAt(TimeSpan now)
    {
        _now = now;
        return new ShardEntropy(
            [.. _shells.Values.Where(shell => shell.Protocol.IsPrimary || !shell.Replica.Clock.IsEmpty).Select(EntropyOf)],
            new RepairProgress(_sessions, _due.Count, _paced.Count, _pace.BytesPerSecond, RepairedBytes, SyncsCompleted, SyncsBroken),
            new HintProgress(HandoffIsPaused, _shells.Values.Where(shell => HoldsHints(shell) && !shell.WasPrimary).Sum(shell => shell.Replica.HeldBytes), HintsDropped, HintsRefused));
    }

    /// <summary>Sums for metrics; as cheap as a look where replicas are equal.</summary>
    public ShardCounts Counts()
    {
        var (dots, oldest, unsynced, held, keys, entries, shed, refused, overflowed) = (0L, _now, 0L, 0L, 0L, 0L, 0L, 0L, 0L);
        foreach (var shell in _shells.Values)
        {
            var (protocol, replica) = (shell.Protocol, shell.Replica);
            (held, keys, entries) = (held + replica.HeldBytes, keys + replica.KeyCount, entries + replica.LogEntryCount);
            (shed, refused, overflowed) = (shed + replica.LogShed.Deltas + replica.LogShed.Entries, refused + protocol.RecordsRefused, overflowed + protocol.Overflowed);
            if (!protocol.IsPrimary) continue;
            if (!protocol.HasSynced) unsynced++;
            foreach (var node in protocol.Watermarks.OtherPrimaries)
            {
                var known = protocol.Watermarks.KnownTo(node);
                if (known.Equals(replica.Clock)) continue;
                dots += replica.Clock.Except(known).Count + known.Except(replica.Clock).Count;
                if (_reachable.Contains(node) && shell.Peers.TryGetValue(node, out var peer) && peer.Lacked is not null && peer.LackingSince < oldest) oldest = peer.LackingSince;
            }
        }

        return new ShardCounts
        {
            EntropyDots = dots,
            EntropyAgeSeconds = (long)(_now - oldest).TotalSeconds,
            Unsynced = unsynced,
            HeldBytes = held,
            Keys = keys,
            LogEntries = entries,
            LogShed = shed,
            Requests = RequestCount,
            RecordsRefused = refused,
            Malformed = Malformed,
            Overflowed = overflowed,
            Sessions = _sessions,
            PaceBytesPerSecond = _pace.BytesPerSecond,
            RepairedBytes = RepairedBytes,
            SyncsCompleted = SyncsCompleted,
            SyncsBroken = SyncsBroken,
            Slowdowns = _pace.Slowdowns,
            HintBytes = _hintBytes,
            HintsDropped = HintsDropped,
            HintsRefused = HintsRefused,
        };
    }

    private ReplicaEntropy EntropyOf(ReplicaShell shell)
    {
        var replica = shell.Replica;
        var clock = replica.Clock;
        var isPrimary = shell.Protocol.IsPrimary;
        return new ReplicaEntropy(shell.Address.N, shell.Address.Partition, isPrimary, shell.Protocol.HasSynced)
        {
            Keys = replica.KeyCount,
            Bytes = replica.HeldBytes,
            LogEntries = replica.LogEntryCount,
            LogBytes = replica.LogDeltaBytes,
            HintDots = isPrimary ? 0 : clock.Count,
            HintAge = shell.HintsSince is { } since ? _now - since : null,
            TransferFrom = shell.Protocol.TransferSource?.Text,
            TransferKeys = replica.Incoming?.NextKey ?? 0,
            SinceAudit = shell.Audit?.Last is { } audit ? _clock.GetUtcNow() - audit.At : null,
            Peers = [.. shell.Protocol.Watermarks.OtherPrimaries.Select(peer => EntropyOf(shell, peer, clock))],
        };
    }

    private PeerEntropy EntropyOf(ReplicaShell shell, NodeName node, DotSet clock)
    {
        var known = shell.Protocol.Watermarks.KnownTo(node);
        shell.Peers.TryGetValue(node, out var peer);
        peer?.NoteLacking(clock, known, _now);
        return new PeerEntropy(node.Text, _reachable.Contains(node))
        {
            DotsLacking = clock.Except(known).Count,
            DotsAhead = known.Except(clock).Count,
            OldestAge = peer?.Lacked is null ? null : _now - peer.LackingSince,
            SinceSync = peer?.SyncedAt is { } synced ? _now - synced : null,
            IsSyncing = peer is { IsRunning: true },
        };
    }
}

/// <summary>What one shard says of its replicas.</summary>
internal sealed record ShardEntropy(ImmutableArray<ReplicaEntropy> Replicas, RepairProgress Repair, HintProgress Hints);
