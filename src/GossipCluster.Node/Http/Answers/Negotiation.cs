using System.Globalization;
using Microsoft.Extensions.Primitives;

namespace GossipCluster.Node.Http.Answers;

/// <summary>What a client says it takes. A header that cannot be understood takes nothing away.</summary>
internal static class Negotiation
{
    public const string Json = "application/json";
    public const string EventStream = "text/event-stream";
    public const string Problem = "application/problem+json";

    /// <summary>True where the Accept header allows <c>application/json</c>, or there is none.</summary>
    public static bool AcceptsJson(HttpRequest request)
    {
        var accept = request.Headers.Accept;
        return accept.Count == 0 || (accept.Count == 1 && accept[0] is "*/*" or Json or "") || Quality(accept, Json) > 0;
    }

    /// <summary>True where the client names <c>application/problem+json</c>.</summary>
    public static bool WantsProblem(HttpRequest request)
    {
        foreach (var value in request.Headers.Accept)
        {
            if (value?.Contains(Problem, StringComparison.OrdinalIgnoreCase) == true) return true;
        }

        return false;
    }

    /// <summary>How much the client wants a media type, 0 to 1: by the most specific of its ranges that matches.</summary>
    public static double Quality(StringValues accept, ReadOnlySpan<char> mediaType)
    {
        if (StringValues.IsNullOrEmpty(accept)) return 1;
        var (best, quality) = (-1, 0.0);
        foreach (var value in accept)
        {
            foreach (var range in value.AsSpan().Split(','))
            {
                var part = value.AsSpan()[range];
                var name = NameOf(part);
                var specificity = name.Equals(mediaType, StringComparison.OrdinalIgnoreCase) ? 2
                    : name is "*/*" or "*" ? 0
                    : name.EndsWith("/*") && mediaType.StartsWith(name[..^1], StringComparison.OrdinalIgnoreCase) ? 1
                    : -1;
                if (specificity > best) (best, quality) = (specificity, QualityOf(part));
            }
        }

        return quality;
    }

    /// <summary>True where the client takes gzip.</summary>
    public static bool AcceptsGzip(HttpRequest request)
    {
        var accept = request.Headers.AcceptEncoding;
        if (accept.Count == 0) return false;
        var (best, quality) = (-1, 0.0);
        foreach (var value in accept)
        {
            foreach (var range in value.AsSpan().Split(','))
            {
                var part = value.AsSpan()[range];
                var specificity = NameOf(part) switch
                {
                    var name when name.Equals("gzip", StringComparison.OrdinalIgnoreCase) => 1,
                    "*" => 0,
                    _ => -1,
                };
                if (specificity > best) (best, quality) = (specificity, QualityOf(part));
            }
        }

        return quality > 0;
    }

    /// <summary>True for <c>application/json</c> with any parameters.</summary>
    public static bool IsJson(string? contentType) => Is(contentType, Json);

    /// <summary>True where a content type is this one, whatever its parameters.</summary>
    public static bool Is(string? contentType, string mediaType) =>
        contentType == mediaType || NameOf(contentType.AsSpan()).Equals(mediaType, StringComparison.OrdinalIgnoreCase);

    private static ReadOnlySpan<char> NameOf(ReadOnlySpan<char> part)
    {
        var end = part.IndexOf(';');
        return (end < 0 ? part : part[..end]).Trim();
    }

    private static double QualityOf(ReadOnlySpan<char> part)
    {
        foreach (var range in part.Split(';'))
        {
            var parameter = part[range].Trim();
            if (!parameter.StartsWith("q=", StringComparison.OrdinalIgnoreCase)) continue;
            return double.TryParse(parameter[2..], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var quality) ? quality : 1;
        }

        return 1;
    }
}
