using GossipCluster.Actors.Store;
using GossipCluster.Core.DataTypes;
using GossipCluster.Node.Http.Answers;
using GossipCluster.Node.Http.Datatypes;
using GossipCluster.Node.Http.Parameters;

namespace GossipCluster.Node.Http.Batch;

/// <summary>Many operations in one request, each answered on its own. They run concurrently: two on one key take effect in either order.</summary>
internal sealed class BatchEndpoints(Door door)
{
    public const string Methods = "POST";

    private const string Lines = "application/x-ndjson";
    private const int StepBytes = 64 << 10;

    // Enough to fill a group commit many times over, and a bound on what waits in memory for its turn to be answered.
    private const int UnderWayMax = 2048;

    /// <summary>POST of a batch.</summary>
    public async Task RunAsync(HttpContext http)
    {
        var isLines = Negotiation.Is(http.Request.ContentType, Lines);
        if (Prepare(http, isLines, out var parameters) is { } refusal)
        {
            await Answer.RefuseAsync(http, refusal);
            return;
        }

        var body = await door.Bodies.ReadAsync(http, door.Options.BatchBodyBytesMax);
        try
        {
            List<BatchEntry> entries = [];
            if ((body.Refusal ?? BatchParser.Parse(door, body.Bytes, isLines, parameters, out entries)) is { } bad)
            {
                await Answer.RefuseAsync(http, bad);
                return;
            }

            await RunAsync(http, entries, isLines, parameters);
        }
        finally
        {
            door.Bodies.Release(body);
        }
    }

    private async Task RunAsync(HttpContext http, List<BatchEntry> entries, bool isLines, RequestParameters parameters)
    {
        var contentType = isLines ? Lines : Negotiation.Json;
        using var json = new JsonBuffer();
        if (!isLines) json.Raw("{\"results\":["u8);
        var started = new Pending[entries.Count];
        var (next, weight) = (0, 0);
        for (var i = 0; i < entries.Count; i++)
        {
            while (next < entries.Count && (next <= i || weight + entries[next].Weight <= UnderWayMax))
            {
                weight += entries[next].Weight;
                started[next] = Start(entries[next]);
                next++;
            }

            if (i > 0 && !isLines) json.Raw((byte)',');
            await started[i].WriteAsync(json, door, entries[i], parameters);
            started[i] = default;
            weight -= entries[i].Weight;
            if (isLines) json.Raw((byte)'\n');
            if (json.Length >= StepBytes && !await SendAsync(http, json, contentType)) return;
        }

        if (!isLines) json.Raw("]}"u8);
        if (http.Response.HasStarted) await SendAsync(http, json, contentType);
        else await Answer.BytesAsync(http, StatusCodes.Status200OK, contentType, json.Written);
    }

#pragma warning disable CA2012 // Each is awaited once, by Pending, after others have been started.
    private Pending Start(in BatchEntry entry)
    {
        if (entry.Write is { } write)
        {
            door.Counters.CountPut();
            return new Pending { Write = door.Store.WriteAsync(write) };
        }

        if (entry.Read is { } read)
        {
            door.Counters.CountGet();
            return new Pending { Read = door.Store.ReadAsync(read) };
        }

        return default;
    }
#pragma warning restore CA2012

    /// <summary>Sends what there is; false where nobody is left to take it. What was started goes on.</summary>
    private static async ValueTask<bool> SendAsync(HttpContext http, JsonBuffer json, string contentType)
    {
        if (!http.Response.HasStarted)
        {
            Answer.Empty(http, StatusCodes.Status200OK);
            http.Response.ContentType = contentType;
        }

        var flushed = await http.Response.BodyWriter.WriteAsync(json.Written);
        json.Clear();
        return !flushed.IsCompleted;
    }

    private Refusal? Prepare(HttpContext http, bool isLines, out RequestParameters parameters)
    {
        if (RequestParameters.Parse(http.Request, door.Options, out parameters) is { } badParameter) return badParameter;
        if (!isLines && !Negotiation.AcceptsJson(http.Request)) return Refusal.NotAcceptable;
        return isLines || Negotiation.IsJson(http.Request.ContentType) ? null : Refusal.NotJson;
    }

    /// <summary>An operation under way.</summary>
    private struct Pending
    {
        public ValueTask<WriteReply> Write;
        public ValueTask<ReadReply> Read;

        /// <summary>Waits for it and writes its answer.</summary>
        public readonly async ValueTask WriteAsync(JsonBuffer json, Door door, BatchEntry entry, RequestParameters parameters)
        {
            if (entry.Refusal is { } refusal) WriteRefusal(json, refusal);
            else if (entry.Read is { } read) WriteRead(json, door, read, entry.Type, await Read, parameters);
            else WriteWrite(json, door, entry.Write!, await Write, parameters);
        }

        private static void WriteRead(JsonBuffer json, Door door, ReadCommand command, DataType type, ReadReply reply, in RequestParameters parameters)
        {
            if (Refusal.Of(reply, type) is { } refusal)
            {
                WriteRefusal(json, refusal);
                return;
            }

            var found = (ReadReply.Found)reply;
            json.Raw("{\"status\":200,\"value\":"u8);
            ValueWriter.Write(json, found.Value, parameters.AllVersions);
            if (parameters.IncludeContext) json.Raw(",\"context\":"u8).String(door.Encode(command.Key, command.Quorum.N, found.Clock));
            json.Raw((byte)'}');
        }

        private static void WriteWrite(JsonBuffer json, Door door, WriteCommand command, WriteReply reply, in RequestParameters parameters)
        {
            if (reply is WriteReply.Refused { Error.Problem: OperationProblem.NotPresent } && command.Operation is Operation.Delete)
            {
                WriteRefusal(json, Refusal.NotFound(command.Type));
                return;
            }

            if (Refusal.Of(reply) is { } refusal)
            {
                WriteRefusal(json, refusal);
                return;
            }

            var written = (WriteReply.Written)reply;
            var value = command.ReturnValue ? written.Value : null;
            json.Raw(value is null ? "{\"status\":204"u8 : "{\"status\":200,\"value\":"u8);
            if (value is not null) ValueWriter.Write(json, value, parameters.AllVersions);
            if (parameters.IncludeContext) json.Raw(",\"context\":"u8).String(door.Encode(command.Key, command.Quorum.N, written.Clock));
            json.Raw(",\"copies\":"u8).Number(written.Copies).Raw((byte)'}');
        }

        private static void WriteRefusal(JsonBuffer json, Refusal refusal) => json.Raw("{\"status\":"u8).Number(refusal.Status).Raw(",\"error\":"u8)
            .String(refusal.Missing is null ? Answer.OneLine(refusal.Sentence) : "notfound").Raw((byte)'}');
    }
}
