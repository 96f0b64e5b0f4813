using System.Net;
using System.Text;
using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.EndToEnd.Tests;

public sealed class LargeKeyTests : ClusterTest
{
    [Fact]
    public async Task Keys_of_megabytes_are_had_by_a_node_that_was_away_and_it_never_says_that_they_are_not_there()
    {
        TakesLong();
        var cluster = await StartCompleteAsync();
        var away = cluster[2];
        using var http = new HttpClient();
        var elements = string.Join(',', Enumerable.Range(0, 100_000).Select(number => $"\"{number:d10}-{new string('x', 53)}\""));
        var texts = new Dictionary<string, string>
        {
            ["/types/sets/buckets/b/datatypes/large"] = $"{{\"add_all\":[{elements}]}}",
            ["/types/registers/buckets/b/datatypes/large"] = $"{{\"assign\":\"{new string('r', 1 << 20)}\"}}",
            ["/types/maps/buckets/b/datatypes/large"] = $"{{\"update\":{{{string.Join(',', Enumerable.Range(0, 10_000).Select(number => $"\"f{number}_counter\":{number}"))}}}}}",
        };

        await away.KillAsync();
        foreach (var (path, json) in texts)
        {
            using var body = new StringContent(json, Encoding.UTF8, "application/json");
            var written = await http.PostAsync(new Uri(cluster[0].Url, path), body, Cancel);
            Assert.Equal(HttpStatusCode.NoContent, written.StatusCode);
        }

        await away.RestartAsync();
        await away.WaitReadyAsync(TimeSpan.FromSeconds(30), Cancel);
        foreach (var path in texts.Keys)
        {
            // Asked of one replica, which may have nothing yet: it asks those that have.
            var first = await http.GetAsync(new Uri(away.Url, path + "?r=1"), Cancel);
            Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        }

        // And alone with its own disk, in the end.
        foreach (var path in texts.Keys)
        {
            var whole = await http.GetStringAsync(new Uri(cluster[0].Url, path), Cancel);
            await Eventually.EqualAsync(whole.Length / 1000, async token => (await http.GetStringAsync(new Uri(away.Url, path + "?r=1"), token)).Length / 1000, TimeSpan.FromSeconds(30), Cancel);
        }
    }
}
