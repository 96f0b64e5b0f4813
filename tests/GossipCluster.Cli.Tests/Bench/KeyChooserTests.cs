using GossipCluster.Cli.Bench;

namespace GossipCluster.Cli.Tests.Bench;

public sealed class KeyChooserTests
{
    private const int Draws = 400_000;

    [Fact]
    public void Uniform_uses_every_key_about_as_often()
    {
        var counts = Counts(KeyChooser.Uniform(100), 100);

        Assert.All(counts, count => Assert.InRange(count, Draws / 100 * 0.9, Draws / 100 * 1.1));
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.99)]
    [InlineData(1.5)]
    public void Zipf_uses_key_k_in_proportion_to_one_over_k_to_the_exponent(double exponent)
    {
        var counts = Counts(KeyChooser.Zipf(1_000, exponent), 1_000);

        var sum = Enumerable.Range(1, 1_000).Sum(k => Math.Pow(k, -exponent));
        foreach (var k in (int[])[1, 2, 3, 10, 30])
        {
            var expected = Draws * Math.Pow(k, -exponent) / sum;
            Assert.InRange(counts[k - 1], expected - (5 * Math.Sqrt(expected)), expected + (5 * Math.Sqrt(expected)));
        }
    }

    [Fact]
    public void One_key_is_always_the_first()
    {
        Assert.Equal(Draws, Counts(KeyChooser.Zipf(1, 0.99), 1)[0]);
        Assert.Equal(Draws, Counts(KeyChooser.Uniform(1), 1)[0]);
    }

    private static int[] Counts(KeyChooser chooser, int keys)
    {
        var random = new Random(7);
        var counts = new int[keys];
        for (var draw = 0; draw < Draws; draw++) counts[chooser.Draw(random)]++;
        return counts;
    }
}
