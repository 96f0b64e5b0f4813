using System.Text.Json.Nodes;
using GossipCluster.Node.Http.Answers;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace GossipCluster.Node.Http.Description;

/// <summary>What the OpenAPI document says of one resource and method, as data beside its endpoint.</summary>
/// <param name="Tag">The group it is listed in.</param>
/// <param name="Summary">A few words.</param>
/// <param name="Text">What it does, in Markdown.</param>
internal sealed record ResourceDescription(string Tag, string Summary, string Text)
{
    /// <summary>Names of <see cref="ParameterDescription.All"/>, besides those in the path.</summary>
    public IReadOnlyList<string> Parameters { get; init; } = [];

    /// <summary>Bodies to send, each with a name.</summary>
    public IReadOnlyList<(string Name, string Json)> Bodies { get; init; } = [];

    /// <summary>Content types of the bodies.</summary>
    public IReadOnlyList<string> BodyTypes { get; init; } = [Negotiation.Json];

    /// <summary>Answers: status, when, content type and an example (empty for none).</summary>
    public IReadOnlyList<(int Status, string When, string ContentType, string Example)> Answers { get; init; } = [];

    /// <summary>Fills in an operation.</summary>
    public void Describe(OpenApiOperation operation, OpenApiDocument? document, string pattern)
    {
        operation.Summary = Summary;
        operation.Description = Text;
        operation.Tags = new HashSet<OpenApiTagReference> { new(Tag, document) };
        operation.Parameters = [.. PathParameters(pattern), .. Parameters.Select(name => ParameterDescription.All[name].ToOpenApi(name))];
        if (Bodies.Count > 0)
        {
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = true,
                Content = BodyTypes.ToDictionary(type => type, type => (OpenApiMediaType)new OpenApiMediaType
                {
                    Examples = Bodies.ToDictionary(
                        body => body.Name, body => (IOpenApiExample)new OpenApiExample { Value = Example(type, body.Json) }, StringComparer.Ordinal),
                }, StringComparer.Ordinal),
            };
        }

        operation.Responses = [];
        foreach (var (status, when, contentType, example) in Answers)
        {
            operation.Responses[status.ToString(System.Globalization.CultureInfo.InvariantCulture)] = new OpenApiResponse
            {
                Description = when,
                Content = contentType.Length == 0 ? null : new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
                {
                    [contentType] = new OpenApiMediaType { Example = Example(contentType, example) },
                },
            };
        }
    }

    private static JsonNode? Example(string contentType, string text) =>
        text.Length == 0 ? null : contentType == Negotiation.Json ? JsonNode.Parse(text) : JsonValue.Create(text);

    private static IEnumerable<IOpenApiParameter> PathParameters(string pattern)
    {
        foreach (var name in new[] { "type", "bucket", "key", "name", "partition" })
        {
            if (!pattern.Contains($"{{{name}}}", StringComparison.Ordinal)) continue;
            yield return new OpenApiParameter
            {
                Name = name,
                In = ParameterLocation.Path,
                Required = true,
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
                Description = name switch
                {
                    "type" => "A bucket type: `counters`, `sets`, `gsets`, `hlls`, `maps`, `registers`, `flags`, or one of your own.",
                    "bucket" => "A bucket: any text, 1 to 1,024 bytes of UTF-8, percent-encoded. It needs no creating.",
                    "name" => "A node that is or was in the ring.",
                    "partition" => "A partition, from 0.",
                    _ => "A key: any text, 1 to 1,024 bytes of UTF-8, percent-encoded.",
                },
                Example = name switch { "type" => "counters", "bucket" => "pages", "name" => "n3", "partition" => "17", _ => "home" },
            };
        }
    }
}

/// <summary>A query parameter or header that several resources have.</summary>
internal sealed record ParameterDescription(ParameterLocation In, string Text, string Example)
{
    public static IReadOnlyDictionary<string, ParameterDescription> All { get; } = new Dictionary<string, ParameterDescription>(StringComparer.Ordinal)
    {
        ["r"] = Query("Replicas that answer a read: an integer, `one`, `quorum`, `all` or `default`. Sloppy: a fallback counts.", "quorum"),
        ["pr"] = Query("Primaries among the replicas that answer a read. Strict: 503 where they cannot be reached.", "quorum"),
        ["w"] = Query("Copies on distinct nodes before a write is acknowledged. Sloppy: a fallback counts.", "quorum"),
        ["dw"] = Query("Durable copies before a write is acknowledged.", "quorum"),
        ["pw"] = Query("Copies on primaries before a write is acknowledged. Strict: 503 where they cannot be reached.", "quorum"),
        ["node_confirms"] = Query("Distinct nodes that hold a write before it is acknowledged. Strict.", "2"),
        ["n_val"] = Query("Resolves the words and bounds of the other parameters against this many replicas instead of the bucket type's n_val, which is the most.", "3"),
        ["timeout"] = Query("How long to wait, in milliseconds; 0 for the longest that the node allows.", "1000"),
        ["returnbody"] = Query("`true`: answer a write with the value right after it.", "true"),
        ["include_context"] = Query("`false`: no context in the JSON of the answer. The header carries it all the same.", "false"),
        ["read_repair"] = Query("`blocking`: where replicas are found behind, answer when they have what was read. `async`: they are repaired all the same, after the answer.", "blocking"),
        ["value"] = Query("`multi`: registers are arrays of all values written concurrently, the winner first.", "multi"),
        ["context"] = Query("Answer with a state at least as new as the one this context was read from.", string.Empty),
        ["keys"] = Query("`true`: all keys in one object. `stream`: one object for each part, an empty one last.", "true"),
        ["buckets"] = Query("`true`: all buckets in one object. `stream`: one object for each part, an empty one last.", "true"),
        ["prefix"] = Query("Only keys that begin so.", "user-"),
        ["snapshot"] = Query("`true`: first all keys as they are; the first position is their end.", "true"),
        ["Last-Event-ID"] = new(ParameterLocation.Header, "The id of the last position that was received: what has changed since then comes first.", string.Empty),
        ["leave"] = Query("Plan: this member leaves.", "n3"),
        ["weight"] = Query("Plan: this member gets this weight, `NAME:W`.", "n3:200"),
        ["join"] = Query("Plan: a node of this name joins, `NAME[:W[:ZONE]]`.", "n4"),
        ["wait"] = Query("Answer when it is done, or after this time: `500ms`, `30s`, `2m`; at most 10 minutes.", "30s"),
        ["standing"] = Query("`left` or `member`: done only when the node knows that it is that.", "left"),
        [Answer.ContextHeader] = new(ParameterLocation.Header, "A context from an earlier answer for this key: what the caller had seen.", string.Empty),
    };

    public IOpenApiParameter ToOpenApi(string name) => new OpenApiParameter
    {
        Name = name,
        In = In,
        Description = Text,
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
        Example = Example.Length == 0 ? null : Example,
    };

    private static ParameterDescription Query(string text, string example) => new(ParameterLocation.Query, text, example);
}

/// <summary>Registers the document and the page that explores it.</summary>
internal static class OpenApiDescription
{
    public const string Document = "v1";

    public static void AddDescription(this IServiceCollection services) => services.AddOpenApi(Document, options =>
    {
        options.AddOperationTransformer((operation, context, _) =>
        {
            var description = context.Description.ActionDescriptor.EndpointMetadata.OfType<ResourceDescription>().FirstOrDefault();
            description?.Describe(operation, context.Document, "/" + context.Description.RelativePath);
            return Task.CompletedTask;
        });
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "GossipCluster",
                Version = Document,
                Description = "A leaderless store of conflict-free replicated data types. The interface is that of Riak's data types; what differs is listed in docs/riak-compatibility.md.",
            };

            // The node that serves the document, by whatever address the reader has for it.
            document.Servers = [new OpenApiServer { Url = "/" }];
            return Task.CompletedTask;
        });
    });

    /// <summary>Gives an endpoint its description, and makes it visible: plain request handlers are not by themselves.</summary>
    public static void Describe(this IEndpointConventionBuilder endpoint, RequestDelegate handler, ResourceDescription description) =>
        endpoint.WithMetadata(handler.Method, description);
}
