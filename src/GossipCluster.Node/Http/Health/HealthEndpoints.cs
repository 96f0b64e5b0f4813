using GossipCluster.Actors.Store;
using GossipCluster.Node.Http.Answers;

namespace GossipCluster.Node.Http.Health;

/// <summary>What those that watch and route to this node ask.</summary>
internal sealed class HealthEndpoints(IStore store)
{
    /// <summary>The process answers.</summary>
    public static async Task LiveAsync(HttpContext http)
    {
        using var json = new JsonBuffer();
        json.Raw("{\"status\":\"live\"}"u8);
        await Answer.JsonAsync(http, StatusCodes.Status200OK, json);
    }

    /// <summary>The node serves: the ring is known and the disk is read back.</summary>
    public async Task ReadyAsync(HttpContext http)
    {
        var status = store.Status;
        var sentence = status switch
        {
            { IsReady: true, HasLeft: true } => "Has left the ring: holds nothing for good, and has reads and writes done by the members.",
            { IsReady: true, DiskTrouble: { Length: > 0 } trouble } => $"Serves reads, and has writes done by other nodes: its own disk takes none. {trouble}",
            { IsReady: true } => "Serves reads and writes.",
            { Recovered: false } => status.RecoveryProgress.Length > 0 ? status.RecoveryProgress : "Reads back what is on disk.",
            _ => "Knows no ring with this node in it: waits to join.",
        };
        using var json = new JsonBuffer();
        json.Raw("{"u8).Name("status"u8).String(status.IsReady ? "ready" : "not-ready").Name("node"u8).String(status.Name)
            .Name("sentence"u8).String(sentence).Raw("}"u8);
        if (!status.IsReady) http.Response.Headers.RetryAfter = "1";
        await Answer.JsonAsync(http, status.IsReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable, json);
    }
}
