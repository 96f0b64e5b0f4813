using Akka.Actor;
using Akka.Remote;
using Akka.Remote.Transport;
using GossipCluster.Actors.Testing;
using Direction = Akka.Remote.Transport.ThrottleTransportAdapter.Direction;

namespace GossipCluster.Node.Testing;

/// <summary>What a test has done to this node's connections. It holds for an ActorSystem that is begun later in this process too.</summary>
/// <remarks>
/// Under Akka.Remote lies its adapter <c>trttl</c>, which drops what goes to or comes from an address, or lets it through at a rate. Sockets stay open: to the node
/// the network has gone silent, as in a real cut. One setting a peer.
/// </remarks>
internal sealed class LinkFaults(NodeSettings settings) : IDisposable
{
    private readonly Dictionary<HostPort, (Direction Direction, ThrottleMode Mode)> _faults = [];
    private readonly SemaphoreSlim _turn = new(1, 1);
    private ActorSystem? _system;

    /// <summary>Before anything is said to anybody: what holds is put into a new ActorSystem.</summary>
    public async Task BeginAsync(ActorSystem system)
    {
        await _turn.WaitAsync();
        try
        {
            _system = system;
            foreach (var text in settings.Testing.Cut.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                if (HostPort.TryParse(text, out var peer)) _faults.TryAdd(peer, (Direction.Both, Blackhole.Instance));
            }

            foreach (var (peer, fault) in _faults) await SetAsync(peer, fault.Direction, fault.Mode);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>From now on. Between two ActorSystems: from the next one's start.</summary>
    /// <param name="peer">Where the other node listens.</param>
    /// <param name="direction">As this node sees it.</param>
    /// <param name="mode">Cut, pass or throttle.</param>
    public async Task ApplyAsync(HostPort peer, Direction direction, ThrottleMode mode)
    {
        await _turn.WaitAsync();
        try
        {
            // The adapter keeps the last word for each direction of a connection that is there: what the new one leaves alone passes.
            var isNarrower = direction != Direction.Both && _faults.ContainsKey(peer);
            _faults[peer] = (direction, mode);
            if (isNarrower) await SetAsync(peer, Direction.Both, Unthrottled.Instance);
            await SetAsync(peer, direction, mode);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Closes the connections to a node as if they had broken; they come again by themselves.</summary>
    /// <remarks>This end knows. The adapter of the other one hears that the socket is closed and keeps it to itself: until that end finds out, it has a connection that is half open.</remarks>
    public async Task DisconnectAsync(HostPort peer)
    {
        await _turn.WaitAsync();
        try
        {
            await CommandAsync(address => new ForceDisassociateExplicitly(address, DisassociateInfo.Unknown), peer);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private Task SetAsync(HostPort peer, Direction direction, ThrottleMode mode) => CommandAsync(address => new SetThrottle(address, direction, mode), peer);

    /// <summary>An ActorSystem that ends answers nobody, and needs nothing any more.</summary>
    private async Task CommandAsync(Func<Address, object> command, HostPort peer)
    {
        if (_system is not { WhenTerminated.IsCompleted: false } system) return;
        var provider = (IRemoteActorRefProvider)((ExtendedActorSystem)system).Provider;
        var done = provider.Transport.ManagementCommand(command(new Address(provider.DefaultAddress.Protocol, system.Name, peer.Host, peer.Port)));
        if (await Task.WhenAny(done, system.WhenTerminated) == done) await done;
    }
}
