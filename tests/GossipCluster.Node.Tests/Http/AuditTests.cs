namespace GossipCluster.Node.Tests.Http;

/// <summary>The audit's resource where there is nothing to audit; what it does is tested on processes.</summary>
public sealed class AuditTests(MemoryNode node) : IClassFixture<MemoryNode>
{
    [Fact]
    public async Task A_node_without_replicas_says_that_it_is_not_ready_and_when_to_ask_again()
    {
        foreach (var method in (string[])["GET", "POST"])
        {
            var reply = await node.SendAsync(method, "/cluster/audit", null, null);
            Assert.Equal((503, "1"), (reply.Status, reply.Header("Retry-After")));
        }
    }

    [Theory]
    [InlineData("soon")]
    [InlineData("-1")]
    [InlineData("99999999999999s")]
    public async Task A_wait_that_is_no_duration_is_refused(string wait) =>
        Assert.Equal(400, (await node.SendAsync("POST", $"/cluster/audit?wait={wait}", null, null)).Status);

    [Fact]
    public async Task Other_methods_and_the_door_for_damage_are_not_there()
    {
        Assert.Equal(405, (await node.SendAsync("DELETE", "/cluster/audit", null, null)).Status);
        Assert.Equal(404, (await node.SendAsync("POST", "/testing/damage?type=sets&bucket=b&key=k&kind=lose-key", null, null)).Status);
    }
}
