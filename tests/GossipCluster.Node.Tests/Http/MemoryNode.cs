using GossipCluster.Actors.Store;
using GossipCluster.Node.Http;
using GossipCluster.Node.Http.Operations;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace GossipCluster.Node.Tests.Http;

/// <summary>The whole HTTP door on a loopback port, with a store in memory behind it.</summary>
public sealed class MemoryNode : IHttpNode, IAsyncLifetime
{
    private readonly HttpOptions _options;
    private WebApplication? _app;

    public MemoryNode()
        : this(Options)
    {
    }

    internal MemoryNode(HttpOptions options) => _options = options;

    public Uri Address { get; private set; } = null!;

    internal static HttpOptions Options { get; } = new() { TokenSecret = "the secret of all tests"u8.ToArray() };

    internal MemoryCluster Cluster { get; } = new("b", "c", "d");

    internal MemoryStore Store { get; } = new(TimeProvider.System);

    /// <summary>The bytes of large bodies that the door holds now.</summary>
    internal long BodiesBytes => _app!.Services.GetRequiredService<RequestBodies>().Bytes;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton<IStore>(Store);
        builder.Services.AddSingleton<Actors.Hosting.ICluster>(Cluster);
        builder.Services.AddGossipClusterHttp(_options);
        _app = builder.Build();
        _app.MapGossipClusterHttp();
        await _app.StartAsync(TestContext.Current.CancellationToken);
        Address = new Uri(_app.Urls.Single());
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null) await _app.DisposeAsync();
    }
}
