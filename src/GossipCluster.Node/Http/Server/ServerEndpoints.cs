using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using GossipCluster.Actors.Store;
using GossipCluster.Node.Http.Answers;

namespace GossipCluster.Node.Http.Server;

/// <summary>What clients ask before they ask for data: what there is, whether anybody answers, and which version.</summary>
internal sealed class ServerEndpoints(IStore store, HttpCounters counters, TimeProvider clock)
{
    // Clients read it to decide what a server can do; it is the version whose data types interface this is.
    private const string RiakVersion = "3.2.0";

    /// <summary>Resource name and first path segment, in the order in which they are listed.</summary>
    private static readonly KeyValuePair<string, string>[] Resources =
    [
        new("riak_kv_wm_bucket_type", "/types"),
        new("riak_kv_wm_buckets", "/types"),
        new("riak_kv_wm_crdt", "/types"),
        new("riak_kv_wm_keylist", "/types"),
        new("riak_kv_wm_object", "/types"),
        new("riak_kv_wm_ping", "/ping"),
        new("riak_kv_wm_props", "/types"),
        new("riak_kv_wm_stats", "/stats"),
    ];

    private static readonly string Version = typeof(ServerEndpoints).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";
    private static readonly string Link = string.Join(',', Resources.Select(resource => $"<{resource.Value}>; rel=\"{resource.Key}\""));
    private static readonly byte[] ResourcesJson = Encoding.UTF8.GetBytes(
        $"{{{string.Join(',', Resources.Select(resource => $"\"{resource.Key}\":\"{resource.Value}\""))}}}");

    private static readonly byte[] ResourcesHtml = Encoding.UTF8.GetBytes(
        $"<!DOCTYPE html>\n<html><head><title>GossipCluster</title></head><body><ul>{string.Concat(Resources.Select(resource => $"<li><a href=\"{resource.Value}\">{resource.Key}</a></li>"))}"
        + "<li><a href=\"/docs\">the interface, explained</a></li></ul></body></html>\n");

    private static readonly JsonSerializerOptions Pretty = new() { WriteIndented = true, IndentSize = 4 };
    private readonly long _started = clock.GetTimestamp();

    /// <summary>GET of the root: the resources, for programs or for people.</summary>
    public static async Task RootAsync(HttpContext http)
    {
        http.Response.Headers.Link = Link;
        var accept = http.Request.Headers.Accept;
        var isJson = accept.Count > 0 && Negotiation.Quality(accept, Negotiation.Json) > Negotiation.Quality(accept, "text/html");
        if (isJson) await Answer.BytesAsync(http, StatusCodes.Status200OK, Negotiation.Json, ResourcesJson, "Accept, Accept-Encoding");
        else await Answer.BytesAsync(http, StatusCodes.Status200OK, "text/html", ResourcesHtml, "Accept, Accept-Encoding");
    }

    /// <summary>GET of <c>/ping</c>.</summary>
    public static Task PingAsync(HttpContext http) => Answer.BytesAsync(http, StatusCodes.Status200OK, "text/html", "OK"u8.ToArray());

    /// <summary>GET of <c>/stats</c>: as JSON, or the same for people as text.</summary>
    public async Task StatsAsync(HttpContext http)
    {
        var accept = http.Request.Headers.Accept;
        var isText = accept.Count > 0 && Negotiation.Quality(accept, "text/plain") > Negotiation.Quality(accept, Negotiation.Json);
        if (!isText && !Negotiation.AcceptsJson(http.Request))
        {
            await Answer.RefuseAsync(http, Refusal.NotAcceptable);
            return;
        }

        var status = store.Status;
        var memory = GC.GetGCMemoryInfo();
        var stats = new JsonObject
        {
            ["riak_kv_version"] = RiakVersion,
            ["gossip_cluster_version"] = Version,
            ["nodename"] = status.Name,
            ["connected_nodes"] = new JsonArray([.. status.Members.Where(member => member.Reachable && member.Name != status.Name).Select(member => (JsonNode)member.Name)]),
            ["ring_members"] = new JsonArray([.. status.Members.Select(member => (JsonNode)member.Name)]),
            ["ready"] = status.IsReady,
            ["uptime_seconds"] = (long)clock.GetElapsedTime(_started).TotalSeconds,
            ["node_gets_total"] = counters.Gets,
            ["node_puts_total"] = counters.Puts,
            ["http_unavailable_total"] = counters.Unavailable,
            ["mem_total"] = memory.TotalAvailableMemoryBytes,
            ["mem_allocated"] = Environment.WorkingSet,
            ["cpu_nprocs"] = Environment.ProcessorCount,
        };
        var text = Encoding.UTF8.GetBytes(isText ? stats.ToJsonString(Pretty) + "\n" : stats.ToJsonString());
        await Answer.BytesAsync(http, StatusCodes.Status200OK, isText ? "text/plain" : Negotiation.Json, text, "Accept, Accept-Encoding");
    }
}
