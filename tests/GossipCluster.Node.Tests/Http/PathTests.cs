namespace GossipCluster.Node.Tests.Http;

/// <summary>Names in paths, sent as they are over a socket: no client library in between that tidies them up.</summary>
public class PathTests(MemoryNode node) : PathContract(node), IClassFixture<MemoryNode>;

/// <summary>What any node must make of a path.</summary>
public abstract class PathContract(IHttpNode node)
{
    private IHttpNode Node => node;

    [Theory]
    [InlineData("a%2Fb", "a%2fb")]
    [InlineData("a+b", "a%20b")]
    [InlineData("a%2Bb", "a%2bb")]
    [InlineData("%61", "a")]
    [InlineData("..", "%2E%2E")]
    [InlineData(".", "%2e")]
    [InlineData("%C3%A9", "%c3%a9")]
    [InlineData("a%3Fb", "a%3fb")]
    [InlineData("a%23b", "a%23b")]
    [InlineData("a%25b", "%61%25b")]
    [InlineData("~-_.!$&'()*,;=:@", "~-_.!$&'()*,;=:@")]
    public async Task Two_spellings_name_one_key(string one, string other)
    {
        var bucket = Node.NewKey();

        Assert.Equal(204, (await Node.TargetAsync("POST", $"/types/counters/buckets/{bucket}/datatypes/{one}", "1")).Status);

        var (status, body) = await Node.TargetAsync("GET", $"/types/counters/buckets/{bucket}/datatypes/{other}");
        Assert.Equal((200, """{"type":"counter","value":1}"""), (status, body));
    }

    [Theory]
    [InlineData("a%2Fb", "a%252Fb")]
    [InlineData("a+b", "a%2Bb")]
    [InlineData("a", "A")]
    [InlineData("..", ".")]
    [InlineData("%C3%A9", "e%CC%81")]
    public async Task Two_names_are_two_keys(string one, string other)
    {
        var bucket = Node.NewKey();

        Assert.Equal(204, (await Node.TargetAsync("POST", $"/types/counters/buckets/{bucket}/datatypes/{one}", "1")).Status);

        Assert.Equal(404, (await Node.TargetAsync("GET", $"/types/counters/buckets/{bucket}/datatypes/{other}")).Status);
    }

    [Fact]
    public async Task A_key_keeps_every_character_and_is_listed_with_it()
    {
        var bucket = Node.NewKey();
        await Node.TargetAsync("POST", $"/types/counters/buckets/{bucket}/datatypes/a%2Fb+c%0A%22%5C%F0%9F%98%80", "1");

        var (_, body) = await Node.TargetAsync("GET", $"/types/counters/buckets/{bucket}/keys?keys=true");

        Assert.Equal("""{"keys":["a/b c\n\"\\😀"]}""", body);
    }

    [Theory]
    [InlineData("/ping/")]
    [InlineData("//ping")]
    [InlineData("/ping//")]
    [InlineData("/%70ing")]
    [InlineData("http://a/ping")]
    [InlineData("/ping?x=/../")]
    public async Task Empty_segments_are_dropped_and_words_may_be_encoded(string target)
    {
        Assert.Equal((200, "OK"), await Node.TargetAsync("GET", target));
    }

    [Theory]
    [InlineData("/types//counters/buckets/b//datatypes/k/")]
    [InlineData("//types/counters/buckets/b/datatypes//k")]
    [InlineData("/%74ypes/counters/%62uckets/b/datatypes/k?x=1")]
    public async Task Empty_segments_are_dropped_from_data_too(string target)
    {
        var (status, body) = await Node.TargetAsync("GET", target);

        Assert.Equal((404, """{"type":"counter","error":"notfound"}"""), (status, body));
    }

    [Theory]
    [InlineData("/types/counters/buckets/b/datatypes/%zz")]
    [InlineData("/types/counters/buckets/b/datatypes/a%")]
    [InlineData("/types/counters/buckets/b/datatypes/a%2")]
    [InlineData("/types/counters/buckets/b/datatypes/%ff")]
    [InlineData("/types/counters/buckets/b/datatypes/%C3")]
    [InlineData("/types/counters/buckets/%ED%A0%80/datatypes/k")]
    [InlineData("/types/%c0%af/buckets/b/datatypes/k")]
    [InlineData("/ping%zz")]
    public async Task A_bad_escape_or_what_is_not_UTF_8_is_400(string target)
    {
        Assert.Equal(400, (await Node.TargetAsync("GET", target)).Status);
    }

    [Theory]
    [InlineData("/types/counters/buckets/b/datatypes/%00")]
    [InlineData("/types/counters/buckets/b/datatypes/\u00e9")]
    [InlineData("nonsense")]
    public async Task What_the_server_itself_refuses_is_no_fault_of_the_node(string target)
    {
        Assert.InRange((await Node.TargetAsync("GET", target)).Status, 400, 499);
    }

    [Theory]
    [InlineData("/docs/../ping")]
    [InlineData("/types/../ping")]
    [InlineData("/./ping")]
    [InlineData("/ping%2F")]
    [InlineData("/%2Fping")]
    [InlineData("/types/counters%2Fprops")]
    [InlineData("/types/counters/buckets/b/datatypes/../../c/datatypes/k")]
    public async Task Dots_are_no_steps_and_encoded_slashes_no_separators(string target)
    {
        Assert.True((await Node.TargetAsync("GET", target)).Status is 404 or 405);
    }

    [Theory]
    [InlineData(1024, 404)]
    [InlineData(1025, 400)]
    public async Task A_key_has_at_most_1024_bytes(int length, int status)
    {
        var key = string.Concat(Enumerable.Repeat("%78", length));

        Assert.Equal(status, (await Node.TargetAsync("GET", $"/types/counters/buckets/{key[..3]}/datatypes/{key}")).Status);
        Assert.Equal(status, (await Node.TargetAsync("GET", $"/types/counters/buckets/{key}/datatypes/k")).Status);
        Assert.Equal(404, (await Node.TargetAsync("GET", $"/types/{key}/buckets/b/datatypes/k")).Status);
    }
}
