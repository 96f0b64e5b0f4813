using System.CommandLine;

namespace GossipCluster.Cli;

/// <summary>For whom the output is.</summary>
internal enum OutputFormat
{
    /// <summary>People: may change with any version.</summary>
    Text,

    /// <summary>Programs: documented in docs/cli.md; members are only added.</summary>
    Json,
}

/// <summary>The option <c>--output</c>, the same for every command.</summary>
internal static class OutputFormats
{
    public static Option<string> Option(string description) =>
        new Option<string>("--output") { Description = description, DefaultValueFactory = _ => "text" }.AcceptOnlyFromAmong("text", "json");

    public static OutputFormat Of(string? text) => text == "json" ? OutputFormat.Json : OutputFormat.Text;
}
