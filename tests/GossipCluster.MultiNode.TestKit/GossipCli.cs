using System.Diagnostics;
using GossipCluster.Cli.Processes;

namespace GossipCluster.MultiNode.TestKit;

/// <summary>The command line as an operator uses it: a process.</summary>
public static class GossipCli
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    /// <summary>Runs <c>gossip</c> for one node, to its end.</summary>
    /// <param name="node">Which node it talks to.</param>
    /// <param name="arguments">What follows the address.</param>
    /// <param name="cancel">Kills it.</param>
    public static async Task<CliResult> RunAsync(ClusterNode node, IReadOnlyList<string> arguments, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(node);
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var argument in (string[])[typeof(NodeBinary).Assembly.Location, .. arguments, "--node", node.Url.AbsoluteUri.TrimEnd('/')]) start.ArgumentList.Add(argument);
        using var process = Process.Start(start) ?? throw new InvalidOperationException("gossip could not be started.");
        process.StandardInput.Close();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(Patience);
        try
        {
            var (output, error) = (process.StandardOutput.ReadToEndAsync(patience.Token), process.StandardError.ReadToEndAsync(patience.Token));
            await process.WaitForExitAsync(patience.Token);
            return new CliResult(process.ExitCode, await output, await error);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }
}

/// <summary>How a call of the command line ended.</summary>
/// <param name="ExitCode">0 where it went well.</param>
/// <param name="Output">What it wrote for people, or as JSON.</param>
/// <param name="Error">What it complained of.</param>
public sealed record CliResult(int ExitCode, string Output, string Error);
