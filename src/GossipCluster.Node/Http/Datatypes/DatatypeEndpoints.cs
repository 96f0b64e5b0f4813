using System.Globalization;
using System.Security.Cryptography;
using GossipCluster.Actors.Store;
using GossipCluster.Core.Coordination;
using GossipCluster.Core.Kernel;
using GossipCluster.Node.Http.Answers;
using GossipCluster.Node.Http.Operations;
using GossipCluster.Node.Http.Parameters;
using GossipCluster.Node.Http.Paths;

namespace GossipCluster.Node.Http.Datatypes;

/// <summary>Reading and changing one datum. A thin skin: parse, ask the store, translate its answer.</summary>
internal sealed class DatatypeEndpoints(Door door)
{
    public const string ItemMethods = "GET, HEAD, POST";
    public const string CollectionMethods = "POST";

    private const string KeyLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private const int MadeKeyLength = 22;

    /// <summary>GET of a key, by either of its addresses.</summary>
    public async Task ReadAsync(HttpContext http)
    {
        var path = RequestPath.Of(http);
        if (door.Resolve(path.Type, path.Bucket, out var place) is { } unknown)
        {
            await Answer.RefuseAsync(http, unknown);
            return;
        }

        if (Prepare(http, path, place, out var command, out var parameters) is { } refusal)
        {
            await Answer.RefuseAsync(http, refusal);
            return;
        }

        door.Counters.CountGet();
        var reply = await door.Store.ReadAsync(command);
        var token = reply switch
        {
            ReadReply.Found found => door.Encode(command.Key, command.Quorum.N, found.Clock),
            ReadReply.NotFound missing => door.Encode(command.Key, command.Quorum.N, missing.Clock),
            _ => null,
        };
        if (token is not null) http.Response.Headers[Answer.ContextHeader] = token;
        if (reply is ReadReply.Found { Value: var value })
        {
            using var json = new JsonBuffer();
            ValueWriter.WriteDatum(json, value.Type, value, ContextOf(place, parameters, token), parameters.AllVersions);
            await Answer.JsonAsync(http, StatusCodes.Status200OK, json);
            return;
        }

        var why = Refusal.Of(reply, place.Type.DataType)!;
        if (why.Status == StatusCodes.Status503ServiceUnavailable) door.Counters.CountUnavailable();
        await Answer.RefuseAsync(http, why);
    }

    /// <summary>POST to a key.</summary>
    public Task WriteAsync(HttpContext http) => WriteAsync(http, RequestPath.Of(http), RequestPath.Of(http).Key, null);

    /// <summary>POST without a key: the server makes one.</summary>
    public Task CreateAsync(HttpContext http)
    {
        var path = RequestPath.Of(http);
        var key = RandomNumberGenerator.GetString(KeyLetters, MadeKeyLength);
        return WriteAsync(http, path, key, $"/types/{Uri.EscapeDataString(path.Type)}/buckets/{Uri.EscapeDataString(path.Bucket)}/keys/{key}");
    }

    private async Task WriteAsync(HttpContext http, RequestPath path, string name, string? location)
    {
        if (door.Resolve(path.Type, path.Bucket, out var place) is { } unknown)
        {
            await Answer.RefuseAsync(http, unknown);
            return;
        }

        if (Prepare(http, path, name, place, out var key, out var parameters, out var quorum) is { } refusal)
        {
            await Answer.RefuseAsync(http, refusal);
            return;
        }

        var body = await door.Bodies.ReadAsync(http, door.Options.BodyBytesMax);
        try
        {
            WriteCommand? command = null;
            if ((body.Refusal ?? Prepare(http, place, key, body.Bytes, quorum, parameters, out command)) is { } bad)
            {
                await Answer.RefuseAsync(http, bad);
                return;
            }

            door.Counters.CountPut();
            await AnswerAsync(http, place, parameters, command!, await door.Store.WriteAsync(command!), location);
        }
        finally
        {
            door.Bodies.Release(body);
        }
    }

    private async Task AnswerAsync(HttpContext http, Place place, RequestParameters parameters, WriteCommand command, WriteReply reply, string? location)
    {
        if (Refusal.Of(reply) is { } why)
        {
            if (why.Status == StatusCodes.Status503ServiceUnavailable) door.Counters.CountUnavailable();
            await Answer.RefuseAsync(http, why);
            return;
        }

        var written = (WriteReply.Written)reply;
        var token = door.Encode(command.Key, command.Quorum.N, written.Clock);
        http.Response.Headers[Answer.ContextHeader] = token;
        http.Response.Headers[Answer.CopiesHeader] = written.Copies.ToString(CultureInfo.InvariantCulture);
        if (location is not null) http.Response.Headers.Location = location;
        if (parameters.ReturnBody && written.Value is { } value)
        {
            using var json = new JsonBuffer();
            ValueWriter.WriteDatum(json, value.Type, value, ContextOf(place, parameters, token), parameters.AllVersions);
            await Answer.JsonAsync(http, location is null ? StatusCodes.Status200OK : StatusCodes.Status201Created, json);
            return;
        }

        Answer.Empty(http, location is null ? StatusCodes.Status204NoContent : StatusCodes.Status201Created);
        if (location is not null) http.Response.ContentLength = 0;
    }

    private Refusal? Prepare(HttpContext http, RequestPath path, in Place place, out ReadCommand command, out RequestParameters parameters)
    {
        command = null!;
        if (RequestParameters.Parse(http.Request, door.Options, out parameters) is { } badParameter) return badParameter;
        if (!Negotiation.AcceptsJson(http.Request)) return Refusal.NotAcceptable;
        if (Door.KeyOf(path, path.Key, out var key) is { } badKey) return badKey;
        if (parameters.Resolve(place.Type, place.Properties, out ReadQuorum quorum) is { } badQuorum) return badQuorum;
        if (door.Decode(key, parameters.Context ?? Door.TokenHeader(http.Request), out var atLeast) is { } badToken) return badToken;
        command = new ReadCommand(key, quorum) { Timeout = parameters.Timeout, AtLeast = atLeast, AwaitRepair = parameters.AwaitRepair };
        return null;
    }

    private Refusal? Prepare(
        HttpContext http, RequestPath path, string name, in Place place, out Key key, out RequestParameters parameters, out WriteQuorum quorum)
    {
        (key, quorum) = (default, default);
        if (RequestParameters.Parse(http.Request, door.Options, out parameters) is { } badParameter) return badParameter;
        if (!Negotiation.AcceptsJson(http.Request)) return Refusal.NotAcceptable;
        if (!Negotiation.IsJson(http.Request.ContentType)) return Refusal.NotJson;
        if (Door.KeyOf(path, name, out key) is { } badKey) return badKey;
        return parameters.Resolve(place.Type, place.Properties, out quorum);
    }

    private Refusal? Prepare(
        HttpContext http, in Place place, in Key key, ReadOnlyMemory<byte> body, in WriteQuorum quorum, in RequestParameters parameters, out WriteCommand? command)
    {
        command = null;
        var type = place.Type.DataType;
        if (OperationParser.Parse(type, body, door.Options.Limits, out var operation, out var token) is { } badOperation) return badOperation;
        Core.Causality.DotSet? observed = null;
        if (door.Decode(key, token ?? Door.TokenHeader(http.Request), out observed) is { } badToken && Door.LooksAtContext(type)) return badToken;
        command = new WriteCommand(key, type, operation, quorum) { Timeout = parameters.Timeout, Observed = observed, ReturnValue = parameters.ReturnBody };
        return null;
    }

    private static string? ContextOf(in Place place, in RequestParameters parameters, string? token) =>
        parameters.IncludeContext && DataTypeNames.HasContext(place.Type.DataType) ? token : null;
}
