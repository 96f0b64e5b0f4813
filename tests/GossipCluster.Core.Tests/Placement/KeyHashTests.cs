using System.Text;
using GossipCluster.Core.Placement;

namespace GossipCluster.Core.Tests.Placement;

public sealed class KeyHashTests
{
    [Theory]
    [InlineData("", 0x2D06800538D394C2UL)]
    [InlineData("a", 0xE6C632B61E964E1FUL)]
    [InlineData("sets/carts/1", 0x315D299FE81689A8UL)]
    [InlineData("counters/visits/the-quick-brown-fox-jumps-over-the-lazy-dog-and-back-again", 0x695053473D461CA7UL)]
    public void A_key_hashes_to_the_same_value_for_ever(string key, ulong expected) =>
        Assert.Equal(expected, KeyHash.Of(Encoding.UTF8.GetBytes(key)));

    [Fact]
    public void A_long_key_hashes_to_the_same_value_for_ever()
    {
        var key = Enumerable.Range(0, 1_000).Select(index => (byte)index).ToArray();

        Assert.Equal(0xD33DD80B46F60E50UL, KeyHash.Of(key));
    }
}
