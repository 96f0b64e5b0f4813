using GossipCluster.Actors.Replicas;

namespace GossipCluster.Actors.Tests;

public sealed class ReplicaAddressTests
{
    [Fact]
    public void An_address_reads_as_in_an_actor_path()
    {
        Assert.Equal("3-17", new ReplicaAddress(3, 17).ToString());
    }
}
