using System.CommandLine;

namespace GossipCluster.Cli.Cluster;

/// <summary>Which node is asked, the same for every command of an operator.</summary>
internal static class NodeOption
{
    /// <summary>Names the node where the command line does not.</summary>
    public const string Variable = "GOSSIPCLUSTER_NODE";

    /// <summary>The first node of <c>gossip dev</c>.</summary>
    public const string Standard = "http://127.0.0.1:8091";

    public static Option<string?> Create() => new("--node") { Description = $"Base address of the node that is asked. [default: ${Variable}, or {Standard}]" };

    /// <exception cref="CommandException">It is no address.</exception>
    public static Uri Of(string? text)
    {
        var (from, value) = text is not null ? ("--node", text) : Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named ? (Variable, named) : ("--node", Standard);
        return Uri.TryCreate(value, UriKind.Absolute, out var node) && (node.Scheme == Uri.UriSchemeHttp || node.Scheme == Uri.UriSchemeHttps)
            ? node
            : throw new CommandException($"'{value}' in {from} is not an address as {Standard}.", ExitCode.Usage);
    }
}
