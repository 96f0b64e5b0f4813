using System.Threading.Channels;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using GossipCluster.Actors.Storage;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Actors.Tests.Storage;

/// <summary>A process's storage, in an actor system of its own; and what it says, in order.</summary>
internal sealed class TestStorage : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // For whoever looks for a fault.
    private static readonly string LogLevel = Environment.GetEnvironmentVariable("GOSSIPCLUSTER_TEST_LOG") ?? "OFF";

    private readonly ActorSystem _system;

    private TestStorage(StorageOptions options, ActorSystemSetup setup, Func<string, IActorRef, Props>? writer)
    {
        var config = StorageConfig.Hocon(options).WithFallback(ConfigurationFactory.ParseString($"akka {{ loglevel = {LogLevel}, stdout-loglevel = OFF }}"));
        _system = ActorSystem.Create("storage-test", setup.And(BootstrapSetup.Create().WithConfig(config)));
        Disk = new Ear<StorageProtocol.DiskState>(_system);
        Actor = _system.ActorOf(writer is null ? StorageActor.CreateProps(options, ReplicaOptions.Default) : StorageActor.CreateProps(options, ReplicaOptions.Default, writer), "storage");
        Self = NewReceiver(out var heard);
        Heard = heard;
    }

    public IActorRef Actor { get; }

    public IActorRef Self { get; }

    public ChannelReader<object> Heard { get; }

    /// <summary>What was said of the disk on the event stream.</summary>
    public Ear<StorageProtocol.DiskState> Disk { get; }

    public static TestStorage Start(StorageOptions options, Func<string, IActorRef, Props>? writer = null, params Setup[] setups) =>
        new(options, setups.Aggregate(ActorSystemSetup.Empty, (all, setup) => all.And(setup)), writer);

    /// <summary>Starts, and reads everything back.</summary>
    public static async Task<(TestStorage Storage, StorageProtocol.Recovered Recovered)> StartAndRecover(StorageOptions options, params Setup[] setups)
    {
        var storage = Start(options, null, setups);
        return (storage, await storage.Recover());
    }

    public Task<StorageProtocol.Recovered> Recover() => Ask<StorageProtocol.Recovered>(StorageProtocol.Recover.Instance);

    public async Task<T> Ask<T>(object message)
    {
        Actor.Tell(message, Self);
        return await Expect<T>();
    }

    /// <summary>The next message of a type; what comes before it is dropped.</summary>
    public Task<T> Expect<T>() => Next<T>(Heard);

    public static async Task<T> Next<T>(ChannelReader<object> heard)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(Patience);
        while (true)
        {
            object message;
            try
            {
                message = await heard.ReadAsync(deadline.Token);
            }
            catch (OperationCanceledException late)
            {
                throw new TimeoutException($"No {typeof(T).Name} within {Patience.TotalSeconds} s.", late);
            }

            if (message is T wanted) return wanted;
            if (message is StorageProtocol.Damaged damaged) throw new InvalidOperationException(damaged.Sentence);
        }
    }

    /// <summary>Somebody else who hears answers.</summary>
    public IActorRef NewReceiver(out ChannelReader<object> heard)
    {
        var channel = Channel.CreateUnbounded<object>();
        heard = channel.Reader;
        return _system.ActorOf(Props.Create(() => new Receiver(channel.Writer)));
    }

    /// <summary>Writes what is pending, and ends.</summary>
    public async Task Close()
    {
        await Ask<StorageProtocol.Closed>(StorageProtocol.Close.Instance);
        await _system.Terminate();
    }

    /// <summary>Completes when the storage has ended by itself.</summary>
    public Task Watch() => Actor.WatchAsync(TestContext.Current.CancellationToken);

    /// <summary>Ends in the middle of whatever is going on.</summary>
    public Task Kill() => _system.Terminate();

    public async ValueTask DisposeAsync() => await _system.Terminate();

    private sealed class Receiver : UntypedActor
    {
        private readonly ChannelWriter<object> _heard;

        public Receiver(ChannelWriter<object> heard) => _heard = heard;

        protected override void OnReceive(object message) => _heard.TryWrite(message);
    }
}

/// <summary>Keeps everything of one type that is published.</summary>
internal sealed class Ear<T>
{
    private readonly Channel<object> _heard = Channel.CreateUnbounded<object>();

    public Ear(ActorSystem system)
    {
        var heard = _heard;
        system.EventStream.Subscribe(system.ActorOf(Props.Create(() => new Listener(heard))), typeof(T));
    }

    public Task<T> Next() => TestStorage.Next<T>(_heard.Reader);

    private sealed class Listener : UntypedActor
    {
        private readonly Channel<object> _heard;

        public Listener(Channel<object> heard) => _heard = heard;

        protected override void OnReceive(object message) => _heard.Writer.TryWrite(message);
    }
}
