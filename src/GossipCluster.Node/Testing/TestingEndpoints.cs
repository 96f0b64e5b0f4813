using System.Globalization;
using Akka.Remote.Transport;
using GossipCluster.Actors.Membership;
using GossipCluster.Node.Http.Answers;
using Direction = Akka.Remote.Transport.ThrottleTransportAdapter.Direction;

namespace GossipCluster.Node.Testing;

/// <summary>The door for tests, there only where <c>gossip-cluster.testing.link-faults</c> is on. No part of the interface: it changes with the tests.</summary>
internal static class TestingEndpoints
{
    /// <summary>Puts the door into an application.</summary>
    public static void MapTesting(this WebApplication app)
    {
        app.MapPost("/testing/links", (RequestDelegate)SetLinkAsync).ExcludeFromDescription();
        app.MapGet("/testing/membership", (RequestDelegate)MembershipAsync).ExcludeFromDescription();
    }

    /// <summary><c>?peer=HOST:PORT&amp;mode=blackhole|pass|throttle|disconnect&amp;direction=send|receive|both&amp;bytes-per-second=N</c></summary>
    private static async Task SetLinkAsync(HttpContext http)
    {
        var query = http.Request.Query;
        if (!HostPort.TryParse(query["peer"].ToString(), out var peer) || !Enum.TryParse<Direction>(query["direction"].ToString(), ignoreCase: true, out var direction))
        {
            http.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        ThrottleMode? mode = query["mode"].ToString() switch
        {
            "blackhole" => Blackhole.Instance,
            "pass" => Unthrottled.Instance,
            "throttle" => Throttle(int.Parse(query["bytes-per-second"].ToString(), CultureInfo.InvariantCulture)),
            _ => null,
        };
        var faults = http.RequestServices.GetRequiredService<LinkFaults>();
        await (mode is null ? faults.DisconnectAsync(peer) : faults.ApplyAsync(peer, direction, mode));
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    /// <summary>Akka.Cluster as this node sees it, and how often it has restarted its ActorSystem.</summary>
    private static async Task MembershipAsync(HttpContext http)
    {
        var runtime = http.RequestServices.GetRequiredService<NodeRuntime>();
        using var json = new JsonBuffer();
        json.Raw("{"u8).Name("restarts"u8).Number(runtime.RestartCount).Name("members"u8).Raw("["u8);
        if (runtime.System is { } system)
        {
            var state = Akka.Cluster.Cluster.Get(system).State;
            foreach (var member in state.Members)
            {
                if (!MemberRoles.TryNodeOf(member, out var node)) continue;
                json.Comma().Raw("{"u8).Name("name"u8).String(node.Text).Name("address"u8).String($"{member.Address.Host}:{member.Address.Port}")
                    .Name("status"u8).String(member.Status.ToString()).Name("reachable"u8).Boolean(!state.Unreachable.Contains(member)).Raw("}"u8);
            }
        }

        json.Raw("]}"u8);
        await Answer.JsonAsync(http, StatusCodes.Status200OK, json);
    }

    private static TokenBucket Throttle(int bytesPerSecond) => new(bytesPerSecond, bytesPerSecond, 0, 0);
}
