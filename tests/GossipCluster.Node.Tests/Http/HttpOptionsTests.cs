using System.ComponentModel.DataAnnotations;
using GossipCluster.Node.Http;
using Microsoft.Extensions.DependencyInjection;

namespace GossipCluster.Node.Tests.Http;

public sealed class HttpOptionsTests
{
    [Fact]
    public void The_defaults_are_good() => Assert.Empty(MemoryNode.Options.Validate());

    [Fact]
    public void All_that_is_wrong_is_said_at_once()
    {
        var options = new HttpOptions { TokenSecret = new byte[15], BodyBytesMax = 1, TimeoutDefault = TimeSpan.FromMinutes(2), KeepAliveTimeout = TimeSpan.Zero };

        var error = Assert.Throws<ValidationException>(() => new ServiceCollection().AddGossipClusterHttp(options));

        foreach (var name in new[] { "TokenSecret", "BodyBytesMax", "TimeoutDefault", "KeepAliveTimeout" }) Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }
}
