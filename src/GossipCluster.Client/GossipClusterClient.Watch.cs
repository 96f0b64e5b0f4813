using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace GossipCluster.Client;

/// <content>Watching: server-sent events, from one node after another.</content>
public sealed partial class GossipClusterClient
{
    /// <summary>Watches a key, or a bucket where the key is null: what changes, as it happens, until the enumeration is ended.</summary>
    /// <remarks>
    /// Where a connection ends the next node goes on from the last position; nothing is left out, and some of it may be told twice. Where it ends before the first
    /// position, <see cref="WatchEvent.Reset"/> and all keys follow.
    /// </remarks>
    /// <exception cref="GossipClusterException">The cluster refuses to be watched like that: a bad prefix, an unknown bucket type.</exception>
    public async IAsyncEnumerable<WatchEvent> WatchAsync(DataKey key, WatchOptions? options = null, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        options ??= new WatchOptions();
        var (after, snapshot, wasConnected) = (options.After, options.Snapshot, false);
        var node = Volatile.Read(ref _current);
        for (var failures = 0; ; failures++)
        {
            if (failures > 0) node = (node + 1) % _nodes.Length;
            if (failures > 0 && failures % _nodes.Length == 0) await Task.Delay(options.RetryAfter, cancel);
            using var response = await ConnectAsync(_nodes[node] + key.WatchPath + options.Query(snapshot), after, cancel);
            if (response is null) continue;

            // A connection that knows no position cannot tell what was missed since an earlier one.
            if (wasConnected && after is null) yield return new WatchEvent.Reset();
            wasConnected = true;
            snapshot = true;
            using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(cancel));
            var isFirst = true;
            while (await NextAsync(lines, options.SilenceMax, cancel) is { } told)
            {
                if (told is WatchEvent.Position { Id: { } id }) after = id;
                if (isFirst) failures = 0;
                isFirst = false;
                yield return told;
            }
        }
    }

    /// <summary>An answer that events come from; null where the next node is to be tried.</summary>
    private async Task<HttpResponseMessage?> ConnectAsync(string address, string? after, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(address, PathAsItIs));
        request.Headers.TryAddWithoutValidation("Accept", $"text/event-stream, {Problem.MediaType}");
        if (after is not null) request.Headers.TryAddWithoutValidation("Last-Event-ID", after);
        HttpResponseMessage? response = null;
        try
        {
            response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
            if (response.StatusCode == HttpStatusCode.OK) return response;
            if ((int)response.StatusCode < 500) await ThrowUnlessDoneAsync(response, cancel);
        }
        catch (Exception failed) when (failed is HttpRequestException or IOException || (failed is TaskCanceledException && !cancel.IsCancellationRequested))
        {
            // The next one.
        }
        catch
        {
            response?.Dispose();
            throw;
        }

        response?.Dispose();
        return null;
    }

    /// <summary>The next event; null where the connection has ended, or nothing has come for too long.</summary>
    private static async Task<WatchEvent?> NextAsync(StreamReader lines, TimeSpan silenceMax, CancellationToken cancel)
    {
        string? id = null, name = null, data = null;
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        try
        {
            while (true)
            {
                silence.CancelAfter(silenceMax);
                var line = await lines.ReadLineAsync(silence.Token);
                if (line is null || (line.Length == 0 && name == "end")) return null;
                if (line.Length == 0)
                {
                    if (name is not null && data is not null && EventOf(id, name, data) is { } told) return told;
                    (id, name, data) = (null, null, null);
                    continue;
                }

                if (line.StartsWith("id: ", StringComparison.Ordinal)) id = line[4..];
                else if (line.StartsWith("event: ", StringComparison.Ordinal)) name = line[7..];
                else if (line.StartsWith("data: ", StringComparison.Ordinal)) data = line[6..];
            }
        }
        catch (Exception ended) when (ended is IOException or HttpRequestException || (ended is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return null;
        }
    }

    /// <summary>An event of ours; null for one that a later server knows and this client does not.</summary>
    private static WatchEvent? EventOf(string? id, string name, string data)
    {
        using var document = JsonDocument.Parse(data);
        var json = document.RootElement;
        return name switch
        {
            "change" => new WatchEvent.Changed(
                json.GetProperty("key").GetString()!, json.GetProperty("type").GetString()!, json.GetProperty("value").Clone(), json.GetProperty("context").GetString()!),
            "deleted" => new WatchEvent.Deleted(json.GetProperty("key").GetString()!, json.GetProperty("context").GetString()!),
            "position" => new WatchEvent.Position(id),
            "missed" => new WatchEvent.Missed(json.GetProperty("keys").GetInt32()),
            "reset" => new WatchEvent.Reset(),
            _ => null,
        };
    }
}
