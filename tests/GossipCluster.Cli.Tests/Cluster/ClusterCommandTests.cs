using System.Text.Json;
using System.Text.RegularExpressions;
using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.Cli.Tests.Cluster;

public sealed class ClusterCommandTests : ClusterTest
{
    [Fact]
    public async Task An_operator_looks_takes_a_node_out_and_back_and_is_told_when_the_data_have_followed()
    {
        var cluster = await StartCompleteAsync();
        await cluster.Client.Counters.IncrementAsync("pages", "home", 5, cancel: Cancel);
        var node = cluster[0].Url.AbsoluteUri;

        // The ring is complete before Akka.Cluster is, which takes its time and which nothing waits for.
        var whole = new Regex(@"\A(?:akka\.tcp://gossip-cluster@127\.0\.0\.1:\d+ \| \[node:n[123]\] \| up \|  \| \d+\.\d+\.\d+\r?\n){3}Count: 3 nodes\s*\z", RegexOptions.None, TimeSpan.FromSeconds(1));
        await Eventually.TrueAsync(
            async _ => (await RunAsync(ExitCode.Done, node, "cluster", "show")).Output is var shown && whole.IsMatch(shown) ? null : shown,
            TimeSpan.FromSeconds(60),
            Cancel);
        Assert.Equal(3, Json(await RunAsync(ExitCode.Done, node, "cluster", "show", "--output", "json")).GetProperty("members").GetArrayLength());

        Assert.Contains("64 partitions", (await RunAsync(ExitCode.Done, node, "ring", "show")).Output, StringComparison.Ordinal);
        var plan = Json(await RunAsync(ExitCode.Done, node, "ring", "plan", "--join", "n4:100", "--output", "json"));
        Assert.InRange(plan.GetProperty("moved_share").GetDouble(), 0.1, 0.4);
        Assert.Contains("places would move", (await RunAsync(ExitCode.Done, node, "ring", "plan", "--join", "n4")).Output, StringComparison.Ordinal);

        // Twice: who asks again is told the same.
        foreach (var _ in new[] { 1, 2 })
        {
            var left = Json(await RunAsync(ExitCode.Done, node, "cluster", "leave", "n3", "--wait", "--timeout", "30s", "--output", "json"));
            Assert.True(left.GetProperty("done").GetBoolean());
        }

        Assert.Contains("Count: 2 nodes", (await RunAsync(ExitCode.Done, node, "cluster", "show")).Output, StringComparison.Ordinal);

        // Who has left serves, before and after a restart, and stays out.
        Assert.Equal(5, (await cluster[2].Client.Counters.ReadAsync("pages", "home", cancel: Cancel)).Value);
        await cluster[2].KillAsync();
        await cluster[2].RestartAsync();
        await cluster[2].WaitReadyAsync(TimeSpan.FromSeconds(30), Cancel);
        Assert.Contains("Has left the ring", (await cluster[2].Client.ReadinessAsync(Cancel)).Sentence, StringComparison.Ordinal);
        await cluster[2].Client.Counters.IncrementAsync("pages", "home", 1, cancel: Cancel);
        Assert.Equal(6, (await cluster[2].Client.Counters.ReadAsync("pages", "home", cancel: Cancel)).Value);
        Assert.True(Json(await RunAsync(ExitCode.Done, cluster[2].Url.AbsoluteUri, "cluster", "leave", "--timeout", "30s", "--output", "json")).GetProperty("done").GetBoolean());
        await RunAsync(ExitCode.Done, node, "cluster", "join", "n3", "--timeout", "30s");
        await RunAsync(ExitCode.Done, node, "ring", "weight", "n2", "250", "--timeout", "30s");
        var status = await RunAsync(ExitCode.Done, node, "cluster", "status");
        Assert.Matches(new Regex(@"^n2 +member +250 +yes", RegexOptions.Multiline, TimeSpan.FromSeconds(1)), status.Output);
        Assert.True(Json(await RunAsync(ExitCode.Done, node, "cluster", "status", "--output", "json")).GetProperty("whole").GetBoolean());

        // Without a name the node that is asked leaves, as before its container is stopped; the last one does not.
        foreach (var leaver in cluster.Skip(1)) await RunAsync(ExitCode.Done, leaver.Url.AbsoluteUri, "cluster", "leave", "--timeout", "30s");
        var last = await RunAsync(ExitCode.Failed, node, "cluster", "leave");
        Assert.Contains("'n1' is the last member: its data would have nowhere to go.", last.Errors, StringComparison.Ordinal);
        Assert.Contains("No node of this name", (await RunAsync(ExitCode.Failed, node, "cluster", "join", "nobody")).Errors, StringComparison.Ordinal);

        await cluster[1].KillAsync();
        await cluster[2].KillAsync();
        await RunAsync(ExitCode.Done, node, "cluster", "join", "n3");
        Assert.Contains("1 of 2 members are reachable.", (await RunAsync(ExitCode.WithFailures, node, "cluster", "status")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ExitCode.Usage, "is not an address", "cluster", "show", "--node", "localhost:1")]
    [InlineData(ExitCode.Failed, "does not answer", "cluster", "show", "--node", "http://127.0.0.1:1")]
    [InlineData(ExitCode.Usage, "Name one change", "ring", "plan", "--node", "http://127.0.0.1:1")]
    [InlineData(ExitCode.Usage, "Name one change", "ring", "plan", "--leave", "a", "--join", "b")]
    [InlineData(ExitCode.Usage, "is not a duration", "cluster", "leave", "--timeout", "soon")]
    [InlineData(ExitCode.Usage, "'many'", "ring", "weight", "n1", "many")]
    public async Task What_cannot_be_done_is_said_in_a_sentence(int code, string sentence, params string[] args)
    {
        using var gossip = new GossipProcess(args);

        var ended = await gossip.EndAsync(Cancel);

        Assert.Contains(sentence, ended.Errors, StringComparison.Ordinal);
        Assert.Equal(code, ended.Code);
    }

    /// <summary>The node is named by the environment, as in a container.</summary>
    private static async Task<(string Output, string Errors)> RunAsync(int code, string node, params string[] args)
    {
        using var gossip = new GossipProcess(args, ("GOSSIPCLUSTER_NODE", node));
        var ended = await gossip.EndAsync(Cancel);
        Assert.True(ended.Code == code, $"gossip {string.Join(' ', args)} ended with {ended.Code} and not {code}: {ended.Output}{ended.Errors}");
        return (ended.Output, ended.Errors);
    }

    private static JsonElement Json((string Output, string Errors) ended)
    {
        using var document = JsonDocument.Parse(ended.Output);
        return document.RootElement.Clone();
    }
}
