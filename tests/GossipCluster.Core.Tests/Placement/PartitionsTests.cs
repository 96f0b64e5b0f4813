using CsCheck;
using GossipCluster.Core.Placement;

namespace GossipCluster.Core.Tests.Placement;

public sealed class PartitionsTests
{
    private static readonly Gen<int> Count = Gen.OneOf(
        Gen.Int[Partitions.CountMin, 8],
        Gen.Int[Partitions.CountMin, Partitions.CountMax],
        Gen.Const(Partitions.CountMax));

    [Fact]
    public void A_hash_has_one_partition_by_an_exact_product() =>
        Gen.Select(Gen.ULong, Count).Sample((hash, count) =>
            Assert.Equal((int)((UInt128)hash * (uint)count >> 64), Partitions.Of(hash, count)));

    [Fact]
    public void Partitions_are_contiguous_ranges_that_start_at_their_first_hash() =>
        Gen.Select(Count, Gen.Double.Unit).Sample((count, share) =>
        {
            var partition = (int)(share * count);

            var first = Partitions.FirstHash(partition, count);

            Assert.Equal(partition, Partitions.Of(first, count));
            if (partition > 0) Assert.Equal(partition - 1, Partitions.Of(first - 1, count));
        });

    [Fact]
    public void The_ends_of_the_hash_space_lie_in_the_first_and_the_last_partition() =>
        Count.Sample(count =>
        {
            Assert.Equal(0, Partitions.Of(0, count));
            Assert.Equal(count - 1, Partitions.Of(ulong.MaxValue, count));
        });

    [Theory]
    [InlineData(-1, 64)]
    [InlineData(64, 64)]
    public void A_partition_that_is_none_has_no_first_hash(int partition, int count) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Partitions.FirstHash(partition, count));
}
