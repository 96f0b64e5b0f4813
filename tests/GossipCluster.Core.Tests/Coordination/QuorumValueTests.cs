using CsCheck;
using GossipCluster.Core.Coordination;

namespace GossipCluster.Core.Tests.Coordination;

public sealed class QuorumValueTests
{
    private static readonly QuorumValue[] Words = [QuorumValue.Default, QuorumValue.One, QuorumValue.Quorum, QuorumValue.All];

    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(2, 1, 2, 2)]
    [InlineData(3, 1, 2, 3)]
    [InlineData(4, 1, 3, 4)]
    [InlineData(5, 1, 3, 5)]
    [InlineData(16, 1, 9, 16)]
    public void Words_mean_numbers(int n, int one, int quorum, int all)
    {
        Assert.Equal(one, Resolved("one", n));
        Assert.Equal(quorum, Resolved("quorum", n));
        Assert.Equal(all, Resolved("all", n));
        Assert.Null(Resolved("default", n));
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("3", 3)]
    [InlineData("+2", 2)]
    [InlineData("002", 2)]
    [InlineData("4", null)]
    [InlineData("-1", null)]
    [InlineData("99999999999999999999", null)]
    [InlineData("-99999999999999999999", null)]
    public void An_integer_is_itself_where_n_allows_it(string text, int? expected) => Assert.Equal(expected, Resolved(text, 3));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("bogus")]
    [InlineData("ONE")]
    [InlineData("1.0")]
    [InlineData("1e1")]
    [InlineData(" 1")]
    [InlineData("-")]
    [InlineData("٣")]
    public void Other_texts_are_no_quorum(string? text) => Assert.False(QuorumValue.TryParse(text, out _));

    [Fact]
    public void Its_text_is_read_back_as_itself() =>
        Gen.OneOf(
                Gen.Int[0, 3].Select(index => Words[index]),
                Gen.Int[-20, 20].Select(QuorumValue.Of))
            .Sample(value => Assert.True(QuorumValue.TryParse(value.ToString(), out var read) && read == value));

    private static int? Resolved(string text, int n)
    {
        Assert.True(QuorumValue.TryParse(text, out var value));
        return value.TryResolve(n, out var replicas) ? replicas : null;
    }
}
