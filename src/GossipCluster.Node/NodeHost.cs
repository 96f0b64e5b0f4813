using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Akka.Configuration;
using GossipCluster.Actors.Membership;
using GossipCluster.Actors.Metadata;
using GossipCluster.Actors.Storage;
using GossipCluster.Core.Causality;
using GossipCluster.Node.Http;
using GossipCluster.Node.Testing;
using Microsoft.Extensions.Logging.Console;

namespace GossipCluster.Node;

/// <summary>One node as a process: logging, ActorSystem (<see cref="NodeRuntime"/>), HTTP, and their end in order.</summary>
/// <remarks>
/// End: HTTP takes no more and finishes what it has; then CoordinatedShutdown: the node's actors write what is pending and close the storage, Akka.Cluster
/// is left, the ActorSystem ends. Only what is durable was ever acknowledged, so an end that is cut short loses nothing either.
/// </remarks>
internal static class NodeHost
{
    /// <summary>The name of every node's ActorSystem: a part of its address, so the same for all.</summary>
    public const string SystemName = "gossip-cluster";

    // Longer than the phases of CoordinatedShutdown in akka.conf together.
    internal static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(90);

    /// <summary>A node that can be started.</summary>
    /// <param name="settings">Checked.</param>
    /// <param name="exit">Gets the exit code where it is not 0.</param>
    public static WebApplication Build(NodeSettings settings, ExitCode exit)
    {
        var options = settings.Options;
        var http = WithPort(new Uri(options.Http));
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseUrls(http.GetLeftPart(UriPartial.Authority));
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = StopTimeout);
        ConfigureLogging(builder.Logging);

        var directory = new ClusterDirectory(NodeName.Of(options.Name), options.Partitions);
        builder.Services.AddSingleton(settings).AddSingleton(options).AddSingleton(exit);
        builder.Services.AddSingleton(directory).AddSingleton<IClusterViewSource>(directory).AddSingleton<Actors.Store.ISchema>(directory);
        var watch = Actors.Configuration.HoconOptions.Read<Actors.Feeds.WatchOptions>(settings.Config, []);
        var store = new Actors.Store.NodeStore(directory, watch);
        builder.Services.AddSingleton(store).AddSingleton(Door(store, settings.Testing.Mutant)).AddSingleton<Actors.Store.IRepairs>(store).AddSingleton<Actors.Store.IAudits>(store);
        builder.Services.AddSingleton(watch).AddSingleton<Actors.Feeds.IFeeds>(store);
        var cluster = new Actors.Hosting.NodeCluster(directory, store);
        builder.Services.AddSingleton(cluster).AddSingleton<Actors.Hosting.ICluster>(cluster);
        builder.Services.AddGossipClusterHttp(settings.Http);
        if (settings.Testing.LinkFaults) builder.Services.AddSingleton<LinkFaults>();
        if (options.Parent > 0) builder.Services.AddHostedService<ParentWatch>();

        // Before the HTTP server, which the builder adds: the actors begin first and end last.
        builder.Services.AddSingleton(services => new NodeRuntime(services, http));
        builder.Services.AddHostedService(services => services.GetRequiredService<NodeRuntime>());

        var app = builder.Build();
        app.MapGossipClusterHttp();
        if (settings.Testing.LinkFaults) app.MapTesting();
        if (settings.Damage.Enabled) app.MapDamage();
        return app;
    }

    /// <summary>What Akka is told: the settings, and what follows from the options.</summary>
    public static Config AkkaConfig(NodeSettings settings)
    {
        var options = settings.Options;
        _ = HostPort.TryParse(options.Remote, out var remote);
        var bind = options.RemoteBind.Length == 0 ? remote
            : HostPort.TryParse(options.RemoteBind, out var address) ? address
            : new HostPort(options.RemoteBind, remote.Port);

        return ConfigurationFactory.ParseString(string.Create(CultureInfo.InvariantCulture, $$"""
            akka.cluster.roles = ["{{MemberRoles.Of(NodeName.Of(options.Name))}}"]
            akka.remote.dot-netty.tcp {
              hostname = "{{bind.Host}}"
              port = {{bind.Port}}
              public-hostname = "{{remote.Host}}"
              public-port = {{remote.Port}}
              applied-adapters = [{{(settings.Testing.LinkFaults ? "trttl" : string.Empty)}}]
              enable-ssl = {{(options.TlsCertificate.Length > 0 ? "on" : "off")}}
              ssl {
                certificate.path = {{Quoted(options.TlsCertificate)}}
                certificate.password = {{Quoted(options.TlsCertificatePassword)}}
                suppress-validation = {{(options.TlsSuppressValidation ? "on" : "off")}}
                require-mutual-authentication = on
                validate-certificate-hostname = {{(options.TlsValidateHostName ? "on" : "off")}}
              }
            }
            """)).WithFallback(StorageConfig.Hocon(settings.Storage)).WithFallback(settings.Config);
    }

    /// <summary>What HTTP calls: the store, or, in tests of checks, one that breaks a promise.</summary>
    private static Actors.Store.IStore Door(Actors.Store.NodeStore store, Actors.Testing.Mutant mutant) =>
        mutant == Actors.Testing.Mutant.None ? store : new Actors.Testing.MutantStore(store, mutant, TimeProvider.System);

    private static void ConfigureLogging(ILoggingBuilder logging)
    {
        logging.ClearProviders();
        logging.Services.AddSingleton(TimeProvider.System);
        logging.AddConsole(console => console.FormatterName = LineFormatter.FormatterName);
        logging.AddConsoleFormatter<LineFormatter, ConsoleFormatterOptions>();
        logging.SetMinimumLevel(LogLevel.Information);
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("System", LogLevel.Warning);
        logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning);
    }

    /// <summary>Port 0 is a free one, chosen now, because the node tells others its HTTP address.</summary>
    private static Uri WithPort(Uri http)
    {
        if (http.Port != 0) return http;
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return new UriBuilder(http) { Port = ((IPEndPoint)listener.LocalEndpoint).Port }.Uri;
    }

    private static string Quoted(string text) => '"' + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + '"';
}

/// <summary>How the process ends.</summary>
internal sealed class ExitCode
{
    /// <summary>A clean stop.</summary>
    public const int Clean = 0;

    /// <summary>Something that the options cannot tell: a port in use, a disk that is gone.</summary>
    public const int Failed = 1;

    /// <summary>Options that are wrong.</summary>
    public const int BadOptions = 2;

    /// <summary>Data directory or seeds are another cluster's.</summary>
    public const int AnotherCluster = 3;

    /// <summary>What the process returns.</summary>
    public int Value { get; set; }
}
