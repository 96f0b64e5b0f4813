using CsCheck;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Tests.Causality;

public sealed class DotSetWireTests
{
    private static readonly DotSet Sample = DotSet.Of(Replicas.Id(0), 1, 300)
        .Union(DotSet.Of(Replicas.Id(0), 302, 302))
        .Union(DotSet.Of(Replicas.Id(1), 1, 1))
        .Union(DotSet.Of(Replicas.Id(2), 1_000_000, 1_000_009));

    private static readonly Gen<DotSet> Sets = Gen.Select(Gen.Int[0, 9], Gen.Long[1, DotSet.CounterMax - 10], Gen.Long[0, 10]).Array[0, 10].Select(ranges =>
    {
        var builder = new DotSet.Builder();
        foreach (var (id, first, more) in ranges) builder.Add(Replicas.Id(id), first, first + more);
        return builder.ToSet();
    });

    // On disk and on the wire for ever: a change here is a new version of every form that holds a set of dots.
    [Fact(DisplayName = "The form of a set of dots is this one, byte for byte")]
    public void Golden_bytes()
    {
        var bytes = Convert.ToHexStringLower(Sample.ToBytes());

        Assert.Equal("03016100100000000000000200ab0200000162011000000000000001000001630210000000000000" + "01bf843d09", bytes);
        Assert.Equal("00", Convert.ToHexStringLower(DotSet.Empty.ToBytes()));
        Assert.True(DotSet.TryRead(Convert.FromHexString(bytes), out var again, out _));
        Assert.Equal(Sample, again);
    }

    [Fact(DisplayName = "What is written is what is read")]
    public void Round_trip() => Property.ForAll(
        Sets,
        set =>
        {
            Assert.True(DotSet.TryRead(set.ToBytes(), out var again, out var error), error.ToString());

            Assert.Equal(set, again);
        },
        times: 1_000);

    [Fact(DisplayName = "Hostile bytes never throw, and what is read of them is canonical")]
    public void Hostile_bytes_are_refused_or_canonical() => Property.ForAll(
        Gen.Frequency((1, Histories.Bytes(80)), (3, Hostile.Mutations([Sample.ToBytes(), DotSet.Of(Replicas.Id(1), 1, 5).ToBytes()]))),
        bytes =>
        {
            var allocated = Hostile.Allocated(() => DotSet.TryRead(bytes, out _, out _));
            var isRead = DotSet.TryRead(bytes, out var set, out var error);

            Assert.InRange(allocated, 0, 2_000 + (bytes.Length * 32));
            if (isRead) Assert.Equal(bytes, set.ToBytes());
            else Assert.InRange(error.Offset, 0, bytes.Length);
        },
        times: 20_000);

    [Theory(DisplayName = "A form that is not the canonical one is refused")]
    [InlineData("an id without ranges", "01 0161 0010000000000000 00")]
    [InlineData("ids in the wrong order", "02 0162 0110000000000000 01 00 00 0161 0010000000000000 01 00 00")]
    [InlineData("an id twice", "02 0161 0010000000000000 01 00 00 0161 0010000000000000 01 05 00")]
    [InlineData("a superfluous group in a count", "8100 0161 0010000000000000 01 00 00")]
    [InlineData("a superfluous group in a gap", "01 0161 0010000000000000 01 8000 00")]
    [InlineData("a superfluous group in a length", "01 0161 0010000000000000 01 00 8000")]
    [InlineData("a varint of more than 64 bits", "01 0161 0010000000000000 01 ffffffffffffffffff02 00")]
    [InlineData("a first counter that overflows", "01 0161 0010000000000000 01 ffffffffffffffff7f 00")]
    [InlineData("a last counter that overflows", "01 0161 0010000000000000 01 05 ffffffffffffffff7f")]
    [InlineData("a counter beyond the greatest", "01 0161 0010000000000000 01 00 ffffffffffffffff3f")]
    [InlineData("a second range beyond the greatest", "01 0161 0010000000000000 02 00 feffffffffffffff3f 00 00")]
    [InlineData("more ranges than bytes", "01 0161 0010000000000000 ffffffff0f 00 00")]
    [InlineData("more ids than bytes", "ffffffff0f 0161 0010000000000000 01 00 00")]
    [InlineData("generation zero", "01 0161 0000000000000000 01 00 00")]
    [InlineData("a name that is none", "01 012f 0010000000000000 01 00 00")]
    [InlineData("an empty name", "01 00 0010000000000000 01 00 00")]
    [InlineData("a byte too many", "01 0161 0010000000000000 01 00 00 00")]
    [InlineData("a byte too few", "01 0161 0010000000000000 01 00")]
    [InlineData("no bytes", "")]
    public void Other_forms_are_refused(string what, string hex)
    {
        Assert.False(DotSet.TryRead(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)), out var set, out var error), what);
        Assert.True(set.IsEmpty);
        Assert.StartsWith("Malformed bytes at offset", error.ToString(), StringComparison.Ordinal);
    }

    [Fact(DisplayName = "Ranges that touch cannot be written: the smallest gap leaves one counter out")]
    public void Adjacent_ranges_have_no_form()
    {
        var bytes = Convert.FromHexString("0101610010000000000000020000" + "0000");

        Assert.True(DotSet.TryRead(bytes, out var set, out _));

        Assert.Equal(DotSet.Of([new Dot(Replicas.Id(0), 1), new Dot(Replicas.Id(0), 3)]), set);
    }

    [Fact(DisplayName = "The greatest counter is read, and the one after it can be asked for")]
    public void The_greatest_counter_is_fine()
    {
        var set = DotSet.Of(Replicas.Id(0), DotSet.CounterMax, DotSet.CounterMax);

        Assert.True(DotSet.TryRead(set.ToBytes(), out var again, out _));

        Assert.Equal(set, again);
        Assert.False(again.Contains(Replicas.Id(0), DotSet.CounterMax + 1));
        Assert.Equal(1, again.Count);
    }

    [Fact(DisplayName = "Varints are read as they are written, and in no longer form")]
    public void Varints_are_canonical() => Property.ForAll(
        Gen.Select(Gen.ULong, Gen.Int[0, 63], (value, shift) => value >> shift),
        value =>
        {
            var writer = new WireWriter(1);
            writer.WriteVarint(value);
            writer.WriteSigned((long)value);
            Assert.Equal(WireWriter.VarintSize(value) + WireWriter.VarintSize((ulong)(((long)value << 1) ^ ((long)value >> 63))), writer.Length);

            var reader = new WireReader(writer.Written);
            Assert.Equal(value, reader.ReadVarint());
            Assert.Equal((long)value, reader.ReadSigned());
            Assert.True(reader.AtEnd);

            var longer = new WireWriter(16);
            longer.WriteVarint(value);
            byte[] padded = [.. longer.ToArray()[..^1], (byte)(longer.Written[^1] | 0x80), 0];
            var strict = new WireReader(padded);
            strict.ReadVarint();
            Assert.True(strict.Failed);
        },
        times: 1_000);
}
