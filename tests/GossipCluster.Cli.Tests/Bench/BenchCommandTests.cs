using GossipCluster.Cli.Bench;

namespace GossipCluster.Cli.Tests.Bench;

public sealed class BenchCommandTests
{
    [Fact]
    public void Without_arguments_it_increments_and_reads_counters_of_the_first_dev_node()
    {
        var settings = BenchCommand.Settings();

        Assert.Equal([new Uri("http://127.0.0.1:8091")], settings.Nodes);
        Assert.Equal("counters", settings.Type);
        Assert.Equal([("increment", 80), ("read", 20)], settings.Mix.Entries);
        Assert.Equal((10_000, 64, 1, 16), (settings.KeyCount, settings.Connections, settings.Batch, settings.ValueSize));
        Assert.Equal((TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(5)), (settings.Duration, settings.Warmup));
        Assert.Null(settings.Rate);
    }

    [Fact]
    public void Lists_are_given_with_commas()
    {
        var settings = BenchCommand.Settings("--node", "http://127.0.0.1:1,http://127.0.0.1:2", "--pids", "12,13,12", "--duration", "250ms", "--rate", "1e3");

        Assert.Equal(2, settings.Nodes.Count);
        Assert.Equal([12, 13], settings.Pids);
        Assert.Equal(TimeSpan.FromMilliseconds(250), settings.Duration);
        Assert.Equal(1_000, settings.Rate);
    }

    [Theory]
    [InlineData("--type", "graphs", "'graphs' not recognized")]
    [InlineData("--node", "localhost:8091", "is not an address as http://127.0.0.1:8091")]
    [InlineData("--node", "https://127.0.0.1", "is not an address as http://127.0.0.1:8091")]
    [InlineData("--mix", "add=1", "is not an operation of this type")]
    [InlineData("--connections", "0", "--connections is 0; choose 1 to 10000.")]
    [InlineData("--duration", "soon", "'soon' is not a duration")]
    [InlineData("--duration", "-1s", "'-1s' is not a duration")]
    [InlineData("--rate", "0", "--rate must be above 0")]
    [InlineData("--w", "most", "--w is 'most'; write a number, one, quorum, all or default.")]
    [InlineData("--pids", "1,x", "'x' in --pids is not a process id.")]
    [InlineData("--zipf-exponent", "0", "--zipf-exponent is 0")]
    public void What_is_wrong_is_said(string option, string value, string sentence)
    {
        var failed = Assert.Throws<CommandException>(() => BenchCommand.Settings(option, value));

        Assert.Contains(sentence, failed.Message, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, failed.ExitCode);
    }

    [Fact]
    public void All_that_is_wrong_is_said_at_once()
    {
        var failed = Assert.Throws<CommandException>(() => BenchCommand.Settings("--keys", "0", "--batch", "2", "--w", "all", "--mix", "push"));

        Assert.Equal(3, failed.Message.Split('\n').Length);
    }
}
