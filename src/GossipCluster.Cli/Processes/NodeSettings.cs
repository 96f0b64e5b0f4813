using System.Globalization;

namespace GossipCluster.Cli.Processes;

/// <summary>With what a node process is started.</summary>
/// <param name="Name">The node's name in the ring.</param>
/// <param name="HttpPort">For clients.</param>
/// <param name="RemotePort">For the other nodes.</param>
/// <param name="Seeds">host:port of nodes to join through.</param>
/// <param name="DataFolder">Made by the node where it does not exist.</param>
internal sealed record NodeSettings(string Name, int HttpPort, int RemotePort, IReadOnlyList<string> Seeds, string DataFolder)
{
    /// <summary>Further arguments, as they are.</summary>
    public IReadOnlyList<string> Extra { get; init; } = [];

    /// <summary>Added to the environment that the process inherits.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>What starts the process by becoming it, with its arguments: <c>ip netns exec NAME</c>. Empty: nothing stands before it.</summary>
    public IReadOnlyList<string> Launcher { get; init; } = [];

    /// <summary>Its address.</summary>
    public string Host { get; init; } = "127.0.0.1";

    public string Http => $"http://{Host}:{HttpPort.ToString(CultureInfo.InvariantCulture)}";

    public string Remote => $"{Host}:{RemotePort.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>The node ends by itself when this process, its parent, is gone: also after kill -9.</summary>
    public IReadOnlyList<string> Arguments =>
    [
        "--name", Name,
        "--http", Http,
        "--remote", Remote,
        "--seeds", string.Join(',', Seeds),
        "--data", DataFolder,
        "--parent", System.Environment.ProcessId.ToString(CultureInfo.InvariantCulture),
        "--profile", "local",
        .. Extra,
    ];
}
