using System.Globalization;
using GossipCluster.Actors.Storage;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Wire;

namespace GossipCluster.Actors.Replicas;

/// <content>When to compare with whom: after a return, where clocks differ and nothing moves, and now and then all the same.</content>
internal sealed partial class Shard
{
    private const string SyncedFact = "synced/";

    // One look goes on where the one before had to stop.
    private int _syncFrom;

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

    /// <summary>Looks for replicas to compare. Costs nothing but the look where all are equal.</summary>
    public void LookForDifferences(TimeSpan now)
    {
        _now = now;
        if (!_view.HasRing || _shells.Count == 0) return;
        var starts = 0;
        var shells = _shells.Values.ToArray();
        for (var i = 0; i < shells.Length && starts < _options.SyncStartsMax; i++)
        {
            var shell = shells[_syncFrom++ % shells.Length];
            NoteSynced(shell);
            starts += shell.Protocol.IsPrimary ? LookAtPrimary(shell) : LookAtFallback(shell);
        }
    }

    private int LookAtPrimary(ReplicaShell shell)
    {
        var clock = shell.Replica.Clock;
        var isQuiet = shell.ClockSeen is { } before && before.Equals(clock);
        shell.ClockSeen = clock;
        TryFold(shell);

        // A primary that has not synced turns to everybody: what it became a primary of may be with nodes that are none any more.
        var peers = shell.Protocol.HasSynced ? shell.Protocol.Watermarks.OtherPrimaries : [.. _view.Ring.Members.Select(member => member.Name).Where(name => name != _self)];
        var starts = 0;
        foreach (var peer in peers)
        {
            if (!_reachable.Contains(peer) || !IsDue(shell, peer, clock, isQuiet)) continue;
            StartSync(shell, peer);
            starts++;
        }

        return starts;
    }

    private bool IsDue(ReplicaShell shell, NodeName peer, DotSet clock, bool isQuiet)
    {
        if (!shell.SyncedAt.TryGetValue(peer, out var at)) return true;
        var since = _now - at;
        if (!shell.Protocol.HasSynced) return since >= _options.SyncInterval;
        var differs = !shell.Protocol.Watermarks.KnownTo(peer).Equals(clock);
        if (differs) return isQuiet ? since >= _options.SyncInterval : since >= 10 * _options.SyncInterval;
        return since >= _options.SyncQuietInterval;
    }

    private int LookAtFallback(ReplicaShell shell)
    {
        if (shell.Replica.Clock.IsEmpty || IsHandedOffElsewhere(shell)) return 0;
        var effects = RentEffects();
        foreach (var primary in shell.Protocol.Watermarks.OtherPrimaries)
        {
            if (_reachable.Contains(primary)) shell.Protocol.OfferTo(primary, effects);
        }

        shell.Protocol.TryEmpty(effects);
        Carry(shell, effects);
        return 1;
    }

    private void TryFold(ReplicaShell shell)
    {
        if (_now - shell.FoldTriedAt < _options.SyncInterval || _identity is null || shell.Replica.AbandonedIds.Count == 0) return;
        shell.FoldTriedAt = _now;
        var effects = RentEffects();
        shell.Protocol.TryFold(_now, _options.MessageLifetimeMax, effects);
        Carry(shell, effects);
    }

    private void StartSync(ReplicaShell shell, NodeName peer)
    {
        shell.SyncedAt[peer] = _now;
        var effects = RentEffects();
        shell.Protocol.SyncWith(peer, effects);
        Carry(shell, effects);
    }

    /// <summary>Who has come back is compared with at the next look, whatever was known of it.</summary>
    private void SyncAfterReturn(NodeName node, bool isReachable)
    {
        if (!isReachable) return;
        foreach (var shell in _shells.Values) shell.SyncedAt.Remove(node);
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
