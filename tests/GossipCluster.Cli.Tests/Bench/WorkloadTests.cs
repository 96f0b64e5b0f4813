using System.Globalization;
using System.Text;
using System.Text.Json;
using GossipCluster.Cli.Bench;

namespace GossipCluster.Cli.Tests.Bench;

public sealed class WorkloadTests
{
    private static readonly Uri Node = new("http://127.0.0.1:8091");

    [Fact]
    public void A_write_is_one_request_with_the_length_of_its_body()
    {
        var request = Single("--type", "sets", "--mix", "add", "--value-size", "12", "--elements", "1", "--w", "all");

        Assert.Equal(
            "POST /types/sets/buckets/bench/datatypes/k00000042?w=all HTTP/1.1\r\nHost: 127.0.0.1:8091\r\nContent-Type: application/json\r\nContent-Length: 22\r\n\r\n"
            + """{"add":"00000000xxxx"}""",
            request);
    }

    [Fact]
    public void A_read_has_no_body()
    {
        Assert.Equal(
            "GET /types/counters/buckets/bench/datatypes/k00000042?r=1 HTTP/1.1\r\nHost: 127.0.0.1:8091\r\n\r\n",
            Single("--mix", "read", "--r", "1"));
    }

    [Theory]
    [InlineData("counters", 1)]
    [InlineData("sets", 3)]
    [InlineData("gsets", 16)]
    [InlineData("hlls", 16)]
    [InlineData("maps", 16)]
    [InlineData("registers", 1000)]
    [InlineData("flags", 16)]
    public void Every_operation_of_every_type_is_json_of_the_length_that_it_says(string type, int valueSize)
    {
        var names = string.Join(',', BenchTypes.All[type].Operations.Select(operation => operation.Name));
        var settings = BenchCommand.Settings("--type", type, "--mix", names, "--value-size", valueSize.ToString(CultureInfo.InvariantCulture));
        var workload = new Workload(settings, Node);
        var buffer = new RequestBuffer();
        for (var operation = 0; operation < settings.Operations.Count; operation++)
        {
            workload.WriteSingle(buffer, operation, 1, new Random(1));
            var (head, body) = Split(buffer);
            if (settings.Operations[operation].Body is null)
            {
                Assert.Equal("", body);
                continue;
            }

            Assert.Contains($"Content-Length: {body.Length}\r\n", head, StringComparison.Ordinal);
            JsonDocument.Parse(body).Dispose();
        }
    }

    [Fact]
    public void A_batch_holds_as_many_operations_as_asked_for_and_says_how_many_of_each()
    {
        var settings = BenchCommand.Settings("--type", "maps", "--batch", "50");
        var buffer = new RequestBuffer();
        var counts = new int[settings.Operations.Count];

        new Workload(settings, Node).WriteBatch(buffer, new Random(1), counts);

        var (head, body) = Split(buffer);
        using var json = JsonDocument.Parse(body);
        var entries = json.RootElement.GetProperty("operations").EnumerateArray().ToArray();
        var length = int.Parse(head.Split("Content-Length: ")[1].Split('\r')[0], CultureInfo.InvariantCulture);
        Assert.Equal(body.Length, length);
        Assert.Equal(50, entries.Length);
        Assert.Equal(50, counts.Sum());
        Assert.All(entries, entry => Assert.True(entry.TryGetProperty("op", out _) ^ entry.TryGetProperty("read", out _)));
    }

    private static string Single(params string[] args)
    {
        var buffer = new RequestBuffer();
        new Workload(BenchCommand.Settings(args), Node).WriteSingle(buffer, 0, 42, new Random(1));
        return Encoding.ASCII.GetString(buffer.Written);
    }

    private static (string Head, string Body) Split(RequestBuffer buffer)
    {
        var text = Encoding.ASCII.GetString(buffer.Written);
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;
        return (text[..end], text[end..]);
    }
}
