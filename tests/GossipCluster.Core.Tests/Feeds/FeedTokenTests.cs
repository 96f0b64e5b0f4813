using GossipCluster.Core.Causality;
using GossipCluster.Core.Feeds;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Core.Tests.Feeds;

public sealed class FeedTokenTests
{
    private static readonly FeedToken Tokens = new("the secret of all tests"u8);

    [Fact]
    public void A_position_comes_back_as_it_was()
    {
        var position = new FeedPosition(0x0123_4567_89AB_CDEF, 3, 64, Enumerable.Range(0, 64).ToDictionary(
            partition => partition, partition => DotSet.Of(Replicas.Id(partition % 3), 1, 1000 + partition).Union(DotSet.Of(Replicas.Id(3), 5, 9))));

        var text = Tokens.Encode(position)!;

        Assert.True(Tokens.TryDecode(text, out var read, out var error), error);
        Assert.Equal((position.ScopeHash, position.N, position.PartitionCount), (read.ScopeHash, read.N, read.PartitionCount));
        Assert.Equal(position.Clocks.OrderBy(clock => clock.Key), read.Clocks.OrderBy(clock => clock.Key));
        Assert.InRange(text.Length, 1, 2000);
    }

    [Fact]
    public void One_that_would_not_fit_into_a_header_is_not_made()
    {
        var clock = DotSet.Of(Enumerable.Range(0, 30_000).Select(i => new Dot(Replicas.Id(0), (2 * i) + 1)));

        Assert.Null(Tokens.Encode(new FeedPosition(1, 3, 1, new Dictionary<int, DotSet> { [0] = clock })));
    }

    [Theory]
    [InlineData("")]
    [InlineData("gQ")]
    [InlineData("not base64 at all")]
    [InlineData("gQAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void What_was_made_up_is_refused_with_a_sentence(string text)
    {
        Assert.False(Tokens.TryDecode(text, out _, out var error));
        Assert.EndsWith(".", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_one_and_one_of_another_cluster_are_refused()
    {
        var text = Tokens.Encode(new FeedPosition(1, 3, 1, new Dictionary<int, DotSet> { [0] = DotSet.Of(Replicas.Id(0), 1, 7) }))!;
        var damaged = text[..20] + (text[20] == 'A' ? 'B' : 'A') + text[21..];

        Assert.False(Tokens.TryDecode(damaged, out _, out _));
        Assert.False(new FeedToken("another secret of tests"u8).TryDecode(text, out _, out _));
        Assert.False(Tokens.TryDecode(new string('A', FeedToken.TextLengthMax + 1), out _, out _));
    }

    [Fact]
    public void Context_tokens_and_positions_are_not_taken_for_each_other()
    {
        var contexts = new ContextToken("the secret of all tests"u8);
        var key = Key.Of("sets", "b", "k");
        var clock = DotSet.Of(Replicas.Id(0), 1, 7);

        Assert.False(Tokens.TryDecode(contexts.Encode(new TokenPlace(key.Hash, 3), clock), out _, out _));
        Assert.False(contexts.TryDecode(key.Hash, Tokens.Encode(new FeedPosition(key.Hash, 3, 1, new Dictionary<int, DotSet> { [0] = clock }))!, out _, out _));
    }
}
