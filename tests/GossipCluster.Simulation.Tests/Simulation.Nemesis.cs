using GossipCluster.Core.Causality;
using GossipCluster.Core.Placement;

namespace GossipCluster.Simulation.Tests;

internal sealed partial class Simulation
{
    private int _restores;
    private int _ringChanges;

    private void Nemesis()
    {
        var node = Pick(_nodes);
        var x = _random.NextDouble();
        if (Chance(.5))
        {
            x = Plan.Lean switch
            {
                Lean.Crashes => Pick([.1, .2, .4]),
                Lean.Rings => Pick([.72, .78, .78]),
                Lean.OldDisks => Pick([.62, .64, .4, .68]),
                Lean.Transfers => Pick([.86, .2, .4]),
                _ => x,
            };
        }

        switch (x)
        {
            case < .01:
                Trace("the power fails");
                foreach (var every in _nodes) every.Crash("loses power");
                foreach (var every in _nodes) every.Start();
                break;
            case < .22:
                if (_nodes.Count(other => other.IsAlive) > 2) node.Crash("is killed");
                break;
            case < .30:
                if (_nodes.Count(other => other.IsAlive) > 2) node.StopCleanly();
                break;
            case < .60:
                node.Start();
                break;
            case < .63:
                node.Backup = node.Disk.Copy();
                break;
            case < .66:
                if (Plan.Lean == Lean.OldDisks && Chance(.3)) LiveTwice(node);
                else PutBackupBack(node);
                break;
            case < .70:
                if (Plan.Lean == Lean.OldDisks)
                {
                    node.Backup = node.Disk.Copy();
                }
                else if (DiskLosses == 0)
                {
                    SendRepairs(node);
                    LoseDisk(node);
                    if (Chance(.5)) node.Start();
                }

                break;
            case < .76:
                ChangeRing();
                break;
            case < .84:
                if (node.View < Rings.Count - 1) node.See(_random.Next(node.View, Rings.Count));
                break;
            case < .88:
                if (node.IsAlive) node.SaveSnapshots();
                break;
            case < .96:
                Cut(Pick(_nodes), Pick(_nodes), bothWays: Chance(.6));
                break;
            case < .975:
                Pick(_nodes).Suspect(node.Name);
                break;
            default:
                Trace("all cuts heal");
                Net.HealAll();
                break;
        }
    }

    private void Cut(SimNode from, SimNode to, bool bothWays)
    {
        Trace($"cut {from.Name} -> {to.Name}");
        Net.Cut(from.Name, to.Name);
        if (bothWays) Net.Cut(to.Name, from.Name);
        Interrupt(from, to.Name);
        Interrupt(to, from.Name);
    }

    private void PutBackupBack(SimNode node)
    {
        if (node.Backup is null || _restores >= (Plan.Lean == Lean.OldDisks ? 5 : 1)) return;
        _restores++;
        SendRepairs(node);
        Restore(node);
        if (Chance(.5)) node.Start();
    }

    /// <summary>A node does what nobody hears of, and then lives on from a copy of its disk from before; what it did may still be under way.</summary>
    private void LiveTwice(SimNode node)
    {
        Net.HealAll();
        foreach (var each in _nodes) each.Start();
        if (Chance(.7)) node.StopCleanly();
        node.Backup = node.Disk.Copy();
        node.Start();
        AdvanceWhile(() => !node.MayName);
        foreach (var other in _nodes.Where(_ => Chance(.9))) Cut(node, other, bothWays: false);
        ClientWrites(node);
        ClientWrites(node);
        Advance(Delay(10));
        Net.HealAll();
        PutBackupBack(node);
        node.Start();
        AdvanceWhile(() => !node.MayName);
        ClientWrites(node);
    }

    private void AdvanceWhile(Func<bool> isSo)
    {
        for (var i = 0; i < 20 && isSo(); i++) Advance(Delay(200));
    }

    /// <summary>What is made for what a node has now may arrive when it has lost it.</summary>
    private void SendRepairs(SimNode node)
    {
        if (!node.IsAlive || Chance(.5)) return;
        foreach (var key in _keys)
        {
            if (Pick(_nodes) is { IsAlive: true } other && other != node) Repair(key, behind: node, by: other);
        }
    }

    public void LoseDisk(SimNode node)
    {
        DiskLosses++;
        node.Crash("loses its disk");
        node.Disk = new SimDisk(Plan.Partitions);
        Excuse(node);
    }

    /// <summary>An older copy of the disk is put back.</summary>
    public void Restore(SimNode node)
    {
        DiskLosses++;
        node.Crash("gets an older disk back");
        node.Disk = node.Backup!.Copy();
        Excuse(node);
    }

    /// <summary>A disk is gone: what no other node is bound to keep may be lost.</summary>
    /// <remarks>
    /// A primary keeps what it has. A fallback keeps it until every primary has said that it has it, or, out of room, a write quorum of them; and it may
    /// act on the word of one that has lost its disk since: no message can be called back. So a fallback counts where fewer than a write quorum of
    /// primaries have the write or may once have had it.
    /// </remarks>
    private void Excuse(SimNode lost)
    {
        lost.EverLostDisk = true;
        for (var partition = 0; partition < Plan.Partitions; partition++)
        {
            var replicas = _nodes.ToDictionary(node => node.Name, node => node.ReplicaOf(partition));
            foreach (var write in Oracles[partition].Writes)
            {
                write.IsExcused |= !Array.Exists(_nodes, node => IsIn(write, replicas[node.Name], partition) && IsBound(node, partition, write, replicas));
            }
        }
    }

    private bool IsIn(Write write, Core.Kernel.Replica replica, int partition) => write.IsIn(replica.Clock, Oracles[partition]);

    private bool IsBound(SimNode node, int partition, Write write, Dictionary<Core.Causality.NodeName, Core.Kernel.Replica> replicas)
    {
        if (node.View == Rings.Count - 1 && node.Ring.PreferenceList(partition).IsPrimary(node.Name, Plan.N)) return true;
        var assurances = 0;
        foreach (var primary in node.Ring.PreferenceList(partition).Primaries(Plan.N))
        {
            if (primary != node.Name && (Node(primary).EverLostDisk || IsIn(write, replicas[primary], partition))) assurances++;
        }

        return assurances < Plan.W;
    }

    /// <summary>Join, leave, replace, or another weight.</summary>
    private void ChangeRing()
    {
        if (_ringChanges >= (Plan.Lean == Lean.Rings ? 5 : 2)) return;
        _ringChanges++;
        var ring = Rings[^1];
        var outside = _nodes.Where(node => !ring.Contains(node.Name)).Select(node => node.Name).ToList();
        var member = Pick(ring.Members).Name;
        var next = _random.Next(4) switch
        {
            0 when outside.Count > 0 => ring.With(new RingMember(Pick(outside))),
            1 when ring.Members.Length > 2 => ring.Without(member),
            2 when outside.Count > 0 => ring.Without(member).With(new RingMember(Pick(outside))),
            _ => ring.WithWeight(member, Pick([1, 100, 10_000])),
        };
        AddRing(next);
    }

    public void AddRing(Ring next)
    {
        Rings.Add(Ring.Of(next.Members, next.PartitionCount, Rings[^1].Version + 1));
        Trace($"ring {Rings[^1].Version}: {string.Join(' ', next.Members.Select(m => m.Name))}");
    }
}
