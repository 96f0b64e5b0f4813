using GossipCluster.Cli.Bench;

namespace GossipCluster.Cli.Tests.Bench;

public sealed class MixTests
{
    private static readonly string[] Known = ["increment", "read", "delete"];

    [Fact]
    public void Operations_are_drawn_in_proportion_to_their_weights()
    {
        var mix = Mix.TryParse("increment=80, read=20", Known, out _)!;
        var random = new Random(1);
        var counts = new int[2];

        for (var draw = 0; draw < 100_000; draw++) counts[mix.Draw(random)]++;

        Assert.InRange(counts[0], 79_000, 81_000);
    }

    [Fact]
    public void A_name_alone_weighs_one_and_a_weight_of_zero_leaves_it_out()
    {
        var mix = Mix.TryParse("increment,delete=0,read=3", Known, out _)!;

        Assert.Equal([("increment", 1), ("read", 3)], mix.Entries);
    }

    [Theory]
    [InlineData("increment=80,write=20", "'write' in --mix is not an operation of this type; there are increment, read, delete.")]
    [InlineData("increment=-1", "'-1' in --mix is not a weight")]
    [InlineData("increment=1.5", "'1.5' in --mix is not a weight")]
    [InlineData("increment=9999999", "'9999999' in --mix is not a weight")]
    [InlineData("read,read", "'read' is in --mix twice.")]
    [InlineData("read=0", "--mix names no operation")]
    [InlineData("", "--mix names no operation")]
    public void What_is_wrong_is_said(string text, string sentence)
    {
        Assert.Null(Mix.TryParse(text, Known, out var problem));

        Assert.StartsWith(sentence, problem, StringComparison.Ordinal);
    }
}
