using System.Text;
using System.Text.Unicode;
using GossipCluster.Node.Http.Answers;

namespace GossipCluster.Node.Http.Paths;

/// <summary>The names in a request's path, decoded: what stands where routing sees placeholders only.</summary>
/// <remarks>
/// A path is split at '/' before it is decoded, so that a name may hold any character, '/' too; empty segments are dropped, '+' is a space, and '..' is a name
/// like any other. The server's own decoded path cannot tell %2F from %252F and has dot segments taken out: it is of no use here.
/// </remarks>
internal sealed class RequestPath
{
    private const int SegmentsMax = 7;
    private static readonly PathString Unknown = new("/-");
    private static readonly PathString Types = new("/types");
    private static readonly PathString Type_ = new("/types/-");
    private static readonly PathString TypeProps = new("/types/-/props");
    private static readonly PathString Buckets = new("/types/-/buckets");
    private static readonly PathString BucketProps = new("/types/-/buckets/-/props");
    private static readonly PathString Keys = new("/types/-/buckets/-/keys");
    private static readonly PathString KeyOfBucket = new("/types/-/buckets/-/keys/-");
    private static readonly PathString WatchOfBucket = new("/types/-/buckets/-/watch");
    private static readonly PathString WatchOfKey = new("/types/-/buckets/-/keys/-/watch");
    private static readonly PathString Datatypes = new("/types/-/buckets/-/datatypes");
    private static readonly PathString Datatype = new("/types/-/buckets/-/datatypes/-");

    /// <summary>The bucket type; empty where the path names none. Likewise the others.</summary>
    public string Type { get; private init; } = string.Empty;

    /// <summary>The bucket.</summary>
    public string Bucket { get; private init; } = string.Empty;

    /// <summary>The key.</summary>
    public string Key { get; private init; } = string.Empty;

    /// <summary>The names in the path of this request.</summary>
    public static RequestPath Of(HttpContext http) => http.Features.Get<RequestPath>()!;

    /// <summary>Splits a request's target.</summary>
    /// <param name="target">As it was sent.</param>
    /// <param name="names">The names, for a path that has some; else null.</param>
    /// <param name="routed">What routing is to see; null for the path as the server decoded it.</param>
    /// <returns>Null, or why the path is refused.</returns>
    public static Refusal? Split(string target, out RequestPath? names, out PathString? routed)
    {
        (names, routed) = (null, null);
        var path = PathPart(target);
        if (IsPlain(path)) return null;

        var segments = new string[SegmentsMax];
        var count = 0;
        var isEncodedSlash = false;
        StringBuilder? all = null;
        var isOurs = false;
        foreach (var range in path.Split('/'))
        {
            var raw = path[range];
            if (raw.IsEmpty) continue;
            if (Decode(raw) is not { } segment) return Refusal.BadPath;
            if (count == 0) isOurs = segment == "types";
            if (count < SegmentsMax) segments[count] = segment;
            if (!isOurs)
            {
                isEncodedSlash |= segment.Contains('/', StringComparison.Ordinal);
                (all ??= new StringBuilder()).Append('/').Append(segment);
            }

            count++;
        }

        if (!isOurs)
        {
            routed = isEncodedSlash ? Unknown : new PathString(all?.ToString() ?? "/");
            return null;
        }

        routed = Shape(segments, count);
        names = new RequestPath
        {
            Type = segments[1] ?? string.Empty,
            Bucket = segments[3] ?? string.Empty,
            Key = segments[5] ?? string.Empty,
        };
        return null;
    }

    private static PathString Shape(string[] segments, int count) => (count, segments[2], segments[4]) switch
    {
        (1, _, _) => Types,
        (2, _, _) => Type_,
        (3, "props", _) => TypeProps,
        (3, "buckets", _) => Buckets,
        (5, "buckets", "props") => BucketProps,
        (5, "buckets", "keys") => Keys,
        (6, "buckets", "keys") => KeyOfBucket,
        (5, "buckets", "watch") => WatchOfBucket,
        (7, "buckets", "keys") when segments[6] == "watch" => WatchOfKey,
        (5, "buckets", "datatypes") => Datatypes,
        (6, "buckets", "datatypes") => Datatype,
        _ => Unknown,
    };

    /// <summary>The path of a target in origin form, or in the absolute form that proxies are sent.</summary>
    private static ReadOnlySpan<char> PathPart(string target)
    {
        var path = target.AsSpan();
        if (path.IndexOfAny('?', '#') is >= 0 and var end) path = path[..end];
        if (path.StartsWith('/')) return path;
        var authority = path.IndexOf("://", StringComparison.Ordinal);
        if (authority < 0) return path;
        path = path[(authority + 3)..];
        return path.IndexOf('/') is >= 0 and var start ? path[start..] : "/";
    }

    /// <summary>True where the path has no names in it and nothing that the server decodes differently.</summary>
    private static bool IsPlain(ReadOnlySpan<char> path) =>
        !path.StartsWith("/types") && path.IndexOfAny('%', '+') < 0
        && path.IndexOf("//", StringComparison.Ordinal) < 0 && path.IndexOf("/.", StringComparison.Ordinal) < 0;

    /// <summary>A segment decoded; null where an escape is bad or the bytes are not UTF-8.</summary>
    private static string? Decode(ReadOnlySpan<char> raw)
    {
        if (raw.IndexOfAny('%', '+') < 0 && Ascii.IsValid(raw)) return raw.ToString();
        var bytes = raw.Length <= 512 ? stackalloc byte[512] : new byte[raw.Length];
        var length = 0;
        for (var i = 0; i < raw.Length; i++)
        {
            var c = raw[i];
            if (c == '%')
            {
                if (i + 2 >= raw.Length || !char.IsAsciiHexDigit(raw[i + 1]) || !char.IsAsciiHexDigit(raw[i + 2])) return null;
                bytes[length++] = (byte)((HexValue(raw[i + 1]) << 4) | HexValue(raw[i + 2]));
                i += 2;
            }
            else if (char.IsAscii(c))
            {
                bytes[length++] = c == '+' ? (byte)' ' : (byte)c;
            }
            else
            {
                return null;
            }
        }

        return Utf8.IsValid(bytes[..length]) ? Encoding.UTF8.GetString(bytes[..length]) : null;
    }

    private static int HexValue(char c) => char.IsAsciiDigit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
}
