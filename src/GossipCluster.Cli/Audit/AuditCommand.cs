using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace GossipCluster.Cli.Audit;

/// <summary><c>gossip audit</c>: has nodes compare their replicas with the others', item by item, and says what came of it.</summary>
internal static class AuditCommand
{
    private static readonly TimeSpan TimeoutDefault = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(15);

    public static Command Create()
    {
        var node = new Option<string>("--node") { Description = "Base addresses of the nodes to audit, with commas.", DefaultValueFactory = _ => "http://127.0.0.1:8091" };
        var status = new Option<bool>("--status") { Description = "Start nothing: say how the last audits went." };
        var wait = new Option<bool>("--wait") { Description = "Wait for the end." };
        var timeout = Durations.Option("--timeout", "How long --wait waits. [default: 10m]");
        var output = OutputFormats.Option("For people, or for programs: one JSON object.");
        var command = new Command("audit", "Compares replicas item by item and repairs what differs.") { node, status, wait, timeout, output };
        command.SetAction((parsed, cancel) => RunAsync(
            Nodes(parsed.GetValue(node)!),
            parsed.GetValue(status),
            parsed.GetValue(wait) ? parsed.GetValue(timeout) ?? TimeoutDefault : TimeSpan.Zero,
            OutputFormats.Of(parsed.GetValue(output)),
            cancel));
        return command;
    }

    private static async Task<int> RunAsync(Uri[] nodes, bool isStatus, TimeSpan wait, OutputFormat output, CancellationToken cancel)
    {
        using var http = new HttpClient { Timeout = wait + Slack };
        var answers = new List<JsonDocument>();
        foreach (var node in nodes) answers.Add(await AskAsync(http, node, isStatus, wait, cancel));

        Console.WriteLine(output == OutputFormat.Json ? AuditReport.Json(answers) : AuditReport.Text(answers));
        return answers.All(AuditReport.IsClean) ? ExitCode.Done : ExitCode.WithFailures;
    }

    private static async Task<JsonDocument> AskAsync(HttpClient http, Uri node, bool isStatus, TimeSpan wait, CancellationToken cancel)
    {
        var milliseconds = ((long)wait.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        try
        {
            using var answer = isStatus
                ? await http.GetAsync(new Uri(node, "/cluster/audit"), cancel)
                : await http.PostAsync(new Uri(node, $"/cluster/audit?wait={milliseconds}ms"), null, cancel);
            var body = await answer.Content.ReadAsStringAsync(cancel);
            return answer.IsSuccessStatusCode
                ? JsonDocument.Parse(body)
                : throw new CommandException($"{node} answers {(int)answer.StatusCode}: {body.TrimEnd()}");
        }
        catch (Exception failed) when (failed is HttpRequestException or JsonException || (failed is TaskCanceledException && !cancel.IsCancellationRequested))
        {
            throw new CommandException($"{node} gives no answer that can be read: {failed.Message} Is a node running there?");
        }
    }

    private static Uri[] Nodes(string text)
    {
        var nodes = new List<Uri>();
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            nodes.Add(Uri.TryCreate(part, UriKind.Absolute, out var node) && node.Scheme is "http" or "https"
                ? node
                : throw new CommandException($"'{part}' in --node is not an address as http://127.0.0.1:8091.", ExitCode.Usage));
        }

        return nodes.Count > 0 ? [.. nodes] : throw new CommandException("--node names no node.", ExitCode.Usage);
    }
}
