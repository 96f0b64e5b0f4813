using System.ComponentModel.DataAnnotations;
using GossipCluster.Node.Http.Answers;
using GossipCluster.Node.Http.Audits;
using GossipCluster.Node.Http.Batch;
using GossipCluster.Node.Http.Cluster;
using GossipCluster.Node.Http.Datatypes;
using GossipCluster.Node.Http.Description;
using GossipCluster.Node.Http.Faults;
using GossipCluster.Node.Http.Health;
using GossipCluster.Node.Http.Keys;
using GossipCluster.Node.Http.Operations;
using GossipCluster.Node.Http.Paths;
using GossipCluster.Node.Http.Properties;
using GossipCluster.Node.Http.Repairs;
using GossipCluster.Node.Http.Server;
using GossipCluster.Node.Http.Watches;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Scalar.AspNetCore;

namespace GossipCluster.Node.Http;

/// <summary>The HTTP door: Riak's data types interface, and what goes beyond it, over an <see cref="Actors.Store.IStore"/> and an <see cref="Actors.Hosting.ICluster"/> among the services.</summary>
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
        services.AddSingleton<PropertiesEndpoints>();
        services.AddSingleton<ServerEndpoints>();
        services.AddSingleton<BatchEndpoints>();
        services.AddSingleton<ClusterEndpoints>();
        services.AddSingleton<RepairEndpoints>();
        services.AddSingleton<MemberEndpoints>();
        services.AddSingleton<AuditEndpoints>();
        services.AddSingleton(new Core.Feeds.FeedToken(options.TokenSecret.Span));
        services.AddSingleton<WatchEndpoints>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddRoutingCore();
        services.AddDescription();
        services.AddLogging(logging => logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning));
        services.Configure<KestrelServerOptions>(server => Limit(server, options));
    }

    /// <summary>Puts the door into an application. Call it once, before endpoints of one's own are mapped; those are found too.</summary>
    public static void MapGossipClusterHttp(this WebApplication app)
    {
        app.UseMiddleware<FaultMiddleware>();
        app.UseMiddleware<PathMiddleware>();
        app.UseRouting();

        MapData(app);
        MapSchema(app);
        MapServer(app);
        MapCluster(app);
        MapRepairs(app);
        app.MapOpenApi();
        if (app.Services.GetRequiredService<HttpOptions>().Docs) app.MapScalarApiReference("/docs", page => page.WithTitle("GossipCluster").DisableDefaultFonts().DisableTelemetry().DisableAgent().DisableMcp());
    }

    private static void MapData(WebApplication app)
    {
        var data = app.Services.GetRequiredService<DatatypeEndpoints>();
        const string item = "/types/{type}/buckets/{bucket}/datatypes/{key}";
        app.Read(item, data.ReadAsync, Descriptions.Read);
        app.Method(HttpMethods.Post, item, data.WriteAsync, Descriptions.Write);
        app.Others(item, DatatypeEndpoints.ItemMethods);
        const string collection = "/types/{type}/buckets/{bucket}/datatypes";
        app.Method(HttpMethods.Post, collection, data.CreateAsync, Descriptions.Create);
        app.MapMethods(collection, [HttpMethods.Get, HttpMethods.Head], (RequestDelegate)Answer.UnknownPathAsync);
        app.Others(collection, DatatypeEndpoints.CollectionMethods);

        var keys = app.Services.GetRequiredService<KeyEndpoints>();
        const string key = "/types/{type}/buckets/{bucket}/keys/{key}";
        app.Read(key, data.ReadAsync, Descriptions.ReadByKey);
        app.Method(HttpMethods.Delete, key, keys.DeleteAsync, Descriptions.Delete);
        app.Others(key, KeyEndpoints.ItemMethods);
        app.ReadOnly("/types/{type}/buckets/{bucket}/keys", keys.ListKeysAsync, Descriptions.ListKeys);
        var watches = app.Services.GetRequiredService<WatchEndpoints>();
        app.ReadOnly("/types/{type}/buckets/{bucket}/watch", watches.WatchBucketAsync, Descriptions.WatchBucket);
        app.ReadOnly("/types/{type}/buckets/{bucket}/keys/{key}/watch", watches.WatchKeyAsync, Descriptions.WatchKey);
        app.ReadOnly("/types/{type}/buckets", keys.ListBucketsAsync, Descriptions.ListBuckets);

        app.Method(HttpMethods.Post, "/batch", app.Services.GetRequiredService<BatchEndpoints>().RunAsync, Descriptions.Batch);
        app.Others("/batch", BatchEndpoints.Methods);
    }

    private static void MapSchema(WebApplication app)
    {
        var properties = app.Services.GetRequiredService<PropertiesEndpoints>();
        app.ReadOnly("/types", properties.ListTypesAsync, Descriptions.ListTypes);
        app.Method(HttpMethods.Put, "/types/{type}", properties.PutNewTypeAsync, Descriptions.PutNewType);
        app.Others("/types/{type}", PropertiesEndpoints.TypeMethods);
        const string typeProps = "/types/{type}/props";
        app.Read(typeProps, properties.GetTypeAsync, Descriptions.GetType_);
        app.Method(HttpMethods.Put, typeProps, properties.PutTypeAsync, Descriptions.PutType);
        app.Others(typeProps, PropertiesEndpoints.TypePropsMethods);
        const string bucketProps = "/types/{type}/buckets/{bucket}/props";
        app.Read(bucketProps, properties.GetBucketAsync, Descriptions.GetBucket);
        app.Method(HttpMethods.Put, bucketProps, properties.PutBucketAsync, Descriptions.PutBucket);
        app.Method(HttpMethods.Delete, bucketProps, properties.DeleteBucketAsync, Descriptions.DeleteBucket);
        app.Others(bucketProps, PropertiesEndpoints.BucketPropsMethods);
    }

    private static void MapServer(WebApplication app)
    {
        var server = app.Services.GetRequiredService<ServerEndpoints>();
        app.ReadOnly("/", ServerEndpoints.RootAsync, Descriptions.Root);
        app.ReadOnly("/ping", ServerEndpoints.PingAsync, Descriptions.Ping);
        app.ReadOnly("/stats", server.StatsAsync, Descriptions.Stats);
        var health = app.Services.GetRequiredService<HealthEndpoints>();
        app.ReadOnly("/health/live", HealthEndpoints.LiveAsync, Descriptions.Live);
        app.ReadOnly("/health/ready", health.ReadyAsync, Descriptions.Ready);
    }

    private static void MapRepairs(WebApplication app)
    {
        var repairs = app.Services.GetRequiredService<RepairEndpoints>();
        app.ReadOnly("/cluster/entropy", repairs.EntropyAsync, RepairDescriptions.Entropy);
        app.ReadOnly("/cluster/hints", repairs.HintsAsync, RepairDescriptions.Hints);
        app.ReadOnly("/cluster/convergence/{token}", repairs.ConvergenceAsync, RepairDescriptions.Convergence);
        Order("/cluster/hints/pause", repairs.PauseAsync, RepairDescriptions.Pause);
        Order("/cluster/hints/resume", repairs.ResumeAsync, RepairDescriptions.Resume);
        Order("/cluster/hints/drop", repairs.DropAsync, RepairDescriptions.Drop);
        Order("/cluster/sync", repairs.SyncAsync, RepairDescriptions.Sync);

        void Order(string pattern, RequestDelegate handler, ResourceDescription description)
        {
            app.Method(HttpMethods.Post, pattern, handler, description);
            app.Others(pattern, RepairEndpoints.OrderMethods);
        }
    }

    private static void MapCluster(WebApplication app)
    {
        var cluster = app.Services.GetRequiredService<ClusterEndpoints>();
        app.ReadOnly("/cluster/members", cluster.MembersAsync, ClusterDescriptions.Members);
        app.ReadOnly("/cluster/ring", cluster.RingAsync, ClusterDescriptions.Ring);
        app.ReadOnly("/cluster/ring/partitions/{partition}", cluster.PartitionAsync, ClusterDescriptions.Partition);
        app.ReadOnly("/cluster/ring/plan", cluster.PlanAsync, ClusterDescriptions.Plan);

        var member = app.Services.GetRequiredService<MemberEndpoints>();
        app.Method(HttpMethods.Post, "/cluster/members/{name}/leave", member.LeaveAsync, ClusterDescriptions.Leave);
        app.Others("/cluster/members/{name}/leave", MemberEndpoints.ChangeMethods);
        app.Method(HttpMethods.Post, "/cluster/members/{name}/join", member.JoinAsync, ClusterDescriptions.Join);
        app.Others("/cluster/members/{name}/join", MemberEndpoints.ChangeMethods);
        app.Method(HttpMethods.Put, "/cluster/members/{name}/weight", member.WeightAsync, ClusterDescriptions.Weight);
        app.Others("/cluster/members/{name}/weight", MemberEndpoints.WeightMethods);
        app.ReadOnly("/cluster/members/{name}/handoff", member.HandoffAsync, ClusterDescriptions.Handoff);

        var audits = app.Services.GetRequiredService<AuditEndpoints>();
        app.Read("/cluster/audit", audits.ReadAsync, AuditDescriptions.Read);
        app.Method(HttpMethods.Post, "/cluster/audit", audits.StartAsync, AuditDescriptions.Start);
        app.Others("/cluster/audit", AuditEndpoints.Methods);
    }

    /// <summary>A resource that can only be read.</summary>
    private static void ReadOnly(this WebApplication app, string pattern, RequestDelegate read, ResourceDescription description)
    {
        app.Read(pattern, read, description);
        app.Others(pattern, "GET, HEAD");
    }

    /// <summary>GET, and HEAD with it.</summary>
    private static void Read(this WebApplication app, string pattern, RequestDelegate read, ResourceDescription description)
    {
        app.Method(HttpMethods.Get, pattern, read, description);
        app.MapMethods(pattern, [HttpMethods.Head], read).ExcludeFromDescription();
    }

    private static void Method(this WebApplication app, string method, string pattern, RequestDelegate handler, ResourceDescription description) =>
        app.MapMethods(pattern, [method], handler).Describe(handler, description);

    /// <summary>All methods that a resource does not have: 405, or 404 where not even the bucket type exists.</summary>
    private static void Others(this WebApplication app, string pattern, string allow)
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
