using GossipCluster.Actors.Store;
using GossipCluster.Node.Http.Answers;
using GossipCluster.Node.Http.Cluster;
using GossipCluster.Node.Http.Datatypes;

namespace GossipCluster.Node.Http.Repairs;

/// <summary>Divergence, and what an operator may order about it. All of one node, but for receipts, which ask every replica.</summary>
internal sealed partial class RepairEndpoints(IRepairs repairs, IStore store, Door door, ILogger<RepairEndpoints> log)
{
    /// <summary>The methods of orders.</summary>
    public const string OrderMethods = "POST";

    private static readonly TimeSpan WaitMax = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>GET of <c>/cluster/entropy</c>.</summary>
    public async Task EntropyAsync(HttpContext http)
    {
        if (await EntropyOfAsync(http) is not { } entropy) return;
        using var json = new JsonBuffer();
        json.Raw("{"u8).Entropy(entropy).Name("replicas"u8).Raw("["u8);
        foreach (var replica in entropy.Replicas) json.Comma().Replica(replica);
        json.Raw("]}"u8);
        await Answer.JsonAsync(http, StatusCodes.Status200OK, json);
    }

    /// <summary>GET of <c>/cluster/hints</c>, which may wait until what is kept now has been handed off.</summary>
    public async Task HintsAsync(HttpContext http)
    {
        if (WaitQuery.Read(http.Request, WaitMax, out var wanted) is { } bad)
        {
            await Answer.RefuseAsync(http, bad);
            return;
        }

        var left = await repairs.HintsLeftAsync(wanted.Wait, http.RequestAborted);
        if (await EntropyOfAsync(http) is not { } entropy) return;
        if (left is not { } count)
        {
            await Answer.RefuseAsync(http, CannotSay);
            return;
        }

        using var json = new JsonBuffer();
        json.Raw("{"u8).Name("node"u8).String(entropy.Node).Hints(entropy.Hints).Name("done"u8).Boolean(count == 0).Name("left"u8).Number(count).Name("replicas"u8).Raw("["u8);
        foreach (var replica in entropy.Replicas.Where(replica => replica.HintDots > 0)) json.Comma().Replica(replica);
        json.Raw("]}"u8);
        await Answer.JsonAsync(http, StatusCodes.Status200OK, json);
    }

    /// <summary>POST of <c>/cluster/hints/pause</c>.</summary>
    public Task PauseAsync(HttpContext http) => OrderAsync(http, "pause hinted handoff", () => repairs.PauseHandoff(true));

    /// <summary>POST of <c>/cluster/hints/resume</c>.</summary>
    public Task ResumeAsync(HttpContext http) => OrderAsync(http, "resume hinted handoff", () => repairs.PauseHandoff(false));

    /// <summary>POST of <c>/cluster/hints/drop</c>.</summary>
    public Task DropAsync(HttpContext http) => OrderAsync(http, "drop hints that a write quorum has", repairs.DropHints);

    /// <summary>POST of <c>/cluster/sync</c>.</summary>
    public Task SyncAsync(HttpContext http) => OrderAsync(http, "compare all replicas", repairs.SyncNow);

    /// <summary>GET of <c>/cluster/convergence/{token}</c>.</summary>
    public async Task ConvergenceAsync(HttpContext http)
    {
        var badToken = door.Decode(http.GetRouteValue("token") as string ?? string.Empty, out var place, out var clock);
        var badWait = WaitQuery.Read(http.Request, WaitMax, out var wanted);
        if ((badToken ?? badWait ?? (Negotiation.AcceptsJson(http.Request) ? null : Refusal.NotAcceptable)) is { } bad)
        {
            await Answer.RefuseAsync(http, bad);
            return;
        }

        if (await repairs.ConvergenceAsync(place, clock, wanted.Wait) is not { } reply)
        {
            await Answer.RefuseAsync(http, Refusal.ClusterUnavailable("This node does not know the ring yet, or has too many such questions.", RetryAfter));
            return;
        }

        using var json = new JsonBuffer();
        json.Raw("{"u8).Name("converged"u8).Boolean(reply.IsConverged).Name("replicas"u8).Raw("["u8);
        foreach (var replica in reply.Replicas)
        {
            json.Comma().Raw("{"u8).Name("node"u8).String(replica.Node).Name("has"u8).Boolean(replica.Has).Name("reachable"u8).Boolean(replica.IsReachable).Raw("}"u8);
        }

        json.Raw("]}"u8);
        await Answer.JsonAsync(http, StatusCodes.Status200OK, json);
    }

    private static Refusal CannotSay => Refusal.ClusterUnavailable("The node is starting, or busy: it cannot say yet.", RetryAfter);

    private async Task OrderAsync(HttpContext http, string what, Action order)
    {
        if (!store.Status.Recovered)
        {
            await Answer.RefuseAsync(http, Refusal.ClusterUnavailable("The node is starting.", RetryAfter));
            return;
        }

        LogOrder(http.Connection.RemoteIpAddress, what);
        order();
        http.Response.Headers.Location = "/cluster/entropy";
        Answer.Empty(http, StatusCodes.Status202Accepted);
        http.Response.ContentLength = 0;
    }

    private async ValueTask<NodeEntropy?> EntropyOfAsync(HttpContext http)
    {
        if (!Negotiation.AcceptsJson(http.Request))
        {
            await Answer.RefuseAsync(http, Refusal.NotAcceptable);
            return null;
        }

        var entropy = await repairs.EntropyAsync(http.RequestAborted);
        if (entropy is null) await Answer.RefuseAsync(http, CannotSay);
        return entropy;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Asker} ordered: {Order}")]
    private partial void LogOrder(System.Net.IPAddress? asker, string order);
}
