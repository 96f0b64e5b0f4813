using System.Diagnostics;
using System.Runtime.InteropServices;

namespace GossipCluster.Cli.Processes;

/// <summary>The built node, and how it is started.</summary>
/// <param name="Path">GossipCluster.Node.dll.</param>
internal sealed record NodeBinary(string Path)
{
    public const string Variable = "GOSSIP_NODE_BINARY";
    private const string FileName = "GossipCluster.Node.dll";

    /// <summary>Where the node is, in this order: the environment variable, beside this program, in the build output that mirrors this program's.</summary>
    public static NodeBinary Find()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named)
        {
            return File.Exists(named) ? new NodeBinary(named) : throw new CommandException($"{Variable} names '{named}', which does not exist.");
        }

        var here = AppContext.BaseDirectory;
        string[] candidates = [System.IO.Path.Combine(here, FileName), System.IO.Path.Combine(Mirrored(here), FileName)];
        return candidates.FirstOrDefault(File.Exists) is { } found
            ? new NodeBinary(found)
            : throw new CommandException($"{FileName} is not there (looked for {string.Join(" and ", candidates)}). Build it: dotnet build -c Release src/GossipCluster.Node");
    }

    /// <summary>Starts a node of it. The process id is the node's own: nothing stands between.</summary>
    public ProcessStartInfo StartInfo(NodeSettings settings)
    {
        string[] command = [.. settings.Launcher, Muxer(), Path, .. settings.Arguments];
        var start = new ProcessStartInfo(command[0])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        foreach (var argument in command.Skip(1)) start.ArgumentList.Add(argument);
        foreach (var (name, value) in settings.Environment) start.Environment[name] = value;
        return start;
    }

    // src/GossipCluster.Cli/bin/Release/net10.0/ -> src/GossipCluster.Node/bin/Release/net10.0/
    private static string Mirrored(string here) => here.Replace("GossipCluster.Cli", "GossipCluster.Node", StringComparison.Ordinal);

    // The `dotnet` of the runtime that runs this program: another one on the path may not know this version.
    private static string Muxer()
    {
        var root = System.IO.Path.GetFullPath(System.IO.Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        var muxer = System.IO.Path.Combine(root, OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet");
        return File.Exists(muxer) ? muxer : "dotnet";
    }
}
