using GossipCluster.Core.Causality;
using GossipCluster.Core.Coordination;
using GossipCluster.Core.DataTypes;

namespace GossipCluster.Simulation.Tests;

internal sealed partial class Simulation
{
    private const int RoundsMax = 25;

    /// <summary>What has to be so in the end, whatever came before.</summary>
    public void End()
    {
        Quiesce();
        CheckEnd();
        ServeTokens();
        ServeReads();
        CheckAnswered();
        if (Plan.Mutant == Mutant.None) CheckAudit();
    }

    /// <summary>Everything heals: all nodes are up, see the newest ring and talk; then nothing is left to do.</summary>
    private void Quiesce()
    {
        Trace("quiesce");
        _calm = true;
        Net.IsFaulty = false;
        Net.HealAll();
        foreach (var node in _nodes) node.Start();
        Advance(TimeSpan.FromSeconds(4));
        foreach (var node in _nodes) node.See(Rings.Count - 1);
        for (var round = 0; round < RoundsMax && !IsQuiet(); round++) Round();
        Check.That(IsQuiet(), $"no quiescence after {RoundsMax} rounds: {Differences()}");
    }

    /// <summary>Everybody asks everybody, and offers.</summary>
    public void Round()
    {
        foreach (var node in _nodes)
        {
            for (var partition = 0; partition < Plan.Partitions; partition++)
            {
                foreach (var peer in _nodes.Where(peer => peer != node))
                {
                    node.Run(partition, (protocol, effects) =>
                    {
                        protocol.SyncWith(peer.Name, effects);
                        protocol.OfferTo(peer.Name, effects);
                    });
                }
            }

            Advance(TimeSpan.FromMilliseconds(200));
        }
    }

    private bool IsQuiet()
    {
        for (var partition = 0; partition < Plan.Partitions; partition++)
        {
            DotSet? first = null;
            foreach (var node in _nodes)
            {
                var replica = node.Protocols[partition].Replica;
                if (replica.HasPending) return false;
                if (!node.Protocols[partition].IsPrimary)
                {
                    if (!replica.Clock.IsEmpty) return false;
                    continue;
                }

                first ??= replica.Clock;
                if (!first.Equals(replica.Clock) || !node.Protocols[partition].HasSynced) return false;
            }
        }

        return true;
    }

    private string Differences() => string.Join('\n', _nodes.SelectMany(node => node.Protocols.Select((protocol, i) =>
        $"{node.Name}/{i} {(protocol.IsPrimary ? "primary" : "fallback")} synced {protocol.HasSynced} {protocol.Replica.Clock}")));

    private void CheckEnd()
    {
        for (var partition = 0; partition < Plan.Partitions; partition++)
        {
            var primaries = _nodes.Where(node => node.Protocols[partition].IsPrimary).ToList();
            Check.That(primaries.Count == Math.Min(Plan.N, Rings[^1].Members.Length), "the ring has its primaries");
            foreach (var node in _nodes) Oracles[partition].CheckState(node.Protocols[partition].Replica, node.Name.Text);
            var replica = primaries[0].Protocols[partition].Replica;
            foreach (var other in primaries)
            {
                var peer = other.Protocols[partition].Replica;
                Check.That(peer.LogHoles == 0, $"the log of {other.Name} has holes");
                Check.That(peer.AuditSource.Tree.Root == replica.AuditSource.Tree.Root, $"equal clocks, different audit roots: {primaries[0].Name} {other.Name}");
                foreach (var key in _keys) Check.That(Render(peer.Read(key)) == Render(replica.Read(key)), $"equal clocks, different values of {key}");
            }

            foreach (var write in Oracles[partition].Writes)
            {
                if (write.IsAcknowledged && !write.IsExcused) Check.That(IsIn(write, replica, partition), $"the acknowledged write {write.Own} (op {write.Op?.Number}) is lost");
            }

            CheckPromises(partition, replica);
            CheckCounters(partition, replica);
        }
    }

    /// <summary>Observed removes: what the client had seen of an element is gone, if the remove is there.</summary>
    private void CheckPromises(int partition, Core.Kernel.Replica replica)
    {
        var live = Oracles[partition].StateAt(replica.Clock);
        foreach (var write in Oracles[partition].Writes)
        {
            if (write.Attempt is not { Op.RemovedPath: { } path, Observed: { } observed } || !IsIn(write, replica, partition) || !(write.IsAcknowledged || DiskLosses == 0)) continue;
            CheckRemoved(write.Attempt.Op, path, observed, live);
        }

        foreach (var attempt in _nothingToDo)
        {
            if (attempt is not { Op.RemovedPath: { } path, Observed: { } observed } || attempt.Op.Partition != partition) continue;
            if (Oracles[partition].WritesOf(attempt.Op.Key, attempt.Before).All(past => !past.IsExcused)) CheckRemoved(attempt.Op, path, observed, live);
        }
    }

    private void CheckRemoved(ClientOp op, byte[] path, DotSet observed, Dictionary<Dot, Oracle.LiveItem> live)
    {
        var seen = Oracles[op.Partition].Present(observed);
        var left = live.Values.FirstOrDefault(item => item.Key == op.Key && item.Path.AsSpan().StartsWith(path) && seen.Contains(Oracles[op.Partition].Present(item.Dot)));
        Check.That(left is null, $"{left?.Dot} of {op.Key} was observed and removed by op {op.Number}, and is there");
    }

    private void CheckCounters(int partition, Core.Kernel.Replica replica)
    {
        foreach (var (key, type) in _keys.Zip(Types))
        {
            if (type != DataType.Counter || PartitionOf(key) != partition || DiskLosses > 0) continue;
            var writes = Oracles[partition].Writes.Where(write => write.Key == key && IsIn(write, replica, partition)).ToList();
            if (writes.Exists(write => write.Op?.Operation is Operation.Delete || write.Op is null)) continue;
            Int128 sum = writes.Sum(write => ((Operation.Increment)write.Op!.Operation).By);
            var value = replica.Read(key) is DataValue.Counter counter ? counter.Sum : 0;
            Check.That(value == sum, $"{key} is {value}, the increments sum to {sum}");
        }
    }

    /// <summary>Every token that any reader ever got can still be used, by whichever node it is brought to.</summary>
    private void ServeTokens()
    {
        foreach (var (key, type, clock) in _tokens.Where(token => token.Type == DataType.Set).ToList())
        {
            var partition = PartitionOf(key);
            var node = Pick(_nodes.Where(n => n.Protocols[partition].IsPrimary).ToList());
            var op = Write(node, key, type, Operation.RemoveFromSet("p"), clock);
            Advance(TimeSpan.FromSeconds(3));
            Check.That(op.Outcome is WriteOutcome.Written, $"a token for {key} that no node can serve: {clock} ({op.Problem} {op.Outcome} at {node.Name})");
        }
    }

    /// <summary>Every node reads every key, with its whole quorum, as the primaries have it.</summary>
    private void ServeReads()
    {
        foreach (var key in _keys)
        {
            var partition = PartitionOf(key);
            var read = Read(Pick(_nodes), key, new ReadQuorum(Plan.N, Plan.N - Plan.W + 1, 0));
            Advance(TimeSpan.FromMilliseconds(500));
            var isWhole = read.Outcome is ReadOutcome.Found { Short: false } or ReadOutcome.NotFound { Short: false };
            Check.That(isWhole || Rings[^1].Members.Length < Plan.N, $"all is well, and a read of {key} at {read.At.Name} ends with {read.Outcome}");
            var value = _nodes.First(node => node.Protocols[partition].IsPrimary).Protocols[partition].Replica.Read(key);
            Check.That(Render(read.Joined!.Value) == Render(value), $"{read.At.Name} reads {Render(read.Joined.Value)} of {key}, the primaries have {Render(value)}");
        }
    }

    /// <summary>No request waits for ever, and what a client was told of has happened, or has not.</summary>
    private void CheckAnswered()
    {
        foreach (var node in _nodes) Check.That(node.WritesOpen == 0 && node.ReadsOpen == 0, $"{node.Name} owes somebody an answer");
        foreach (var op in Attempts.Values.Select(attempt => attempt.Op).Distinct())
        {
            Check.That(!op.IsRefused || op.Write is null, $"the client of op {op.Number} is told that it was not done ({op.Problem} {op.Outcome}), and {op.Write?.Own} is that");
        }
    }

    public static string Render(DataValue? value) => value switch
    {
        null => "nothing",
        DataValue.Counter counter => counter.Sum.ToString(System.Globalization.CultureInfo.InvariantCulture),
        DataValue.Elements set => "{" + string.Join(' ', set.Texts) + "}",
        DataValue.Register register => string.Join('|', register.Versions.Select(v => System.Text.Encoding.UTF8.GetString(v.Value.Span))),
        DataValue.Flag flag => flag.Enabled.ToString(),
        DataValue.Hll hll => $"~{hll.Estimate}",
        DataValue.Map map => "(" + string.Join(' ', map.Fields.Select(f => $"{f.Key}={Render(f.Value)}")) + ")",
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
