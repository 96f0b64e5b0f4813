using System.Net;
using System.Net.Sockets;
using System.Text;

namespace GossipCluster.Client.Tests;

/// <summary>Answers requests with what a test says, byte for byte, and keeps what it was sent. An empty answer closes the connection.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Queue<string> _answers;
    private readonly Task _serving;

    public ScriptedServer(params string[] answers)
    {
        _answers = new Queue<string>(answers);
        _listener.Start();
        _serving = ServeAsync();
    }

    public string Url => $"http://{_listener.LocalEndpoint}";

    /// <summary>Closes the connection after each answer: one that is not whole then ends there.</summary>
    public bool CloseAfterEach { get; set; }

    /// <summary>Every request, head and body.</summary>
    public List<string> Requests { get; } = [];

    public static string Answer(string status, string body, string contentType = "application/json", string headers = "") =>
        $"HTTP/1.1 {status}\r\nContent-Type: {contentType}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n{headers}\r\n{body}";

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving;
    }

    private async Task ServeAsync()
    {
        try
        {
            while (_answers.Count > 0)
            {
                using var peer = await _listener.AcceptTcpClientAsync();
                var stream = peer.GetStream();
                while (_answers.Count > 0 && await ReadAsync(stream) is { } request)
                {
                    Requests.Add(request);
                    var answer = _answers.Dequeue();
                    if (answer.Length == 0) break;
                    await stream.WriteAsync(Encoding.UTF8.GetBytes(answer));
                    if (CloseAfterEach) break;
                }
            }
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException or IOException)
        {
            // The test is over.
        }
    }

    private static async Task<string?> ReadAsync(NetworkStream stream)
    {
        var request = "";
        var buffer = new byte[8192];
        while (true)
        {
            var count = await stream.ReadAsync(buffer);
            if (count == 0) return null;
            request += Encoding.UTF8.GetString(buffer, 0, count);
            var end = request.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end < 0) continue;
            var head = request.Split("Content-Length: ");
            var length = head.Length == 1 ? 0 : int.Parse(head[1].Split('\r')[0], System.Globalization.CultureInfo.InvariantCulture);
            if (Encoding.UTF8.GetByteCount(request[(end + 4)..]) >= length) return request;
        }
    }
}
