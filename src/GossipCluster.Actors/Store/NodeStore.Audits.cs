using Akka.Actor;
using GossipCluster.Actors.Replicas;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Actors.Store;

/// <content>Audits of this node's replicas.</content>
public sealed partial class NodeStore : IAudits
{
    private static readonly TimeSpan AuditPatience = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public ValueTask<NodeAudits?> AuditsAsync(CancellationToken cancel) => AskAsync(starts: false, waits: false, AuditPatience, cancel);

    /// <inheritdoc/>
    public async ValueTask<NodeAudits?> AuditNowAsync(TimeSpan wait, CancellationToken cancel)
    {
        if (wait <= TimeSpan.Zero) return await AskAsync(starts: true, waits: false, AuditPatience, cancel);
        try
        {
            return await AskAsync(starts: true, waits: true, wait, cancel);
        }
        catch (TimeoutException)
        {
            return await AuditsAsync(cancel);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<bool> DamageAsync(Key key, int n, DamageKind? kind, bool onDisk)
    {
        var state = _state;
        if (!state.TakesRequests) return false;
        var ticket = new DamageTicket(state.AddressOf(key, n), key, kind, onDisk);
        state.ShardOf(ticket.Address.Partition).Tell(ticket, ActorRefs.NoSender);
        return await ticket.Task;
    }

    private async ValueTask<NodeAudits?> AskAsync(bool starts, bool waits, TimeSpan patience, CancellationToken cancel)
    {
        var state = _state;
        if (state.Shards.IsEmpty) return null;
        var tickets = state.Shards.Select(shard =>
        {
            var ticket = new AuditTicket(starts, waits);
            shard.Tell(ticket, ActorRefs.NoSender);
            return ticket.Task;
        }).ToArray();
        var parts = await Task.WhenAll(tickets).WaitAsync(patience, cancel);
        return new NodeAudits(state.Status.Name, [.. parts.SelectMany(part => part).OrderBy(status => (status.N, status.Partition))]);
    }
}
