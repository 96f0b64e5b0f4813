using System.CommandLine;
using System.CommandLine.Parsing;
using System.Runtime.InteropServices;
using GossipCluster.Cli.Processes;

namespace GossipCluster.Cli.Dev;

/// <summary><c>gossip dev</c>: a whole cluster on this machine, for trying out and developing against.</summary>
internal static class DevCommand
{
    public static Command Create()
    {
        var nodes = new Option<int>("--nodes") { Description = $"How many nodes, 1 to {DevSettings.NodeCountMax}.", DefaultValueFactory = _ => 3 };
        var port = new Option<int>("--port") { Description = "HTTP port of the first node; the others take the next ones.", DefaultValueFactory = _ => 8091 };
        var remotePort = new Option<int>("--remote-port") { Description = "Port of the first node for the other nodes; the others take the next ones.", DefaultValueFactory = _ => 4053 };
        var data = new Option<string>("--data") { Description = "Data folder: one folder a node, and their logs. It survives the command.", DefaultValueFactory = _ => DevSettings.DataFolderDefault };
        var fresh = new Option<bool>("--fresh") { Description = "Delete what the data folder holds of these nodes first." };
        var timeout = Durations.Option("--ready-timeout", "How long the cluster may take until it is complete. [default: 2m]");
        var output = OutputFormats.Option("For people, or for programs: one event a line.");

        var command = new Command("dev", "Starts a cluster of node processes on loopback and stops it on Ctrl-C. Data is kept for the next start.")
        {
            nodes, port, remotePort, data, fresh, timeout, output,
        };
        command.SetAction((parsed, _) => RunAsync(SettingsOf(parsed.CommandResult)));
        return command;

        DevSettings SettingsOf(CommandResult result) => new(
            result.GetValue(nodes),
            result.GetValue(port),
            result.GetValue(remotePort),
            Path.GetFullPath(result.GetValue(data)!),
            result.GetValue(fresh),
            result.GetValue(timeout) ?? TimeSpan.FromMinutes(2),
            OutputFormats.Of(result.GetValue(output)));
    }

    private static async Task<int> RunAsync(DevSettings settings)
    {
        if (string.Join("\n        ", settings.Problems()) is { Length: > 0 } problems) throw new CommandException(problems, ExitCode.Usage);
        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);

        await using var cluster = DevCluster.Start(settings);
        _ = LauncherWatch.RunAsync(stop.Cancel, stop.Token);
        return await cluster.RunAsync(DevOutput.Of(settings.Output), stop.Token);

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Cancel();
        }
    }
}
