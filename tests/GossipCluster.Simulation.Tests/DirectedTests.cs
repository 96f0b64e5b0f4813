using GossipCluster.Core.DataTypes;

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
}
