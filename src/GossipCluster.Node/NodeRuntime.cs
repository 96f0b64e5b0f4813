using System.Diagnostics.Metrics;
using Akka.Actor;
using Akka.Configuration;
using Akka.Hosting;
using GossipCluster.Actors.Membership;
using GossipCluster.Actors.Metadata;
using GossipCluster.Actors.Testing;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Metadata;
using GossipCluster.Node.Testing;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace GossipCluster.Node;

/// <summary>Owns the node's ActorSystem: begins one, ends it in order, and, where membership asks for it, begins another in the same process.</summary>
/// <remarks>
/// <code>
///   process:  HTTP, NodeStore, ClusterDirectory            one for life; between two ActorSystems requests are answered 503 with Retry-After
///   life:     host of Akka.Hosting: ActorSystem, actors    stopped as when the process ends, with the mark of a clean stop; recovers from disk
/// </code>
/// Each life is a small host of its own, because Akka.Hosting ties an ActorSystem to one. An ActorSystem that ends by itself ends the process, as before.
/// </remarks>
internal sealed partial class NodeRuntime : IHostedService, IAsyncDisposable
{
    private static readonly Meter Meter = new("GossipCluster.Membership");
    private static readonly Counter<long> Restarts = Meter.CreateCounter<long>("membership.restarts", description: "ActorSystems that were restarted in process to mend membership.");

    private readonly IServiceProvider _services;
    private readonly NodeSettings _settings;
    private readonly Uri _http;
    private readonly IHostApplicationLifetime _process;
    private readonly ILogger _log;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private Life? _life;
    private MembershipHistory _history = MembershipHistory.None;
    private int? _port;
    private bool _isStopping;

    /// <summary>Begins nothing yet.</summary>
    /// <param name="services">Of the process.</param>
    /// <param name="http">Where HTTP is served.</param>
    public NodeRuntime(IServiceProvider services, Uri http)
    {
        (_services, _http) = (services, http);
        _settings = services.GetRequiredService<NodeSettings>();
        _process = services.GetRequiredService<IHostApplicationLifetime>();
        _log = services.GetRequiredService<ILogger<NodeRuntime>>();
    }

    /// <summary>The present ActorSystem; null between two.</summary>
    public ActorSystem? System => _life?.System;

    /// <summary>How often the ActorSystem was restarted in this process.</summary>
    public int RestartCount { get; private set; }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await BeginAsync(cancellationToken);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            EndProcess(error);
        }
        finally
        {
            _turn.Release();
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _isStopping = true;
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await EndAsync(NodeComposition.Stopping, cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_life is { } life) await life.DisposeAsync();
        _turn.Dispose();
    }

    /// <summary>From an actor: another ActorSystem. Returns at once; a restart that fails ends the process, which whoever supervises it starts again.</summary>
    public void Restart(RestartWanted wanted) => _ = Task.Run(() => RestartAsync(wanted));

    private async Task RestartAsync(RestartWanted wanted)
    {
        try
        {
            await _turn.WaitAsync();
            try
            {
                if (_isStopping) return;
                var since = TimeProvider.System.GetTimestamp();
                SayRestarting(_log, wanted.Sentence);
                await EndAsync(wanted.Sentence, CancellationToken.None);
                _history = new MembershipHistory(TimeProvider.System.GetTimestamp(), wanted.JoinFirst);
                RestartCount++;
                Restarts.Add(1);
                if (_isStopping) return;
                await BeginAsync(CancellationToken.None);
                var took = TimeProvider.System.GetElapsedTime(since);
                SayRestarted(_log, took);
            }
            finally
            {
                _turn.Release();
            }
        }
        catch (Exception error) when (!_isStopping)
        {
            EndProcess(error);
        }
    }

    private void EndProcess(Exception error)
    {
        SayFailed(_log, error);
        _services.GetRequiredService<ExitCode>().Value = ExitCode.Failed;
        _process.StopApplication();
    }

    private async Task BeginAsync(CancellationToken cancel)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.Replace(ServiceDescriptor.Singleton<IHostLifetime, NoLifetime>());
        builder.Services.AddSingleton(_services.GetRequiredService<ILoggerFactory>());
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = NodeHost.StopTimeout);
        var life = new Life();
        builder.Services.AddAkka(NodeHost.SystemName, (akka, _) => Bounded(akka)
            .AddHocon(AkkaConfig(), HoconAddMode.Replace)
            .ConfigureLoggers(loggers =>
            {
                loggers.ClearLoggers();
                loggers.AddLoggerFactory();
            })
            .WithActors(async (system, _, _) =>
            {
                life.System = system;
                if (_services.GetService<LinkFaults>() is { } faults) await faults.BeginAsync(system);
                NodeComposition.Start(system, _services, LocalNodeOf(system), _history, life);
                life.Hold = ShutdownHold.On(system);
            }));
        life.Host = builder.Build();
        await life.Host.StartAsync(cancel);

        // Akka.Hosting logs what failed, and ends its host: this one.
        if (life.Hold is null) throw new InvalidOperationException("The ActorSystem did not start; what failed is logged before this.");
        _life = life;
        _port = Akka.Cluster.Cluster.Get(life.System).SelfAddress.Port;
        _ = EndWithAsync(life);
    }

    private async Task EndAsync(string sentence, CancellationToken cancel)
    {
        if (_life is not { } life) return;
        life.StopSentence = sentence;
        life.IsEnding = true;
        life.Hold?.Release();
        await life.Host.StopAsync(cancel);
        await life.System.WhenTerminated.WaitAsync(NodeHost.StopTimeout, cancel);
        _services.GetRequiredService<ClusterDirectory>().Detach();
        _life = null;
        await life.DisposeAsync();
    }

    /// <summary>An ActorSystem that ends and was not told to takes the process along.</summary>
    private async Task EndWithAsync(Life life)
    {
        await life.System.WhenTerminated;
        if (!life.IsEnding) _process.StopApplication();
    }

    /// <summary>In tests of full disks the log's file has a bound.</summary>
    private AkkaConfigurationBuilder Bounded(AkkaConfigurationBuilder akka) =>
        _settings.Testing.LogPagesMax is > 0 and var pages ? akka.AddSetup(SmallLog.Of(pages)) : akka;

    /// <summary>A port that was free at the first start is kept: the node stays where the others know it.</summary>
    private Config AkkaConfig()
    {
        var config = NodeHost.AkkaConfig(_settings);
        _ = HostPort.TryParse(_settings.Options.Remote, out var remote);
        return _port is { } port && remote.Port == 0 ? ConfigurationFactory.ParseString($"akka.remote.dot-netty.tcp {{ port = {port}, public-port = {port} }}").WithFallback(config) : config;
    }

    private LocalNode LocalNodeOf(ActorSystem system)
    {
        var options = _settings.Options;
        var self = Akka.Cluster.Cluster.Get(system).SelfUniqueAddress;
        return new LocalNode(
            NodeName.Of(options.Name),
            new ClusterIdentity(options.ClusterName, options.Partitions),
            self.Address,
            self.Uid,
            _http.GetLeftPart(UriPartial.Authority),
            typeof(NodeHost).Assembly.GetName().Version?.ToString(3) ?? "0.0.0")
        {
            Weight = options.Weight,
            Zone = options.Zone,
            Seeds = [.. options.Seeds.Select(seed => AddressOf(seed, self.Address))],
        };
    }

    /// <summary>A seed speaks the same protocol as this node.</summary>
    private static Address AddressOf(string seed, Address self)
    {
        _ = HostPort.TryParse(seed, out var address);
        return new Address(self.Protocol, self.System, address.Host, address.Port);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The ActorSystem is restarted in this process. {Sentence}")]
    private static partial void SayRestarting(ILogger log, string sentence);

    [LoggerMessage(Level = LogLevel.Information, Message = "Another ActorSystem runs after {Took}; the disk is read back next")]
    private static partial void SayRestarted(ILogger log, TimeSpan took);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The ActorSystem could not be started; the process ends")]
    private static partial void SayFailed(ILogger log, Exception error);

    /// <summary>One ActorSystem and its host.</summary>
    internal sealed class Life : IAsyncDisposable
    {
        public IHost Host { get; set; } = null!;

        public ActorSystem System { get; set; } = null!;

        /// <summary>Null until it has begun.</summary>
        public ShutdownHold? Hold { get; set; }

        /// <summary>What requests are told while it ends.</summary>
        public string StopSentence { get; set; } = NodeComposition.Stopping;

        public bool IsEnding { get; set; }

        public async ValueTask DisposeAsync()
        {
            if (Host is IAsyncDisposable host) await host.DisposeAsync();
        }
    }

    /// <summary>Signals are for the process: its host hears them and stops the lives.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
