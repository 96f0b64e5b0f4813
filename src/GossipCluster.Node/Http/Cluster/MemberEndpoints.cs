using System.Text.Json;
using GossipCluster.Actors.Hosting;
using GossipCluster.Actors.Metadata;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Metadata;
using GossipCluster.Core.Placement;
using GossipCluster.Node.Http.Answers;
using GossipCluster.Node.Http.Operations;
using GossipCluster.Node.Http.Parameters;

namespace GossipCluster.Node.Http.Cluster;

/// <summary>An operator's word on one member of the ring, and how far the data have followed it.</summary>
/// <remarks>A change is accepted when it is durable on this node and on its way to the others; data move afterwards. Each is logged with who asked.</remarks>
internal sealed partial class MemberEndpoints(ICluster cluster, RequestBodies bodies, TimeProvider clock, ILogger<MemberEndpoints> log)
{
    /// <summary>The methods of what changes a member.</summary>
    public const string ChangeMethods = "POST";

    /// <summary>The methods of a member's weight.</summary>
    public const string WeightMethods = "PUT";

    private const int WeightBodyBytesMax = 1024;
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan WaitMax = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>POST of <c>/cluster/members/{name}/leave</c>.</summary>
    public async Task LeaveAsync(HttpContext http)
    {
        if (await FindAsync(http) is { } node) await ChangeAsync(http, node, "leave", new MetadataProtocol.RemoveMember(node.Member.Name), RingStanding.Left);
    }

    /// <summary>POST of <c>/cluster/members/{name}/join</c>.</summary>
    public async Task JoinAsync(HttpContext http)
    {
        if (await FindAsync(http) is { } node) await ChangeAsync(http, node, "join", new MetadataProtocol.ReturnMember(node.Member.Name), RingStanding.Member);
    }

    /// <summary>PUT of <c>/cluster/members/{name}/weight</c>.</summary>
    public async Task WeightAsync(HttpContext http)
    {
        if (await FindAsync(http) is not { } node) return;
        if (!Negotiation.IsJson(http.Request.ContentType))
        {
            await Answer.RefuseAsync(http, Refusal.WeightNotJson);
            return;
        }

        var body = await bodies.ReadAsync(http, WeightBodyBytesMax);
        bodies.Release(body);
        var weight = 0;
        if ((body.Refusal ?? ReadWeight(body.Bytes.Span, out weight)) is { } refusal) await Answer.RefuseAsync(http, refusal);
        else if (node.Standing == RingStanding.Left) await Answer.RefuseAsync(http, Refusal.RingRefused(new MetadataError.HasLeft(node.Member.Name).Sentence));
        else await ChangeAsync(http, node, $"weight {weight}", new MetadataProtocol.SetWeight(node.Member.Name, weight), RingStanding.Member);
    }

    /// <summary>GET of <c>/cluster/members/{name}/handoff</c>: only the node itself can say, so from others the way leads there.</summary>
    public async Task HandoffAsync(HttpContext http)
    {
        if (await FindAsync(http) is not { } node) return;
        if (WaitQuery.Read(http.Request, WaitMax, out var wanted) is { } bad)
        {
            await Answer.RefuseAsync(http, bad);
            return;
        }

        if (node.Member.Name != cluster.State.Self)
        {
            await RedirectAsync(http, node);
            return;
        }

        var started = clock.GetTimestamp();
        var handoff = await cluster.HandoffAsync(http.RequestAborted);
        while (!wanted.IsMet(handoff) && clock.GetElapsedTime(started) < wanted.Wait)
        {
            await Task.Delay(LookInterval, clock, http.RequestAborted);
            handoff = await cluster.HandoffAsync(http.RequestAborted);
        }

        if (handoff is null)
        {
            await Answer.RefuseAsync(http, Refusal.ClusterUnavailable("The node is starting, or busy: it cannot say yet.", RetryAfter));
            return;
        }

        using var json = new JsonBuffer();
        json.Raw("{"u8).Name("node"u8).String(node.Member.Name.Text).Name("standing"u8).Standing(handoff.HasLeft ? RingStanding.Left : RingStanding.Member)
            .Name("ring_version"u8).Version(handoff.RingVersion)
            .Name("outgoing"u8).Raw("{"u8).Name("replicas"u8).Number(handoff.Replicas).Name("keys"u8).Number(handoff.Keys).Raw("}"u8)
            .Name("incoming"u8).Raw("{"u8).Name("replicas"u8).Number(handoff.Unsynced).Raw("}"u8)
            .Name("done"u8).Boolean(wanted.IsMet(handoff)).Raw("}"u8);
        await Answer.JsonAsync(http, StatusCodes.Status200OK, json);
    }

    /// <summary>The node of the path; null where there is none, and the client has its answer.</summary>
    private async ValueTask<NodeState?> FindAsync(HttpContext http)
    {
        var text = http.GetRouteValue("name") as string ?? string.Empty;
        if (!Negotiation.AcceptsJson(http.Request)) await Answer.RefuseAsync(http, Refusal.NotAcceptable);
        else if (NodeName.TryParse(text, out var name) && cluster.State.Find(name) is { } node) return node;
        else if (cluster.State.Ring.Members.IsEmpty) await Answer.RefuseAsync(http, Refusal.ClusterUnavailable(new MetadataError.NoRing().Sentence, RetryAfter));
        else await Answer.RefuseAsync(http, Refusal.UnknownMember(text));
        return null;
    }

    private async Task ChangeAsync(HttpContext http, NodeState node, string what, MetadataProtocol.ICommand command, RingStanding standing)
    {
        var reply = await cluster.ChangeAsync(command, http.RequestAborted);
        var outcome = reply switch
        {
            ChangeReply.Refused refused => refused.Error.Sentence,
            ChangeReply.Undecided undecided => undecided.Sentence,
            _ => "done",
        };
        LogChange(http.Connection.RemoteIpAddress, what, node.Member.Name, outcome);
        if (reply is ChangeReply.Done) await AcceptAsync(http, node.Member.Name, standing);
        else await Answer.RefuseAsync(http, reply is ChangeReply.Refused { Error: not MetadataError.NoRing } ? Refusal.RingRefused(outcome) : Refusal.ClusterUnavailable(outcome, RetryAfter));
    }

    private async Task AcceptAsync(HttpContext http, NodeName name, RingStanding standing)
    {
        var place = $"/cluster/members/{name}/handoff?standing={(standing == RingStanding.Left ? "left" : "member")}";
        using var json = new JsonBuffer();
        json.Raw("{"u8).Name("node"u8).String(name.Text).Name("standing"u8).Standing(standing).Name("ring_version"u8).Version(cluster.State.Ring)
            .Name("handoff"u8).String(place).Raw("}"u8);
        http.Response.Headers.Location = place;
        await Answer.JsonAsync(http, StatusCodes.Status202Accepted, json);
    }

    /// <summary>Nodes talk to each other over links only; the client goes to the node itself.</summary>
    private static Task RedirectAsync(HttpContext http, NodeState node)
    {
        if (!node.IsReachable || node.Facts is not { Http.Length: > 0 } facts) return Answer.RefuseAsync(http, Refusal.MemberUnreachable(node.Member.Name.Text));
        http.Response.Headers.Location = $"{facts.Http.TrimEnd('/')}{http.Request.Path}{http.Request.QueryString}";
        Answer.Empty(http, StatusCodes.Status307TemporaryRedirect);
        http.Response.ContentLength = 0;
        return Task.CompletedTask;
    }

    private static Refusal? ReadWeight(ReadOnlySpan<byte> body, out int weight)
    {
        weight = 0;
        var reader = new Utf8JsonReader(body);
        try
        {
            var isWeight = reader.Read() && reader.TokenType == JsonTokenType.StartObject
                && reader.Read() && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("weight"u8)
                && reader.Read() && reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out weight)
                && reader.Read() && reader.TokenType == JsonTokenType.EndObject && !reader.Read();
            return isWeight && weight is >= RingMember.WeightMin and <= RingMember.WeightMax ? null : Refusal.BadWeight;
        }
        catch (JsonException)
        {
            return Refusal.BadWeight;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Asker} asked for a change of the ring, {Change} of {Node}: {Outcome}")]
    private partial void LogChange(System.Net.IPAddress? asker, string change, NodeName node, string outcome);
}
