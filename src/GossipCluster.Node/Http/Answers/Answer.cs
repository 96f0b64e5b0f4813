using System.Buffers;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using Microsoft.Extensions.Primitives;

namespace GossipCluster.Node.Http.Answers;

/// <summary>How answers leave: headers, length, gzip, and refusals in the form that the client wants.</summary>
internal static class Answer
{
    public const string ContextHeader = "GossipCluster-Context";
    public const string CopiesHeader = "GossipCluster-Copies";

    /// <summary>On how many nodes a change of the schema is in force.</summary>
    public const string NodesHeader = "GossipCluster-Nodes";

    private const int ChunkBytes = 64 << 10;

    // Below it, gzip saves no packet.
    private const int CompressionBytesMin = 1024;

    private static readonly StringValues VaryByEncoding = new("Accept-Encoding");
    private static readonly byte[] UnknownPath = Encoding.UTF8.GetBytes(
        "<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1><p>There is nothing at this address. The resources are listed at <a href=\"/\">/</a>.</p></body></html>\n");

    /// <summary>An answer without a body.</summary>
    public static void Empty(HttpContext http, int status)
    {
        http.Response.StatusCode = status;
        http.Response.Headers.Vary = VaryByEncoding;
    }

    /// <summary>A JSON answer.</summary>
    public static Task JsonAsync(HttpContext http, int status, JsonBuffer json) => BytesAsync(http, status, Negotiation.Json, json.Written);

    /// <summary>An answer of bytes whose type is known.</summary>
    public static Task BytesAsync(HttpContext http, int status, string contentType, ReadOnlyMemory<byte> body, string? vary = null)
    {
        var response = http.Response;
        response.StatusCode = status;
        response.ContentType = contentType;
        response.Headers.Vary = vary is null ? VaryByEncoding : vary;
        if (body.Length >= CompressionBytesMin && Negotiation.AcceptsGzip(http.Request))
        {
            response.Headers.ContentEncoding = "gzip";
            body = Gzip(body);
        }

        response.ContentLength = body.Length;
        return HttpMethods.IsHead(http.Request.Method) ? Task.CompletedTask : SendAsync(http, body);
    }

    /// <summary>An answer that says why not: one line of text, or a problem (RFC 9457) where the client asks for those.</summary>
    public static async Task RefuseAsync(HttpContext http, Refusal refusal)
    {
        if (refusal.RetryAfter is { } wait)
        {
            http.Response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        if (refusal.Allow is { } allow) http.Response.Headers.Allow = allow;
        using var body = new JsonBuffer();
        var contentType = WriteRefusal(body, refusal, Negotiation.WantsProblem(http.Request));
        await BytesAsync(http, refusal.Status, contentType, body.Written);
    }

    /// <summary>404 for people.</summary>
    public static Task UnknownPathAsync(HttpContext http) => Negotiation.WantsProblem(http.Request)
        ? RefuseAsync(http, new Refusal(404, "unknown-path", "There is nothing at this address. The resources are listed at /."))
        : BytesAsync(http, StatusCodes.Status404NotFound, "text/html", UnknownPath);

    /// <summary>A sentence on one line, whatever a client's names hold.</summary>
    public static string OneLine(string sentence)
    {
        if (!sentence.AsSpan().ContainsAnyInRange('\0', '\u001f')) return sentence;
        var line = new StringBuilder(sentence.Length + 16);
        foreach (var c in sentence)
        {
            if (char.IsControl(c)) line.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else line.Append(c);
        }

        return line.ToString();
    }

    private static string WriteRefusal(JsonBuffer body, Refusal refusal, bool asProblem)
    {
        if (asProblem)
        {
            body.Raw("{"u8).Name("title"u8).String(refusal.Title).Name("status"u8).Number(refusal.Status).Name("detail"u8).String(OneLine(refusal.Sentence));
            if (refusal.Missing is { } missing) body.Name("datatype"u8).String(DataTypeNames.Utf8(missing));
            body.Raw("}"u8);
            return Negotiation.Problem;
        }

        if (refusal.Missing is { } type)
        {
            body.Raw("{\"type\":\""u8).Raw(DataTypeNames.Utf8(type)).Raw("\",\"error\":\"notfound\"}"u8);
            return Negotiation.Json;
        }

        body.Raw(Encoding.UTF8.GetBytes(refusal.IsVerbatim ? refusal.Sentence : OneLine(refusal.Sentence))).Raw((byte)'\n');
        return "text/plain";
    }

    /// <summary>Sends in steps, so that a large answer waits in our one buffer and not once more in the connection's.</summary>
    private static async Task SendAsync(HttpContext http, ReadOnlyMemory<byte> body)
    {
        var writer = http.Response.BodyWriter;
        while (!body.IsEmpty)
        {
            var chunk = body[..Math.Min(body.Length, ChunkBytes)];
            writer.Write(chunk.Span);
            var flushed = await writer.FlushAsync();
            if (flushed.IsCompleted || flushed.IsCanceled) return;
            body = body[chunk.Length..];
        }
    }

    private static byte[] Gzip(ReadOnlyMemory<byte> body)
    {
        using var compressed = new MemoryStream(body.Length / 4);
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest)) gzip.Write(body.Span);
        return compressed.ToArray();
    }
}
