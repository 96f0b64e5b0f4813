using System.ComponentModel.DataAnnotations;
using GossipCluster.Node.Http.Answers;
using GossipCluster.Node.Http.Datatypes;
using GossipCluster.Node.Http.Faults;
using GossipCluster.Node.Http.Health;
using GossipCluster.Node.Http.Keys;
using GossipCluster.Node.Http.Operations;
using GossipCluster.Node.Http.Paths;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace GossipCluster.Node.Http;

/// <summary>The HTTP door: Riak's data types interface, and what goes beyond it, over an <see cref="Actors.Store.IStore"/> among the services.</summary>
internal static class GossipClusterHttp
{
    /// <summary>Registers the door and sets the server's limits.</summary>
    /// <exception cref="ValidationException">The settings are wrong; the message has all that is.</exception>
    public static void AddGossipClusterHttp(this IServiceCollection services, HttpOptions options)
    {
        if (options.Validate() is { Count: > 0 } errors) throw new ValidationException(string.Join(Environment.NewLine, errors));
        services.AddSingleton(options);
        services.AddSingleton<HttpCounters>();
        services.AddSingleton<RequestBodies>();
        services.AddSingleton<Door>();
        services.AddSingleton<DatatypeEndpoints>();
        services.AddSingleton<KeyEndpoints>();
        services.AddSingleton<HealthEndpoints>();
        services.AddRoutingCore();
        services.AddLogging(logging => logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning));
        services.Configure<KestrelServerOptions>(server => Limit(server, options));
    }

    /// <summary>Puts the door into an application. Call it once, before endpoints of one's own are mapped; those are found too.</summary>
    public static void MapGossipClusterHttp(this WebApplication app)
    {
        app.UseMiddleware<FaultMiddleware>();
        app.UseMiddleware<PathMiddleware>();
        app.UseRouting();

        var data = app.Services.GetRequiredService<DatatypeEndpoints>();
        const string item = "/types/{type}/buckets/{bucket}/datatypes/{key}";
        app.MapGet(item, data.ReadAsync);
        app.MapHead(item, data.ReadAsync);
        app.MapPost(item, data.WriteAsync);
        app.MapOthers(item, DatatypeEndpoints.ItemMethods);
        const string collection = "/types/{type}/buckets/{bucket}/datatypes";
        app.MapPost(collection, data.CreateAsync);
        app.MapMethods(collection, [HttpMethods.Get, HttpMethods.Head], (RequestDelegate)Answer.UnknownPathAsync);
        app.MapOthers(collection, DatatypeEndpoints.CollectionMethods);

        var keys = app.Services.GetRequiredService<KeyEndpoints>();
        const string key = "/types/{type}/buckets/{bucket}/keys/{key}";
        app.MapGet(key, data.ReadAsync);
        app.MapHead(key, data.ReadAsync);
        app.MapDelete(key, keys.DeleteAsync);
        app.MapOthers(key, KeyEndpoints.ItemMethods);
        const string keyList = "/types/{type}/buckets/{bucket}/keys";
        app.MapGet(keyList, keys.ListKeysAsync);
        app.MapHead(keyList, keys.ListKeysAsync);
        app.MapOthers(keyList, KeyEndpoints.ListMethods);
        const string bucketList = "/types/{type}/buckets";
        app.MapGet(bucketList, keys.ListBucketsAsync);
        app.MapHead(bucketList, keys.ListBucketsAsync);
        app.MapOthers(bucketList, KeyEndpoints.ListMethods);

        var health = app.Services.GetRequiredService<HealthEndpoints>();
        MapReadable(app, "/health/live", HealthEndpoints.LiveAsync);
        MapReadable(app, "/health/ready", health.ReadyAsync);
        MapReadable(app, "/cluster/members", health.MembersAsync);
    }

    /// <summary>A resource that can only be read.</summary>
    private static void MapReadable(WebApplication app, string pattern, RequestDelegate read)
    {
        app.MapGet(pattern, read);
        app.MapHead(pattern, read);
        app.MapOthers(pattern, "GET, HEAD");
    }

    private static void MapHead(this WebApplication app, string pattern, RequestDelegate read) =>
        app.MapMethods(pattern, [HttpMethods.Head], read).ExcludeFromDescription();

    /// <summary>All methods that a resource does not have: 405, or 404 where not even the bucket type exists.</summary>
    private static void MapOthers(this WebApplication app, string pattern, string allow)
    {
        var refusal = Refusal.MethodNotAllowed(allow);
        var schema = app.Services.GetRequiredService<Actors.Store.IStore>().Schema;
        app.Map(pattern, (RequestDelegate)(http => Answer.RefuseAsync(
            http, http.Features.Get<RequestPath>() is { Type: { Length: > 0 } type } && schema.Find(type) is null ? Refusal.UnknownType(type) : refusal)))
            .ExcludeFromDescription();
    }

    private static void Limit(KestrelServerOptions server, HttpOptions options)
    {
        var rate = new MinDataRate(options.BytesPerSecondMin, TimeSpan.FromSeconds(5));
        server.AddServerHeader = false;
        server.Limits.MaxRequestLineSize = options.RequestLineBytesMax;
        server.Limits.MaxRequestHeadersTotalSize = options.RequestHeadersBytesMax;
        server.Limits.MaxRequestHeaderCount = options.RequestHeaderCountMax;
        server.Limits.MaxRequestBodySize = Math.Max(options.BodyBytesMax, options.BatchBodyBytesMax);
        server.Limits.RequestHeadersTimeout = options.RequestHeadersTimeout;
        server.Limits.KeepAliveTimeout = options.KeepAliveTimeout;
        server.Limits.MinRequestBodyDataRate = rate;
        server.Limits.MinResponseDataRate = rate;
        server.Limits.MaxConcurrentConnections = options.ConnectionsMax;
        server.Limits.MaxConcurrentUpgradedConnections = options.ConnectionsMax;
    }
}
