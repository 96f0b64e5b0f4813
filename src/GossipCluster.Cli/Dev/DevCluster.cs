using System.Globalization;
using GossipCluster.Cli.Processes;
using GossipCluster.Client;

namespace GossipCluster.Cli.Dev;

/// <summary>The node processes of one <c>gossip dev</c>.</summary>
internal sealed class DevCluster : IAsyncDisposable
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(15);

    private readonly DevSettings _settings;
    private readonly DataFolder _folder;
    private readonly IReadOnlyList<DevNode> _nodes;

    private DevCluster(DevSettings settings, DataFolder folder, IReadOnlyList<DevNode> nodes)
    {
        _settings = settings;
        _folder = folder;
        _nodes = nodes;
    }

    public static DevCluster Start(DevSettings settings)
    {
        var binary = NodeBinary.Find();
        if (settings.LeftOut() is { Count: > 0 } leftOut)
        {
            throw new CommandException(
                $"{settings.DataFolder} also holds data of {string.Join(", ", leftOut)}, which are members of its ring and would be missing. "
                + "Start them too (--nodes), or begin anew (--fresh, deletes the data), or choose another folder (--data).",
                ExitCode.Usage);
        }

        var folder = DataFolder.Open(settings);
        var nodes = new List<DevNode>();
        try
        {
            var plan = settings.NodeNames.Select((name, index) => new NodeSettings(
                name, settings.HttpPort + index, settings.RemotePort + index, Seeds(settings), folder.Of(name))).ToList();
            foreach (var node in plan)
            {
                RequireFree(node.HttpPort, "--port");
                RequireFree(node.RemotePort, "--remote-port");
            }

            nodes.AddRange(plan.Select(node => new DevNode(NodeProcess.Start(binary, node, folder.LogOf(node.Name)))));
            return new DevCluster(settings, folder, nodes);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Runs until it is told to stop or nothing is left that runs.</summary>
    public async Task<int> RunAsync(DevOutput output, CancellationToken stop)
    {
        try
        {
            output.Starting(_folder.Path, _nodes);
            var complete = await output.WaitingAsync(progress => WaitCompleteAsync(progress, stop));
            if (!complete)
            {
                var sentence = string.Join(' ', _nodes.Where(node => node.Status != "ready").Select(node => $"{node.Name}: {node.Status}."));
                output.Failed($"The cluster is not complete. {sentence}", _nodes);
                throw new CommandException($"The cluster did not come up. The nodes' logs: {Path.Combine(_folder.Path, "logs")}");
            }

            output.Ready(_nodes);
            var deaths = await WatchAsync(output, stop);
            return deaths == 0 ? ExitCode.Done : ExitCode.WithFailures;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return ExitCode.Done;
        }
        finally
        {
            output.Stopping();
            await StopAllAsync();
            output.Stopped(_nodes);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes) await node.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>True when every node is ready and sees every other; false when one ended or the time is over.</summary>
    private async Task<bool> WaitCompleteAsync(Action<string> progress, CancellationToken stop)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stop);
        deadline.CancelAfter(_settings.ReadyTimeout);
        while (true)
        {
            await Task.WhenAll(_nodes.Select(node => node.LookAsync(_nodes.Count, stop)));
            if (_nodes.All(node => node.IsComplete)) return true;
            if (_nodes.Where(node => node.Process.HasExited).ToArray() is { Length: > 0 } ended)
            {
                foreach (var node in ended) await node.MarkEndedAsync();
                return false;
            }

            progress(string.Join(" · ", _nodes.Select(node => $"{node.Name} {node.Status}")));
            try
            {
                await Task.Delay(PollInterval, deadline.Token);
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                return false;
            }
        }
    }

    private async Task<int> WatchAsync(DevOutput output, CancellationToken stop)
    {
        var running = _nodes.ToDictionary(node => (Task)node.Process.Exited, node => node);
        var stopped = Task.Delay(Timeout.Infinite, stop);
        var deaths = 0;
        while (running.Count > 0)
        {
            var ended = await Task.WhenAny(running.Keys.Append(stopped));

            // Ctrl-C reaches the nodes too, as the same process group: they are not dying, they are stopping.
            if (stop.IsCancellationRequested) break;
            deaths++;
            running.Remove(ended, out var dead);
            await dead!.MarkEndedAsync();
            output.Died(dead, _nodes);
        }

        return deaths;
    }

    private Task StopAllAsync() => Task.WhenAll(_nodes.Select(node => node.StopAsync(StopPatience)));

    private static string[] Seeds(DevSettings settings) =>
        [.. Enumerable.Range(0, settings.NodeCount).Select(index => $"127.0.0.1:{(settings.RemotePort + index).ToString(CultureInfo.InvariantCulture)}")];

    private static void RequireFree(int port, string option)
    {
        if (Ports.IsFree(port)) return;
        throw new CommandException($"Port {port} on 127.0.0.1 is in use. Stop what listens there, or choose other ports with {option}.");
    }
}
