using System.IO.Hashing;
using System.Text;
using CsCheck;
using GossipCluster.Core.Audit;
using GossipCluster.Core.Causality;

namespace GossipCluster.Core.Tests.Audit;

public sealed class ItemHashTests
{
    private static readonly NodeName Node = NodeName.Of("n1");

    [Fact]
    public void An_item_hashes_to_the_same_value_for_ever()
    {
        var small = ItemHash.Of("sets/carts/1"u8, "milk"u8, Node, 0x0123_4567_89AB_CDEF, 42, "payload"u8);
        var large = ItemHash.Of("sets/carts/1"u8, "milk"u8, Node, 0x0123_4567_89AB_CDEF, 42, new byte[10_000]);

        Assert.Equal("B7D2E4A9C8E32AE0DF41199CB030A42C", small.ToString("X32"));
        Assert.Equal("0DDD580721D2E46D8CA35122275FEAC3", large.ToString("X32"));
    }

    [Fact]
    public void The_hash_is_that_of_all_fields_with_their_lengths() =>
        Gen.Select(Gen.Byte.Array[0, 300], Gen.Byte.Array[0, 100], Gen.ULong, Gen.Long, Gen.Byte.Array[0, 700])
            .Sample((key, path, generation, counter, payload) =>
                Assert.Equal(Plain(key, path, generation, counter, payload), ItemHash.Of(key, path, Node, generation, counter, payload)));

    [Fact]
    public void No_byte_wanders_from_one_field_to_the_next()
    {
        UInt128[] hashes =
        [
            ItemHash.Of("ab"u8, "c"u8, Node, 1, 1, "d"u8),
            ItemHash.Of("a"u8, "bc"u8, Node, 1, 1, "d"u8),
            ItemHash.Of("abc"u8, ""u8, Node, 1, 1, "d"u8),
            ItemHash.Of("ab"u8, "c"u8, NodeName.Of("n"), 1, 1, "d"u8),
            ItemHash.Of("ab"u8, "c"u8, Node, 2, 1, "d"u8),
            ItemHash.Of("ab"u8, "c"u8, Node, 1, 2, "d"u8),
            ItemHash.Of("ab"u8, "c"u8, Node, 1, 1, "e"u8),
            ItemHash.Of("ab"u8, "c"u8, Node, 1, 1, ""u8),
        ];

        Assert.Equal(hashes.Length, hashes.Distinct().Count());
    }

    [Fact]
    public void A_small_item_allocates_nothing()
    {
        var (key, payload) = (new byte[100], new byte[200]);
        ItemHash.Of(key, "milk"u8, Node, 1, 1, payload);

        var before = GC.GetAllocatedBytesForCurrentThread();
        ItemHash.Of(key, "milk"u8, Node, 1, 1, payload);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static UInt128 Plain(byte[] key, byte[] path, ulong generation, long counter, byte[] payload)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        foreach (var field in new[] { key, path, Encoding.ASCII.GetBytes(Node.Text) })
        {
            writer.Write(field.Length);
            writer.Write(field);
        }

        writer.Write(generation);
        writer.Write(counter);
        writer.Write(payload.Length);
        writer.Write(payload);
        return XxHash128.HashToUInt128(stream.ToArray());
    }
}
