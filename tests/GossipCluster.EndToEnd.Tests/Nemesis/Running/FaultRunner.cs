using System.Collections.Concurrent;
using GossipCluster.EndToEnd.Tests.Nemesis.Checking;
using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.EndToEnd.Tests.Nemesis.Running;

/// <summary>Does to a cluster what a plan says, and undoes it. On a slow machine a fault begins late, never on a node that another one still holds.</summary>
internal sealed class FaultRunner(ProcessCluster cluster, HistoryRecorder history, LoadGate gate) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan RefillPatience = TimeSpan.FromSeconds(120);
    private readonly List<(Fault Fault, Task Task)> _running = [];
    private readonly SemaphoreSlim _links = new(1, 1);
    private readonly ConcurrentDictionary<string, bool> _members = new(cluster.Select(node => KeyValuePair.Create(node.Name, true)), StringComparer.Ordinal);
    private volatile IReadOnlyList<ClusterNode> _nodes = [.. cluster];

    /// <summary>All processes.</summary>
    public IReadOnlyList<ClusterNode> Nodes => _nodes;

    /// <summary>Those in the ring, as far as was ordered.</summary>
    public IReadOnlyList<ClusterNode> Members => [.. _nodes.Where(node => _members.ContainsKey(node.Name))];

    /// <summary>Those that were taken out of it.</summary>
    public IReadOnlyList<ClusterNode> Left => [.. _nodes.Where(node => !_members.ContainsKey(node.Name))];

    /// <summary>Runs the whole plan; at the end every fault is undone.</summary>
    public async Task RunAsync(NemesisPlan plan, CancellationToken cancel)
    {
        var begun = history.Now;
        foreach (var fault in plan.Faults)
        {
            if (begun + fault.At - history.Now is { Ticks: > 0 } early) await Task.Delay(early, cancel);
            while (_running.Where(running => IsInTheWay(running.Fault, fault)).Select(running => running.Task).ToArray() is { Length: > 0 } others)
            {
                await Task.WhenAll(others);
                foreach (var done in _running.Where(running => running.Task.IsCompleted).ToArray())
                {
                    await done.Task;
                    _running.Remove(done);
                }
            }

            var task = RunAsync(fault, cancel);
            _running.Add((fault, task));
            if (fault.IsAlone) await task;
        }

        await Task.WhenAll(_running.Select(running => running.Task));
        await OnLinksAsync(() => cluster.Links.HealAllAsync(), cancel);
        history.Note(Mark.Fault, "all faults are undone");
    }

    /// <inheritdoc/>
    public void Dispose() => _links.Dispose();

    private static bool IsInTheWay(Fault running, Fault next) => next.IsAlone || running.Nodes.Intersect(next.Nodes).Any() || (running.ChangesRing && next.ChangesRing);

    private async Task RunAsync(Fault fault, CancellationToken cancel)
    {
        history.Note(Mark.Fault, $"begin: {fault.Words}");
        switch (fault)
        {
            case Fault.Kill kill:
                await NodeOf(kill.Node).KillAsync();
                await Task.Delay(kill.For, cancel);
                await StartAsync(NodeOf(kill.Node), kill.OtherPorts, emptyDisk: false, cancel);
                break;
            case Fault.Restart restart:
                await StopAsync(NodeOf(restart.Node));
                await Task.Delay(restart.For, cancel);
                await StartAsync(NodeOf(restart.Node), restart.OtherPorts, emptyDisk: false, cancel);
                break;
            case Fault.LoseDisk lose:
                await LoseDiskAsync(NodeOf(lose.Node), lose.For, cancel);
                break;
            case Fault.Pause pause:
                await NodeOf(pause.Node).PauseAsync();
                await Task.Delay(pause.For, cancel);
                await NodeOf(pause.Node).ResumeAsync();
                break;
            case Fault.Cut cut:
                await OnLinksAsync(() => cluster.Links.CutAsync(NodeOf(cut.A), NodeOf(cut.B)), cancel);
                await Task.Delay(cut.For, cancel);
                await HealAsync([(cut.A, cut.B)], cancel);
                break;
            case Fault.CutOneWay cut:
                await OnLinksAsync(() => cluster.Links.CutOneWayAsync(NodeOf(cut.From), NodeOf(cut.To)), cancel);
                await Task.Delay(cut.For, cancel);
                await HealAsync([(cut.From, cut.To)], cancel);
                break;
            case Fault.Partition partition:
                await OnLinksAsync(() => cluster.Links.PartitionAsync([.. partition.Side.Select(NodeOf)], [.. partition.Others.Select(NodeOf)]), cancel);
                await Task.Delay(partition.For, cancel);
                await HealAsync([.. from a in partition.Side from b in partition.Others select (a, b)], cancel);
                break;
            case Fault.Flap flap:
                for (var time = 0; time < flap.Times; time++)
                {
                    await OnLinksAsync(() => cluster.Links.CutAsync(NodeOf(flap.A), NodeOf(flap.B)), cancel);
                    await Task.Delay(flap.For / (2 * flap.Times), cancel);
                    await HealAsync([(flap.A, flap.B)], cancel);
                    await Task.Delay(flap.For / (2 * flap.Times), cancel);
                }

                break;
            case Fault.Throttle throttle:
                await OnLinksAsync(() => cluster.Links.ThrottleAsync(NodeOf(throttle.A), NodeOf(throttle.B), throttle.BytesPerSecond), cancel);
                await Task.Delay(throttle.For, cancel);
                await HealAsync([(throttle.A, throttle.B)], cancel);
                break;
            case Fault.Disconnect disconnect:
                await OnLinksAsync(() => cluster.Links.DisconnectAsync(NodeOf(disconnect.A), NodeOf(disconnect.B)), cancel);
                break;
            case Fault.Join join:
                await ChangeRingAsync(() => JoinAsync(join, cancel), cancel);
                break;
            case Fault.Leave leave:
                await ChangeRingAsync(() => LeaveAsync(NodeOf(leave.Node), cancel), cancel);
                break;
            default:
                throw new System.Diagnostics.UnreachableException(fault.GetType().Name);
        }

        history.Note(Mark.Fault, $"end: {fault.Words}");
    }

    private ClusterNode NodeOf(int number) => _nodes[number - 1];

    private static async Task StartAsync(ClusterNode node, bool otherPorts, bool emptyDisk, CancellationToken cancel)
    {
        await node.RestartAsync(otherPorts, emptyDisk);

        // It takes requests again, and orders about its links: what comes next may be one.
        await Eventually.TrueAsync(
            async token =>
            {
                if (!node.IsRunning) throw new InvalidOperationException($"{node.Name} ended with exit code {await node.Exited}.");
                return (await node.Client.ReadinessAsync(token)) is var readiness && readiness.IsReady ? null : $"{node.Name}: {readiness.Sentence}";
            },
            RefillPatience,
            cancel);
    }

    private async Task StopAsync(ClusterNode node)
    {
        try
        {
            await node.StopAsync();
        }
        catch (InvalidOperationException late)
        {
            // It has been killed then. Slowness is no broken promise; the next start is one after a crash.
            history.Note(Mark.Fault, late.Message);
        }
    }

    /// <summary>While nobody writes all replicas become equal; then one disk goes. Where they do not in time, none goes: a promise that was not given is not tested.</summary>
    private async Task LoseDiskAsync(ClusterNode node, TimeSpan downFor, CancellationToken cancel)
    {
        using (await gate.CloseAsync(cancel))
        {
            if (await Settling.ComplaintWithinAsync(Members, Left, Patience, cancel) is { } complaint)
            {
                history.Note(Mark.Fault, $"{node.Name} keeps its disk, for replicas are not equal: {complaint}");
                return;
            }

            history.Note(Mark.Converged, "all replicas are equal");
            history.Note(Mark.Unsettled, $"{node.Name} is killed and its disk is lost");
            history.Note(Mark.DiskLost, $"{node.Name} lost its disk");
            await node.KillAsync();
        }

        await Task.Delay(downFor, cancel);
        await StartAsync(node, otherPorts: false, emptyDisk: true, cancel);
        using (await gate.CloseAsync(cancel))
        {
            if (await Settling.ComplaintWithinAsync(Members, Left, RefillPatience, cancel) is { } complaint)
            {
                history.Note(Mark.Fault, $"{node.Name} is not refilled yet: {complaint}");
                return;
            }

            history.Note(Mark.Settled, $"{node.Name} is refilled");
            history.Note(Mark.Converged, "all replicas are equal");
        }
    }

    private async Task ChangeRingAsync(Func<Task> change, CancellationToken cancel)
    {
        history.Note(Mark.Unsettled, "the ring changes");
        await change();
        var complaint = await Settling.RingComplaintWithinAsync(Members, RefillPatience, cancel);
        history.Note(complaint is null ? Mark.Settled : Mark.Fault, complaint ?? "the ring is settled");
    }

    private async Task JoinAsync(Fault.Join join, CancellationToken cancel)
    {
        if (join.IsNew)
        {
            var node = cluster.Add();
            _nodes = [.. cluster];
            await node.WaitReadyAsync(RefillPatience, cancel);
        }
        else
        {
            await OrderAsync(through => Operator.JoinAsync(through, NodeOf(join.Node).Name, cancel), except: null, cancel);
        }

        _members[NodeOf(join.Node).Name] = true;
    }

    private async Task LeaveAsync(ClusterNode node, CancellationToken cancel)
    {
        await OrderAsync(through => Operator.LeaveAsync(through, node.Name, cancel), except: node, cancel);
        _members.TryRemove(node.Name, out _);
    }

    /// <summary>Through the first node that carries it out.</summary>
    private Task OrderAsync(Func<ClusterNode, Task> order, ClusterNode? except, CancellationToken cancel) => Eventually.TrueAsync(
        async token =>
        {
            var complaint = "there is nobody to ask";
            foreach (var node in Members.Where(node => node.IsRunning && node != except))
            {
                try
                {
                    await order(node).WaitAsync(TimeSpan.FromSeconds(10), token);
                    return null;
                }
                catch (Exception failed) when (failed is HttpRequestException or TimeoutException or TaskCanceledException or Xunit.Sdk.XunitException && !token.IsCancellationRequested)
                {
                    complaint = $"{node.Name}: {failed.Message}";
                }
            }

            return complaint;
        },
        Patience,
        cancel);

    private async Task HealAsync(IEnumerable<(int A, int B)> pairs, CancellationToken cancel)
    {
        foreach (var (a, b) in pairs) await OnLinksAsync(() => cluster.Links.HealAsync(NodeOf(a), NodeOf(b)), cancel);
    }

    /// <summary>One order about links at a time, until both ends have taken it: one of them may just be starting.</summary>
    private async Task OnLinksAsync(Func<Task> order, CancellationToken cancel)
    {
        await _links.WaitAsync(cancel);
        try
        {
            await Eventually.TrueAsync(
                async _ =>
                {
                    try
                    {
                        await order();
                        return null;
                    }
                    catch (TaskCanceledException late) when (!cancel.IsCancellationRequested)
                    {
                        return late.Message;
                    }
                },
                Patience,
                cancel);
        }
        finally
        {
            _links.Release();
        }
    }
}
