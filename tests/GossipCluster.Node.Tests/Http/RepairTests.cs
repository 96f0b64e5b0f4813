using System.Text.Json.Nodes;
using GossipCluster.Actors.Store;

namespace GossipCluster.Node.Tests.Http;

/// <summary>Divergence and repair through HTTP, in answers that a real cluster seldom gives.</summary>
public sealed class RepairTests(MemoryNode node) : RepairContract(node), IClassFixture<MemoryNode>
{
    private readonly MemoryNode _node = node;

    [Fact]
    public async Task Entropy_has_every_replica_and_what_its_peers_lack()
    {
        _node.Repairs.Entropy = new NodeEntropy(
            "a",
            [
                new ReplicaEntropy(3, 7, true, false)
                {
                    Keys = 5, Bytes = 600, LogEntries = 2, LogBytes = 80, TransferFrom = "b", TransferKeys = 3, SinceAudit = TimeSpan.FromMinutes(2),
                    Peers = [new PeerEntropy("b", true) { DotsLacking = 4, DotsAhead = 1, OldestAge = TimeSpan.FromMilliseconds(1500), SinceSync = TimeSpan.FromSeconds(3), IsSyncing = true }],
                },
                new ReplicaEntropy(3, 8, false, false) { HintDots = 6, HintAge = TimeSpan.FromMinutes(1) },
            ],
            new RepairProgress(1, 2, 3, 4, 5, 6, 7),
            new HintProgress(true, 8, 9, 10));

        var entropy = JsonNode.Parse((await _node.GetAsync("/cluster/entropy")).Body)!;

        Assert.Equal(
            """{"node":"a","dots":5,"synced":false,"repair":{"running":1,"due":2,"held_back":3,"bytes_per_second":4,"bytes":5,"completed":6,"broken":7},"hints":{"paused":true,"bytes":8,"keys_dropped":9,"refused":10},"replicas":[{"n":3,"partition":7,"primary":true,"synced":false,"keys":5,"bytes":600,"log_entries":2,"log_bytes":80,"transfer":{"from":"b","keys":3},"since_audit_seconds":120,"peers":[{"node":"b","reachable":true,"dots_lacking":4,"dots_ahead":1,"oldest_age_seconds":1.5,"since_sync_seconds":3,"syncing":true}]},{"n":3,"partition":8,"primary":false,"synced":false,"keys":0,"bytes":0,"log_entries":0,"log_bytes":0,"hint_dots":6,"hint_age_seconds":60,"peers":[]}]}""",
            entropy.ToJsonString());
    }

    [Fact]
    public async Task Orders_are_carried_out()
    {
        foreach (var (path, order) in new[] { ("hints/pause", "pause"), ("hints/resume", "resume"), ("hints/drop", "drop"), ("sync", "sync") })
        {
            _node.Repairs.Orders.Clear();
            Assert.Equal(202, (await _node.SendAsync("POST", $"/cluster/{path}", null, null)).Status);
            Assert.Equal([order], _node.Repairs.Orders);
        }
    }

    [Fact]
    public async Task A_node_that_cannot_say_is_503()
    {
        _node.Repairs.Entropy = null;
        _node.Repairs.Convergence = null;
        var token = (await _node.PostAsync(_node.PathOf("counters"), "1")).Token!;

        foreach (var path in new[] { "entropy", "hints", $"convergence/{token}" })
        {
            var reply = await _node.GetAsync($"/cluster/{path}");
            Assert.Equal(503, reply.Status);
            Assert.NotNull(reply.Header("Retry-After"));
        }
    }

    [Fact]
    public async Task A_receipt_says_who_has_not_and_is_asked_for_with_the_place_in_the_token()
    {
        _node.Repairs.Convergence = new ConvergenceReply([new ReplicaConvergence("a", true, true), new ReplicaConvergence("b", false, false)]);
        var token = (await _node.PostAsync(_node.PathOf("counters"), "1")).Token!;

        var reply = await _node.GetAsync($"/cluster/convergence/{token}?wait=250ms");

        Assert.Equal("""{"converged":false,"replicas":[{"node":"a","has":true,"reachable":true},{"node":"b","has":false,"reachable":false}]}""", reply.Body);
        var (place, wait) = Assert.Single(_node.Repairs.Asked);
        Assert.Equal((3, TimeSpan.FromMilliseconds(250)), (place.N, wait));
    }
}

/// <summary>What any node must make of questions about divergence.</summary>
public abstract class RepairContract(IHttpNode node)
{
    private IHttpNode Node => node;

    [Theory]
    [InlineData("entropy", "POST")]
    [InlineData("hints", "DELETE")]
    [InlineData("sync", "GET")]
    [InlineData("hints/pause", "GET")]
    [InlineData("convergence/x", "POST")]
    public async Task Another_method_is_405(string path, string method)
    {
        var reply = await Node.SendAsync(method, $"/cluster/{path}", null, null);

        Assert.Equal(405, reply.Status);
        Assert.NotNull(reply.Header("Allow"));
    }

    [Theory]
    [InlineData("hints?wait=x")]
    [InlineData("hints?wait=-1s")]
    [InlineData("convergence/AAAA")]
    [InlineData("convergence/%20")]
    [InlineData("convergence/AqAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA?wait=1s")]
    public async Task A_bad_question_is_400_with_a_sentence(string path)
    {
        var reply = await Node.GetAsync($"/cluster/{path}");

        Assert.Equal(400, reply.Status);
        Assert.Contains(' ', reply.Body);
    }

    [Fact]
    public async Task A_token_with_a_bad_wait_is_400()
    {
        var token = (await Node.PostAsync(Node.PathOf("counters"), "1")).Token;

        Assert.Equal(400, (await Node.GetAsync($"/cluster/convergence/{token}?wait=soon")).Status);
    }

    [Fact]
    public async Task A_read_may_wait_for_its_repairs()
    {
        var path = Node.PathOf("counters");
        await Node.PostAsync(path, "5");

        Assert.Equal("""{"type":"counter","value":5}""", (await Node.GetAsync($"{path}?read_repair=blocking")).Body);
        Assert.Equal(200, (await Node.GetAsync($"{path}?read_repair=async")).Status);
        Assert.Equal(400, (await Node.GetAsync($"{path}?read_repair=never")).Status);
    }
}
