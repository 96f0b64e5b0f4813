using GossipCluster.Actors.Metadata;
using GossipCluster.Actors.Store;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Dissemination;
using GossipCluster.Core.Membership;

namespace GossipCluster.Actors.Tests.Membership;

public sealed class MembershipSpec
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory(DisplayName = "Three nodes that know one seed become one ring, and a new bucket type is everywhere, whichever way news go")]
    [InlineData(DisseminationWay.Direct)]
    [InlineData(DisseminationWay.Exchange)]
    [InlineData(DisseminationWay.Cooperative)]
    public async Task Nodes_find_each_other(DisseminationWay way)
    {
        await using var n1 = TestNode.Start("n1", [0], way: way);
        await using var n2 = TestNode.Start("n2", [n1.Port], way: way);
        await using var n3 = TestNode.Start("n3", [n1.Port], way: way);
        TestNode[] all = [n1, n2, n3];

        await EventuallyAsync("one ring", () => all.All(node => node.Ring == "n1 n2 n3"));
        await EventuallyAsync("one view", () => all.All(node => node.Directory.View.Ring.Version == n1.Directory.View.Ring.Version && node.Directory.View.Peers.Count == 2));

        var type = new BucketType("carts", DataType.Map, 2, BucketProperties.Standard);
        Assert.Null((await n3.Directory.PutTypeAsync(type, TestContext.Current.CancellationToken)).Refusal);
        await EventuallyAsync("the type", () => all.All(node => type.Equals(node.Directory.Find("carts"))));

        await EventuallyAsync("one table", () => all.All(node => node.Directory.Table.Equals(n1.Directory.Table)));
        await EventuallyAsync("Akka.Cluster", () => all.All(node => node.Up == $"n1@{n1.Port} n2@{n2.Port} n3@{n3.Port}"), () => string.Join(" | ", all.Select(node => node.Up)));
    }

    [Fact(DisplayName = "Nodes that all start at once, each with all seeds, form one cluster")]
    public async Task Nodes_start_at_once()
    {
        var ports = FreePorts(3);
        await using var n3 = TestNode.Start("n3", [.. ports], port: ports[2]);
        await using var n2 = TestNode.Start("n2", [.. ports], port: ports[1]);
        await using var n1 = TestNode.Start("n1", [.. ports], port: ports[0]);
        TestNode[] all = [n1, n2, n3];

        await EventuallyAsync("one ring", () => all.All(node => node.Ring == "n1 n2 n3"), () => string.Join(" | ", all.Select(node => $"{node.Ring}: {node.Directory.WaitingFor}")));
        await EventuallyAsync("one cluster", () => all.All(node => node.Directory.Table.Equals(n1.Directory.Table)));
    }

    [Fact(DisplayName = "A node that comes back under another address is in the ring by its name, and its former member is downed")]
    public async Task A_node_moves()
    {
        await using var n1 = TestNode.Start("n1", [0]);
        await using var n2 = TestNode.Start("n2", [n1.Port]);
        var n3 = TestNode.Start("n3", [n1.Port]);
        await EventuallyAsync("Akka.Cluster", () => n1.Up.Split(' ').Length == 3 && n2.Up.Split(' ').Length == 3);
        await EventuallyAsync("one ring", () => n1.Ring == "n1 n2 n3" && n2.Ring == n1.Ring && n3.Ring == n1.Ring);
        var version = n1.Directory.View.Ring.Version;

        await n3.CrashAsync();
        await using var moved = n3.Restart(port: 0, [n1.Port]);

        await EventuallyAsync("the new address", () => n2.Directory.View.Peers.TryGetValue(moved.Name, out var facts) && facts.Remote.Port == moved.Port && moved.Ring == "n1 n2 n3");
        Assert.Equal(version, n2.Directory.View.Ring.Version);
        Assert.Equal(version, moved.Directory.View.Ring.Version);
        var expected = $"n1@{n1.Port} n2@{n2.Port} n3@{moved.Port}";
        await EventuallyAsync("the former member gone", () => n1.Up == expected && n2.Up == expected && moved.Up == expected, () => $"{n1.Up} | {n2.Up} | {moved.Up}");
    }

    [Fact(DisplayName = "All restart, the first seed stays dead: the first by name joins itself, and the other joins it")]
    public async Task The_first_seed_stays_dead()
    {
        var first = TestNode.Start("n1", [0]);
        var second = TestNode.Start("n2", [first.Port]);
        var third = TestNode.Start("n3", [first.Port]);
        await EventuallyAsync("one ring", () => new[] { first, second, third }.All(node => node.Ring == "n1 n2 n3" && node.Directory.View.Peers.Count == 2));
        await Task.WhenAll(first.CrashAsync(), second.CrashAsync(), third.CrashAsync());

        await using var n2 = second.Restart(second.Port, [first.Port]);
        await using var n3 = third.Restart(port: 0, [first.Port]);

        await EventuallyAsync("what is on disk", () => n2.Ring == "n1 n2 n3" && n3.Ring == n2.Ring);
        await EventuallyAsync("each other", () => n2.Directory.View.Peers[n3.Name].Remote.Port == n3.Port);
        await EventuallyAsync("Akka.Cluster", () => n2.Up == $"n2@{n2.Port} n3@{n3.Port}" && n3.Up == n2.Up, () => $"{n2.Up} | {n3.Up}");
        Assert.Null((await n3.Directory.PutTypeAsync(new BucketType("carts", DataType.Map, 2, BucketProperties.Standard), TestContext.Current.CancellationToken)).Refusal);
        await EventuallyAsync("the type", () => n2.Directory.Find("carts") is not null);
    }

    [Fact(DisplayName = "A node is back on its old address while another is dead: metadata goes on, whatever Akka.Cluster makes of it")]
    public async Task Nothing_depends_on_the_cluster()
    {
        await using var n1 = TestNode.Start("n1", [0]);
        var second = TestNode.Start("n2", [n1.Port]);
        var third = TestNode.Start("n3", [n1.Port]);
        await EventuallyAsync("Akka.Cluster", () => new[] { n1, second, third }.All(node => node.Up.Split(' ').Length == 3));
        await Task.WhenAll(second.CrashAsync(), third.CrashAsync());

        await using var n2 = second.Restart(second.Port, [n1.Port]);

        await EventuallyAsync("what is on disk", () => n2.Ring == "n1 n2 n3");
        Assert.Null((await n1.Directory.PutTypeAsync(new BucketType("carts", DataType.Map, 2, BucketProperties.Standard), TestContext.Current.CancellationToken)).Refusal);
        await EventuallyAsync("the type", () => n2.Directory.Find("carts") is not null);
        await EventuallyAsync("one table", () => n2.Directory.Table.Equals(n1.Directory.Table));
    }

    [Fact(DisplayName = "Without DistributedData metadata converges over links alone, and without links over DistributedData")]
    public async Task Either_way_is_enough()
    {
        await using var n1 = TestNode.Start("n1", [0], hasDistributedData: false);
        await using var n2 = TestNode.Start("n2", [n1.Port], hasDistributedData: false);
        await EventuallyAsync("over links", () => n1.Ring == "n1 n2" && n2.Ring == "n1 n2" && n1.Directory.Table.Equals(n2.Directory.Table));

        await using var n3 = TestNode.Start("n3", [0]);
        await using var n4 = TestNode.Start("n4", [n3.Port]);
        await EventuallyAsync("Akka.Cluster", () => n3.Up.Split(' ').Length == 2 && n4.Up.Split(' ').Length == 2);
        foreach (var node in new[] { n3, n4 }) node.System.Stop(await node.System.ActorSelection("/user/links").ResolveOne(Patience, TestContext.Current.CancellationToken));
        Assert.Null((await n4.Directory.PutTypeAsync(new BucketType("carts", DataType.Map, 2, BucketProperties.Standard), TestContext.Current.CancellationToken)).Refusal);
        await EventuallyAsync("over DistributedData", () => n3.Directory.Find("carts") is not null);
    }

    [Fact(DisplayName = "Two islands are noticed on both shores, and the one that gives way asks once for another ActorSystem")]
    public async Task Islands_are_noticed()
    {
        await using var n1 = TestNode.Start("n1", [0]);
        var alone = TestNode.Start("n2", [0]);
        await EventuallyAsync("two clusters", () => n1.Ring == "n1" && alone.Ring == "n2" && alone.Up.Length > 0 && n1.Up.Length > 0);
        await alone.CrashAsync();

        await using var n2 = alone.Restart(port: 0, [0, n1.Port]);

        // The only member of its ring, and its own first seed: it joins itself at once, and then hears of the other.
        await EventuallyAsync("one ring", () => n1.Ring == "n1 n2" && n2.Ring == "n1 n2" && n1.Directory.Table.Equals(n2.Directory.Table));
        await EventuallyAsync("both say so", () => !n1.Islands.IsEmpty && !n2.Islands.IsEmpty, () => $"{n1.Up} | {n2.Up}");
        Assert.Equal(IslandStanding.Stays, n1.Islands.First().Verdict.Standing);
        Assert.Equal(IslandStanding.Moves, n2.Islands.First().Verdict.Standing);
        await EventuallyAsync("n2 asks for another ActorSystem", () => n2.Wanted.Count == 1);
        Assert.Equal([n1.Name], n2.Wanted.First().JoinFirst);
        Assert.Empty(n1.Wanted);
    }

    private static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0)).ToList();
        foreach (var listener in listeners) listener.Start();
        var ports = listeners.Select(listener => ((System.Net.IPEndPoint)listener.LocalEndpoint).Port).ToArray();
        foreach (var listener in listeners) listener.Dispose();
        return ports;
    }

    private static async Task EventuallyAsync(string what, Func<bool> condition, Func<string>? state = null)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Patience, $"Not within {Patience}: {what}. {state?.Invoke()}");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }
}
