using GossipCluster.Core.Coordination;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Replication;

namespace GossipCluster.Simulation.Tests;

/// <summary>Chains of events that were once in doubt, written down.</summary>
public sealed class DirectedTests
{
    public static TheoryData<Mutant> Chains => [.. DirectedChains.All.Keys];

    [Theory]
    [MemberData(nameof(Chains))]
    public void What_a_rule_is_for_goes_well_with_the_rule(Mutant withoutWhich)
    {
        DirectedChains.All[withoutWhich].Run(Mutant.None);
    }

    [Fact]
    public void A_write_whose_only_disk_was_lost_comes_back_whole_in_the_past_of_a_later_one()
    {
        var world = new Scenario(Mutant.None, nodes: 2, n: 1);
        var (primary, b) = (world[0], world[1]);
        world.CopyDisk(b);
        var former = b.Disk.Id!.Value;
        world.Unheard(() => world.Add(b, "q"));
        var late = world.Late(() => world.Add(b, "s"));
        world.PutCopyBack(b);
        world.Start(b);
        Assert.NotEqual(former, b.Disk.Id);
        Assert.True(b.ClockOf(0).IsEmpty);

        late.Deliver();
        world.Settle();
        Assert.Equal("{q s}", world.Value(primary));
        Assert.True(primary.ClockOf(0).LastOf(former) > 0);

        // From here on it is a write like any other.
        world.Add(b, "r");
        world.Remove(primary, "q", world.Read(primary));
        world.End();
        Assert.Equal("{r s}", world.Value(primary));
    }

    [Fact]
    public void A_copy_that_holds_the_beginning_of_a_lost_past_is_outlived_by_the_past()
    {
        var world = new Scenario(Mutant.None, nodes: 2, n: 1);
        var (primary, b) = (world[0], world[1]);
        var increment = Operation.UpdateField(DataType.Counter, "n", new Operation.Increment(1));
        world.Unheard(() => world.UpdateMap(b, increment));
        world.CopyDisk(b);
        var copied = b.ClockOf(0);
        world.Unheard(() => world.UpdateMap(b, increment));
        var late = world.Late(() => world.UpdateMap(b, Operation.UpdateField(DataType.Set, "s", Operation.AddToSet("r"))));
        var lost = b.ClockOf(0);
        world.PutCopyBack(b);
        world.Start(b);
        Assert.Equal(copied, b.ClockOf(0));

        late.Deliver();
        world.Settle();
        Assert.Equal(lost, primary.ClockOf(0));
        var value = world.Value(primary, world.Map);
        Assert.Contains("=2", value, StringComparison.Ordinal);

        world.End();
        Assert.Equal(value, world.Value(primary, world.Map));
        Assert.True(b.ClockOf(0).IsEmpty);
    }

    [Fact]
    public void Two_asks_for_a_full_transfer_do_not_restart_each_other_for_ever()
    {
        var world = new Scenario(Mutant.None, nodes: 2, n: 2, logEntriesMax: 1, partBytesMax: 1);
        var (a, b) = (world[0], world[1]);
        world.Crash(b);
        world.Add(a, "q", world.Set);
        world.Add(a, "q", world.OtherSet);
        world.Start(b);

        var asks = world.Hold<PeerMessage.TransferAsk>(b, a);
        world.Sync(b, a);
        world.Sync(b, a);
        Assert.Equal(2, asks.Count);
        asks.Release();
        world.Settle();

        Assert.Equal(a.ClockOf(0), b.ClockOf(0));
        world.End();
    }

    [Fact]
    public void The_end_of_an_empty_transfer_does_not_complete_another_one()
    {
        var world = new Scenario(Mutant.None, nodes: 2, n: 2, logEntriesMax: 1, partBytesMax: 1);
        var (a, b) = (world[0], world[1]);
        world.Crash(b);
        world.Add(a, "q", world.Set);
        world.Add(a, "q", world.OtherSet);
        world.Start(b);
        var asks = world.Hold<PeerMessage.TransferAsk>(b, a);
        world.Sync(b, a);
        asks.Deliver();
        world.Settle();

        // One of two keys is here. The source loses its disk, and has nothing to say but that it has nothing.
        world.LoseDisk(a);
        world.Start(a);
        asks.Release();
        world.Settle();

        Assert.True(b.ClockOf(0).IsEmpty);
        Assert.Empty(b.Protocols[0].Replica.Keys);
        world.End();
    }

    [Fact]
    public void A_delta_that_its_log_has_let_go_still_has_a_past()
    {
        // No delta has room in the log: whether a past is whole cannot be told unless the receiver has it.
        var world = new Scenario(Mutant.None, nodes: 3, n: 2, logDeltaBytesMax: 1);
        var (a, b, fallback) = (world[0], world[1], world[2]);
        world.Unheard(() => world.Add(a, "q"));

        // b has it and says so, which does not count; all that is known of it at a is forgotten, and the fallback is asked instead.
        var second = world.Add(a, "r");

        Assert.Equal("{r}", world.Value(b));
        Assert.Equal("{r}", world.Value(fallback));
        Assert.False(second.IsAcknowledged);
        world.End();
    }

    [Fact]
    public void An_emptied_fallback_does_not_build_on_an_old_share_of_its_own_that_comes_back()
    {
        var world = new Scenario(Mutant.None, nodes: 4, n: 2);
        var (one, two, fallback, other) = (world[0], world[1], world[2], world[3]);
        world.Crash(one);
        world.Crash(two);
        world.Increment(fallback);
        Assert.Equal("1", world.Value(other, world.Counter));
        world.Start(one);
        world.Start(two);
        world.Increment(fallback);
        world.Offer(fallback, to: one);
        world.Offer(fallback, to: two);
        Assert.True(fallback.ClockOf(0).IsEmpty);

        // The other fallback knows the first share and not the second.
        world.Crash(one);
        world.Crash(two);
        world.Increment(other);
        Assert.Equal("2", world.Value(fallback, world.Counter));
        world.Increment(fallback);

        world.End();
        Assert.Equal("4", world.Value(one, world.Counter));
    }

    [Fact]
    public void An_answer_that_does_not_count_is_asked_for_again_once_it_is_known_what_the_peer_has()
    {
        // b's log knows only which key the dots belong to that came with a's repair, and not what a has.
        var world = new Scenario(Mutant.None, nodes: 2, n: 2);
        var (a, b) = (world[0], world[1]);
        world.Unheard(() => world.Add(a, "p"));
        world.Unheard(() => world.Add(a, "q"));
        world.Repair(behind: b, by: a);
        Assert.Equal("{p q}", world.Value(b));

        var remove = world.Remove(b, "p", world.Read(b));

        Assert.Equal(new WriteOutcome.Written(2, 2, 2, false), remove.Outcome);
        world.End();
    }

    [Fact]
    public void A_read_repairs_the_primary_that_it_finds_behind()
    {
        var world = new Scenario(Mutant.None, nodes: 3, n: 2);
        var (a, b, client) = (world[0], world[1], world[2]);
        world.Unheard(() => world.Add(a, "p"), by: b);
        Assert.Equal("nothing", world.Value(b));

        var read = world.ReadWith(client, r: 2);
        world.Settle();

        Assert.IsType<ReadOutcome.Found>(read.Outcome);
        Assert.Equal("{p}", world.Value(b));
        world.End();
    }
}
