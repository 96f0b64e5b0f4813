namespace GossipCluster.MultiNode.TestKit;

/// <summary>Links on loopback, cut by the adapter under Akka.Remote: no root needed, sockets stay open.</summary>
internal sealed class AdapterLinkFaults(ClusterLinks links) : ILinkFaults
{
    public Task SetAsync(ClusterNode a, ClusterNode b, bool sends, bool receives) => (sends, receives) switch
    {
        (true, true) => links.HealAsync(a, b),
        (false, false) => links.CutAsync(a, b),
        (false, true) => OneWayAsync(a, b),
        (true, false) => OneWayAsync(b, a),
    };

    public Task ThrottleAsync(ClusterNode a, ClusterNode b, int bytesPerSecond) => links.ThrottleAsync(a, b, bytesPerSecond);

    public Task DisconnectAsync(ClusterNode a, ClusterNode b) => links.DisconnectAsync(a, b);

    public Task HealAllAsync() => links.HealAllAsync();

    // From a link that is whole: what a node keeps over a restart is a cut both ways.
    private async Task OneWayAsync(ClusterNode from, ClusterNode to)
    {
        await links.HealAsync(from, to);
        await links.CutOneWayAsync(from, to);
    }
}
