using CsCheck;
using GossipCluster.Core.Causality;

namespace GossipCluster.Core.Tests.Causality;

public sealed class ContextTokenTests
{
    private static readonly ContextToken Tokens = new("0123456789abcdef"u8);
    private static readonly TokenPlace Place = new(0x0123456789abcdef, 3);
    private const ulong Key = 0x0123456789abcdef;
    private static readonly DotSet Clock = DotSet.Of(Replicas.Id(0), 1, 300).Union(DotSet.Of(Replicas.Id(1), 7, 9));

    // Clients keep tokens: a change here is a new version of the token.
    [Fact(DisplayName = "The form of a token is this one, character for character")]
    public void Golden_text()
    {
        var token = Tokens.Encode(Place, Clock);

        Assert.Equal("Aql0rVQGskGIA-_Nq4lnRSMBAgFhABAAAAAAAAABAKsCAWIBEAAAAAAAAAEGAg", token);
    }

    [Fact(DisplayName = "A token gives back the clock that it was made of")]
    public void Round_trip() => Property.ForAll(
        Gen.Select(Gen.ULong, Gen.Long[1, 1_000].Array[0, 40]),
        (key, counters) =>
        {
            var clock = DotSet.Of(counters.Select((counter, i) => new Dot(Replicas.Id(i % 5), counter)));

            Assert.True(Tokens.TryDecode(key, Tokens.Encode(new TokenPlace(key, 5), clock), out var again, out var error), error.Sentence);

            Assert.Equal(clock, again);
            Assert.True(Tokens.TryDecode(Tokens.Encode(new TokenPlace(key, 5), clock), out var place, out again, out error), error.Sentence);
            Assert.Equal((new TokenPlace(key, 5), clock), (place, again));
        },
        times: 500);

    [Fact(DisplayName = "A token with any bit flipped is refused")]
    public void Every_flipped_bit_is_refused()
    {
        var token = Tokens.Encode(Place, Clock);

        for (var i = 0; i < token.Length; i++)
        {
            for (var bit = 0; bit < 7; bit++)
            {
                var changed = token[..i] + (char)(token[i] ^ (1 << bit)) + token[(i + 1)..];
                Assert.False(Tokens.TryDecode(Key, changed, out var clock, out _), changed);
                Assert.True(clock.IsEmpty);
            }
        }
    }

    [Fact(DisplayName = "A token cut short or lengthened is refused")]
    public void Every_other_length_is_refused()
    {
        var token = Tokens.Encode(Place, Clock);

        for (var length = 0; length < token.Length; length++) AssertRefused(Key, token[..length], null);
        foreach (var more in (string[])["A", "AA", "AAAA", "=", " "]) AssertRefused(Key, token + more, null);
    }

    [Fact(DisplayName = "A token of another key or of another cluster is refused")]
    public void Foreign_tokens_are_refused()
    {
        AssertRefused(Key + 1, Tokens.Encode(Place, Clock), TokenProblem.NotOurs);
        AssertRefused(0, Tokens.Encode(Place, Clock), TokenProblem.NotOurs);
        AssertRefused(Key, new ContextToken("fedcba9876543210"u8).Encode(Place, Clock), TokenProblem.NotOurs);
    }

    [Theory(DisplayName = "Text that is no base64url is refused as such")]
    [InlineData("not base64!")]
    [InlineData("a+/b")]
    [InlineData("AQ==")]
    [InlineData("A")]
    [InlineData("AA AA")]
    [InlineData("AAAA\nAAAA")]
    [InlineData("ÄÖÜß")]
    [InlineData("\0\0\0\0")]
    [InlineData("\ud800\ud800\ud800\ud800")]
    public void Other_text_is_refused(string text) => AssertRefused(Key, text, TokenProblem.NotBase64);

    [Fact(DisplayName = "Text that is too long is not looked at")]
    public void Huge_text_is_refused_without_work()
    {
        var text = new string('A', 10_000_000);

        var allocated = Hostile.Allocated(() => AssertRefused(Key, text, TokenProblem.TooLong));

        Assert.InRange(allocated, 0, 10_000);
        AssertRefused(Key, text[..ContextToken.TextLengthMax], TokenProblem.UnknownVersion);
    }

    [Theory(DisplayName = "A token of no version that is known is refused as such")]
    [InlineData("")]
    [InlineData("AQ")]
    [InlineData("AQAAAAAAAAAA")]
    [InlineData("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("AAAAAAAAAAAAAAAA")]
    public void Unknown_versions_are_refused(string text) => AssertRefused(Key, text, TokenProblem.UnknownVersion);

    [Fact(DisplayName = "Every problem comes with a sentence of its own")]
    public void Every_problem_has_a_sentence()
    {
        string[] texts = [new string('A', ContextToken.TextLengthMax + 1), "?", "", Tokens.Encode(new TokenPlace(1, 3), Clock)];

        var errors = texts.Select(text => AssertRefused(Key, text, null)).ToList();

        Assert.Equal([TokenProblem.TooLong, TokenProblem.NotBase64, TokenProblem.UnknownVersion, TokenProblem.NotOurs], errors.Select(error => error.Problem));
        Assert.Equal(4, errors.Select(error => error.Sentence).Distinct().Count());
        Assert.All(errors, error => Assert.EndsWith(".", error.Sentence, StringComparison.Ordinal));
    }

    [Fact(DisplayName = "Random text never throws")]
    public void Random_text_never_throws() => Property.ForAll(
        Gen.Frequency((1, Gen.String[0, 60]), (1, Gen.String[Gen.Char.AlphaNumeric, 0, 60])),
        text => AssertRefused(Key, text, null),
        times: 5_000);

    [Fact(DisplayName = "A secret of fewer than 16 bytes is a mistake in the program")]
    public void A_short_secret_throws() => Assert.Throws<ArgumentOutOfRangeException>(() => new ContextToken("short"u8));

    private static TokenError AssertRefused(ulong key, string text, TokenProblem? problem)
    {
        Assert.False(Tokens.TryDecode(key, text, out var clock, out var error), text);
        Assert.True(clock.IsEmpty);
        if (problem is not null) Assert.Equal(problem, error.Problem);
        return error;
    }
}
