using GossipCluster.EndToEnd.Tests.Nemesis.Running;

namespace GossipCluster.EndToEnd.Tests.Nemesis;

/// <summary>Plans: the same for the same seed, within their bounds, and together of every kind.</summary>
public sealed class NemesisPlanTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(180);

    [Fact]
    public void A_seed_decides_everything()
    {
        Assert.Equal(NemesisPlan.Of(7, Long).ToString(), NemesisPlan.Of(7, Long).ToString());
        Assert.NotEqual(NemesisPlan.Of(7, Long).ToString(), NemesisPlan.Of(8, Long).ToString());
    }

    [Fact]
    public void A_hundred_plans_keep_their_bounds_and_have_faults_of_every_kind()
    {
        var kinds = new HashSet<Type>();
        for (var seed = 0; seed < 100; seed++)
        {
            var plan = NemesisPlan.Of(seed, Long);
            var members = Enumerable.Range(1, plan.Nodes).ToHashSet();
            foreach (var fault in plan.Faults)
            {
                kinds.Add(fault.GetType());
                var others = plan.Faults.Where(other => other != fault && other.At <= fault.At && other.At + other.For > fault.At).ToArray();
                Assert.True(others.Length < NemesisPlan.FaultsAtOnceMax, $"{plan}\n{fault}: {others.Length} others");
                Assert.DoesNotContain(others, other => other.IsAlone || other.Nodes.Intersect(fault.Nodes).Any());
                Assert.InRange(fault.For, TimeSpan.Zero, NemesisPlan.FaultMax);
                Assert.InRange(fault.At, TimeSpan.Zero, Long);
                if (fault is Fault.Join join) Assert.True(members.Add(join.Node));
                if (fault is Fault.Leave leave) Assert.True(members.Remove(leave.Node));
                if (fault is Fault.LoseDisk lose) Assert.Contains(lose.Node, members);
                Assert.InRange(members.Count, NemesisPlan.MembersMin, NemesisPlan.NodesMax);
            }

            Assert.InRange(plan.Faults.Count, 10, 200);
        }

        Assert.Equal(12, kinds.Count);
    }
}
