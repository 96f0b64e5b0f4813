using System.Globalization;
using GossipCluster.Cli.Processes;
using GossipCluster.Client;

namespace GossipCluster.Cli.Dev;

/// <summary>One node of a dev cluster: its process, and what was last seen of it.</summary>
internal sealed class DevNode(NodeProcess process) : IAsyncDisposable
{
    private readonly GossipClusterClient _client = new(new GossipClusterClientOptions
    {
        Nodes = [new Uri(process.Settings.Http)],
        RequestTimeout = TimeSpan.FromSeconds(2),
    });

    public NodeProcess Process { get; } = process;

    public string Name => Process.Settings.Name;

    public string Url => Process.Settings.Http;

    /// <summary>A few words for the table.</summary>
    public string Status { get; private set; } = "starting";

    /// <summary>Ready, and reaches every member.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Asks the node how it is.</summary>
    public async Task LookAsync(int memberCount, CancellationToken cancel)
    {
        IsComplete = false;
        if (Process.HasExited)
        {
            await MarkEndedAsync();
            return;
        }

        var readiness = await _client.ReadinessAsync(cancel);
        if (!readiness.IsReady)
        {
            Status = "starting";
            return;
        }

        try
        {
            var reached = (await _client.MembersAsync(cancel)).Where(member => member.Reachable || member.Name == Name).Select(member => member.Name).Distinct(StringComparer.Ordinal).Count();
            IsComplete = reached >= memberCount;
            Status = IsComplete ? "ready" : string.Create(CultureInfo.InvariantCulture, $"reaches {reached} of {memberCount}");
        }
        catch (GossipClusterException notAnswered)
        {
            Status = notAnswered.Message;
        }
    }

    /// <summary>Waits for the last of its output, so that the end of its log is whole.</summary>
    public async Task MarkEndedAsync()
    {
        IsComplete = false;
        Status = EndedWith(await Process.Exited);
    }

    public async Task StopAsync(TimeSpan patience)
    {
        if (Process.HasExited) return;
        Status = await Process.StopAsync(patience) ? "stopped" : "killed: it did not stop in time";
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await Process.DisposeAsync();
    }

    private static string EndedWith(int code) => string.Create(
        CultureInfo.InvariantCulture, $"ended by itself, {(code > 128 ? $"signal {code - 128}" : $"exit code {code}")}");
}
