using System.Text.Json;
using GossipCluster.Actors.Hosting;

namespace GossipCluster.Node.Tests.Http;

/// <summary>The operator's door for the ring, against a ring of four in memory: a to d, each test on its own.</summary>
public sealed class ClusterTests : IAsyncLifetime
{
    private readonly MemoryNode _node = new();

    public ValueTask InitializeAsync() => _node.InitializeAsync();

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task Members_are_listed_with_all_that_is_known_and_those_that_left_apart()
    {
        _node.Cluster.Away.Add("c");
        Assert.Equal(202, (await PostAsync("/cluster/members/d/leave")).Status);

        var json = await JsonAsync("/cluster/members");

        Assert.Equal("a", json.GetProperty("node").GetString());
        Assert.Equal(["a", "b", "c"], json.GetProperty("members").EnumerateArray().Select(NameOf));
        Assert.Equal(["d"], json.GetProperty("left").EnumerateArray().Select(NameOf));
        Assert.Equal(
            """{"name":"a","weight":100,"zone":"","standing":"member","self":true,"reachable":true,"http":"http://a:8098","remote":"akka.tcp://s@a:4053","version":"1.2.3","incarnation":7,"akka":{"status":"up","reachable":true}}""",
            json.GetProperty("members")[0].GetRawText());
        Assert.False(json.GetProperty("members")[2].GetProperty("reachable").GetBoolean());
        Assert.Equal("absent", json.GetProperty("members")[2].GetProperty("akka").GetProperty("status").GetString());
        Assert.Equal("left", json.GetProperty("left")[0].GetProperty("standing").GetString());
    }

    [Fact]
    public async Task The_ring_says_who_holds_how_much_and_each_partition_by_whom_it_is_held()
    {
        var ring = await JsonAsync("/cluster/ring");
        var partition = await JsonAsync("/cluster/ring/partitions/15");

        Assert.Equal(16, ring.GetProperty("partitions").GetInt32());
        Assert.Equal(16 * 3, ring.GetProperty("members").EnumerateArray().Sum(member => member.GetProperty("primary").GetProperty("3").GetInt32()));
        Assert.InRange(ring.GetProperty("members").EnumerateArray().Sum(member => member.GetProperty("share").GetDouble()), 0.999, 1.001);
        Assert.Equal(["a", "b", "c", "d"], partition.GetProperty("preference").EnumerateArray().Select(name => name.GetString()).Order());
        Assert.Equal(
            partition.GetProperty("preference").EnumerateArray().Take(3).Select(name => name.GetString()),
            partition.GetProperty("primaries").GetProperty("3").EnumerateArray().Select(name => name.GetString()));
        foreach (var bad in new[] { "16", "-1", "x" }) Assert.Equal(404, (await _node.GetAsync($"/cluster/ring/partitions/{bad}")).Status);
    }

    [Fact]
    public async Task A_plan_moves_what_the_change_then_moves_and_changes_nothing()
    {
        var before = (await _node.GetAsync("/cluster/ring")).Body;

        var plan = await JsonAsync("/cluster/ring/plan?leave=d");

        Assert.Equal(before, (await _node.GetAsync("/cluster/ring")).Body);
        var held = JsonDocument.Parse(before).RootElement.GetProperty("members")[3].GetProperty("primary").GetProperty("3").GetInt32();
        Assert.Equal((48, held), (plan.GetProperty("places").GetInt32(), plan.GetProperty("moved").GetInt32()));
        Assert.All(plan.GetProperty("moves").EnumerateArray(), move => Assert.Equal("d", move.GetProperty("from").GetString()));
        Assert.Equal(held, plan.GetProperty("moves").EnumerateArray().Sum(move => move.GetProperty("places").GetInt32()));
        Assert.Equal(0, (await JsonAsync("/cluster/ring/plan?weight=b:100")).GetProperty("moved").GetInt32());
        var joined = await JsonAsync("/cluster/ring/plan?join=e:200:rack-1");
        Assert.Equal("rack-1", joined.GetProperty("members")[4].GetProperty("zone").GetString());
        Assert.All(joined.GetProperty("moves").EnumerateArray(), move => Assert.Equal("e", move.GetProperty("to").GetString()));
    }

    [Theory]
    [InlineData("", 400, "bad-parameter")]
    [InlineData("?leave=a&join=e", 400, "bad-parameter")]
    [InlineData("?leave=a:1", 400, "bad-parameter")]
    [InlineData("?leave=no/name", 400, "bad-parameter")]
    [InlineData("?leave=nobody", 404, "unknown-member")]
    [InlineData("?weight=a", 400, "bad-parameter")]
    [InlineData("?weight=a:x", 400, "bad-parameter")]
    [InlineData("?weight=a:0", 409, "ring-refused")]
    [InlineData("?weight=a:99999999999", 400, "bad-parameter")]
    [InlineData("?join=e:1:no zone", 409, "ring-refused")]
    public async Task A_plan_that_cannot_be_is_refused(string query, int status, string title)
    {
        var reply = await _node.GetAsync("/cluster/ring/plan" + query, ("Accept", "application/json, application/problem+json"));

        Assert.Equal((status, title), (reply.Status, JsonDocument.Parse(reply.Body).RootElement.GetProperty("title").GetString()));
    }

    [Fact]
    public async Task Leave_and_join_may_be_said_again_and_say_where_to_look()
    {
        foreach (var _ in new[] { 1, 2 })
        {
            var left = await PostAsync("/cluster/members/b/leave");
            Assert.Equal((202, "/cluster/members/b/handoff?standing=left"), (left.Status, left.Header("Location")));
            Assert.Equal("left", JsonDocument.Parse(left.Body).RootElement.GetProperty("standing").GetString());
        }

        Assert.Equal(["a", "c", "d"], (await JsonAsync("/cluster/ring")).GetProperty("members").EnumerateArray().Select(NameOf));
        Assert.Equal(409, (await PutAsync("/cluster/members/b/weight", """{"weight":5}""")).Status);
        foreach (var _ in new[] { 1, 2 }) Assert.Equal(202, (await PostAsync("/cluster/members/b/join")).Status);
        Assert.Equal(["a", "b", "c", "d"], (await JsonAsync("/cluster/ring")).GetProperty("members").EnumerateArray().Select(NameOf));
    }

    [Fact]
    public async Task The_last_member_stays()
    {
        foreach (var name in "bcd") Assert.Equal(202, (await PostAsync($"/cluster/members/{name}/leave")).Status);

        var refused = await PostAsync("/cluster/members/a/leave");

        Assert.Equal((409, "'a' is the last member: its data would have nowhere to go.\n"), (refused.Status, refused.Body));
        Assert.Equal(409, (await _node.GetAsync("/cluster/ring/plan?leave=a")).Status);
    }

    [Fact]
    public async Task A_weight_is_taken_where_it_is_one()
    {
        Assert.Equal(202, (await PutAsync("/cluster/members/c/weight", """{ "weight": 250 }""")).Status);
        Assert.Equal(250, (await JsonAsync("/cluster/ring")).GetProperty("members")[2].GetProperty("weight").GetInt32());

        foreach (var bad in new[] { "", "250", "{}", """{"weight":0}""", """{"weight":10001}""", """{"weight":"9"}""", """{"weight":9""", """{"weight":9}x""", """{"weight":9,"zone":""}""" })
        {
            Assert.Equal((bad, 400), (bad, (await PutAsync("/cluster/members/c/weight", bad)).Status));
        }

        Assert.Equal(415, (await _node.SendAsync("PUT", "/cluster/members/c/weight", """{"weight":9}"""u8.ToArray(), "text/plain")).Status);
        Assert.Equal(413, (await PutAsync("/cluster/members/c/weight", new string(' ', 2000))).Status);
        Assert.Equal(250, (await JsonAsync("/cluster/ring")).GetProperty("members")[2].GetProperty("weight").GetInt32());
    }

    [Fact]
    public async Task Handoff_answers_when_it_is_done_or_the_time_is_over()
    {
        _node.Cluster.Handoffs.Clear();
        foreach (var state in new[] { null, new HandoffState(false, 1, 0, 0, 0), new HandoffState(true, 2, 3, 40, 0), new HandoffState(true, 2, 0, 0, 0) }) _node.Cluster.Handoffs.Enqueue(state);

        Assert.Equal(503, (await _node.GetAsync("/cluster/members/a/handoff")).Status);
        var done = await JsonAsync("/cluster/members/a/handoff?standing=left&wait=5s");
        _node.Cluster.Handoffs.Enqueue(new HandoffState(true, 2, 3, 40, 1));
        await JsonAsync("/cluster/members/a/handoff");
        var late = await JsonAsync("/cluster/members/a/handoff?wait=150ms");

        Assert.Equal("""{"node":"a","standing":"left","ring_version":"0000000000000002","outgoing":{"replicas":0,"keys":0},"incoming":{"replicas":0},"done":true}""", done.GetRawText());
        Assert.Equal((false, 40, 1), (late.GetProperty("done").GetBoolean(), late.GetProperty("outgoing").GetProperty("keys").GetInt32(), late.GetProperty("incoming").GetProperty("replicas").GetInt32()));
        foreach (var bad in new[] { "wait=", "wait=x", "wait=-1s", "wait=1h", "standing=gone" }) Assert.Equal((bad, 400), (bad, (await _node.GetAsync("/cluster/members/a/handoff?" + bad)).Status));
    }

    [Fact]
    public async Task Another_node_s_handoff_is_asked_of_that_node()
    {
        _node.Cluster.Away.Add("c");

        var other = await _node.GetAsync("/cluster/members/b/handoff?wait=1s&standing=left");

        Assert.Equal((307, "http://b:8098/cluster/members/b/handoff?wait=1s&standing=left"), (other.Status, other.Header("Location")));
        Assert.Equal(503, (await _node.GetAsync("/cluster/members/c/handoff")).Status);
        Assert.Equal(404, (await _node.GetAsync("/cluster/members/nobody/handoff")).Status);
    }

    [Theory]
    [InlineData("GET", "/cluster/members/b/leave", 405)]
    [InlineData("GET", "/cluster/members/b/join", 405)]
    [InlineData("POST", "/cluster/members/b/weight", 405)]
    [InlineData("POST", "/cluster/members/b/handoff", 405)]
    [InlineData("DELETE", "/cluster/ring", 405)]
    [InlineData("POST", "/cluster/members/nobody/leave", 404)]
    [InlineData("POST", "/cluster/members/no%20name/join", 404)]
    [InlineData("GET", "/cluster/members/b", 404)]
    [InlineData("HEAD", "/cluster/ring", 200)]
    public async Task Methods_and_names_are_what_they_are(string method, string path, int status) =>
        Assert.Equal(status, (await _node.SendAsync(method, path, null, null)).Status);

    [Fact]
    public async Task Who_takes_no_JSON_gets_none_and_changes_nothing()
    {
        foreach (var path in new[] { "/cluster/members", "/cluster/ring", "/cluster/ring/plan?leave=b" }) Assert.Equal(406, (await _node.GetAsync(path, ("Accept", "image/png"))).Status);
        Assert.Equal(406, (await _node.SendAsync("POST", "/cluster/members/b/leave", null, null, ("Accept", "image/png"))).Status);
        Assert.Equal(4, (await JsonAsync("/cluster/members")).GetProperty("members").GetArrayLength());
    }

    private static string NameOf(JsonElement node) => node.GetProperty("name").GetString()!;

    private Task<Reply> PostAsync(string path) => _node.SendAsync("POST", path, null, null);

    private Task<Reply> PutAsync(string path, string json) => _node.SendAsync("PUT", path, System.Text.Encoding.UTF8.GetBytes(json), "application/json");

    private async Task<JsonElement> JsonAsync(string path)
    {
        var reply = await _node.GetAsync(path);
        Assert.Equal((200, path), (reply.Status, path));
        return JsonDocument.Parse(reply.Body).RootElement;
    }
}
