using System.Text.Json;

namespace GossipCluster.Client;

/// <summary>What an answer that is no success says: a problem (RFC 9457), or a line of text from who does not speak those.</summary>
/// <param name="Title">For programs; null with text.</param>
/// <param name="Sentence">For people.</param>
internal sealed record Problem(string? Title, string Sentence)
{
    /// <summary>The media type, which the client accepts with every request.</summary>
    public const string MediaType = "application/problem+json";

    /// <summary>The title of a key that does not exist.</summary>
    public const string NotFound = "not-found";

    /// <summary>Reads it.</summary>
    public static async Task<Problem> OfAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        var body = (await response.Content.ReadAsStringAsync(cancel)).TrimEnd('\n');
        if (response.Content.Headers.ContentType?.MediaType != MediaType) return new Problem(null, body);
        try
        {
            using var json = JsonDocument.Parse(body);
            return new Problem(TextOf(json.RootElement, "title"), TextOf(json.RootElement, "detail") ?? body);
        }
        catch (JsonException)
        {
            // Somebody between us and the node has cut it: it is shown as it came.
            return new Problem(null, body);
        }
    }

    private static string? TextOf(JsonElement problem, string name) =>
        problem.ValueKind == JsonValueKind.Object && problem.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
