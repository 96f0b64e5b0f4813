using System.Diagnostics;
using System.Globalization;
using Akka.Actor;
using Akka.Cluster.Tools.PublishSubscribe;
using Akka.Configuration;
using Akka.DistributedData;
using GossipCluster.Actors.Configuration;

namespace GossipCluster.Benchmarks;

/// <summary>What a node costs that does nothing, layer by layer: three processes each, CPU in percent of one core over 30 s.</summary>
internal static class IdleCost
{
    private const int ProcessCount = 3;
    private const string Figure = "percent ";
    private static readonly int FirstPort = int.Parse(Environment.GetEnvironmentVariable("IDLE_PORT") ?? "24053", CultureInfo.InvariantCulture);
    private static readonly string[] Settings = ["default", "tuned"];
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(int.Parse(Environment.GetEnvironmentVariable("IDLE_WARM_UP") ?? "10", CultureInfo.InvariantCulture));
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(30);

    private enum Layer
    {
        Empty,
        Remote,
        Cluster,
        DistributedData,
        PubSub,
    }

    /// <summary>Measures the layers named, or all, with Akka's defaults and with <c>hocon/akka.conf</c>. More HOCON may be given by IDLE_HOCON, another first port by IDLE_PORT, more seconds to warm up by IDLE_WARM_UP.</summary>
    public static void Run(string[] args, TextWriter output)
    {
        var layers = Enum.GetValues<Layer>().Where(layer => args.Length == 0 || args.Contains($"{layer}", StringComparer.OrdinalIgnoreCase)).ToList();
        var settings = Settings.Where(one => !args.Contains("tuned") || one == "tuned").ToList();
        output.WriteLine($"| layer | {string.Join(" | ", settings)} |");
        output.WriteLine($"| --- |{string.Concat(settings.Select(_ => " --- |"))}");
        foreach (var layer in layers)
        {
            // Side by side: what the neighbours on the machine do is the same for both.
            var figures = settings.Select((setting, index) => Task.Run(() => Measure(layer, setting, FirstPort + (10 * index)))).ToList()
                .Select(measured => string.Join(" / ", measured.Result.Select(percent => percent.ToString("0.00", CultureInfo.InvariantCulture)))).ToList();
            output.WriteLine($"| {layer} | {string.Join(" | ", figures.Select(figure => figure + " %"))} |");
        }
    }

    /// <summary>One of the three: runs, measures itself, says the percentage.</summary>
    public static async Task RunNodeAsync(string[] args, TextWriter output)
    {
        var layer = Enum.Parse<Layer>(args[0]);
        var index = int.Parse(args[2], CultureInfo.InvariantCulture);
        var firstPort = int.Parse(args[3], CultureInfo.InvariantCulture);
        using var system = ActorSystem.Create("idle", ConfigOf(layer, args[1] == "tuned", firstPort + index));
        if (layer >= Layer.Cluster)
            Akka.Cluster.Cluster.Get(system).JoinSeedNodes([new Address("akka.tcp", "idle", "127.0.0.1", firstPort)]);
        if (layer >= Layer.DistributedData) _ = DistributedData.Get(system).Replicator;
        if (layer >= Layer.PubSub) _ = DistributedPubSub.Get(system).Mediator;

        if (layer >= Layer.Cluster) await AllUpAsync(Akka.Cluster.Cluster.Get(system));
        await Task.Delay(WarmUp);
        using var process = Process.GetCurrentProcess();
        var (cpu, started) = (process.TotalProcessorTime, Stopwatch.GetTimestamp());
        await Task.Delay(Measured);
        process.Refresh();
        var percent = 100 * (process.TotalProcessorTime - cpu) / Stopwatch.GetElapsedTime(started);
        await output.WriteLineAsync(Figure + percent.ToString(CultureInfo.InvariantCulture));
    }

    private static async Task AllUpAsync(Akka.Cluster.Cluster cluster)
    {
        while (cluster.State.Members.Count(member => member.Status == Akka.Cluster.MemberStatus.Up) < ProcessCount) await Task.Delay(100);
    }

    private static List<double> Measure(Layer layer, string setting, int firstPort)
    {
        var processes = Enumerable.Range(0, ProcessCount).Select(index => Process.Start(
            new ProcessStartInfo(Environment.ProcessPath!, ["idle-node", $"{layer}", setting, $"{index}", $"{firstPort}"]) { RedirectStandardOutput = true, UseShellExecute = false })!).ToList();
        return [.. processes.Select(process =>
        {
            using (process)
            {
                // Beside the figure there may be what Akka says of the others' end.
                var line = process.StandardOutput.ReadToEnd().Split('\n').First(said => said.StartsWith(Figure, StringComparison.Ordinal));
                process.WaitForExit();
                return double.Parse(line[Figure.Length..], CultureInfo.InvariantCulture);
            }
        })];
    }

    private static Config ConfigOf(Layer layer, bool isTuned, int port)
    {
        var provider = layer switch
        {
            Layer.Empty => "local",
            Layer.Remote => "remote",
            _ => "cluster",
        };
        var own = ConfigurationFactory.ParseString($$"""
            akka { actor.provider = {{provider}}, loglevel = ERROR, stdout-loglevel = ERROR }
            akka.remote.dot-netty.tcp { hostname = "127.0.0.1", port = {{port}} }
            """).WithFallback(ConfigurationFactory.ParseString(Environment.GetEnvironmentVariable("IDLE_HOCON") ?? string.Empty));
        return isTuned ? own.WithFallback(GossipHocon.Defaults("lan")) : own;
    }
}
