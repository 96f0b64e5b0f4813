using GossipCluster.Actors.Store;
using GossipCluster.Node.Http.Answers;

namespace GossipCluster.Node.Http.Health;

/// <summary>What those that watch and route to this node ask, and who is in the cluster.</summary>
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

    /// <summary>The ring's members as this node sees them.</summary>
    public async Task MembersAsync(HttpContext http)
    {
        var status = store.Status;
        using var json = new JsonBuffer();
        json.Raw("{"u8).Name("node"u8).String(status.Name).Name("members"u8).Raw("["u8);
        foreach (var member in status.Members)
        {
            json.Comma().Raw("{"u8).Name("name"u8).String(member.Name).Name("reachable"u8).Boolean(member.Reachable);
            if (member.Http is { } address) json.Name("http"u8).String(address);
            if (member.Remote is { } remote) json.Name("remote"u8).String(remote);
            json.Raw("}"u8);
        }

        json.Raw("]}"u8);
        await Answer.JsonAsync(http, StatusCodes.Status200OK, json);
    }
}
