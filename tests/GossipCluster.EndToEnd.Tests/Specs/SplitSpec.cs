using GossipCluster.Client;
using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.EndToEnd.Tests.Specs;

/// <summary>Cuts of every shape: both or all sides write, everything is equal after the heal, and nobody was restarted. Two ways to cut: <see cref="AdapterSplitSpec"/>, <see cref="NetworkSplitSpec"/>.</summary>
public abstract class SplitSpec : MultiNodeSpec
{
    private MultiNodeConfig Three => field ??= MultiNodeConfig.Of(3, Plan);

    private MultiNodeConfig Five => field ??= MultiNodeConfig.Of(5, Plan);

    /// <summary>With what the nodes are started, and so how their links are cut.</summary>
    protected abstract ClusterPlan Plan { get; }

    [Fact(DisplayName = "Three nodes that are all cut from each other all take writes, and are equal after the heal")]
    public Task One_one_one()
    {
        TakesLong();
        return PlayAsync(Three, play => SplitAsync(play, Three, [[Three.Roles[0]], [Three.Roles[1]], [Three.Roles[2]]]));
    }

    [Fact(DisplayName = "Two and three of five nodes both take writes, and are equal after the heal")]
    public async Task Two_three()
    {
        TakesLong();
        await PlayAsync(Five, play => SplitAsync(play, Five, [[.. Five.Roles.Take(2)], [.. Five.Roles.Skip(2)]]));
    }

    [Fact(DisplayName = "Two nodes that do not reach each other, and a third that reaches both: every request is answered, and data get from one to the other by way of the third")]
    public Task Indirectly_connected() => PlayAsync(Three, async play =>
    {
        var (one, two) = (Three.Roles[0], Three.Roles[1]);
        await play.RunOnAsync(() => play.TestConductor.BlackholeAsync(one, two), one);
        await play.EnterBarrierAsync("cut");
        await play.RunOnAsync(() => WaitUnreachableAsync(play, two), one);
        await play.RunOnAsync(() => WaitUnreachableAsync(play, one), two);
        await play.EnterBarrierAsync("noticed");

        for (var write = 0; write < 20; write++) await play.Client.Counters.IncrementAsync("pages", "home", cancel: Cancel);
        await play.EnterBarrierAsync("written");

        // Still cut: the third has all, and each of the two asks it.
        await Eventually.EqualAsync(60, async token => (await play.Client.Counters.ReadAsync("pages", "home", cancel: token)).Value, Patience, Cancel);
        await play.EnterBarrierAsync("read");
        await play.RunOnAsync(play.TestConductor.HealAsync, one);
        await play.EnterBarrierAsync("healed");
        await Healing.WaitConvergedAsync([play.Node], Patience, Cancel);
    });

    [Fact(DisplayName = "A link that is cut for a second twenty times costs no request and loses nothing")]
    public Task A_flapping_link()
    {
        TakesLong();
        return PlayAsync(Three, async play =>
        {
            var (one, two, three) = (Three.Roles[0], Three.Roles[1], Three.Roles[2]);
            var flapping = play.Role == one ? FlapAsync(play, two, three) : Task.CompletedTask;
            for (var write = 0; write < 200; write++)
            {
                await play.Client.Sets.AddAsync("specs", "flap", $"{play.Role}-{write}", cancel: Cancel);
                await Task.Delay(100, Cancel);
            }

            await flapping;
            await play.EnterBarrierAsync("passed");
            await Healing.WaitConvergedAsync([play.Node], Patience, Cancel);
            await play.EnterBarrierAsync("converged");
            Assert.Equal(600, (await play.Client.Sets.ReadAsync("specs", "flap", cancel: Cancel)).Value!.Count);
            Assert.DoesNotContain("quarantin", await play.Node.LogAsync(Cancel), StringComparison.OrdinalIgnoreCase);
        });
    }

    [Fact(DisplayName = "A link on which a message takes 200 ms slows nobody who does not need it, and carries everything in the end")]
    public Task A_slow_link()
    {
        TakesLong();
        return PlayAsync(Three, async play =>
        {
            var (one, two, three) = (Three.Roles[0], Three.Roles[1], Three.Roles[2]);

            // A frame of some hundred bytes takes its time at this rate.
            await play.RunOnAsync(() => play.TestConductor.ThrottleAsync(one, two, bytesPerSecond: 5_000), one);
            await play.EnterBarrierAsync("slow");
            for (var write = 0; write < 20; write++) await play.Client.Counters.IncrementAsync("pages", play.Role.Name, cancel: Cancel);
            await play.EnterBarrierAsync("written");
            await play.RunOnAsync(() => play.TestConductor.PassThroughAsync(one, two), three);
            await play.EnterBarrierAsync("fast");
            await Healing.WaitConvergedAsync([play.Node], Patience, Cancel);
            await play.EnterBarrierAsync("converged");
            foreach (var role in Three.Roles) Assert.Equal(20, (await play.Client.Counters.ReadAsync("pages", role.Name, new ReadOptions { R = Quorum.One }, Cancel)).Value);
        });
    }

    [Fact(DisplayName = "Both sides of a cut write and remove the same keys: counters are exact, adds win, and what was observed and removed does not return")]
    public Task Both_sides_write_the_same() => PlayAsync(Three, async play =>
    {
        var (one, two, three) = (Three.Roles[0], Three.Roles[1], Three.Roles[2]);
        var all = new WriteOptions { W = Quorum.All };
        var client = play.Client;
        await play.RunOnAsync(
            async () =>
            {
                await client.Counters.IncrementAsync("b", "k", 5, all, Cancel);
                await client.Sets.UpdateAsync("b", "k", Operation.Add("observed", "re-added", "kept"), all, Cancel);
                await client.Flags.SetAsync("b", "k", enabled: true, all, Cancel);
                await client.Registers.AssignAsync("b", "k", "before", all, Cancel);
                await client.Maps.UpdateAsync("b", "k", Operation.Map().Counter("visits", 1).Set("tags", Operation.Add("observed", "kept")), all, Cancel);
            },
            one);
        await play.EnterBarrierAsync("before");
        var set = await client.Sets.ReadAsync("b", "k", cancel: Cancel);
        var map = await client.Maps.ReadAsync("b", "k", cancel: Cancel);
        await play.EnterBarrierAsync("observed");
        await play.RunOnAsync(() => play.TestConductor.PartitionAsync([one], [two, three]), one);
        await play.EnterBarrierAsync("cut");
        await play.RunOnAsync(() => WaitUnreachableAsync(play, two), one);
        await play.RunOnAsync(() => WaitUnreachableAsync(play, one), two);
        await play.EnterBarrierAsync("noticed");

        await client.Counters.IncrementAsync("b", "k", play.Role == one ? 10 : 100, cancel: Cancel);
        await client.Registers.AssignAsync("b", "k", play.Role.Name, cancel: Cancel);

        // One side removes what it saw; the other adds one of them again, concurrently.
        await play.RunOnAsync(
            async () =>
            {
                await client.Sets.UpdateAsync("b", "k", Operation.Remove("observed", "re-added"), new WriteOptions { Context = set.Context }, Cancel);
                await client.Flags.SetAsync("b", "k", enabled: false, new WriteOptions { Context = (await client.Flags.ReadAsync("b", "k", cancel: Cancel)).Context }, Cancel);
                await client.Maps.UpdateAsync("b", "k", Operation.Map().Set("tags", Operation.Remove("observed")), new WriteOptions { Context = map.Context }, Cancel);
            },
            one);
        await play.RunOnAsync(
            async () =>
            {
                await client.Sets.UpdateAsync("b", "k", Operation.Add("re-added", "new"), cancel: Cancel);
                await client.Flags.SetAsync("b", "k", enabled: true, cancel: Cancel);
                await client.Maps.UpdateAsync("b", "k", Operation.Map().Counter("visits", 2), cancel: Cancel);
            },
            two);
        await play.EnterBarrierAsync("written");
        await play.RunOnAsync(play.TestConductor.HealAsync, one);
        await play.EnterBarrierAsync("healed");
        await Healing.WaitConvergedAsync([play.Node], Patience, Cancel);
        await play.EnterBarrierAsync("converged");

        // Each its own replica, and all the same.
        var own = new ReadOptions { R = Quorum.One };
        Assert.Equal(215, (await client.Counters.ReadAsync("b", "k", own, Cancel)).Value);
        Assert.Equal(["kept", "new", "re-added"], (await client.Sets.ReadAsync("b", "k", own, Cancel)).Value!.Order(StringComparer.Ordinal));
        Assert.True((await client.Flags.ReadAsync("b", "k", own, Cancel)).Value);
        var merged = (await client.Maps.ReadAsync("b", "k", own, Cancel)).Value!;
        Assert.Equal(3, merged.Counters["visits"]);
        Assert.Equal(["kept"], merged.Sets["tags"]);
        var register = (await client.Registers.ReadAsync("b", "k", own, Cancel)).Value!;
        await client.Sets.AddAsync("b", "registers", register, cancel: Cancel);
        await play.EnterBarrierAsync("told");
        Assert.Single((await client.Sets.ReadAsync("b", "registers", cancel: Cancel)).Value!);
    });

    private static async Task SplitAsync(RolePlay play, MultiNodeConfig config, IReadOnlyList<Role>[] sides)
    {
        var mine = sides.Single(side => side.Contains(play.Role));
        await play.RunOnAsync(() => play.TestConductor.PartitionAsync(sides), config.Roles[0]);
        await play.EnterBarrierAsync("cut");
        foreach (var other in config.Roles.Except(mine)) await WaitUnreachableAsync(play, other);
        await play.EnterBarrierAsync("noticed");
        for (var write = 0; write < 10; write++)
        {
            await play.Client.Counters.IncrementAsync("pages", "home", cancel: Cancel);
            await play.Client.Sets.AddAsync("specs", "split", $"{play.Role}-{write}", cancel: Cancel);
        }

        await play.EnterBarrierAsync("written");
        await play.RunOnAsync(play.TestConductor.HealAsync, config.Roles[0]);
        await play.EnterBarrierAsync("healed");
        await Healing.WaitConvergedAsync([play.Node], Patience, Cancel);
        await play.EnterBarrierAsync("converged");
        Assert.Equal(10 * config.Roles.Count, (await play.Client.Counters.ReadAsync("pages", "home", cancel: Cancel)).Value);
        Assert.Equal(10 * config.Roles.Count, (await play.Client.Sets.ReadAsync("specs", "split", cancel: Cancel)).Value!.Count);
    }

    private static async Task FlapAsync(RolePlay play, Role a, Role b)
    {
        for (var flap = 0; flap < 20; flap++)
        {
            await play.TestConductor.BlackholeAsync(a, b);
            await Task.Delay(TimeSpan.FromSeconds(1), Cancel);
            await play.TestConductor.PassThroughAsync(a, b);
            await Task.Delay(TimeSpan.FromMilliseconds(flap * 20), Cancel);
        }
    }

    private static Task WaitUnreachableAsync(RolePlay play, Role other) => Eventually.TrueAsync(
        async token => (await play.Client.MembersAsync(token)).Any(member => member.Reachable && member.Name == other.Name) ? $"{play.Role} does not miss {other}" : null, Patience, Cancel);
}
