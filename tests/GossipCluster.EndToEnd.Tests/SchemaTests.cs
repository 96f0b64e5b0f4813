using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.EndToEnd.Tests;

/// <summary>Bucket types on real processes: in force everywhere when the answer says so, and the same everywhere.</summary>
public sealed class SchemaTests : ClusterTest
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly HttpClient _http = new();

    [Fact]
    public async Task A_type_can_be_used_on_all_nodes_when_the_answer_has_come_and_of_two_at_once_one_is_refused()
    {
        var cluster = await StartCompleteAsync();
        for (var round = 0; round < 9; round++)
        {
            var type = string.Create(CultureInfo.InvariantCulture, $"t{round}");
            using var created = await PutAsync(cluster[round % 3], type, "counter");
            Assert.Equal((HttpStatusCode.Created, "3"), (created.StatusCode, Assert.Single(created.Headers.GetValues("GossipCluster-Nodes"))));
            foreach (var node in cluster)
            {
                using var written = await _http.PostAsync(new Uri(node.Url, $"/types/{type}/buckets/b/datatypes/k"), Json("{\"increment\":1}"), Cancel);
                Assert.Equal(HttpStatusCode.NoContent, written.StatusCode);
            }
        }

        for (var round = 0; round < 9; round++)
        {
            var type = string.Create(CultureInfo.InvariantCulture, $"c{round}");
            var answers = await Task.WhenAll(PutAsync(cluster[0], type, "set"), PutAsync(cluster[1], type, "map"));
            var kinds = await Task.WhenAll(cluster.Select(node => DatatypeAsync(node, type)));
            var winner = Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Created);
            Assert.Single(kinds.Distinct());
            Assert.Equal(winner == answers[0] ? "set" : "map", kinds[0]);
            foreach (var answer in answers) answer.Dispose();
        }
    }

    [Fact]
    public async Task A_node_that_was_away_has_the_types_that_were_made_meanwhile()
    {
        TakesLong();
        var cluster = await StartCompleteAsync();
        await cluster[2].KillAsync();
        await Eventually.TrueAsync(
            async token => (await cluster[0].Client.MembersAsync(token)).Any(member => member.Name == cluster[2].Name && member.Reachable) ? "nobody misses it yet" : null, Patience, Cancel);
        using var created = await PutAsync(cluster[0], "meanwhile", "hll");
        Assert.Equal("2", Assert.Single(created.Headers.GetValues("GossipCluster-Nodes")));

        await cluster[2].RestartAsync();
        await cluster[2].WaitReadyAsync(Patience, Cancel);
        await Eventually.TrueAsync(async _ => await DatatypeAsync(cluster[2], "meanwhile") is "hll" ? null : "it is not there yet", Patience, Cancel);
    }

    protected override ValueTask CleanUpAsync()
    {
        _http.Dispose();
        return ValueTask.CompletedTask;
    }

    private Task<HttpResponseMessage> PutAsync(ClusterNode node, string type, string datatype) =>
        _http.PutAsync(new Uri(node.Url, $"/types/{type}"), Json($$$"""{"props":{"datatype":"{{{datatype}}}"}}"""), Cancel);

    private async Task<string?> DatatypeAsync(ClusterNode node, string type)
    {
        using var answer = await _http.GetAsync(new Uri(node.Url, $"/types/{type}/props"), Cancel);
        if (answer.StatusCode != HttpStatusCode.OK) return null;
        using var document = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancel));
        return document.RootElement.GetProperty("props").GetProperty("datatype").GetString();
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");
}
