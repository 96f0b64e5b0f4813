using System.Net;
using System.Net.Sockets;
using System.Text;

namespace GossipCluster.Node.Tests.Http;

/// <summary>An answer, read whole.</summary>
/// <param name="Status">The status.</param>
/// <param name="Body">The body as text.</param>
/// <param name="Message">The headers.</param>
public sealed record Reply(int Status, string Body, HttpResponseMessage Message)
{
    public string? ContentType => Message.Content.Headers.ContentType?.ToString();

    public string? Token => Header("GossipCluster-Context");

    public string? Header(string name) =>
        Message.Headers.TryGetValues(name, out var values) || Message.Content.Headers.TryGetValues(name, out values) ? string.Join(", ", values) : null;

    public override string ToString() => $"{Status} {Body}";
}

/// <summary>How tests ask a node.</summary>
public static class HttpNodeExtensions
{
    private static readonly HttpClient Client = new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false });

    private static int _keys;

    /// <summary>A key that no other test has.</summary>
    public static string NewKey(this IHttpNode node) => $"{node.GetType().Name}-{Environment.ProcessId:x}-{Interlocked.Increment(ref _keys)}-{Guid.NewGuid():n}";

    public static string PathOf(this IHttpNode node, string type, string? key = null) => $"/types/{type}/buckets/b/datatypes/{key ?? node.NewKey()}";

    public static Task<Reply> GetAsync(this IHttpNode node, string path, params (string Name, string Value)[] headers) => node.SendAsync("GET", path, null, null, headers);

    public static Task<Reply> PostAsync(this IHttpNode node, string path, string json, params (string Name, string Value)[] headers) =>
        node.SendAsync("POST", path, Encoding.UTF8.GetBytes(json), "application/json", headers);

    public static async Task<Reply> SendAsync(
        this IHttpNode node, string method, string path, byte[]? body, string? contentType, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(node.Address, path));
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            if (contentType is not null) request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        foreach (var (name, value) in headers) Assert.True(request.Headers.TryAddWithoutValidation(name, value), name);
        var response = await Client.SendAsync(request, TestContext.Current.CancellationToken);
        return new Reply((int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), response);
    }

    /// <summary>Sends bytes as they are, and gives all that comes back until the node closes; the request asks it to.</summary>
    public static async Task<string> RawAsync(this IHttpNode node, string request) => Encoding.Latin1.GetString(await node.RawAsync(Encoding.Latin1.GetBytes(request)));

    public static async Task<byte[]> RawAsync(this IHttpNode node, byte[] request)
    {
        using var socket = await node.ConnectAsync();
        var cancel = TestContext.Current.CancellationToken;
        try
        {
            await socket.SendAsync(request, cancel);
        }
        catch (SocketException)
        {
            // The node has answered and closed before it read all: its answer is still there to be read.
        }

        using var answer = new MemoryStream();
        var buffer = new byte[65_536];
        while (true)
        {
            try
            {
                var count = await socket.ReceiveAsync(buffer, cancel);
                if (count == 0) break;
                answer.Write(buffer, 0, count);
            }
            catch (SocketException)
            {
                break;
            }
        }

        return answer.ToArray();
    }

    /// <summary>A request line with a target as it is, and the status of the answer.</summary>
    public static async Task<(int Status, string Body)> TargetAsync(this IHttpNode node, string method, string target, string? json = null)
    {
        var body = json is null ? string.Empty : $"Content-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(json)}\r\n";
        var answer = await node.RawAsync(Encoding.UTF8.GetBytes($"{method} {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{body}\r\n{json}"));
        return Parse(Encoding.UTF8.GetString(answer));
    }

    public static (int Status, string Body) Parse(string answer)
    {
        Assert.StartsWith("HTTP/1.1 ", answer, StringComparison.Ordinal);
        var end = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        return (int.Parse(answer.AsSpan(9, 3), System.Globalization.CultureInfo.InvariantCulture), answer[(end + 4)..]);
    }

    public static async Task<Socket> ConnectAsync(this IHttpNode node)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(new DnsEndPoint(node.Address.Host, node.Address.Port), TestContext.Current.CancellationToken);
        return socket;
    }
}
