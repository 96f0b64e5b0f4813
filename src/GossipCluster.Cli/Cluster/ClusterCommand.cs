using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace GossipCluster.Cli.Cluster;

/// <summary><c>gossip cluster</c>: who is in the cluster, and an operator's word on who shall be.</summary>
internal static class ClusterCommand
{
    private static readonly TimeSpan TimeoutStandard = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PatienceStandard = TimeSpan.FromMinutes(10);

    public static Command Create() => new("cluster", "Shows who is in the cluster, and takes nodes out of its ring or back into it.") { Show(), Status(), Leave(), Join() };

    /// <summary>What every command that asks a node has.</summary>
    public static void SetAction(Command command, Func<ParseResult, AdminClient, OutputFormat, CancellationToken, Task<int>> run)
    {
        var (node, output) = (NodeOption.Create(), OutputFormats.Option("For people, or for programs: one JSON object."));
        command.Add(node);
        command.Add(output);
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = new AdminClient(NodeOption.Of(parsed.GetValue(node)), TimeoutStandard);
            return await run(parsed, client, OutputFormats.Of(parsed.GetValue(output)), cancel);
        });
    }

    /// <summary><c>--wait</c> and <c>--timeout</c>: how long to wait for the data; null for not at all.</summary>
    public static Func<ParseResult, TimeSpan?> AddWait(Command command)
    {
        var wait = new Option<bool>("--wait") { Description = "Wait until the data have followed, with progress on standard error." };
        var timeout = Durations.Option("--timeout", "How long to wait at most; implies --wait. [default: 10m]");
        command.Add(wait);
        command.Add(timeout);
        return parsed => parsed.GetValue(timeout) ?? (parsed.GetValue(wait) ? PatienceStandard : null);
    }

    private static Command Show()
    {
        var command = new Command("show", "One line a member: address, roles, status in Akka.Cluster, unreachable or nothing, version.");
        SetAction(command, async (_, client, output, cancel) =>
        {
            var cluster = await client.GetAsync("/cluster/members", cancel);
            if (output == OutputFormat.Json)
            {
                Console.WriteLine(cluster.GetRawText());
                return ExitCode.Done;
            }

            var members = cluster.GetProperty("members").EnumerateArray().ToArray();
            foreach (var member in members) Console.WriteLine(LineOf(member));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Count: {members.Length} nodes"));
            return ExitCode.Done;
        });
        return command;
    }

    private static string LineOf(JsonElement member)
    {
        var akka = member.GetProperty("akka");
        var status = akka.GetProperty("status").GetString()!;
        var isThere = member.GetProperty("reachable").GetBoolean() && (akka.GetProperty("reachable").GetBoolean() || status == "absent");
        return $"{TextOf(member, "remote")} | [node:{TextOf(member, "name")}] | {status} | {(isThere ? "" : "unreachable")} | {TextOf(member, "version")}";
    }

    private static Command Status()
    {
        var command = new Command("status", "Every node, and whether all data are where they belong. Ends with 3 where they are not, or a member is not reachable.");
        SetAction(command, async (_, client, output, cancel) =>
        {
            var cluster = await client.GetAsync("/cluster/members", cancel);
            var members = cluster.GetProperty("members").EnumerateArray().ToArray();
            var all = members.Concat(cluster.GetProperty("left").EnumerateArray()).ToArray();
            var rows = new List<IReadOnlyList<string>>();
            var told = new Dictionary<string, Progress>(StringComparer.Ordinal);
            foreach (var node in all)
            {
                var name = TextOf(node, "name");
                if (node.GetProperty("reachable").GetBoolean()) told[name] = await Progress.AskAsync(client, [name], null, cancel);
                var progress = told.GetValueOrDefault(name);
                rows.Add(
                [
                    name, TextOf(node, "standing"), node.GetProperty("weight").GetRawText(), TextOf(node, "zone"), node.GetProperty("reachable").GetBoolean() ? "yes" : "no",
                    node.GetProperty("akka").GetProperty("status").GetString()!, Count(progress, p => p.Replicas), Count(progress, p => p.Keys), Count(progress, p => p.Unsynced),
                ]);
            }

            var away = members.Count(member => !member.GetProperty("reachable").GetBoolean());
            var isWhole = away == 0 && told.Values.All(progress => progress.IsDone) && told.Values.Select(progress => progress.RingVersion).Distinct(StringComparer.Ordinal).Count() == 1;
            if (output == OutputFormat.Json) Console.WriteLine(Json(cluster, told, isWhole));
            else
            {
                Columns.Write(["node", "ring", "weight", "zone", "reachable", "akka", "to hand off", "keys", "to receive"], rows);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{members.Length - away} of {members.Length} members are reachable. {(isWhole ? "All data are where they belong." : "Not all data are known to be where they belong.")}"));
                foreach (var missing in told.Values.Select(progress => progress.Missing).OfType<string>()) Console.WriteLine(missing);
            }

            return isWhole ? ExitCode.Done : ExitCode.WithFailures;
        });
        return command;

        static string Count(Progress? progress, Func<Progress, long> of) => progress is null or { Missing: not null } ? "?" : of(progress).ToString(CultureInfo.InvariantCulture);
    }

    private static string Json(JsonElement cluster, Dictionary<string, Progress> told, bool isWhole) => JsonSerializer.Serialize(new
    {
        whole = isWhole,
        cluster,
        handoff = told.ToDictionary(
            pair => pair.Key,
            pair => pair.Value.Missing is { } why ? (object)new { error = why } : new { ring_version = pair.Value.RingVersion, outgoing = new { replicas = pair.Value.Replicas, keys = pair.Value.Keys }, incoming = new { replicas = pair.Value.Unsynced } },
            StringComparer.Ordinal),
    });

    private static Command Leave()
    {
        var name = new Argument<string?>("NAME") { Description = "Who leaves; the node asked where nobody is named.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("leave", "Takes a member out of the ring: what it has goes to the others. Usable before a node is stopped, and for a dead one.") { name };
        var wait = AddWait(command);
        SetAction(command, (parsed, client, output, cancel) => new RingChange(client, output).LeaveAsync(parsed.GetValue(name), wait(parsed), cancel));
        return command;
    }

    private static Command Join()
    {
        var name = new Argument<string>("NAME") { Description = "Who returns." };
        var command = new Command("join", "Lets a node that has left return, with the weight and zone that it had. A new node joins by being started.") { name };
        var wait = AddWait(command);
        SetAction(command, (parsed, client, output, cancel) => new RingChange(client, output).JoinAsync(parsed.GetValue(name)!, wait(parsed), cancel));
        return command;
    }

    private static string TextOf(JsonElement node, string name) => node.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";
}
