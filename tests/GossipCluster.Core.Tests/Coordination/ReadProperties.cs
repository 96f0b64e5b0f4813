using CsCheck;

namespace GossipCluster.Core.Tests.Coordination;

/// <summary>What holds of a read whatever happens, in any order, twice, or too late. The checks are in <see cref="ReadWorld"/>.</summary>
public sealed class ReadProperties
{
    private static readonly Gen<ReadSetting> Settings =
        from n in Gen.Int[1, 5]
        from nodes in Gen.Int[1, 8]
        from self in Gen.Int[-1, nodes - 1]
        from down in Gen.Int[0, 255]
        from alwaysUp in Gen.Int[0, 255]
        from r in Gen.Int[1, n]
        from pr in Gen.Int[-n, n]
        from states in Gen.Int[0, 2].Array[8]
        from behind in Gen.Int[0, 7].Array[8]
        from token in Gen.Int[-3, 2]
        select new ReadSetting(
            n,
            nodes,
            self,
            (uint)(down & alwaysUp),
            r,
            Math.Max(0, pr),
            states,
            [.. behind.Select(chance => chance == 0)],
            token);

    [Fact]
    public void A_read_keeps_its_promises_whatever_happens() =>
        Gen.Select(Settings, Gen.Int[0, 1 << 20].Array[0, 40]).Sample(
            (setting, steps) =>
            {
                var world = new ReadWorld(setting);
                world.Start();
                foreach (var step in steps) world.Step(step);
                world.End();
            },
            iter: 20_000);

    [Fact]
    public void Where_all_nodes_answer_in_time_every_read_is_answered_in_time_and_truly() =>
        Gen.Select(Settings, Gen.Int[0, 1_000]).Sample(
            (setting, order) =>
            {
                var world = new ReadWorld(setting);
                world.Start();
                world.AnswerAll(new Random(order));
                world.CheckAnsweredTruly();
            },
            iter: 10_000);
}
