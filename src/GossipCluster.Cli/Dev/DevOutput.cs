using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace GossipCluster.Cli.Dev;

/// <summary>What <c>gossip dev</c> tells: to a terminal, to a plain stream, or as events to a program.</summary>
internal abstract class DevOutput
{
    public static DevOutput Of(OutputFormat format) => format == OutputFormat.Json ? new JsonLines() : new Text();

    public abstract void Starting(string folder, IReadOnlyList<DevNode> nodes);

    public abstract Task<bool> WaitingAsync(Func<Action<string>, Task<bool>> wait);

    public abstract void Ready(IReadOnlyList<DevNode> nodes);

    public abstract void Died(DevNode dead, IReadOnlyList<DevNode> nodes);

    public abstract void Failed(string sentence, IReadOnlyList<DevNode> nodes);

    public abstract void Stopping();

    public abstract void Stopped(IReadOnlyList<DevNode> nodes);

    private sealed class Text : DevOutput
    {
        private const int TailLines = 15;

        public override void Starting(string folder, IReadOnlyList<DevNode> nodes)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Starting {nodes.Count} {(nodes.Count == 1 ? "node" : "nodes")}. Data and logs: {folder}"));
        }

        public override async Task<bool> WaitingAsync(Func<Action<string>, Task<bool>> wait)
        {
            if (GossipCommand.IsInteractive)
            {
                return await AnsiConsole.Status().StartAsync("starting", context => wait(text => context.Status(Markup.Escape(text))));
            }

            var last = "";
            return await wait(text =>
            {
                if (text != last) Console.WriteLine(text);
                last = text;
            });
        }

        public override void Ready(IReadOnlyList<DevNode> nodes)
        {
            Table(nodes);
            string UrlOf(int index) => nodes[index % nodes.Count].Url;
            Console.WriteLine($$"""

                Any node takes any request. Try:

                  curl -X POST {{UrlOf(0)}}/types/counters/buckets/pages/datatypes/home -H 'Content-Type: application/json' -d '{"increment":1}'
                  curl -X POST {{UrlOf(1)}}/types/sets/buckets/carts/datatypes/alice -H 'Content-Type: application/json' -d '{"add":"milk"}'
                  curl {{UrlOf(2)}}/types/counters/buckets/pages/datatypes/home

                Ctrl-C stops the cluster; its data stays.
                """);
        }

        public override void Died(DevNode dead, IReadOnlyList<DevNode> nodes)
        {
            Console.WriteLine();
            Console.WriteLine($"{dead.Name} {dead.Status}. Its log: {dead.Process.LogFile}");
            Table(nodes);
        }

        public override void Failed(string sentence, IReadOnlyList<DevNode> nodes)
        {
            Console.WriteLine(sentence);
            Table(nodes);
            foreach (var node in nodes.Where(node => !node.IsComplete))
            {
                if (node.Process.Tail(TailLines) is not { Count: > 0 } tail) continue;
                Console.WriteLine($"The last lines of {node.Process.LogFile}:");
                foreach (var line in tail) Console.WriteLine($"  {line}");
            }
        }

        public override void Stopping() => Console.WriteLine("Stopping.");

        public override void Stopped(IReadOnlyList<DevNode> nodes) =>
            Console.WriteLine(string.Join(" · ", nodes.Select(node => $"{node.Name} {node.Status}")));

        private static void Table(IReadOnlyList<DevNode> nodes)
        {
            var table = new Table().Border(GossipCommand.IsInteractive ? TableBorder.Rounded : TableBorder.None)
                .AddColumn("node").AddColumn("URL").AddColumn(new TableColumn("pid").RightAligned()).AddColumn("status");
            foreach (var node in nodes)
            {
                table.AddRow(
                    Markup.Escape(node.Name), Markup.Escape(node.Url), node.Process.Id.ToString(CultureInfo.InvariantCulture), Markup.Escape(node.Status));
            }

            AnsiConsole.Write(table);
        }
    }

    /// <summary>One event a line: {"event":"starting|ready|died|failed|stopped","nodes":[{"name","url","pid","status","log"}],…}.</summary>
    private sealed class JsonLines : DevOutput
    {
        public override void Starting(string folder, IReadOnlyList<DevNode> nodes) => Write("starting", nodes, ("data", folder));

        public override Task<bool> WaitingAsync(Func<Action<string>, Task<bool>> wait) => wait(_ => { });

        public override void Ready(IReadOnlyList<DevNode> nodes) => Write("ready", nodes);

        public override void Died(DevNode dead, IReadOnlyList<DevNode> nodes) => Write("died", nodes, ("node", dead.Name));

        public override void Failed(string sentence, IReadOnlyList<DevNode> nodes) => Write("failed", nodes, ("reason", sentence));

        public override void Stopping()
        {
        }

        public override void Stopped(IReadOnlyList<DevNode> nodes) => Write("stopped", nodes);

        private static void Write(string name, IReadOnlyList<DevNode> nodes, params (string Name, string Value)[] more)
        {
            using var stream = new MemoryStream();
            using (var json = new Utf8JsonWriter(stream))
            {
                json.WriteStartObject();
                json.WriteString("event", name);
                foreach (var (member, value) in more) json.WriteString(member, value);
                json.WriteStartArray("nodes");
                foreach (var node in nodes)
                {
                    json.WriteStartObject();
                    json.WriteString("name", node.Name);
                    json.WriteString("url", node.Url);
                    json.WriteNumber("pid", node.Process.Id);
                    json.WriteString("status", node.Status);
                    json.WriteString("log", node.Process.LogFile);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }

            Console.WriteLine(System.Text.Encoding.UTF8.GetString(stream.ToArray()));
        }
    }
}
