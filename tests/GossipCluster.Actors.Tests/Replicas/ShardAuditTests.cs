using GossipCluster.Actors.Replicas;
using GossipCluster.Actors.Store;
using GossipCluster.Core.Audit;
using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Actors.Tests.Replicas;

public sealed class ShardAuditTests
{
    [Fact]
    public void Damage_of_one_replica_is_found_named_and_repaired()
    {
        var world = Filled();
        var odd = world.Nodes[1];
        foreach (var number in (int[])[3, 17, 60]) Spoil(world, odd, number, DamageKind.LoseKey);
        Spoil(world, odd, 30, DamageKind.FlipPayload);

        var statuses = Audit(world, world.Nodes[0]);

        Assert.Equal(4, statuses.Sum(status => status.Differences));
        Assert.Equal(4, statuses.Sum(status => status.Repaired));
        Assert.Equal(100, statuses.Sum(status => status.Keys));
        Assert.All(statuses, status => Assert.Equal(["n2", "n3"], status.With));
        Assert.All(statuses, status => Assert.True(status is { IsRunning: false, At: not null, Bytes: > 0 }));
        Assert.Equal(new[] { Named(3), Named(17), Named(30), Named(60) }.ToHashSet(), [.. world.Nodes[0].Journal.Findings.Select(finding => finding.Key)]);
        Assert.All(world.Nodes[0].Journal.Findings, finding => Assert.True(finding.HasMajority && finding.Odd.Single() == odd.Name));
        Assert.Equal(4, odd.Journal.RepairedHere);
        Assert.NotEmpty(odd.Journal.RottenLeaves);
        AssertRight(world);
        Assert.All(Audit(world, world.Nodes[2]), status => Assert.Equal(AuditResult.Equal, status.Result));
    }

    [Fact]
    public void An_interval_brings_an_audit_without_being_asked()
    {
        var world = Filled(new AuditOptions { Interval = TimeSpan.FromSeconds(20) });
        Spoil(world, world.Nodes[2], 5, DamageKind.LoseKey);

        world.Pass(TimeSpan.FromSeconds(25));

        Assert.Single(world.Nodes.SelectMany(node => node.Journal.Findings));
        AssertRight(world);

        // An audit by one replica does for the group: about one a partition and interval, not three.
        Assert.InRange(world.Nodes.Sum(node => node.Journal.Reports.Count), 4, 9);
    }

    [Fact]
    public void Where_audits_are_off_none_is_started_but_by_hand()
    {
        var world = Filled(new AuditOptions { Interval = TimeSpan.FromSeconds(1), Enabled = false });
        world.Pass(TimeSpan.FromSeconds(10));
        Assert.All(world.Nodes, node => Assert.Empty(node.Journal.Reports));

        Assert.Equal(4, Audit(world, world.Nodes[0]).Length);
    }

    [Fact]
    public void Under_writes_damage_is_found_and_nothing_that_was_written_is_lost()
    {
        var world = Filled(new AuditOptions { KeysPerStep = 1 });
        for (var number = 0; number < 20; number++) Spoil(world, world.Nodes[number % 2], number, DamageKind.LoseKey);
        var ticket = new AuditTicket(starts: true, waits: true);
        world.Nodes[2].Shard.Audit(ticket, world.Now);
        var writes = 0;
        while (!ticket.Task.IsCompleted)
        {
            Assert.InRange(writes, 0, 5_000);
            Assert.IsType<WriteReply.Written>(world.Write(world.Nodes[writes % 3], Named(50 + (writes % 50)), new Operation.Increment(1)));
            writes++;
            world.Pass(TimeSpan.FromMilliseconds(20));
        }

        Assert.Equal(20, Statuses(ticket).Sum(status => status.Repaired));
        world.Pass(TimeSpan.FromSeconds(5));
        for (var number = 0; number < 100; number++)
        {
            var expected = number + 1 + (number < 50 ? 0 : (writes / 50) + (number - 50 < writes % 50 ? 1 : 0));
            Assert.All(world.Nodes, node => Assert.Equal(expected, Sum(node, number)));
        }
    }

    [Fact]
    public void A_disk_that_fails_leaves_the_repair_to_the_next_audit()
    {
        var world = Filled();
        Spoil(world, world.Nodes[1], 3, DamageKind.LoseKey);
        world.Nodes[1].Lands = _ => false;

        Assert.Equal(0, Audit(world, world.Nodes[0]).Sum(status => status.Repaired));
        Assert.False(Assert.Single(world.Nodes[0].Journal.Findings).IsRepaired);

        world.Nodes[1].Lands = _ => true;
        Assert.Equal(1, Audit(world, world.Nodes[0]).Sum(status => status.Repaired));
        AssertRight(world);
    }

    [Fact]
    public void With_nobody_to_compare_with_an_audit_ends_and_says_so()
    {
        var world = Filled();
        world.SetReachable(world.Nodes[1], false);
        world.SetReachable(world.Nodes[2], false);

        Assert.All(Audit(world, world.Nodes[0]), status => Assert.Equal(AuditResult.NoPeer, status.Result));
    }

    [Fact]
    public void A_peer_that_falls_silent_does_not_hold_an_audit_up_for_ever()
    {
        var world = Filled();
        world.Silent.Add(world.Nodes[1].Name);

        Assert.All(Audit(world, world.Nodes[0]), status => Assert.Equal(["n3"], status.With));
    }

    private static ShardWorld Filled(AuditOptions? audit = null)
    {
        var world = new ShardWorld(options: new ShardOptions { Audit = audit ?? new AuditOptions() });
        world.Pass(TimeSpan.FromSeconds(2));
        for (var number = 0; number < 100; number++) Assert.IsType<WriteReply.Written>(world.Write(world.Nodes[number % 3], Named(number), new Operation.Increment(number + 1), w: 3));
        world.Pass(TimeSpan.FromMilliseconds(100));
        return world;
    }

    private static void Spoil(ShardWorld world, ShardNode node, int number, DamageKind kind)
    {
        var ticket = new DamageTicket(new ReplicaAddress(3, world.Ring.PartitionOf(Named(number).Hash)), Named(number), kind, onDisk: false);
        node.Shard.Damage(ticket, world.Now);
        Assert.True(ticket.Task.Result);
    }

    private static System.Collections.Immutable.ImmutableArray<AuditStatus> Audit(ShardWorld world, ShardNode node)
    {
        var ticket = new AuditTicket(starts: true, waits: true);
        node.Shard.Audit(ticket, world.Now);
        for (var i = 0; i < 6_000 && !ticket.Task.IsCompleted; i++) world.Pass(TimeSpan.FromMilliseconds(20));
        Assert.True(ticket.Task.IsCompleted);
        return ticket.Task.Result;
    }

    private static System.Collections.Immutable.ImmutableArray<AuditStatus> Statuses(AuditTicket ticket) => ticket.Task.Result;

    private static void AssertRight(ShardWorld world)
    {
        for (var number = 0; number < 100; number++) Assert.All(world.Nodes, node => Assert.Equal(number + 1, Sum(node, number)));
    }

    private static Int128 Sum(ShardNode node, int number) => node.Replica(Named(number)).Read(Named(number)) is DataValue.Counter counter ? counter.Sum : 0;

    private static Key Named(int number) => Key.Of("counters", "b", $"k{number}");
}

/// <summary>Remembers what audits say.</summary>
internal sealed class RecordingJournal : IAuditJournal
{
    public List<AuditFinding> Findings { get; } = [];

    public List<AuditReport> Reports { get; } = [];

    public List<int> RottenLeaves { get; } = [];

    public int RepairedHere { get; private set; }

    public void Rot(ReplicaAddress replica, IReadOnlyList<int> leaves) => RottenLeaves.AddRange(leaves);

    public void Found(ReplicaAddress replica, AuditFinding finding) => Findings.Add(finding);

    public void RepairedForPeer(ReplicaAddress replica, NodeName peer, Key key, RepairResult result) => RepairedHere += result == RepairResult.Staged ? 1 : 0;

    public void Ended(ReplicaAddress replica, AuditReport report, long bytes) => Reports.Add(report);
}
