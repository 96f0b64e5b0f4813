using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace GossipCluster.Cli.Cluster;

/// <summary>Asks one node for the operator's resources. What is refused or not answered ends the command with a sentence.</summary>
internal sealed class AdminClient : IDisposable
{
    // A node answers where a handoff is from another node by the way there, and that one answers itself.
    private const int RedirectsMax = 2;

    private readonly HttpClient _http;

    public AdminClient(Uri node, TimeSpan timeout)
    {
        Node = node;
        _http = new HttpClient(new SocketsHttpHandler { MaxAutomaticRedirections = RedirectsMax, ConnectTimeout = TimeSpan.FromSeconds(5) }) { Timeout = timeout };
        _http.DefaultRequestHeaders.Accept.ParseAdd("application/json, application/problem+json");
    }

    /// <summary>Whom it asks.</summary>
    public Uri Node { get; }

    public Task<JsonElement> GetAsync(string path, CancellationToken cancel) => SendAsync(HttpMethod.Get, path, null, cancel);

    public Task<JsonElement> PostAsync(string path, CancellationToken cancel) => SendAsync(HttpMethod.Post, path, null, cancel);

    public Task<JsonElement> PutAsync(string path, string json, CancellationToken cancel) => SendAsync(HttpMethod.Put, path, json, cancel);

    /// <summary>A name as a part of a path.</summary>
    public static string Escape(string name) => Uri.EscapeDataString(name);

    public void Dispose() => _http.Dispose();

    private async Task<JsonElement> SendAsync(HttpMethod method, string path, string? json, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(method, new Uri(Node, path));
        if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        try
        {
            using var response = await _http.SendAsync(request, cancel);
            var body = await response.Content.ReadAsStringAsync(cancel);
            if (!response.IsSuccessStatusCode) throw new CommandException($"{Node.Authority} refused: {SentenceOf((int)response.StatusCode, body)}");
            using var document = JsonDocument.Parse(body);
            return document.RootElement.Clone();
        }
        catch (HttpRequestException failed)
        {
            throw new CommandException($"{Node.Authority} does not answer: {failed.Message} Name another node with --node or {NodeOption.Variable}.");
        }
        catch (TaskCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new CommandException($"{Node.Authority} did not answer within {_http.Timeout.TotalSeconds:0.#} s.");
        }
        catch (JsonException)
        {
            throw new CommandException($"{Node.Authority} answered {path} with something that is not JSON: is it a node of GossipCluster?");
        }
    }

    private static string SentenceOf(int status, string body)
    {
        try
        {
            using var problem = JsonDocument.Parse(body);
            if (problem.RootElement.ValueKind == JsonValueKind.Object && problem.RootElement.TryGetProperty("detail", out var detail)) return detail.GetString() ?? body;
        }
        catch (JsonException)
        {
            // Text, or nothing: shown as it is.
        }

        return body.Trim() is { Length: > 0 } text ? text : $"status {status}";
    }
}
