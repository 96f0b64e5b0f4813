using System.Text.Json;

namespace GossipCluster.Node.Tests.Http;

/// <summary>The interface described: by a document for programs and a page for people.</summary>
public sealed class OpenApiTests(MemoryNode node) : IClassFixture<MemoryNode>
{
    [Fact]
    public async Task The_document_has_every_resource_with_a_summary_and_an_answer()
    {
        var reply = await node.GetAsync("/openapi/v1.json");

        Assert.Equal(200, reply.Status);
        var paths = JsonDocument.Parse(reply.Body).RootElement.GetProperty("paths");
        Assert.Equal(
            [
                "/ GET", "/batch POST", "/cluster/audit GET", "/cluster/audit POST", "/cluster/convergence/{token} GET", "/cluster/entropy GET",
                "/cluster/hints GET", "/cluster/hints/drop POST", "/cluster/hints/pause POST", "/cluster/hints/resume POST", "/cluster/members GET",
                "/cluster/members/{name}/handoff GET", "/cluster/members/{name}/join POST", "/cluster/members/{name}/leave POST", "/cluster/members/{name}/weight PUT",
                "/cluster/ring GET", "/cluster/ring/partitions/{partition} GET", "/cluster/ring/plan GET", "/cluster/sync POST",
                "/health/live GET", "/health/ready GET", "/ping GET", "/stats GET", "/types GET",
                "/types/{type} PUT", "/types/{type}/buckets GET",
                "/types/{type}/buckets/{bucket}/datatypes POST", "/types/{type}/buckets/{bucket}/datatypes/{key} GET", "/types/{type}/buckets/{bucket}/datatypes/{key} POST",
                "/types/{type}/buckets/{bucket}/keys GET", "/types/{type}/buckets/{bucket}/keys/{key} DELETE", "/types/{type}/buckets/{bucket}/keys/{key} GET",
                "/types/{type}/buckets/{bucket}/keys/{key}/watch GET",
                "/types/{type}/buckets/{bucket}/props DELETE", "/types/{type}/buckets/{bucket}/props GET", "/types/{type}/buckets/{bucket}/props PUT",
                "/types/{type}/buckets/{bucket}/watch GET",
                "/types/{type}/props GET", "/types/{type}/props PUT",
            ],
            paths.EnumerateObject().SelectMany(path => path.Value.EnumerateObject().Select(operation => $"{path.Name} {operation.Name.ToUpperInvariant()}")).Order(StringComparer.Ordinal));
        foreach (var operation in paths.EnumerateObject().SelectMany(path => path.Value.EnumerateObject().Select(operation => operation.Value)))
        {
            Assert.False(string.IsNullOrEmpty(operation.GetProperty("summary").GetString()));
            Assert.NotEmpty(operation.GetProperty("responses").EnumerateObject());
        }

        var write = paths.GetProperty("/types/{type}/buckets/{bucket}/datatypes/{key}").GetProperty("post");
        Assert.Equal(5, write.GetProperty("requestBody").GetProperty("content").GetProperty("application/json").GetProperty("examples").GetProperty("counter: increment").GetProperty("value").GetProperty("increment").GetInt32());
        Assert.Contains("\"name\":\"w\"", write.GetRawText().Replace(" ", string.Empty, StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_and_all_that_it_loads_come_from_this_node()
    {
        var page = await node.GetAsync("/docs");
        if (page.Status is 301 or 302) page = await node.GetAsync(page.Header("Location")!);
        Assert.Equal(200, page.Status);
        var sources = System.Text.RegularExpressions.Regex.Matches(page.Body, "(src|href)=\"(?<url>[^\"]+)\"", System.Text.RegularExpressions.RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(5)).Select(match => match.Groups["url"].Value).ToArray();

        Assert.Contains(sources, source => source.EndsWith(".js", StringComparison.Ordinal));
        Assert.DoesNotContain(sources, source => source.Contains("://", StringComparison.Ordinal));
        Assert.Contains("\"withDefaultFonts\":false", page.Body.Replace(" ", string.Empty, StringComparison.Ordinal), StringComparison.Ordinal);
        foreach (var source in sources.Where(source => source.EndsWith(".js", StringComparison.Ordinal)))
        {
            Assert.Equal(200, (await node.GetAsync(new Uri(new Uri(node.Address, "/docs/"), source).PathAndQuery)).Status);
        }
    }
}
