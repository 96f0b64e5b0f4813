using System.Globalization;

namespace GossipCluster.Cli.Dev;

/// <summary>What <c>gossip dev</c> was asked for.</summary>
internal sealed record DevSettings(int NodeCount, int HttpPort, int RemotePort, string DataFolder, bool Fresh, TimeSpan ReadyTimeout, OutputFormat Output)
{
    public const int NodeCountMax = 9;

    /// <summary>In the user's own data, so that it is the same from any working directory and survives a clean of the source tree.</summary>
    public static string DataFolderDefault
    {
        get
        {
            var user = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
            return user.Length > 0 ? Path.Combine(user, "gossip-cluster", "dev") : Path.GetFullPath(".gossip-dev");
        }
    }

    public IEnumerable<string> NodeNames => Enumerable.Range(1, NodeCount).Select(NameOf);

    /// <summary>All that is wrong with it, a sentence each; empty where nothing is.</summary>
    public IEnumerable<string> Problems()
    {
        if (NodeCount is < 1 or > NodeCountMax) yield return $"--nodes is {NodeCount}; choose 1 to {NodeCountMax}.";
        if (File.Exists(DataFolder)) yield return $"--data {DataFolder} is a file; name a folder.";
        if (NodeCount is < 1 or > NodeCountMax) yield break;
        if (HttpPort < 1 || HttpPort + NodeCount - 1 > 65_535) yield return $"--port {HttpPort} leaves no {NodeCount} ports up to 65535.";
        if (RemotePort < 1 || RemotePort + NodeCount - 1 > 65_535) yield return $"--remote-port {RemotePort} leaves no {NodeCount} ports up to 65535.";
        if (HttpPort < RemotePort + NodeCount && RemotePort < HttpPort + NodeCount) yield return "--port and --remote-port overlap; each takes one port a node.";
    }

    /// <summary>Nodes with data in the folder that would not be started. The others would wait for them, and write to fallbacks.</summary>
    public IReadOnlyList<string> LeftOut() => Fresh
        ? []
        : [.. Enumerable.Range(NodeCount + 1, NodeCountMax).Select(NameOf).Where(name => Directory.Exists(Path.Combine(DataFolder, name)))];

    private static string NameOf(int number) => "n" + number.ToString(CultureInfo.InvariantCulture);
}
