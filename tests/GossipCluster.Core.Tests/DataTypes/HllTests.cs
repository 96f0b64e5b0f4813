using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Tests.DataTypes;

public sealed class HllTests
{
    private static readonly Key Key = Key.Of("hlls", "b", "k");

    [Theory(DisplayName = "The estimate is within 3 percent, from one element to a hundred thousand")]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(10_000)]
    [InlineData(100_000)]
    public void The_estimate_is_close(int count)
    {
        var registers = new HllRegisters();

        for (var i = 0; i < count; i++) registers.Add(BitConverter.GetBytes((long)i * 7_919), out _);

        Assert.InRange(registers.Estimate(), count * 0.97, count * 1.03);
    }

    [Fact(DisplayName = "Folding many items into one keeps the estimate, and so does joining what others added")]
    public void Folding_keeps_the_estimate()
    {
        var (a, b, all) = (Replicas.New(0), Replicas.New(1), new HllRegisters());
        var (most, folds) = (0L, 0);

        for (var i = 0; i < 60; i++)
        {
            var elements = Enumerable.Range(i * 150, 200).Select(n => $"element {n}").ToArray();
            foreach (var element in elements) all.Add(Show.Utf8(element), out _);
            var replica = i % 3 == 0 ? b : a;
            var before = replica.LiveDots(Key).Count;
            replica.Write(DataType.Hll, Key, new Operation.AddToHll(Operation.Utf8(elements)));
            folds += replica.LiveDots(Key).Count < before ? 1 : 0;
            most = Math.Max(most, replica.LiveDots(Key).Count);
            if (i % 10 == 9) Replicas.Sync(a, b);
        }

        Replicas.Sync(a, b);
        Replicas.Sync(b, a);
        Assert.Equal(all.Estimate(), ((DataValue.Hll)a.Read(Key)!).Estimate);
        Replicas.AssertSame(a, b);
        Assert.True(folds > 2);
        Assert.InRange(most, OperationStager.HllItemsMax, OperationStager.HllItemsMax * 2);
    }

    [Fact(DisplayName = "An element that is counted already changes nothing")]
    public void Counting_again_changes_nothing()
    {
        var replica = Replicas.New(0);
        replica.Write(DataType.Hll, Key, new Operation.AddToHll(Operation.Utf8("x", "x", "y")));

        Assert.True(replica.Stage(DataType.Hll, Key, new Operation.AddToHll(Operation.Utf8("y", "x")), Replicas.Now).IsUnchanged);

        Assert.Equal("~2", replica.Value(Key));
    }

    [Theory(DisplayName = "Both forms of a payload hold the registers, and a join takes the greater of each")]
    [InlineData(10)]
    [InlineData(4_000)]
    [InlineData(50_000)]
    public void Both_forms_round_trip(int count)
    {
        var (one, other, both) = (new HllRegisters(), new HllRegisters(), new HllRegisters());
        for (var i = 0; i < count; i++)
        {
            one.Add(BitConverter.GetBytes(i), out _);
            other.Add(BitConverter.GetBytes(i + (count / 2)), out _);
            both.Add(BitConverter.GetBytes(i), out _);
            both.Add(BitConverter.GetBytes(i + (count / 2)), out _);
        }

        var joined = new HllRegisters();
        foreach (var registers in (HllRegisters[])[one, other, one])
        {
            Assert.True(HllRegisters.IsValid(Payload(registers)));
            Assert.InRange(Payload(registers).Length, 1, 1 + (HllRegisters.Count * 6 / 8));
            joined.Join(Payload(registers));
        }

        Assert.Equal(Payload(both), Payload(joined));
        Assert.Equal(both.Estimate(), joined.Estimate());
    }

    [Theory(DisplayName = "A payload that no replica writes is refused")]
    [InlineData("02")]
    [InlineData("01")]
    [InlineData("0100")]
    [InlineData("000000")]
    [InlineData("000034")]
    [InlineData("0000")]
    [InlineData("00808001" + "01")]
    [InlineData("00ff7f01" + "0001")]
    [InlineData("00ffffffff0f" + "01")]
    public void Bad_payloads_are_refused(string hex) => Assert.False(HllRegisters.IsValid(Convert.FromHexString(hex)));

    [Fact(DisplayName = "No payload of a dense form with a rank beyond the greatest is taken, and none throws")]
    public void Random_payloads_never_throw() => Property.ForAll(
        Hostile.Mutations([Payload(Filled(5)), Payload(Filled(20_000))]),
        payload =>
        {
            if (!HllRegisters.IsValid(payload)) return;
            var registers = new HllRegisters();
            registers.Join(payload);
            Assert.True(registers.Estimate() >= 0);
        },
        times: 2_000);

    private static HllRegisters Filled(int count)
    {
        var registers = new HllRegisters();
        for (var i = 0; i < count; i++) registers.Add(BitConverter.GetBytes(i), out _);
        return registers;
    }

    private static byte[] Payload(HllRegisters registers)
    {
        var writer = new WireWriter();
        registers.WriteAll(writer);
        return writer.ToArray();
    }
}
