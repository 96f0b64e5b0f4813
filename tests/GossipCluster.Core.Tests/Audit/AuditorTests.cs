using CsCheck;
using GossipCluster.Core.Audit;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Core.Tests.Audit;

public sealed class AuditorTests
{
    private static readonly Key Counted = Key.Of("counters", "b", "c");
    private static readonly DamageKind[] Kinds = [DamageKind.LoseItem, DamageKind.LoseKey, DamageKind.FlipPayload];

    [Fact]
    public void Equal_replicas_are_found_equal_and_nothing_is_kept_afterwards()
    {
        var world = Filled(nodes: 3, keys: 500);

        var report = world.Audit();

        Assert.Equal((AuditResult.Equal, 500, 0, 2), (report.Result, report.Keys, report.Differences, report.Peers.Length));
        Assert.All(world.Nodes, node => Assert.False(node.Auditor.IsBusy));
        Assert.All(world.Nodes, node => Assert.NotNull(node.Replica.View()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Of_three_replicas_the_odd_one_is_named_and_repaired_whoever_audits(int damaged)
    {
        var world = Filled(nodes: 3, keys: 300);
        world.Write(0, Counted, new Operation.Increment(1_000));
        (Key Key, DamageKind Kind)[] damage = [(Named(0), DamageKind.LoseItem), (Named(1), DamageKind.LoseKey), (Counted, DamageKind.FlipPayload)];
        foreach (var (key, kind) in damage) Assert.True(DamageDoor.Spoil(world.Nodes[damaged].Replica, key, kind));

        var report = world.Audit();

        Assert.Equal((AuditResult.Repaired, 3, 3), (report.Result, report.Differences, report.Repaired));
        Assert.Equal(damage.Select(one => one.Key).ToHashSet(), [.. world.Nodes[0].Found.Select(found => found.Key)]);
        Assert.All(world.Nodes[0].Found, found => Assert.True(found.HasMajority && found.Odd.Single() == world.Nodes[damaged].Name));
        Assert.Equal(3, world.Nodes[damaged].Rotten.Count);
        Assert.Equal(3, world.Nodes[damaged].Disk.Count(record => record.Kind == RecordKind.AuditRepair));
        Assert.All(world.Nodes.Where(node => node != world.Nodes[damaged]), node => Assert.Empty(node.Disk));
        world.AssertSame();
        Assert.Equal(AuditResult.Equal, world.Audit(by: 1).Result);
    }

    [Fact]
    public void What_was_deleted_and_is_live_again_on_one_of_three_is_gone_again()
    {
        var world = Filled(nodes: 3, keys: 50);
        var state = world.Nodes[2].Replica.StateOf(Named(7));
        world.Write(0, Named(7), Operation.Delete.Instance);
        Assert.True(DamageDoor.Resurrect(world.Nodes[2].Replica, Named(7), state));

        var report = world.Audit(by: 1);

        Assert.Equal(AuditResult.Repaired, report.Result);
        Assert.False(world.Nodes[2].Replica.Has(Named(7)));
        world.AssertSame();
    }

    [Fact]
    public void Of_two_replicas_what_is_live_on_either_is_kept()
    {
        var world = Filled(nodes: 2, keys: 50);
        var before = world.Nodes[0].Replica.Value(Named(3));
        Assert.True(DamageDoor.Spoil(world.Nodes[0].Replica, Named(3), DamageKind.LoseKey));
        Assert.True(DamageDoor.Spoil(world.Nodes[1].Replica, Named(4), DamageKind.LoseItem));

        var report = world.Audit();

        Assert.Equal((AuditResult.Repaired, 2), (report.Result, report.Repaired));
        Assert.All(world.Nodes[0].Found, found => Assert.False(found.HasMajority));
        Assert.Equal(before, world.Nodes[0].Replica.Value(Named(3)));
        world.AssertSame();
    }

    [Fact]
    public void Of_three_replicas_that_all_differ_what_is_live_anywhere_is_kept()
    {
        var world = Filled(nodes: 3, keys: 50);
        var before = world.Nodes[2].Replica.Value(Named(3));
        Assert.True(DamageDoor.Spoil(world.Nodes[0].Replica, Named(3), DamageKind.LoseKey));
        Assert.True(DamageDoor.Spoil(world.Nodes[1].Replica, Named(3), DamageKind.LoseItem));

        Assert.Equal(AuditResult.Repaired, world.Audit(by: 2).Result);

        Assert.Equal(before, world.Nodes[0].Replica.Value(Named(3)));
        world.AssertSame();
    }

    [Fact]
    public void Damage_of_any_keys_of_one_replica_is_repaired_exactly() => Property.ForAll(
        Gen.Select(Gen.Int[0, 2_000], Gen.Int[0, 2], Gen.Int[0, 100_000]), (keys, damaged, seed) =>
        {
            var world = Filled(nodes: 3, keys, seed);
            var random = new Random(seed);
            var spoiled = Enumerable.Range(0, keys).Where(_ => random.Next(20) == 0).ToList();
            foreach (var number in spoiled) Assert.True(DamageDoor.Spoil(world.Nodes[damaged].Replica, Named(number), Kinds[random.Next(2)]));

            var report = world.Audit(by: random.Next(3));

            Assert.Equal((spoiled.Count, spoiled.Count), (report.Differences, report.Repaired));
            world.AssertSame();
        }, times: 8);

    [Fact]
    public void A_repair_is_a_record_and_is_there_after_a_restart()
    {
        var world = Filled(nodes: 3, keys: 20);
        DamageDoor.Spoil(world.Nodes[1].Replica, Named(5), DamageKind.LoseItem);
        Record[] damagedDisk = [.. world.Nodes[1].Replica.Snapshot(10_000)];
        world.Audit();

        var restarted = Replicas.New(9);
        Replicas.Feed(restarted, [.. damagedDisk, .. world.Nodes[1].Disk]);

        Replicas.AssertSame(world.Nodes[0].Replica, restarted);
        Replicas.AssertAuditIsTrue(restarted);
    }

    [Fact]
    public void Under_writes_the_state_of_one_moment_is_compared_and_nothing_written_is_lost()
    {
        var world = Filled(nodes: 3, keys: 4_000, options: AuditorOptions.Default with { KeysPerStep = 1 });
        for (var number = 0; number < 40; number++) DamageDoor.Spoil(world.Nodes[1].Replica, Named(100 * number), DamageKind.LoseItem);
        var writes = 0;

        var report = world.Audit(meanwhile: () =>
        {
            for (var i = 0; i < 20; i++, writes++) world.Write(i % 3, Named(1 + (writes * 7 % 5_000)), Operation.AddToSet($"w{writes}"));
        });

        // What was written to meanwhile cannot be repaired now, and is by the next audit.
        Assert.Equal(40, report.Differences);
        Assert.True(report.Repaired is > 0, report.ToString());
        if (report.Result != AuditResult.Repaired) Assert.Equal(AuditResult.Repaired, world.Audit(by: 2).Result);
        world.AssertSame();
        Assert.All(Enumerable.Range(0, writes), write => Assert.Contains($"w{write}", Texts(world, 1 + (write * 7 % 5_000))));
    }

    [Fact]
    public void Where_clocks_are_never_equal_nothing_is_compared()
    {
        var world = Filled(nodes: 3, keys: 10);
        world.Write(0, Named(1), Operation.AddToSet("news"), everywhere: false);

        var report = world.Audit();

        Assert.Equal(AuditResult.ClocksDiffer, report.Result);
        Assert.True(report.Took >= AuditorOptions.Default.AgreementTimeout);
        Assert.Empty(world.Nodes[0].Found);
    }

    [Fact]
    public void One_that_lags_does_not_keep_the_others_from_being_compared()
    {
        var world = Filled(nodes: 3, keys: 10);
        world.Write(2, Named(1), Operation.AddToSet("news"), everywhere: false);
        DamageDoor.Spoil(world.Nodes[1].Replica, Named(2), DamageKind.LoseKey);

        var report = world.Audit();

        Assert.Equal((AuditResult.Repaired, 1), (report.Result, report.Peers.Length));
        Assert.Equal(world.Nodes[0].Replica.Value(Named(2)), world.Nodes[1].Replica.Value(Named(2)));
    }

    [Fact]
    public void A_silent_peer_is_left_out_and_the_rest_is_compared()
    {
        var world = Filled(nodes: 3, keys: 10);
        world.Loses = (from, to, _) => from == world.Nodes[2].Name || to == world.Nodes[2].Name;

        Assert.Equal([world.Nodes[1].Name], world.Audit().Peers);

        world.Loses = (_, _, _) => true;
        Assert.Equal(AuditResult.NoPeer, world.Audit().Result);
    }

    [Fact]
    public void Messages_that_are_lost_cost_time_and_no_wrong_repair() => Property.ForAll(Gen.Int[0, 100_000], seed =>
    {
        var world = Filled(nodes: 3, keys: 200, seed);
        var random = new Random(seed);
        for (var number = 0; number < 30; number++) DamageDoor.Spoil(world.Nodes[random.Next(2)].Replica, Named(number * 6), Kinds[random.Next(3)]);
        world.Loses = (_, _, _) => random.Next(10) == 0;
        world.Audit();

        world.Loses = (_, _, _) => false;
        for (var round = 0; round < 3; round++) world.Audit(by: 2);
        world.AssertSame();
    }, times: 10);

    [Fact]
    public void A_view_that_falls_behind_is_given_up_and_costs_no_memory()
    {
        var world = Filled(nodes: 1, keys: 0);
        var replica = world.Nodes[0].Replica;
        for (var batch = 0; batch < 11; batch++) Write(batch, "a");
        var view = replica.View()!;
        for (var batch = 0; batch < 10; batch++) Write(batch, "b");
        Assert.False(view.IsBroken);

        Write(10, "b");

        Assert.True(view.IsBroken);

        void Write(int batch, string element)
        {
            for (var number = 0; number < AuditView.KeptKeysMax / 10; number++) replica.Stage(DataType.Set, Named((batch * 10_000) + number), Operation.AddToSet(element), default);
            replica.CommitAll();
        }
    }

    [Fact]
    public void Views_are_bounded_and_given_back()
    {
        var replica = Filled(nodes: 1, keys: 1).Nodes[0].Replica;
        AuditView?[] views = [.. Enumerable.Range(0, Replica.ViewsMax + 1).Select(_ => replica.View())];

        Assert.Null(views[^1]);
        replica.Release(views[0]!);
        Assert.NotNull(replica.View());
    }

    [Fact]
    public void A_damaged_key_among_forty_thousand_costs_kilobytes()
    {
        var world = Filled(nodes: 3, keys: 40_000);
        DamageDoor.Spoil(world.Nodes[1].Replica, Named(7_777), DamageKind.LoseItem);

        Assert.Equal(1, world.Audit().Repaired);

        Assert.InRange(world.MessageBytes, 1, 6_000);
        Assert.Empty(world.Messages.OfType<AuditProtocol.Keys>());
    }

    private static AuditorWorld Filled(int nodes, int keys, int seed = 1, AuditorOptions? options = null)
    {
        var world = new AuditorWorld(nodes, seed, options);
        var first = world.Nodes[0].Replica;
        for (var number = 0; number < keys; number++)
        {
            Assert.Null(first.Stage(DataType.Set, Named(number), Operation.AddToSet($"x{number}", $"y{number}"), default).Error);
            if (number % 500 == 499) first.Commit(first.Seal());
        }

        first.Commit(first.Seal());
        var state = Replicas.Everything(first, 5, bytesMax: 100_000);
        foreach (var node in world.Nodes.Skip(1)) Replicas.Feed(node.Replica, state);
        return world;
    }

    private static IEnumerable<string> Texts(AuditorWorld world, int number) => ((DataValue.Elements)world.Nodes[2].Replica.Read(Named(number))!).Texts;

    private static Key Named(int number) => Key.Of("sets", "b", $"k{number}");
}
