using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace GossipCluster.Node.Tests.Http;

/// <summary>Exchanges recorded with Riak KV 3.2, replayed: what clients saw there they see here, but for what the file says differs.</summary>
public class TranscriptTests(MemoryNode node) : TranscriptContract(node), IClassFixture<MemoryNode>;

/// <summary>What any node must do.</summary>
public abstract partial class TranscriptContract(IHttpNode node)
{
    private readonly string _suffix = Guid.NewGuid().ToString("n")[..8];

    // Riak's context of an answer, and ours of the same.
    private readonly Dictionary<string, string> _contexts = [];

    [Fact]
    public async Task What_Riak_answered_is_answered()
    {
        var exchanges = Exchange.Read();
        List<string> differences = [];
        foreach (var exchange in exchanges)
        {
            var difference = await ReplayAsync(exchange);
            if (difference is not null) differences.Add($"{exchange.Title}: {difference}");
        }

        Assert.True(exchanges.Count > 120);
        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    private async Task<string?> ReplayAsync(Exchange exchange)
    {
        var path = BucketPattern().Replace(exchange.Path, $"$0-{_suffix}");
        var body = exchange.Body;
        foreach (var (theirs, ours) in _contexts) body = body?.Replace(theirs, ours, StringComparison.Ordinal);
        var contentType = exchange.Headers.FirstOrDefault(header => header.Name == "Content-Type").Value;
        var headers = exchange.Headers.Where(header => header.Name != "Content-Type").ToArray();
        var reply = await node.SendAsync(exchange.Method, path, body is null && contentType is null ? null : Encoding.UTF8.GetBytes(body ?? string.Empty), contentType, headers);

        // A millisecond is enough or it is not: either answer keeps the contract.
        if (exchange.Path.EndsWith("?timeout=1", StringComparison.Ordinal) && reply is { Status: 503, Body: "request timed out\n" }) return null;
        if (reply.Status != (exchange.OurStatus ?? exchange.Status)) return $"{exchange.OurStatus ?? exchange.Status} expected, {reply} given";
        if (exchange.OurStatus is not null || exchange.IsStatusOnly) return null;
        if (exchange.Allow is { } allow && reply.Header("Allow") != allow) return $"Allow: {reply.Header("Allow")}";
        if (exchange.Reply is null) return null;
        if (reply.ContentType != exchange.ContentType) return $"Content-Type: {reply.ContentType}";
        return exchange.ContentType == "application/json" ? CompareJson(exchange.Reply, reply.Body) : CompareText(exchange.Reply, reply.Body);
    }

    private string? CompareJson(string theirs, string ours)
    {
        var (left, right) = (JsonNode.Parse(theirs), JsonNode.Parse(ours));
        if (left is JsonObject { } datum && datum["context"] is { } context)
        {
            if (right?["context"] is not { } token) return $"no context in {ours}";
            _contexts[context.GetValue<string>()] = token.GetValue<string>();
            datum["context"] = "…";
            right["context"] = "…";
        }

        // Member by member in order: the order is part of the contract.
        return left!.ToJsonString() == right!.ToJsonString() ? null : $"{left} expected, {ours} given";
    }

    private static string? CompareText(string theirs, string ours)
    {
        const string notJson = "Couldn't decode JSON: ";
        var same = theirs.StartsWith(notJson, StringComparison.Ordinal) ? ours.StartsWith(notJson, StringComparison.Ordinal) || ours.StartsWith("Invalid operation", StringComparison.Ordinal) || ours.StartsWith("The context", StringComparison.Ordinal) : theirs == ours.TrimEnd('\n');
        return same ? null : $"{theirs} expected, {ours} given";
    }

    [GeneratedRegex("(?<=/buckets/)[^/?]+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex BucketPattern();

    /// <summary>A request and its answer.</summary>
    private sealed record Exchange(string Title, string Method, string Path)
    {
        public List<(string Name, string Value)> Headers { get; } = [];

        public string? Body { get; set; }

        public int Status { get; set; }

        public string? ContentType { get; set; }

        public string? Allow { get; set; }

        public string? Reply { get; set; }

        public int? OurStatus { get; set; }

        public bool IsStatusOnly { get; set; }

        public static List<Exchange> Read()
        {
            using var file = typeof(TranscriptContract).Assembly.GetManifestResourceStream("Transcripts.txt")!;
            using var reader = new StreamReader(file);
            List<Exchange> exchanges = [];
            var (title, isAnswer) = (string.Empty, false);
            while (reader.ReadLine() is { } line)
            {
                if (line.Length == 0 || line[0] == '#') continue;
                if (line.StartsWith("=== ", StringComparison.Ordinal)) (title, isAnswer) = (line[4..], false);
                else if (line.StartsWith("> ", StringComparison.Ordinal)) TakeRequest(line[2..]);
                else if (line.StartsWith("< ", StringComparison.Ordinal)) TakeAnswer(line[2..]);
                else if (line.StartsWith("! ", StringComparison.Ordinal)) exchanges[^1].OurStatus = int.Parse(line.AsSpan(2, 3), CultureInfo.InvariantCulture);
                else if (line == "~") exchanges[^1].IsStatusOnly = true;
                else if (isAnswer) exchanges[^1].Reply = line;
                else exchanges[^1].Body = line;
            }

            return exchanges;

            void TakeRequest(string line)
            {
                if (exchanges.Count == 0 || isAnswer || exchanges[^1].Title != title || exchanges[^1].Status != 0)
                {
                    isAnswer = false;
                    exchanges.Add(new Exchange(title, line[..line.IndexOf(' ', StringComparison.Ordinal)], line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..]));
                }
                else
                {
                    exchanges[^1].Headers.Add((line[..line.IndexOf(':', StringComparison.Ordinal)], line[(line.IndexOf(':', StringComparison.Ordinal) + 2)..]));
                }
            }

            void TakeAnswer(string line)
            {
                isAnswer = true;
                var (exchange, parts) = (exchanges[^1], line.Split(" | "));
                exchange.Status = int.TryParse(parts[0].AsSpan(0, 3), CultureInfo.InvariantCulture, out var status) ? status : -1;
                exchange.ContentType = parts[0].Length > 4 ? parts[0][4..] : null;
                exchange.Allow = parts.Length > 1 ? parts[1] : null;
            }
        }
    }
}
