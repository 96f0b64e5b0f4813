using System.Globalization;
using GossipCluster.Actors.Store;
using GossipCluster.Core.Coordination;
using GossipCluster.Core.DataTypes;
using GossipCluster.Node.Http.Answers;
using GossipCluster.Node.Http.Datatypes;
using GossipCluster.Node.Http.Parameters;
using GossipCluster.Node.Http.Paths;

namespace GossipCluster.Node.Http.Keys;

/// <summary>Removing a whole datum, and listing keys and buckets.</summary>
internal sealed class KeyEndpoints(Door door)
{
    public const string ItemMethods = "GET, HEAD, DELETE";
    public const string ListMethods = "GET, HEAD";

    // A list leaves in steps of this many bytes: what waits for a slow reader is one step.
    private const int StepBytes = 64 << 10;

    /// <summary>DELETE of a key.</summary>
    public async Task DeleteAsync(HttpContext http)
    {
        var path = RequestPath.Of(http);
        if (door.Resolve(path.Type, path.Bucket, out var place) is { } unknown)
        {
            await Answer.RefuseAsync(http, unknown);
            return;
        }

        if (Prepare(http, path, place, out var command) is { } refusal)
        {
            await Answer.RefuseAsync(http, refusal);
            return;
        }

        door.Counters.CountPut();
        var reply = await door.Store.WriteAsync(command);
        if (reply is WriteReply.Refused { Error.Problem: OperationProblem.NotPresent })
        {
            await Answer.RefuseAsync(http, Refusal.NotFound(place.Type.DataType));
            return;
        }

        if (Refusal.Of(reply) is { } why)
        {
            if (why.Status == StatusCodes.Status503ServiceUnavailable) door.Counters.CountUnavailable();
            await Answer.RefuseAsync(http, why);
            return;
        }

        var written = (WriteReply.Written)reply;
        http.Response.Headers[Answer.ContextHeader] = door.Encode(command.Key, command.Quorum.N, written.Clock);
        http.Response.Headers[Answer.CopiesHeader] = written.Copies.ToString(CultureInfo.InvariantCulture);
        Answer.Empty(http, StatusCodes.Status204NoContent);
    }

    /// <summary>GET of a bucket's keys.</summary>
    public async Task ListKeysAsync(HttpContext http)
    {
        var path = RequestPath.Of(http);
        if (PrepareList(http, path, out var query, out var timeout) is { } refusal)
        {
            await Answer.RefuseAsync(http, refusal);
            return;
        }

        switch (query["keys"])
        {
            case "true":
                await ListAsync(http, "keys"u8.ToArray(), isStream: false, timeout, cancel => door.Store.KeysAsync(path.Type, path.Bucket, cancel));
                break;
            case "stream":
                await ListAsync(http, "keys"u8.ToArray(), isStream: true, timeout, cancel => door.Store.KeysAsync(path.Type, path.Bucket, cancel));
                break;
            default:
                await JsonAsync(http, "{}"u8.ToArray());
                break;
        }
    }

    /// <summary>GET of a type's buckets.</summary>
    public async Task ListBucketsAsync(HttpContext http)
    {
        var path = RequestPath.Of(http);
        if (PrepareList(http, path, out var query, out var timeout) is { } refusal)
        {
            await Answer.RefuseAsync(http, refusal);
            return;
        }

        switch (query["buckets"])
        {
            case "true":
                await ListAsync(http, "buckets"u8.ToArray(), isStream: false, timeout, cancel => BucketsAsync(path.Type, cancel));
                break;
            case "stream":
                await ListAsync(http, "buckets"u8.ToArray(), isStream: true, timeout, cancel => BucketsAsync(path.Type, cancel));
                break;
            default:
                await JsonAsync(http, "{\"buckets\":[]}"u8.ToArray());
                break;
        }
    }

    private async IAsyncEnumerable<IReadOnlyList<string>?> BucketsAsync(
        string type, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        yield return await door.Store.BucketsAsync(type, cancel);
    }

    /// <summary>Sends a list as it comes in: one object with all names, or an object for each part and an empty one last.</summary>
    private static async Task ListAsync(
        HttpContext http, byte[] member, bool isStream, TimeSpan? timeout, Func<CancellationToken, IAsyncEnumerable<IReadOnlyList<string>?>> list)
    {
        if (HttpMethods.IsHead(http.Request.Method))
        {
            // As of a list that leaves as it comes in: no length, and no walk over all keys for it.
            Answer.Empty(http, StatusCodes.Status200OK);
            http.Response.ContentType = Negotiation.Json;
            return;
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        if (timeout is { } wait) deadline.CancelAfter(wait);
        using var json = new JsonBuffer();
        try
        {
            if (!isStream) json.Raw("{\""u8).Raw(member).Raw("\":["u8);
            await foreach (var part in list(deadline.Token).WithCancellation(deadline.Token))
            {
                // No list at all: some partition has no reachable replica, and half a list would look like a whole one.
                if (part is null)
                {
                    await BreakAsync(http, Refusal.Incomplete);
                    return;
                }

                if (part.Count == 0) continue;
                if (isStream) json.Raw("{\""u8).Raw(member).Raw("\":["u8);
                for (var i = 0; i < part.Count; i++)
                {
                    if (i > 0 || !isStream) Separate(json, http);
                    json.String(part[i]);
                    if (json.Length >= StepBytes) await SendAsync(http, json);
                }

                if (isStream) await SendAsync(http, json.Raw("]}"u8));
            }
        }
        catch (OperationCanceledException) when (!http.RequestAborted.IsCancellationRequested)
        {
            await BreakAsync(http, Refusal.TimedOut);
            return;
        }

        if (isStream) json.Raw("{\""u8).Raw(member).Raw("\":["u8);
        json.Raw("]}"u8);
        if (http.Response.HasStarted || isStream) await SendAsync(http, json);
        else await Answer.JsonAsync(http, StatusCodes.Status200OK, json);
    }

    /// <summary>A comma between names, also where the names before it have left already.</summary>
    private static void Separate(JsonBuffer json, HttpContext http)
    {
        if (json.Length > 0) json.Comma();
        else if (http.Response.HasStarted) json.Raw((byte)',');
    }

    private static async Task SendAsync(HttpContext http, JsonBuffer json)
    {
        if (!http.Response.HasStarted)
        {
            Answer.Empty(http, StatusCodes.Status200OK);
            http.Response.ContentType = Negotiation.Json;
        }

        await http.Response.BodyWriter.WriteAsync(json.Written, http.RequestAborted);
        json.Clear();
    }

    private static Task BreakAsync(HttpContext http, Refusal refusal)
    {
        if (!http.Response.HasStarted) return Answer.RefuseAsync(http, refusal);

        // The answer ends in the middle, and the client sees that it does.
        http.Abort();
        return Task.CompletedTask;
    }

    private static Task JsonAsync(HttpContext http, byte[] json) => Answer.BytesAsync(http, StatusCodes.Status200OK, Negotiation.Json, json);

    private Refusal? Prepare(HttpContext http, RequestPath path, in Place place, out WriteCommand command)
    {
        command = null!;
        if (RequestParameters.Parse(http.Request, door.Options, out var parameters) is { } badParameter) return badParameter;
        if (Door.KeyOf(path, path.Key, out var key) is { } badKey) return badKey;
        if (parameters.Resolve(place.Type, place.Properties, out WriteQuorum quorum) is { } badQuorum) return badQuorum;
        if (door.Decode(key, Door.TokenHeader(http.Request, alsoVclock: true), out var observed) is { } badToken) return badToken;
        command = new WriteCommand(key, place.Type.DataType, Operation.Delete.Instance, quorum) { Timeout = parameters.Timeout, Observed = observed };
        return null;
    }

    private Refusal? PrepareList(HttpContext http, RequestPath path, out RequestQuery query, out TimeSpan? timeout)
    {
        timeout = null;
        query = RequestQuery.Of(http.Request);
        if (door.Store.Schema.Find(path.Type) is null) return Refusal.UnknownType(path.Type);
        if (RequestParameters.Parse(http.Request, door.Options, out var parameters) is { } badParameter) return badParameter;
        if (query["timeout"] is not null) timeout = parameters.Timeout;
        return Negotiation.AcceptsJson(http.Request) ? null : Refusal.NotAcceptable;
    }
}
