using CsCheck;

namespace GossipCluster.Core.Tests.Coordination;

/// <summary>What holds of a write whatever happens, in any order, twice, or too late. The checks are in <see cref="WriteWorld"/>.</summary>
public sealed class WriteProperties
{
    private static readonly Gen<WriteSetting> Settings =
        from n in Gen.Int[1, 5]
        from nodes in Gen.Int[1, 8]
        from self in Gen.Int[-1, nodes - 1]
        from down in Gen.Int[0, 255]
        from alwaysUp in Gen.Int[0, 255]
        from w in Gen.Int[1, n]
        from dw in Gen.Int[0, n]
        from strict in Gen.Int[0, 3]
        from pw in Gen.Int[0, n]
        from nodeConfirms in Gen.Int[0, n]
        from flags in Gen.Int[0, 7]
        select new WriteSetting(
            n,
            nodes,
            self,
            (uint)(down & alwaysUp),
            w,
            dw,
            strict == 1 ? pw : 0,
            strict == 2 ? nodeConfirms : 0,
            NeedsState: (flags & 1) != 0,
            Repeatable: (flags & 2) != 0,
            Forwarded: flags == 7);

    [Fact]
    public void A_write_keeps_its_promises_whatever_happens() =>
        Gen.Select(Settings, Gen.Int[0, 1 << 20].Array[0, 40]).Sample(
            (setting, steps) =>
            {
                var world = new WriteWorld(setting);
                world.Start();
                foreach (var step in steps) world.Step(step);
                world.End();
            },
            iter: 20_000);

    [Fact]
    public void Where_all_nodes_answer_in_time_every_write_that_can_be_written_is_written() =>
        Gen.Select(Settings, Gen.Int[0, 1_000]).Sample(
            (setting, order) =>
            {
                var world = new WriteWorld(setting with { Forwarded = false });
                world.Start();
                world.AnswerAll(new Random(order));
                world.CheckWrittenWherePossible();
            },
            iter: 5_000);
}
