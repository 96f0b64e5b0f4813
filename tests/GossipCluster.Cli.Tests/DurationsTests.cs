namespace GossipCluster.Cli.Tests;

public sealed class DurationsTests
{
    [Theory]
    [InlineData("250ms", 0.25)]
    [InlineData("30s", 30)]
    [InlineData("1.5m", 90)]
    [InlineData("2h", 7200)]
    [InlineData("7", 7)]
    [InlineData("0s", 0)]
    public void Durations_have_a_unit_or_are_seconds(string text, double seconds)
    {
        Assert.True(Durations.TryParse(text, out var duration));
        Assert.Equal(seconds, duration.TotalSeconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("-1s")]
    [InlineData("1e9s")]
    [InlineData("200h")]
    [InlineData("5 s")]
    [InlineData("soon")]
    public void Anything_else_is_none(string text) => Assert.False(Durations.TryParse(text, out _));
}
