using GossipCluster.Client;
using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.EndToEnd.Tests.Membership;

/// <summary>Two states that Akka.Cluster does not get out of by itself, and that clients do not notice. The third: <see cref="IslandTests"/>.</summary>
public sealed class MembershipTests : ClusterTest
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // A node that restarts may be called over a connection that Akka.Remote takes some seconds to give up.
    private static readonly TimeSpan Reconnection = TimeSpan.FromSeconds(45);
    private static readonly ClusterPlan Plan = new()
    {
        LinkFaults = true,
        Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["GOSSIPCLUSTER__MEMBERSHIP__DOWN_AFTER"] = "1s" },
    };

    [Fact(DisplayName = "A node that restarts while another is dead serves at once: on its old address, where Akka.Cluster keeps it out, and on another one")]
    public async Task A_node_restarts_while_another_is_dead()
    {
        TakesLong();
        var cluster = await StartCompleteAsync(3, Plan);
        await Eventually.TrueAsync(token => cluster.Links.NotOneClusterAsync([.. cluster], token), Patience, Cancel);
        await cluster[1].Client.Counters.IncrementAsync("pages", "home", 7, new WriteOptions { W = Quorum.All }, Cancel);
        await Task.WhenAll(cluster[1].KillAsync(), cluster[2].KillAsync());
        await cluster[0].Client.Counters.IncrementAsync("pages", "home", cancel: Cancel);

        await cluster[1].RestartAsync();
        await cluster[1].WaitReadyAsync(Patience, Cancel);
        await AssertServesAsync(cluster[0], cluster[1], 8);
        Assert.DoesNotContain("n2@", (await cluster.Links.MembershipAsync(cluster[0], Cancel)).Up, StringComparison.Ordinal);

        await cluster[1].KillAsync();
        await cluster[1].RestartAsync(otherPorts: true);
        await cluster[1].WaitReadyAsync(Patience, Cancel);
        await AssertServesAsync(cluster[0], cluster[1], 9);

        // And is let in: what is dead of it at the old address was downed.
        await Eventually.TrueAsync(token => cluster.Links.NotOneClusterAsync([cluster[0], cluster[1]], token), Patience, Cancel);

        await cluster[2].RestartAsync();
        await Eventually.TrueAsync(token => cluster.Links.NotOneClusterAsync([.. cluster], token), Patience, Cancel);
    }

    [Fact(DisplayName = "All restart, the first seed stays dead: the others serve, and form an Akka.Cluster")]
    public async Task The_first_seed_stays_dead()
    {
        var cluster = await StartCompleteAsync(3, Plan);
        await cluster.Client.Counters.IncrementAsync("pages", "home", 7, new WriteOptions { W = Quorum.All }, Cancel);
        await Task.WhenAll(cluster.Select(node => node.KillAsync()));

        await Task.WhenAll(cluster[1].RestartAsync(), cluster[2].RestartAsync());
        await cluster[1].WaitReadyAsync(Patience, Cancel);
        await cluster[2].WaitReadyAsync(Patience, Cancel);

        await AssertServesAsync(cluster[1], cluster[2], 7);
        await Eventually.TrueAsync(token => cluster.Links.NotOneClusterAsync([cluster[1], cluster[2]], token), Patience, Cancel);
    }

    /// <summary>Two of three serve with a quorum of two, each the other's writes.</summary>
    private static async Task AssertServesAsync(ClusterNode one, ClusterNode other, long before)
    {
        await Eventually.TrueAsync(
            async token =>
            {
                var seen = (await other.Client.Counters.ReadAsync("pages", "home", new ReadOptions { PR = Quorum.Of(2) }, token)).Value;
                return seen == before ? null : $"{other.Name} reads {seen}, not {before}";
            },
            Reconnection,
            Cancel);
        var key = $"at-{before}";
        await other.Client.Sets.AddAsync("restarts", key, other.Name, new WriteOptions { PW = Quorum.Of(2) }, Cancel);
        Assert.Equal([other.Name], (await one.Client.Sets.ReadAsync("restarts", key, new ReadOptions { PR = Quorum.Of(2) }, Cancel)).Value!);
        await one.Client.Counters.IncrementAsync("pages", "home", cancel: Cancel);
    }
}
