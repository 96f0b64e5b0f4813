using System.Diagnostics;

namespace GossipCluster.Node.Tests;

/// <summary>The node as a process: it starts, forms a ring of one, and stops in order.</summary>
public sealed class NodeProcessSpec : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("gossip-node");

    public void Dispose() => _data.Delete(recursive: true);

    [Fact(DisplayName = "Bad options end the process with 2 and a sentence each, without a stack trace")]
    public async Task Bad_options()
    {
        using var node = Start("--name", "a b", "--weight", "0");

        Assert.Equal(2, await ExitOfAsync(node));
        Assert.Equal(2, (await node.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken)).Trim().Split('\n').Length);

        using var unknown = Start("--nonsense");
        Assert.Equal(2, await ExitOfAsync(unknown));
    }

    [Fact(DisplayName = "A node forms a ring of one, and SIGTERM ends it with 0")]
    public async Task A_node_starts_and_stops()
    {
        using var node = Start("--name", "n1", "--http", "http://127.0.0.1:0", "--remote", "127.0.0.1:0", "--data", _data.FullName);
        await LineAsync(node, "The ring has 1 members now: n1");

        using (Process.Start("kill", ["-TERM", $"{node.Id}"])) Assert.Equal(0, await ExitOfAsync(node));
    }

    [Fact(DisplayName = "A node stops when the process is gone that it was told to follow")]
    public async Task A_node_follows_its_parent()
    {
        using var parent = Process.Start("sleep", ["300"]);
        using var node = Start("--name", "n1", "--http", "http://127.0.0.1:0", "--remote", "127.0.0.1:0", "--data", _data.FullName, "--parent", $"{parent.Id}");
        await LineAsync(node, "The ring has 1 members now: n1");

        var killed = Stopwatch.GetTimestamp();
        parent.Kill();
        await LineAsync(node, "is gone: this node stops");

        Assert.InRange(Stopwatch.GetElapsedTime(killed), TimeSpan.Zero, TimeSpan.FromSeconds(2));
        Assert.Equal(0, await ExitOfAsync(node));
    }

    [Fact]
    public async Task A_port_in_use_is_said_in_a_sentence()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        using var node = Start("--name", "n1", "--http", "http://127.0.0.1:0", "--remote", $"{listener.LocalEndpoint}", "--data", _data.FullName);

        Assert.Equal(1, await ExitOfAsync(node));
        Assert.Contains("cannot be listened on: Address already in use", await node.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
    }

    private static Process Start(params string[] args) =>
        Process.Start(new ProcessStartInfo("dotnet", [typeof(NodeOptions).Assembly.Location, .. args]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;

    private static async Task LineAsync(Process node, string what)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(Patience);
        var said = new List<string>();
        while (await node.StandardOutput.ReadLineAsync(deadline.Token) is { } line)
        {
            said.Add(line);
            if (line.Contains(what, StringComparison.Ordinal)) return;
        }

        Assert.Fail($"The node never said '{what}', but:\n{string.Join('\n', said)}\n{await node.StandardError.ReadToEndAsync(deadline.Token)}");
    }

    private static async Task<int> ExitOfAsync(Process node)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(Patience);
        await node.WaitForExitAsync(deadline.Token);
        return node.ExitCode;
    }
}
