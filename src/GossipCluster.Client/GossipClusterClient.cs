using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace GossipCluster.Client;

/// <summary>Speaks the HTTP API of a cluster. Safe for many threads; make one and keep it.</summary>
/// <remarks>
/// Any node serves any key. A request goes to the current node; where that one takes no connection nothing was sent, so the request, write or
/// read, goes to the next. What was sent and not answered is repeated only for reads.
/// </remarks>
/// <example><code>
/// using var client = new GossipClusterClient("http://127.0.0.1:8091", "http://127.0.0.1:8092");
/// await client.Counters.IncrementAsync("pages", "home");
/// var cart = await client.Sets.ReadAsync("carts", "alice");
/// await client.Sets.RemoveAsync("carts", "alice", "milk", new WriteOptions { Context = cart.Context });
/// </code></example>
public sealed partial class GossipClusterClient : IDisposable
{
    private const string ContextHeader = "GossipCluster-Context";
    private const string CopiesHeader = "GossipCluster-Copies";
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    // Keys may be "..", which Uri would otherwise take for a step upwards.
    private static readonly UriCreationOptions PathAsItIs = new() { DangerousDisablePathAndQueryCanonicalization = true };

    private readonly HttpClient _http;
    private readonly string[] _nodes;
    private int _current;

    /// <summary>A client with default settings.</summary>
    public GossipClusterClient(params IReadOnlyList<string> nodes)
        : this(new GossipClusterClientOptions { Nodes = [.. nodes.Select(node => new Uri(node))] })
    {
    }

    /// <summary>A client.</summary>
    /// <exception cref="ArgumentException">No node is named, or an address is not absolute.</exception>
    public GossipClusterClient(GossipClusterClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Nodes.Count == 0) throw new ArgumentException("Name at least one node.", nameof(options));
        _nodes = [.. options.Nodes.Select(node => node.GetLeftPart(UriPartial.Authority))];
        _http = new HttpClient(
            new SocketsHttpHandler
            {
                ConnectTimeout = options.ConnectTimeout,
                PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
                UseCookies = false,
                AllowAutoRedirect = false,
                UseProxy = false,
            })
        {
            Timeout = options.RequestTimeout,
            DefaultRequestHeaders = { Accept = { new MediaTypeWithQualityHeaderValue("application/json"), new MediaTypeWithQualityHeaderValue(Problem.MediaType) } },
        };
        Counters = CounterType("counters");
        Sets = SetType("sets");
        GrowOnlySets = GrowOnlySetType("gsets");
        Hlls = HllType("hlls");
        Maps = MapType("maps");
        Registers = RegisterType("registers");
        Flags = FlagType("flags");
    }

    /// <summary>The bucket type <c>counters</c>.</summary>
    public CounterType Counters { get; }

    /// <summary>The bucket type <c>sets</c>.</summary>
    public SetType Sets { get; }

    /// <summary>The bucket type <c>gsets</c>.</summary>
    public GrowOnlySetType GrowOnlySets { get; }

    /// <summary>The bucket type <c>hlls</c>.</summary>
    public HllType Hlls { get; }

    /// <summary>The bucket type <c>maps</c>.</summary>
    public MapType Maps { get; }

    /// <summary>The bucket type <c>registers</c>.</summary>
    public RegisterType Registers { get; }

    /// <summary>The bucket type <c>flags</c>.</summary>
    public FlagType Flags { get; }

    /// <summary>Counters under a bucket type of another name.</summary>
    public CounterType CounterType(string bucketType) => new(this, bucketType);

    /// <summary>Sets under a bucket type of another name.</summary>
    public SetType SetType(string bucketType) => new(this, bucketType);

    /// <summary>Grow-only sets under a bucket type of another name.</summary>
    public GrowOnlySetType GrowOnlySetType(string bucketType) => new(this, bucketType);

    /// <summary>HyperLogLogs under a bucket type of another name.</summary>
    public HllType HllType(string bucketType) => new(this, bucketType);

    /// <summary>Maps under a bucket type of another name.</summary>
    public MapType MapType(string bucketType) => new(this, bucketType);

    /// <summary>Registers under a bucket type of another name.</summary>
    public RegisterType RegisterType(string bucketType) => new(this, bucketType);

    /// <summary>Flags under a bucket type of another name.</summary>
    public FlagType FlagType(string bucketType) => new(this, bucketType);

    /// <summary>Removes a whole datum.</summary>
    /// <param name="key">Which.</param>
    /// <param name="context">What the caller had seen: what came after it stays. Null removes what the node sees.</param>
    /// <param name="cancel">Gives up waiting; the delete may happen.</param>
    /// <returns>False where there was none.</returns>
    /// <exception cref="GossipClusterException">It was refused, or not answered.</exception>
    public async Task<bool> DeleteAsync(DataKey key, string? context = null, CancellationToken cancel = default)
    {
        using var response = await SendAsync(HttpMethod.Delete, key.KeyPath, null, context, repeatable: false, cancel);
        if (response.StatusCode == HttpStatusCode.NotFound) return false;
        await ThrowUnlessDoneAsync(response, cancel);
        return true;
    }

    /// <summary>Many operations in one request. Each succeeds or fails by itself.</summary>
    /// <returns>One result an item, in their order.</returns>
    /// <exception cref="GossipClusterException">The batch as a whole was refused, or not answered.</exception>
    public async Task<IReadOnlyList<BatchResult>> BatchAsync(IReadOnlyCollection<BatchItem> items, CancellationToken cancel = default)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream)) WriteBatch(json, items);

        var readOnly = items.All(item => item.Operation is null);
        using var response = await SendAsync(HttpMethod.Post, "/batch", stream.ToArray(), null, repeatable: readOnly, cancel);
        await ThrowUnlessDoneAsync(response, cancel);
        using var document = await ParseAsync(response, cancel);
        return [.. document.RootElement.GetProperty("results").EnumerateArray()
            .Select(result => new BatchResult(result.GetProperty("status").GetInt32(), result.Clone()))];
    }

    /// <summary>The ring as the current node sees it.</summary>
    /// <exception cref="GossipClusterException">No answer.</exception>
    public async Task<IReadOnlyList<ClusterMember>> MembersAsync(CancellationToken cancel = default)
    {
        using var response = await SendAsync(HttpMethod.Get, "/cluster/members", null, null, repeatable: true, cancel);
        await ThrowUnlessDoneAsync(response, cancel);
        using var document = await ParseAsync(response, cancel);
        var list = document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.GetProperty("members") : document.RootElement;
        return [.. list.EnumerateArray().Select(member => new ClusterMember(
            member.GetProperty("name").GetString()!,
            member.GetProperty("reachable").GetBoolean(),
            TextOrNull(member, "http"),
            TextOrNull(member, "remote")))];
    }

    /// <summary>Whether the current node serves. A node that takes no connection is not an exception here but the answer "not ready".</summary>
    public async Task<Readiness> ReadinessAsync(CancellationToken cancel = default)
    {
        try
        {
            using var response = await SendAsync(HttpMethod.Get, "/health/ready", null, null, repeatable: true, cancel);
            return new Readiness(response.IsSuccessStatusCode, (await Problem.OfAsync(response, cancel)).Sentence);
        }
        catch (GossipClusterException notAnswered)
        {
            return new Readiness(false, notAnswered.Message);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    internal async Task<Datum<T>> ReadAsync<T>(DataKey key, ReadOptions? options, Func<JsonElement, T> value, T absent, CancellationToken cancel)
    {
        options ??= ReadOptions.None;
        using var response = await SendAsync(HttpMethod.Get, key.DatatypePath + options.Query(), null, options.AtLeast, repeatable: true, cancel);

        if (!response.IsSuccessStatusCode)
        {
            // 404 is also the answer for an unknown bucket type. A missing key has a title of its own, or, from who does not speak problems, is told as JSON.
            var problem = await Problem.OfAsync(response, cancel);
            var isMissing = response.StatusCode == HttpStatusCode.NotFound && (problem.Title == Problem.NotFound || response.Content.Headers.ContentType?.MediaType == "application/json");
            return isMissing ? new Datum<T>(false, absent, Header(response, ContextHeader)) : throw NotDone(response, problem);
        }

        using var document = await ParseAsync(response, cancel);
        return new Datum<T>(true, value(document.RootElement.GetProperty("value")), ContextOf(response, document));
    }

    internal async Task<Written<T>> WriteAsync<T>(DataKey key, Operation operation, WriteOptions? options, Func<JsonElement, T> value, CancellationToken cancel)
    {
        options ??= WriteOptions.None;
        using var response = await SendAsync(
            HttpMethod.Post,
            key.DatatypePath + options.Query(),
            operation.ToJson(options.Context),
            operation.HoldsContext ? null : options.Context,
            repeatable: false,
            cancel);
        await ThrowUnlessDoneAsync(response, cancel);

        var name = key.Key ?? Uri.UnescapeDataString(response.Headers.Location!.OriginalString.Split('/')[^1]);
        _ = int.TryParse(Header(response, CopiesHeader), CultureInfo.InvariantCulture, out var copies);
        if (!options.ReturnBody) return new Written<T>(name, default, Header(response, ContextHeader), copies);

        using var document = await ParseAsync(response, cancel);
        return new Written<T>(name, value(document.RootElement.GetProperty("value")), ContextOf(response, document), copies);
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string pathAndQuery, byte[]? body, string? context, bool repeatable, CancellationToken cancel)
    {
        var first = Volatile.Read(ref _current);
        for (var attempt = 0; ; attempt++)
        {
            var node = (first + attempt) % _nodes.Length;
            using var request = new HttpRequestMessage(method, new Uri(_nodes[node] + pathAndQuery, PathAsItIs));
            if (body is not null) request.Content = new ByteArrayContent(body) { Headers = { ContentType = Json } };
            if (context is not null) request.Headers.Add(ContextHeader, context);
            try
            {
                return await _http.SendAsync(request, cancel);
            }
            catch (Exception failed) when (failed is HttpRequestException or TaskCanceledException && !cancel.IsCancellationRequested)
            {
                var sent = !IsRefusedConnection(failed);
                var isLast = attempt == _nodes.Length - 1;
                if (isLast || (sent && !repeatable)) throw NotAnswered(failed, sent, _nodes[node], isLast);
                Interlocked.CompareExchange(ref _current, (node + 1) % _nodes.Length, node);
            }
        }
    }

    private static bool IsRefusedConnection(Exception failed) =>
        failed is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError };

    private static GossipClusterException NotAnswered(Exception failed, bool sent, string node, bool isLast)
    {
        var reason = failed is TaskCanceledException ? "no answer within the time limit" : failed.Message;
        return sent
            ? new GossipClusterException(Failure.NoAnswer, $"{node} did not answer: {reason}", failed)
            : new GossipClusterException(Failure.NotSent, $"{node} takes no connection{(isLast ? " and there is no other node to try" : "")}: {reason}", failed);
    }

    private static async Task ThrowUnlessDoneAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        if (!response.IsSuccessStatusCode) throw NotDone(response, await Problem.OfAsync(response, cancel));
    }

    private static GossipClusterException NotDone(HttpResponseMessage response, Problem problem) => new(
        (int)response.StatusCode < 500 ? Failure.Refused : Failure.Unavailable, response.StatusCode, problem, response.Headers.RetryAfter?.Delta);

    private static async Task<JsonDocument> ParseAsync(HttpResponseMessage response, CancellationToken cancel) =>
        await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync(cancel), default, cancel);

    // The header is there for every type; the member only for those where the HTTP contract has it.
    private static string? ContextOf(HttpResponseMessage response, JsonDocument document) =>
        TextOrNull(document.RootElement, "context") ?? Header(response, ContextHeader);

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;

    private static string? TextOrNull(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static void WriteBatch(Utf8JsonWriter json, IReadOnlyCollection<BatchItem> items)
    {
        json.WriteStartObject();
        json.WriteStartArray("operations");
        foreach (var item in items)
        {
            json.WriteStartObject();
            json.WriteString("type", item.Key.BucketType);
            json.WriteString("bucket", item.Key.Bucket);
            json.WriteString("key", item.Key.Key);
            if (item.Operation is { } operation)
            {
                json.WritePropertyName("op");
                operation.Write(json, context: null);
            }
            else
            {
                json.WriteBoolean("read", true);
            }

            if (item.Context is not null) json.WriteString("context", item.Context);

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
