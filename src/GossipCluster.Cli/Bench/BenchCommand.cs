using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Runtime.InteropServices;
using GossipCluster.Client;

namespace GossipCluster.Cli.Bench;

/// <summary><c>gossip bench</c>: puts load on a cluster and says what it took.</summary>
internal static class BenchCommand
{
    private const int ConnectionsMax = 10_000;
    private const int KeysMax = 100_000_000;
    private const int BatchMax = 10_000;
    private const int ValueSizeMax = 1_000_000;

    public static Command Create() => new Options().Command();

    /// <summary>Reads a command line as the command does; for who wants the settings and not the run.</summary>
    /// <exception cref="CommandException">Something in it is wrong: all of it, a line each.</exception>
    public static BenchSettings Settings(params string[] args)
    {
        var options = new Options();
        var parsed = options.Command().Parse(args);
        return parsed.Errors.Count == 0
            ? options.Settings(parsed.CommandResult)
            : throw new CommandException(string.Join('\n', parsed.Errors.Select(error => error.Message)), ExitCode.Usage);
    }

    private static async Task<int> RunAsync(BenchSettings settings)
    {
        foreach (var pid in settings.Pids)
        {
            if (ProcessCpu.Read(pid) is null) throw new CommandException($"--pids: there is no process {pid}. 'gossip dev' shows the ids of its nodes.", ExitCode.Usage);
        }

        // The completion of a receive sends the next request on the same thread: on a machine that also runs the store, a change of threads for each
        // answer would be most of the cost. Read by the runtime at the first use of a socket; elsewhere than on Unix it does nothing.
        Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
        Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT", "1");

        using var interrupted = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);
        using var run = new LoadGenerator(settings);
        await run.RunAsync(Console.Error.WriteLine, interrupted.Token);

        Console.WriteLine(settings.Output == OutputFormat.Json ? BenchReport.Json(run) : BenchReport.Text(run));
        return interrupted.IsCancellationRequested ? ExitCode.Interrupted
            : run.Requests.Succeeded == 0 ? ExitCode.Failed
            : run.Requests.Failed > 0 || run.NotSent > 0 ? ExitCode.WithFailures
            : ExitCode.Done;

        void Interrupt(PosixSignalContext context)
        {
            context.Cancel = true;
            interrupted.Cancel();
        }
    }

    private sealed class Options
    {
        private readonly Option<string> _node = new("--node") { Description = "Base addresses of nodes, with commas; connections are spread over them.", DefaultValueFactory = _ => "http://127.0.0.1:8091" };
        private readonly Option<string> _type = new Option<string>("--type") { Description = "Bucket type.", DefaultValueFactory = _ => "counters" }
            .AcceptOnlyFromAmong([.. BenchTypes.All.Keys]);

        private readonly Option<string?> _mix = new("--mix") { Description = "Operations and weights, as in increment=80,read=20. [default: 80 % writes, 20 % reads]" };
        private readonly Option<string> _bucket = new("--bucket") { Description = "Bucket.", DefaultValueFactory = _ => "bench" };
        private readonly Option<int> _keys = new("--keys") { Description = "How many keys.", DefaultValueFactory = _ => 10_000 };
        private readonly Option<string> _distribution = new Option<string>("--distribution") { Description = "Which keys are used how often.", DefaultValueFactory = _ => "uniform" }
            .AcceptOnlyFromAmong("uniform", "zipf");

        private readonly Option<double> _exponent = new("--zipf-exponent") { Description = "Of --distribution zipf: key k in proportion to 1/k^exponent.", DefaultValueFactory = _ => 0.99 };
        private readonly Option<int> _connections = new("--connections") { Description = "Connections, each with one request on its way.", DefaultValueFactory = _ => 64 };
        private readonly Option<TimeSpan?> _duration = Durations.Option("--duration", "How long to measure. [default: 30s]");
        private readonly Option<TimeSpan?> _warmup = Durations.Option("--warmup", "How long to put load on before measuring. [default: 5s]");
        private readonly Option<TimeSpan?> _timeout = Durations.Option("--timeout", "When a request without an answer is given up. [default: 10s]");
        private readonly Option<double?> _rate = new("--rate")
        {
            Description = "Operations a second that are due whether or not the store keeps up; latency counts from when they were due. [default: as fast as answered]",
        };

        private readonly Option<int> _batch = new("--batch") { Description = "Operations a request, through /batch.", DefaultValueFactory = _ => 1 };
        private readonly Option<int> _valueSize = new("--value-size") { Description = "Bytes of an element or text.", DefaultValueFactory = _ => 16 };
        private readonly Option<int> _elements = new("--elements") { Description = "How many different elements there are.", DefaultValueFactory = _ => 100 };
        private readonly Option<string?> _w = new("--w") { Description = "Copies that a write waits for: a number, one, quorum, all." };
        private readonly Option<string?> _dw = new("--dw") { Description = "Copies on disk that a write waits for." };
        private readonly Option<string?> _r = new("--r") { Description = "Replicas that a read waits for." };
        private readonly Option<int> _watchers = new("--watchers") { Description = "Watchers of the bucket on the first node, beside the load.", DefaultValueFactory = _ => 0 };
        private readonly Option<string?> _pids = new("--pids") { Description = "Process ids, with commas, whose CPU time is measured: that of the nodes." };
        private readonly Option<string> _output = OutputFormats.Option("For people, or for programs: one JSON object. Progress goes to standard error.");

        public Command Command()
        {
            var command = new Command("bench", "Puts load on a cluster and reports throughput, latencies and CPU time an operation.")
            {
                _node, _type, _mix, _bucket, _keys, _distribution, _exponent, _connections, _duration, _warmup, _timeout, _rate, _batch, _valueSize,
                _elements, _w, _dw, _r, _watchers, _pids, _output,
            };
            command.SetAction((parsed, _) => RunAsync(Settings(parsed.CommandResult)));
            return command;
        }

        public BenchSettings Settings(CommandResult result)
        {
            var problems = new List<string>();
            var type = BenchTypes.All[result.GetValue(_type)!];
            var mix = Mix.TryParse(result.GetValue(_mix) ?? type.DefaultMix, [.. type.Operations.Select(operation => operation.Name)], out var problem);
            if (mix is null) problems.Add(problem);
            var keys = Number(_keys, 1, KeysMax);
            var batch = Number(_batch, 1, BatchMax);
            var distribution = result.GetValue(_distribution)!;
            var exponent = result.GetValue(_exponent);
            if (exponent is not (> 0 and <= 10)) problems.Add($"--zipf-exponent is {exponent.ToString(CultureInfo.InvariantCulture)}; choose above 0, up to 10.");
            var rate = result.GetValue(_rate);
            if (rate is not (null or (> 0 and <= 10_000_000))) problems.Add("--rate must be above 0, up to 10000000.");
            var settings = new
            {
                Nodes = Nodes(result.GetValue(_node)!, problems),
                Connections = Number(_connections, 1, ConnectionsMax),
                ValueSize = Number(_valueSize, 1, ValueSizeMax),
                Elements = Number(_elements, 1, 100_000_000),
                W = QuorumOf(_w),
                DW = QuorumOf(_dw),
                R = QuorumOf(_r),
                Watchers = Number(_watchers, 0, ConnectionsMax),
                Pids = Pids(result.GetValue(_pids), problems),
            };
            if (batch > 1 && (settings.W, settings.DW, settings.R) != default) problems.Add("--w, --dw and --r are not for --batch: a batch uses the bucket's quorums.");
            if (problems.Count > 0) throw new CommandException(string.Join("\n        ", problems), ExitCode.Usage);
            return new BenchSettings
            {
                Nodes = settings.Nodes,
                Type = result.GetValue(_type)!,
                Bucket = result.GetValue(_bucket)!,
                Mix = mix!,
                Operations = [.. mix!.Entries.Select(entry => type.Operations.Single(operation => operation.Name == entry.Name))],
                KeyCount = keys,
                Keys = distribution == "zipf" ? KeyChooser.Zipf(keys, exponent) : KeyChooser.Uniform(keys),
                Distribution = distribution,
                Connections = settings.Connections,
                Warmup = result.GetValue(_warmup) ?? TimeSpan.FromSeconds(5),
                Duration = result.GetValue(_duration) ?? TimeSpan.FromSeconds(30),
                Timeout = result.GetValue(_timeout) ?? TimeSpan.FromSeconds(10),
                Rate = rate,
                Batch = batch,
                ValueSize = settings.ValueSize,
                Elements = settings.Elements,
                W = settings.W,
                DW = settings.DW,
                R = settings.R,
                Watchers = settings.Watchers,
                Output = OutputFormats.Of(result.GetValue(_output)),
                Pids = settings.Pids,
            };

            int Number(Option<int> option, int least, int most)
            {
                var value = result.GetValue(option);
                if (value < least || value > most) problems.Add($"{option.Name} is {value}; choose {least} to {most}.");
                return value;
            }

            Quorum QuorumOf(Option<string?> option)
            {
                if (result.GetValue(option) is not { } text) return default;
                if (Quorum.TryParse(text) is { } quorum) return quorum;
                problems.Add($"{option.Name} is '{text}'; write a number, one, quorum, all or default.");
                return default;
            }
        }

        private static Uri[] Nodes(string text, List<string> problems)
        {
            var nodes = new List<Uri>();
            foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                if (Uri.TryCreate(part, UriKind.Absolute, out var node) && node.Scheme == Uri.UriSchemeHttp) nodes.Add(node);
                else problems.Add($"'{part}' in --node is not an address as http://127.0.0.1:8091 (https is not measured).");
            }

            if (nodes.Count == 0 && problems.Count == 0) problems.Add("--node names no node.");
            return [.. nodes];
        }

        private static int[] Pids(string? text, List<string> problems)
        {
            var pids = new List<int>();
            foreach (var part in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                if (int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && pid > 0) pids.Add(pid);
                else problems.Add($"'{part}' in --pids is not a process id.");
            }

            return [.. pids.Distinct()];
        }
    }
}
