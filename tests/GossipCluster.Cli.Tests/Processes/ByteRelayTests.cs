using System.Net;
using System.Net.Sockets;
using System.Text;
using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.Cli.Tests.Processes;

public sealed class ByteRelayTests : IDisposable
{
    private readonly TcpListener _server = new(IPAddress.Loopback, 0);

    public ByteRelayTests() => _server.Start();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task Bytes_pass_both_ways_and_an_end_ends_the_other()
    {
        await using var relay = ByteRelay.To("127.0.0.1", ((IPEndPoint)_server.LocalEndpoint).Port);
        using var node = await ConnectAsync(relay);
        using var server = await _server.AcceptTcpClientAsync(Cancel);

        await SendAsync(node, "question");
        Assert.Equal("question", await ReceiveAsync(server));
        await SendAsync(server, "answer");
        Assert.Equal("answer", await ReceiveAsync(node));
        server.Dispose();
        Assert.Equal(string.Empty, await ReceiveAsync(node));
    }

    [Fact]
    public async Task What_is_held_is_kept_in_order_connections_stay_open_and_new_ones_are_taken()
    {
        await using var relay = ByteRelay.To("127.0.0.1", ((IPEndPoint)_server.LocalEndpoint).Port);
        using var node = await ConnectAsync(relay);
        using var server = await _server.AcceptTcpClientAsync(Cancel);
        await SendAsync(node, "before ");
        Assert.Equal("before ", await ReceiveAsync(server));

        relay.Hold();
        await SendAsync(node, "held");
        await SendAsync(server, "too");
        using var late = await ConnectAsync(relay);
        await SendAsync(late, "late");
        Assert.False(_server.Pending());
        Assert.Equal((0, 0), (server.Available, node.Available));

        relay.Release();
        Assert.Equal("held", await ReceiveAsync(server));
        Assert.Equal("too", await ReceiveAsync(node));
        using var other = await _server.AcceptTcpClientAsync(Cancel);
        Assert.Equal("late", await ReceiveAsync(other));
    }

    private static async Task<TcpClient> ConnectAsync(ByteRelay relay)
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, relay.Port, Cancel);
        return client;
    }

    private static async Task SendAsync(TcpClient to, string text) => await to.Client.SendAsync(Encoding.UTF8.GetBytes(text), Cancel);

    private static async Task<string> ReceiveAsync(TcpClient from)
    {
        var buffer = new byte[1024];
        return Encoding.UTF8.GetString(buffer, 0, await from.Client.ReceiveAsync(buffer, Cancel));
    }
}
