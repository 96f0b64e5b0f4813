using GossipCluster.Core.Coordination;

namespace GossipCluster.Core.Tests.Coordination;

public sealed class QuorumTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 2)]
    [InlineData(4, 3)]
    [InlineData(5, 3)]
    public void A_request_that_says_nothing_gets_majorities_and_nothing_strict(int n, int majority)
    {
        Assert.Equal(new WriteQuorum(n, majority, majority, 0, 0), Write(n, "", new QuorumProperties()));
        Assert.Equal(new ReadQuorum(n, majority, 0), Read(n, "", new QuorumProperties()));
    }

    [Fact]
    public void A_request_overrides_its_bucket_type_value_by_value()
    {
        var properties = new QuorumProperties { W = QuorumValue.All, Dw = QuorumValue.One, Pr = QuorumValue.One, NotFoundOk = false };

        Assert.Equal(new WriteQuorum(3, 1, 1, 2, 3), Write(3, "w=one&pw=quorum&node_confirms=3", properties));
        Assert.Equal(new WriteQuorum(3, 3, 1, 0, 0), Write(3, "w=default", properties));
        Assert.Equal(new ReadQuorum(3, 3, 1, NotFoundOk: false), Read(3, "r=3", properties));
        Assert.Equal(
            new ReadQuorum(3, 2, 1, NotFoundOk: true, BasicQuorum: true),
            Read(3, "notfound_ok=TRUE&basic_quorum=true", properties));
    }

    [Fact]
    public void A_bucket_type_that_says_default_gets_the_standard_value() =>
        Assert.Equal(
            new WriteQuorum(5, 3, 3, 0, 0),
            Write(5, "", new QuorumProperties { W = QuorumValue.Default, Pw = QuorumValue.Default }));

    [Fact]
    public void No_copies_at_all_counts_as_one()
    {
        Assert.Equal(new WriteQuorum(3, 1, 0, 0, 0), Write(3, "w=0&dw=0", new QuorumProperties()));
        Assert.Equal(new ReadQuorum(3, 1, 0), Read(3, "r=0", new QuorumProperties()));
    }

    [Fact]
    public void All_bad_parameters_are_told_at_once()
    {
        List<QuorumError> errors = [];
        Parse("r=bogus&pr=1&w=one&dw=two&pw=3&node_confirms=x&notfound_ok=maybe&basic_quorum=default", errors);

        Assert.Equal(
            [
                "r query parameter must be an integer or one of the following words: 'one', 'quorum' or 'all'",
                "dw query parameter must be an integer or one of the following words: 'one', 'quorum' or 'all'",
                "node_confirms query parameter must be an integer or one of the following words: 'one', 'quorum' or 'all'",
                "notfound_ok query parameter must be true or false",
            ],
            errors.Select(error => error.Sentence),
            StringComparer.Ordinal);
    }

    [Fact]
    public void All_values_above_n_are_told_at_once()
    {
        List<QuorumError> errors = [];
        var asked = Parse("w=4&dw=3&pw=5&node_confirms=-1&r=4", errors);

        Assert.False(WriteQuorum.TryResolve(3, asked, QuorumProperties.Standard, errors, out _));
        Assert.False(ReadQuorum.TryResolve(3, asked, QuorumProperties.Standard, errors, out _));
        Assert.Equal(["w", "pw", "node_confirms", "r"], errors.Select(error => error.Name), StringComparer.Ordinal);
        Assert.Equal(
            "Specified w/dw/pw/node_confirms values invalid for bucket n value of 3",
            Assert.Single(errors.Select(error => error.Sentence).Distinct(StringComparer.Ordinal)));
    }

    [Fact]
    public void A_bucket_types_number_is_never_cut_down_to_a_smaller_n()
    {
        var properties = new QuorumProperties { Pw = QuorumValue.Of(2) };

        Assert.Empty(properties.Validate(2));
        Assert.Equal("pw", Assert.Single(properties.Validate(1)).Name);
    }

    private static WriteQuorum Write(int n, string query, QuorumProperties properties)
    {
        List<QuorumError> errors = [];
        Assert.True(WriteQuorum.TryResolve(n, Parse(query, errors), properties, errors, out var quorum));
        return quorum;
    }

    private static ReadQuorum Read(int n, string query, QuorumProperties properties)
    {
        List<QuorumError> errors = [];
        Assert.True(ReadQuorum.TryResolve(n, Parse(query, errors), properties, errors, out var quorum));
        return quorum;
    }

    private static QuorumParameters Parse(string query, List<QuorumError> errors)
    {
        var values = query.Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair.Split('='))
            .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
        return QuorumParameters.Parse(name => values.GetValueOrDefault(name), errors);
    }
}
