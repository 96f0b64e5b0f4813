using GossipCluster.Actors.Store;
using GossipCluster.Node.Http.Answers;

namespace GossipCluster.Node.Http.Repairs;

/// <summary>Divergence as JSON.</summary>
internal static class EntropyJson
{
    public static JsonBuffer Entropy(this JsonBuffer json, NodeEntropy entropy) => json
        .Name("node"u8).String(entropy.Node)
        .Name("dots"u8).Number(entropy.Dots)
        .Name("synced"u8).Boolean(entropy.Replicas.All(replica => !replica.IsPrimary || replica.HasSynced))
        .Name("repair"u8).Raw("{"u8)
        .Name("running"u8).Number(entropy.Repair.Running).Name("due"u8).Number(entropy.Repair.Due).Name("held_back"u8).Number(entropy.Repair.HeldBack)
        .Name("bytes_per_second"u8).Number(entropy.Repair.BytesPerSecond).Name("bytes"u8).Number(entropy.Repair.Bytes)
        .Name("completed"u8).Number(entropy.Repair.Completed).Name("broken"u8).Number(entropy.Repair.Broken)
        .Raw("}"u8)
        .Hints(entropy.Hints);

    public static JsonBuffer Hints(this JsonBuffer json, HintProgress hints) => json
        .Name("hints"u8).Raw("{"u8)
        .Name("paused"u8).Boolean(hints.IsPaused).Name("bytes"u8).Number(hints.Bytes).Name("keys_dropped"u8).Number(hints.KeysDropped).Name("refused"u8).Number(hints.Refused)
        .Raw("}"u8);

    public static JsonBuffer Replica(this JsonBuffer json, ReplicaEntropy replica)
    {
        json.Raw("{"u8).Name("n"u8).Number(replica.N).Name("partition"u8).Number(replica.Partition)
            .Name("primary"u8).Boolean(replica.IsPrimary).Name("synced"u8).Boolean(replica.HasSynced)
            .Name("keys"u8).Number(replica.Keys).Name("bytes"u8).Number(replica.Bytes)
            .Name("log_entries"u8).Number(replica.LogEntries).Name("log_bytes"u8).Number(replica.LogBytes);
        if (replica.HintDots > 0) json.Name("hint_dots"u8).Number(replica.HintDots);
        if (replica.HintAge is { } age) json.Seconds("hint_age_seconds"u8, age);
        if (replica.TransferFrom is { } source) json.Name("transfer"u8).Raw("{"u8).Name("from"u8).String(source).Name("keys"u8).Number(replica.TransferKeys).Raw("}"u8);
        if (replica.SinceAudit is { } audit) json.Seconds("since_audit_seconds"u8, audit);
        json.Name("peers"u8).Raw("["u8);
        foreach (var peer in replica.Peers)
        {
            json.Comma().Raw("{"u8).Name("node"u8).String(peer.Node).Name("reachable"u8).Boolean(peer.IsReachable)
                .Name("dots_lacking"u8).Number(peer.DotsLacking).Name("dots_ahead"u8).Number(peer.DotsAhead);
            if (peer.OldestAge is { } oldest) json.Seconds("oldest_age_seconds"u8, oldest);
            if (peer.SinceSync is { } since) json.Seconds("since_sync_seconds"u8, since);
            if (peer.IsSyncing) json.Name("syncing"u8).Boolean(true);
            json.Raw("}"u8);
        }

        return json.Raw("]}"u8);
    }

    private static JsonBuffer Seconds(this JsonBuffer json, ReadOnlySpan<byte> name, TimeSpan span) => json.Name(name).Number(Math.Round(span.TotalSeconds, 3));
}
