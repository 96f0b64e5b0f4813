namespace GossipCluster.Node.Tests;

public sealed class BuiltInTypeTests
{
    [Fact]
    public void Seven_bucket_types_exist_from_the_start()
    {
        Assert.Equal(["counters", "flags", "gsets", "hlls", "maps", "registers", "sets"], Actors.Store.BucketType.BuiltIn.Select(type => type.Name));
    }
}
