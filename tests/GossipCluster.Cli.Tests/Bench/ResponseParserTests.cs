using System.Text;
using CsCheck;
using GossipCluster.Cli.Bench;

namespace GossipCluster.Cli.Tests.Bench;

public sealed class ResponseParserTests
{
    [Theory]
    [InlineData("HTTP/1.1 204 No Content\r\nGossipCluster-Copies: 3\r\n\r\n", 204, 0, true)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, 5, true)]
    [InlineData("HTTP/1.1 200 OK\ncontent-length:  5 \n\nhello", 200, 5, true)]
    [InlineData("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n", 201, 0, true)]
    [InlineData("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno", 503, 2, false)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n", 200, 15, true)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\nTrailer: x\r\n\r\n", 200, 0, true)]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, 1, true)]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, 1, false)]
    public void A_response_is_read_to_its_end_and_not_further(string response, int status, long body, bool keepAlive)
    {
        var bytes = Encoding.ASCII.GetBytes(response + "HTTP/1.1 999");
        var parser = new ResponseParser();

        var taken = parser.Feed(bytes);

        Assert.True(parser.IsDone);
        Assert.Equal(response.Length, taken);
        Assert.Equal((status, body, keepAlive), (parser.Status, parser.BodyLength, parser.KeepAlive));
    }

    [Fact]
    public void A_body_without_a_length_ends_with_the_connection()
    {
        var parser = new ResponseParser();

        parser.Feed("HTTP/1.1 200 OK\r\n\r\nabc"u8);

        Assert.False(parser.IsDone);
        Assert.True(parser.End());
        Assert.False(parser.KeepAlive);
    }

    [Fact]
    public void A_connection_that_ends_within_a_body_of_known_length_has_no_answer()
    {
        var parser = new ResponseParser();

        parser.Feed("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc"u8);

        Assert.False(parser.End());
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH\r\n")]
    [InlineData("HTTP/1.1 2x0 OK\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nno colon\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")]
    public void What_is_not_http_is_refused(string bytes)
    {
        Assert.Throws<InvalidDataException>(() => new ResponseParser().Feed(Encoding.ASCII.GetBytes(bytes)));
    }

    [Fact]
    public void A_line_without_an_end_is_refused_in_bounded_memory()
    {
        var parser = new ResponseParser();
        var line = new byte[10_000];
        Array.Fill(line, (byte)'a');

        Assert.Throws<InvalidDataException>(() =>
        {
            for (var part = 0; part < 10; part++) parser.Feed(line);
        });
    }

    [Fact]
    public void Cuts_anywhere_change_nothing()
    {
        var response = Gen.Int[200, 599].Select(Gen.Int[0, 3000], Gen.Int[0, 2], (status, length, form) => (status, length, form));
        var script = Gen.Select(response.List[1, 6], Gen.Int[1, 700].List[1, 40]);

        script.Sample((responses, cuts) =>
        {
            var bytes = responses.SelectMany(one => Encoding.ASCII.GetBytes(Text(one.status, one.length, one.form))).ToArray();
            var parser = new ResponseParser();
            var seen = new List<(int, long)>();
            var at = 0;
            for (var cut = 0; at < bytes.Length; cut++)
            {
                var part = bytes.AsSpan(at, Math.Min(cuts[cut % cuts.Count], bytes.Length - at));
                at += part.Length;
                while (part.Length > 0)
                {
                    part = part[parser.Feed(part)..];
                    if (!parser.IsDone) continue;
                    seen.Add((parser.Status, parser.BodyLength));
                    parser.Reset();
                }
            }

            Assert.Equal(responses.Select(one => (one.status, one.status is 204 or 304 ? 0L : one.length)), seen);
        }, seed: "0000KOIPwmJ3", iter: 500, threads: 1);
    }

    [Fact]
    public void Statuses_of_a_batch_are_counted_wherever_the_bytes_are_cut()
    {
        var body = """{"results":[{"status":204},{"status": 412,"error":"not \"status\":1"},{"value":["\"status\":500"],"status":200},{"status":204}]}"""u8.ToArray();
        for (var size = 1; size <= body.Length; size++)
        {
            var statuses = new BatchStatuses();

            foreach (var part in body.Chunk(size)) statuses.Feed(part);

            Assert.Equal([(200, 1), (204, 2), (412, 1)], statuses.Seen);
        }
    }

    private static string Text(int status, int length, int form)
    {
        var body = new string('b', length);
        return (status, form) switch
        {
            (204 or 304, _) => $"HTTP/1.1 {status} None\r\nX: y\r\n\r\n",
            (_, 0) => $"HTTP/1.1 {status} Some\r\nContent-Length: {length}\r\n\r\n{body}",
            (_, 1) => $"HTTP/1.1 {status} Some\r\nTransfer-Encoding: chunked\r\n\r\n{(length == 0 ? "" : $"{length:x}\r\n{body}\r\n")}0\r\n\r\n",
            _ => $"HTTP/1.1 {status} Some\r\nTransfer-Encoding: chunked\r\n\r\n{string.Concat(body.Chunk(97).Select(part => $"{part.Length:X}\r\n{new string(part)}\r\n"))}0\r\n\r\n",
        };
    }
}
