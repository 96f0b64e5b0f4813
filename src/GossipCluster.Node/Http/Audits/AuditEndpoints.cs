using System.Globalization;
using GossipCluster.Actors.Store;
using GossipCluster.Core.Audit;
using GossipCluster.Node.Http.Answers;
using GossipCluster.Node.Http.Cluster;

namespace GossipCluster.Node.Http.Audits;

/// <summary>Audits of this node's replicas: how they went, and one now.</summary>
internal sealed class AuditEndpoints(IStore store, IServiceProvider services)
{
    public const string Methods = "GET, HEAD, POST";

    private static readonly TimeSpan WaitMax = TimeSpan.FromMinutes(10);

    /// <summary>GET: per partition how the last audit went.</summary>
    public async Task ReadAsync(HttpContext http) => await AnswerAsync(http, services.GetService<IAudits>() is { } audits ? await audits.AuditsAsync(http.RequestAborted) : null, StatusCodes.Status200OK);

    /// <summary>POST: starts an audit of all partitions of this node, and waits for its end as long as the client wants.</summary>
    public async Task StartAsync(HttpContext http)
    {
        if (WaitQuery.Read(http.Request, WaitMax, out var wanted) is { } refusal)
        {
            await Answer.RefuseAsync(http, refusal);
            return;
        }

        var audits = services.GetService<IAudits>() is { } found ? await found.AuditNowAsync(wanted.Wait, http.RequestAborted) : null;
        await AnswerAsync(http, audits, audits is { IsRunning: true } ? StatusCodes.Status202Accepted : StatusCodes.Status200OK);
    }

    private async Task AnswerAsync(HttpContext http, NodeAudits? audits, int status)
    {
        if (audits is null)
        {
            await Answer.RefuseAsync(http, Refusal.NotReady(store.Status.RecoveryProgress));
            return;
        }

        using var json = new JsonBuffer();
        json.Raw("{"u8).Name("node"u8).String(audits.Node).Name("running"u8).Boolean(audits.IsRunning).Name("partitions"u8).Raw("["u8);
        foreach (var partition in audits.Partitions) Write(json.Comma(), partition);
        json.Raw("]}"u8);
        await Answer.JsonAsync(http, status, json);
    }

    private static void Write(JsonBuffer json, AuditStatus status)
    {
        json.Raw("{"u8).Name("partition"u8).Number(status.Partition).Name("n_val"u8).Number(status.N).Name("running"u8).Boolean(status.IsRunning);
        if (status is { At: { } at, Result: { } result })
        {
            json.Name("at"u8).String(at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture)).Name("result"u8).String(NameOf(result)).Name("with"u8).Raw("["u8);
            foreach (var peer in status.With) json.Comma().String(peer);
            json.Raw("]"u8).Name("keys"u8).Number(status.Keys).Name("differences"u8).Number(status.Differences).Name("repaired"u8).Number(status.Repaired)
                .Name("bytes"u8).Number(status.Bytes).Name("took_ms"u8).Number((long)status.Took.TotalMilliseconds);
        }

        json.Name("differences_total"u8).Number(status.DifferencesTotal).Name("repaired_total"u8).Number(status.RepairedTotal).Raw("}"u8);
    }

    private static string NameOf(AuditResult result) => result switch
    {
        AuditResult.Equal => "equal",
        AuditResult.Repaired => "repaired",
        AuditResult.Differs => "differs",
        AuditResult.ClocksDiffer => "clocks-differ",
        AuditResult.NoPeer => "no-peer",
        AuditResult.ViewLost => "view-lost",
        _ => throw new System.Diagnostics.UnreachableException($"No name for {result}."),
    };
}
