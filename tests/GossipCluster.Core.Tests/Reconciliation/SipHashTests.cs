using System.Buffers.Binary;
using CsCheck;
using GossipCluster.Core.Reconciliation;

namespace GossipCluster.Core.Tests.Reconciliation;

public sealed class SipHashTests
{
    // The key of the reference vectors: the bytes 0 to 15. Input: the bytes 0 to length - 1.
    private static readonly SipHash Key = new(0x0706_0504_0302_0100, 0x0F0E_0D0C_0B0A_0908);

    [Theory]
    [InlineData(0, 0x726f_db47_dd0e_0e31)]
    [InlineData(8, 0x93f5_f579_9a93_2462)]
    [InlineData(15, 0xa129_ca61_49be_45e5)]
    public void The_reference_vectors_hold(int length, ulong expected) =>
        Assert.Equal(expected, Key.Of([.. Enumerable.Range(0, length).Select(number => (byte)number)]));

    [Fact]
    public void Four_numbers_hash_as_their_bytes() => Property.ForAll(Gen.ULong.Array[6], numbers =>
    {
        var bytes = new byte[32];
        for (var i = 0; i < 4; i++) BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8 * i), numbers[i]);
        var hash = new SipHash(numbers[4], numbers[5]);

        Assert.Equal(hash.Of(bytes), hash.Of(numbers[0], numbers[1], numbers[2], numbers[3]));
    });
}
