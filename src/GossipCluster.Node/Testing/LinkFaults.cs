using System.Collections.Concurrent;
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
internal sealed class LinkFaults(NodeSettings settings)
{
    private readonly ConcurrentDictionary<HostPort, (Direction Direction, ThrottleMode Mode)> _faults = [];

    /// <summary>Before anything is said to anybody: what holds is put into a new ActorSystem.</summary>
    public async Task BeginAsync(ActorSystem system)
    {
        foreach (var text in settings.Testing.Cut.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (HostPort.TryParse(text, out var peer)) _faults.TryAdd(peer, (Direction.Both, Blackhole.Instance));
        }

        foreach (var (peer, fault) in _faults) await SetAsync(system, peer, fault.Direction, fault.Mode);
    }

    /// <summary>From now on.</summary>
    /// <param name="system">Null between two ActorSystems: then from the next one's start.</param>
    /// <param name="peer">Where the other node listens.</param>
    /// <param name="direction">As this node sees it.</param>
    /// <param name="mode">Cut, pass or throttle.</param>
    public async Task ApplyAsync(ActorSystem? system, HostPort peer, Direction direction, ThrottleMode mode)
    {
        // The adapter keeps the last word for each direction of a connection that is there: what the new one leaves alone passes.
        var isNarrower = direction != Direction.Both && _faults.ContainsKey(peer);
        _faults[peer] = (direction, mode);
        if (system is null) return;
        if (isNarrower) await SetAsync(system, peer, Direction.Both, Unthrottled.Instance);
        await SetAsync(system, peer, direction, mode);
    }

    /// <summary>Closes the connections to a node; they come again by themselves.</summary>
    public static Task DisconnectAsync(ActorSystem system, HostPort peer) => TransportOf(system).ManagementCommand(new ForceDisassociate(AddressOf(system, peer)));

    private static Task<bool> SetAsync(ActorSystem system, HostPort peer, Direction direction, ThrottleMode mode) =>
        TransportOf(system).ManagementCommand(new SetThrottle(AddressOf(system, peer), direction, mode));

    private static RemoteTransport TransportOf(ActorSystem system) => ((IRemoteActorRefProvider)((ExtendedActorSystem)system).Provider).Transport;

    private static Address AddressOf(ActorSystem system, HostPort peer) =>
        new(((ExtendedActorSystem)system).Provider.DefaultAddress.Protocol, system.Name, peer.Host, peer.Port);
}
