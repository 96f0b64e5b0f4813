using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using GossipCluster.Client;
using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.EndToEnd.Tests;

public sealed class AuditTests : ClusterTest
{
    private const int Keys = 30;
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(60);
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(90) };

    // The nodes inherit it: without it they refuse to open the door for damage.
    static AuditTests() => Environment.SetEnvironmentVariable("GOSSIPCLUSTER_TESTING", "1");

    [Fact]
    public async Task Damage_of_one_nodes_memory_and_disk_is_found_named_repaired_and_stays_repaired()
    {
        TakesLong();
        var config = Path.Combine(Path.GetTempPath(), $"gossip-damage-{Guid.NewGuid():N}.conf");
        await File.WriteAllTextAsync(config, "gossip-cluster.testing.damage.enabled = on", Cancel);
        var cluster = Start(3, null, "--config", config);
        await cluster.WaitRingCompleteAsync(Recovery, Cancel);
        var all = new WriteOptions { W = Quorum.All };
        for (var number = 0; number < Keys; number++)
        {
            await cluster.Client.Sets.AddAsync("b", $"k{number}", $"x{number}", all, Cancel);
            await cluster.Client.Sets.AddAsync("b", $"k{number}", $"y{number}", all, Cancel);
        }

        await cluster.Client.Counters.IncrementAsync("b", "c", 12_345, all, Cancel);

        // In memory alone, on disk too, and back from the dead.
        await DamageAsync(cluster[1], "sets", "k1", "lose-key");
        await DamageAsync(cluster[1], "sets", "k2", "lose-item", onDisk: true);
        await DamageAsync(cluster[1], "counters", "c", "flip-payload");
        await DamageAsync(cluster[1], "sets", "k3", "remember");
        Assert.True(await cluster[0].Client.DeleteAsync(new DataKey("sets", "b", "k3"), cancel: Cancel));
        await Eventually.TrueAsync(
            async token => await cluster[1].Client.Sets.ReadAsync("b", "k3", new ReadOptions { PR = Quorum.All }, token) is { Exists: false } ? null : "k3 is still there", Recovery, Cancel);
        await DamageAsync(cluster[1], "sets", "k3", "resurrect");

        var audits = await AuditAsync(cluster[0]);

        Assert.Equal((4, 4), (Sum(audits, "differences"), Sum(audits, "repaired")));
        var log = string.Join('\n', cluster[0].LogTail(400));
        foreach (var key in (string[])["sets/b/k1", "sets/b/k2", "counters/b/c", "sets/b/k3"]) Assert.Contains(key, log, StringComparison.Ordinal);
        Assert.Contains("the replica on n2 had other items than the majority", log, StringComparison.Ordinal);
        await AssertRightAsync(cluster);
        Assert.Equal(0, Sum(await AuditAsync(cluster[2]), "differences"));

        await cluster[1].KillAsync();
        await cluster[1].RestartAsync();
        await cluster.WaitRingCompleteAsync(Recovery, Cancel);

        await AssertRightAsync(cluster);
        Assert.Equal(0, Sum(await AuditAsync(cluster[1]), "differences"));
        File.Delete(config);
    }

    private static int Sum(JsonElement audits, string name) =>
        audits.GetProperty("partitions").EnumerateArray().Sum(partition => partition.TryGetProperty(name, out var value) ? value.GetInt32() : 0);

    // From the node's own replica: of three answers one that is wrong would be outvoted.
    private static async Task AssertRightAsync(ProcessCluster cluster)
    {
        var alone = new ReadOptions { R = Quorum.One, PR = Quorum.One };
        foreach (var node in cluster)
        {
            for (var number = 0; number < 5; number++)
            {
                var read = await node.Client.Sets.ReadAsync("b", $"k{number}", alone, Cancel);
                if (number == 3) Assert.False(read.Exists);
                else Assert.Equal([$"x{number}", $"y{number}"], read.Value!.Order(StringComparer.Ordinal));
            }

            Assert.Equal(12_345, (await node.Client.Counters.ReadAsync("b", "c", alone, Cancel)).Value);
        }
    }

    private async Task DamageAsync(ClusterNode node, string type, string key, string kind, bool onDisk = false)
    {
        using var answer = await _http.PostAsync(new Uri(node.Url, $"/testing/damage?type={type}&bucket=b&key={key}&kind={kind}&disk={(onDisk ? "true" : "false")}"), null, Cancel);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
    }

    // A partition whose clocks are not equal at the moment is compared the next time.
    private async Task<JsonElement> AuditAsync(ClusterNode node)
    {
        JsonElement? audits = null;
        var found = 0;
        await Eventually.TrueAsync(
            async token =>
            {
                using var answer = await _http.PostAsync(new Uri(node.Url, "/cluster/audit?wait=60s"), null, token);
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
                audits = await answer.Content.ReadFromJsonAsync<JsonElement>(token);
                found += Sum(audits.Value, "differences");
                var odd = audits.Value.GetProperty("partitions").EnumerateArray().Where(partition => partition.GetProperty("result").GetString() is not ("equal" or "repaired") || partition.GetProperty("with").GetArrayLength() < 2).ToArray();
                return odd.Length == 0 && found == Sum(audits.Value, "differences") ? null : $"{odd.Length} partitions, the first: {odd.FirstOrDefault()}";
            },
            Recovery,
            Cancel);
        return audits!.Value;
    }
}
