using GossipCluster.Actors.Replicas;
using GossipCluster.Actors.Store;
using GossipCluster.Core.Coordination;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Actors.Tests.Replicas;

public sealed class TicketTests
{
    [Fact]
    public async Task A_write_that_is_abandoned_is_not_said_to_be_undone()
    {
        var command = new WriteCommand(Key.Of("counters", "b", "k"), DataType.Counter, new Operation.Increment(1), new WriteQuorum(3, 2, 2, 0, 0));
        var ticket = new WriteTicket(command, new ReplicaAddress(3, 7));

        ticket.Abandon();

        Assert.Contains("may have been applied", Assert.IsType<WriteReply.Unsatisfied>(await ticket.Task).Sentence, StringComparison.Ordinal);
    }
}
