using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using GossipCluster.Cli.Audit;
using GossipCluster.Cli.Bench;
using GossipCluster.Cli.Cluster;
using GossipCluster.Cli.Dev;
using Spectre.Console;

namespace GossipCluster.Cli;

/// <summary>The command <c>gossip</c>: its subcommands, and the translation of failures to exit codes.</summary>
internal static class GossipCommand
{
    // Dev and bench end on signals in their own way and time; the parser's two seconds would cut them short.
    private static readonly InvocationConfiguration OwnTermination = new() { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false };

    public static RootCommand Create() => new("Runs, measures and operates GossipCluster, a leaderless store of conflict-free replicated data types.")
    {
        DevCommand.Create(),
        BenchCommand.Create(),
        ClusterCommand.Create(),
        RingCommand.Create(),
        AuditCommand.Create(),
    };

    public static async Task<int> RunAsync(string[] args)
    {
        var parsed = Create().Parse(args);
        if (parsed.Action is ParseErrorAction error) error.ShowHelp = false;
        try
        {
            var code = await parsed.InvokeAsync(OwnTermination);
            if (parsed.Action is not ParseErrorAction) return code;
            await Console.Error.WriteLineAsync($"See: gossip {string.Join(' ', NamesOf(parsed.CommandResult).Append("--help"))}");
            return ExitCode.Usage;
        }
        catch (CommandException failed)
        {
            await Console.Error.WriteLineAsync($"gossip: {failed.Message}");
            return failed.ExitCode;
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"gossip: {failed.Message}");
            return ExitCode.Failed;
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Interrupted;
        }
    }

    /// <summary>People read a table and a spinner; pipes and logs get plain lines.</summary>
    public static bool IsInteractive => AnsiConsole.Profile.Capabilities.Interactive && !Console.IsOutputRedirected;

    private static IEnumerable<string> NamesOf(CommandResult result) =>
        result.Parent is CommandResult parent ? [.. NamesOf(parent), result.Command.Name] : [];
}
