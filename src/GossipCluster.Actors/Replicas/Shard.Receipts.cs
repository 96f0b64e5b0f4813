using GossipCluster.Actors.Store;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Coordination;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Actors.Replicas;

/// <content>Receipts: whether replicas have what a clock covers, asked until all have or the time is over (DESIGN 4.6b).</content>
internal sealed partial class Shard
{
    private static readonly TimeSpan RepairAgainAfter = TimeSpan.FromSeconds(2);
    private readonly Dictionary<ulong, RunningReceipt> _receipts = [];

    /// <summary>A client wants to know when all primaries have what its token covers.</summary>
    public void Receipt(ReceiptTicket ticket, TimeSpan now)
    {
        _now = now;
        if (_receipts.Count >= _repair.ReceiptsMax)
        {
            ticket.TrySetResult(null);
            return;
        }

        var shell = ShellOf(ticket.Address);
        NodeName[] primaries = [.. _view.Ring.PreferenceList(ticket.Address.Partition).Primaries(ticket.Address.N)];
        Begin(new RunningReceipt(NextNumber(), shell, ticket.Clock, primaries, now + ticket.Wait)
        {
            Done = receipt => ticket.TrySetResult(new ConvergenceReply([.. primaries.Select(node => new ReplicaConvergence(
                node.Text, node == _self || _reachable.Contains(node), !receipt.Open.Contains(node)))])),
        });
    }

    /// <summary>A read that found primaries behind answers when they have what it read.</summary>
    private void AwaitRepair(RunningRead read, IEnumerable<NodeName> lacking, ReadReply reply)
    {
        if (_receipts.Count >= _repair.ReceiptsMax)
        {
            read.Ticket.TrySetResult(new ReadReply.Unavailable("Too many reads wait for repairs. Try again later, or without read_repair=blocking.", RetryAfter));
            return;
        }

        Begin(new RunningReceipt(NextNumber(), read.Shell, read.Joined!, lacking, read.EndsAt)
        {
            Key = read.Key,
            RepairAgainAt = _now + RepairAgainAfter,
            Done = receipt => read.Ticket.TrySetResult(receipt.Open.Count == 0 ? reply : new ReadReply.Unsatisfied(
                $"The value was read, and {string.Join(", ", receipt.Open.Select(node => node.Text))} did not confirm the repair in time.")),
        });
    }

    private void Begin(RunningReceipt receipt)
    {
        _receipts.Add(receipt.Call, receipt);
        Ask(receipt);
    }

    private void Ask(RunningReceipt receipt)
    {
        receipt.AskAgainAt = _now + _repair.ReceiptInterval;
        if (receipt.Open.Contains(_self)) Take(receipt, _self, receipt.Shell.Replica.Clock);
        foreach (var node in receipt.Open)
        {
            if (node != _self && _reachable.Contains(node)) _outbox.Add(node, receipt.Shell.Address, new CoordinationMessage.AskClock(receipt.Call));
        }

        EndIfDone(receipt);
    }

    private void TellClock(NodeName from, ReplicaShell shell, CoordinationMessage.AskClock ask) =>
        _outbox.Add(from, shell.Address, new CoordinationMessage.ClockTold(ask.Call, shell.Replica.Clock, shell.Replica.AllFolds()));

    private void TakeClock(NodeName from, CoordinationMessage.ClockTold told)
    {
        if (!_receipts.TryGetValue(told.Call, out var receipt)) return;
        foreach (var fold in told.Folds) receipt.Names.TryLearn(fold, out _);
        Take(receipt, from, told.Clock);
        EndIfDone(receipt);
    }

    private void Take(RunningReceipt receipt, NodeName node, DotSet clock)
    {
        if (receipt.Names.Covers(clock, receipt.Clock)) receipt.Open.Remove(node);
        else if (receipt.Key is { } key && node != _self && _now >= receipt.RepairAgainAt)
        {
            // It may be large, and on its way: once more only after a while.
            receipt.RepairAgainAt = _now + RepairAgainAfter;
            Repair(receipt.Shell, key, node, clock);
        }
    }

    private void EndIfDone(RunningReceipt receipt)
    {
        if (receipt.Open.Count > 0 && _now < receipt.EndsAt) return;
        if (_receipts.Remove(receipt.Call)) receipt.Done(receipt);
    }

    private void TickReceipts()
    {
        if (_receipts.Count == 0) return;
        foreach (var receipt in _receipts.Values.Where(receipt => receipt.AskAgainAt <= _now || receipt.EndsAt <= _now).ToArray()) Ask(receipt);
    }

    /// <summary>Replicas are being asked.</summary>
    private sealed class RunningReceipt
    {
        public RunningReceipt(ulong call, ReplicaShell shell, DotSet clock, IEnumerable<NodeName> nodes, TimeSpan endsAt)
        {
            (Call, Shell, Clock, EndsAt) = (call, shell, clock, endsAt);
            Open = [.. nodes];
            foreach (var fold in shell.Replica.AllFolds()) Names.TryLearn(fold, out _);
        }

        public ulong Call { get; }

        public ReplicaShell Shell { get; }

        public DotSet Clock { get; }

        public TimeSpan EndsAt { get; }

        public TimeSpan AskAgainAt { get; set; }

        /// <summary>Who has not said that it has everything.</summary>
        public HashSet<NodeName> Open { get; }

        /// <summary>The names of dots, as far as anybody who answered knows them.</summary>
        public KeyReader Names { get; } = new();

        /// <summary>Whose state is sent once more to who still lacks it; null where nobody is repaired.</summary>
        public Key? Key { get; init; }

        /// <summary>When that may be done.</summary>
        public TimeSpan RepairAgainAt { get; set; }

        public required Action<RunningReceipt> Done { get; init; }
    }
}
