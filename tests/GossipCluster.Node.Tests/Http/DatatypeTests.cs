namespace GossipCluster.Node.Tests.Http;

/// <summary>Reading and changing one datum, type by type.</summary>
public class DatatypeTests(MemoryNode node) : DatatypeContract(node), IClassFixture<MemoryNode>;

/// <summary>What any node must do, whatever store it has.</summary>
public abstract class DatatypeContract(IHttpNode node)
{
    private IHttpNode Node => node;

    [Theory]
    [InlineData("counters", "counter")]
    [InlineData("sets", "set")]
    [InlineData("gsets", "gset")]
    [InlineData("hlls", "hll")]
    [InlineData("maps", "map")]
    [InlineData("registers", "register")]
    [InlineData("flags", "flag")]
    public async Task A_key_never_written_is_404_with_its_type(string bucketType, string type)
    {
        var reply = await Node.GetAsync(Node.PathOf(bucketType));

        Assert.Equal(404, reply.Status);
        Assert.Equal($$"""{"type":"{{type}}","error":"notfound"}""", reply.Body);
        Assert.Equal("application/json", reply.ContentType);
        Assert.NotNull(reply.Token);
    }

    [Theory]
    [InlineData("""{"increment":5}""", 5)]
    [InlineData("""{"increment":-3}""", -3)]
    [InlineData("""{"decrement":2}""", -2)]
    [InlineData("""{"decrement":-4}""", 4)]
    [InlineData("""{"increment":0}""", 0)]
    [InlineData("7", 7)]
    [InlineData("-7", -7)]
    [InlineData("\"increment\"", 1)]
    [InlineData("\"decrement\"", -1)]
    [InlineData("""{"incr\u0065ment":1}""", 1)]
    [InlineData("""{"increment":9007199254740993}""", 9007199254740993)]
    [InlineData("""{"increment":9223372036854775807}""", long.MaxValue)]
    [InlineData("""{"increment":-9223372036854775808}""", long.MinValue)]
    public async Task A_counter_takes_every_form_of_increment(string operation, long value)
    {
        var path = Node.PathOf("counters");

        var reply = await Node.PostAsync(path, operation);

        Assert.Equal((204, string.Empty), (reply.Status, reply.Body));
        Assert.NotNull(reply.Token);
        Assert.True(int.Parse(reply.Header("GossipCluster-Copies")!, System.Globalization.CultureInfo.InvariantCulture) >= 1);
        Assert.Equal($$"""{"type":"counter","value":{{value}}}""", (await Node.GetAsync(path)).Body);
    }

    [Theory]
    [InlineData("""{"increment":1.5}""")]
    [InlineData("""{"increment":1.0}""")]
    [InlineData("""{"increment":1e3}""")]
    [InlineData("""{"increment":"1"}""")]
    [InlineData("""{"increment":true}""")]
    [InlineData("""{"increment":null}""")]
    [InlineData("""{"increment":[1]}""")]
    [InlineData("""{"increment":1,"decrement":1}""")]
    [InlineData("""{"increment":1,"increment":1}""")]
    [InlineData("""{"increment":99999999999999999999999}""")]
    [InlineData("""{"decrement":-9223372036854775808}""")]
    [InlineData("""{"frobnicate":1}""")]
    [InlineData("""{"add":"x"}""")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("1.5")]
    [InlineData("\"frobnicate\"")]
    public async Task What_is_no_operation_on_a_counter_is_400_and_is_shown(string operation)
    {
        var reply = await Node.PostAsync(Node.PathOf("counters"), operation);

        Assert.Equal((400, $"Invalid operation on datatype 'counter': {operation}\n"), (reply.Status, reply.Body));
        Assert.Equal("text/plain", reply.ContentType);
    }

    [Fact]
    public async Task A_shown_operation_has_no_space_between_its_tokens()
    {
        var reply = await Node.PostAsync(Node.PathOf("counters"), "{ \"increment\" :\n \"a \\\" b\" }");

        Assert.Equal("Invalid operation on datatype 'counter': {\"increment\":\"a \\\" b\"}\n", reply.Body);
    }

    [Fact]
    public async Task A_counter_counts_beyond_64_bits_only_over_replicas()
    {
        var path = Node.PathOf("counters");
        await Node.PostAsync(path, """{"increment":9223372036854775807}""");

        var reply = await Node.PostAsync(path, """{"increment":1}""");

        Assert.Equal(400, reply.Status);
        Assert.Equal("""{"type":"counter","value":9223372036854775807}""", (await Node.GetAsync(path)).Body);
    }

    [Fact]
    public async Task A_set_shows_its_elements_once_and_sorted_by_bytes()
    {
        var path = Node.PathOf("sets");

        await Node.PostAsync(path, """{"add_all":["é","b","a","b","","\u0000","\ud83d\ude00","\"\\"],"add":"c"}""");
        var reply = await Node.GetAsync(path + "?include_context=false");

        Assert.Equal("""{"type":"set","value":["","\u0000","\"\\","a","b","c","é","😀"]}""", reply.Body);
    }

    [Fact]
    public async Task Sets_and_maps_registers_and_flags_have_a_context_and_the_others_none()
    {
        foreach (var (type, operation, has) in new[]
        {
            ("sets", """{"add":"a"}""", true), ("maps", """{"update":{"a_flag":"enable"}}""", true), ("registers", "\"a\"", true), ("flags", "\"enable\"", true),
            ("counters", "1", false), ("gsets", """{"add":"a"}""", false), ("hlls", """{"add":"a"}""", false),
        })
        {
            var path = Node.PathOf(type);
            var written = await Node.PostAsync(path + "?returnbody=true", operation);
            var read = await Node.GetAsync(path);
            var without = await Node.GetAsync(path + "?include_context=FALSE");

            Assert.Equal(200, written.Status);
            Assert.Equal(read.Body, written.Body);
            Assert.Equal(has, read.Body.Contains($",\"context\":\"{read.Token}\"}}", StringComparison.Ordinal));
            Assert.DoesNotContain("context", without.Body, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_remove_with_a_context_leaves_what_the_context_had_not_seen()
    {
        var path = Node.PathOf("sets");
        var old = (await Node.PostAsync(path + "?returnbody=true", """{"add":"x"}""")).Token;
        await Node.PostAsync(path, """{"add":"x"}""");

        var kept = await Node.PostAsync(path + "?returnbody=true&include_context=false", $$"""{"remove":"x","context":"{{old}}"}""");
        var gone = await Node.PostAsync(path + "?returnbody=true&include_context=false", """{"remove":"x"}""");
        var again = await Node.PostAsync(path + "?returnbody=true&include_context=false", $$"""{"remove_all":["x"],"context":"{{old}}"}""");

        Assert.Equal("""{"type":"set","value":["x"]}""", kept.Body);
        Assert.Equal("""{"type":"set","value":[]}""", gone.Body);
        Assert.Equal((200, """{"type":"set","value":[]}"""), (again.Status, again.Body));
    }

    [Theory]
    [InlineData("sets", """{"remove":"x"}""", "x")]
    [InlineData("maps", """{"remove":"x_set"}""", "x_set")]
    [InlineData("maps", """{"update":{"s_set":{"remove":"x"}}}""", "x")]
    [InlineData("sets", """{"remove":"x","context":""}""", "x")]
    [InlineData("sets", """{"remove":"a\nb"}""", @"a\u000ab")]
    public async Task A_remove_without_context_of_something_absent_is_412(string type, string operation, string what)
    {
        var reply = await Node.PostAsync(Node.PathOf(type), operation);

        Assert.Equal((412, $"Precondition failed: not present: \"{what}\"\n"), (reply.Status, reply.Body));
        Assert.Equal("text/plain", reply.ContentType);
    }

    [Theory]
    [InlineData("sets", "set", """{"add":1}""")]
    [InlineData("sets", "set", """{"add_all":"x"}""")]
    [InlineData("sets", "set", """{"add_all":[1]}""")]
    [InlineData("sets", "set", """{"increment":1}""")]
    [InlineData("sets", "set", "3")]
    [InlineData("gsets", "gset", """{"remove":"a"}""")]
    [InlineData("hlls", "hll", """{"remove":"a"}""")]
    [InlineData("hlls", "hll", """{"add":5}""")]
    [InlineData("registers", "register", "5")]
    [InlineData("registers", "register", """{"assign":5}""")]
    [InlineData("registers", "register", """{"assign":"a","assign":"b"}""")]
    [InlineData("registers", "register", "{}")]
    [InlineData("flags", "flag", "true")]
    [InlineData("flags", "flag", "\"on\"")]
    [InlineData("maps", "map", "\"x\"")]
    [InlineData("maps", "map", """{"update":3}""")]
    [InlineData("maps", "map", """{"remove":3}""")]
    [InlineData("maps", "map", """{"remove":["a_set",3]}""")]
    public async Task What_is_no_operation_on_a_type_is_400_and_is_shown(string bucketType, string type, string operation)
    {
        var reply = await Node.PostAsync(Node.PathOf(bucketType), operation);

        Assert.Equal((400, $"Invalid operation on datatype '{type}': {operation}\n"), (reply.Status, reply.Body));
    }

    [Theory]
    [InlineData("""{"update":{"a_register":5}}""", "Invalid operation on datatype 'register': 5\n")]
    [InlineData("""{"update":{"f_flag":true}}""", "Invalid operation on datatype 'flag': true\n")]
    [InlineData("""{"update":{"c_counter":{"add":"x"}}}""", "Invalid operation on datatype 'counter': {\"add\":\"x\"}\n")]
    [InlineData("""{"update":{"m_map":{"update":{"s_set":{"add":[]}}}}}""", "Invalid operation on datatype 'set': {\"add\":[]}\n")]
    [InlineData("""{"update":{"s_set":{"add":"a","context":"x"}}}""", "Invalid operation on datatype 'set': {\"add\":\"a\",\"context\":\"x\"}\n")]
    [InlineData("""{"remove_all":["a_register"]}""", "Invalid operation on datatype 'map': \"remove_all\"\n")]
    [InlineData("""{"add":"n_counter"}""", "Invalid operation on datatype 'map': \"add\"\n")]
    [InlineData("""{"update":{"foo_bar":"x"}}""", "Invalid map field name 'foo_bar'\n")]
    [InlineData("""{"update":{"foo":"x"}}""", "Invalid map field name 'foo'\n")]
    [InlineData("""{"update":{"u_hll":{"add":"x"}}}""", "Invalid map field name 'u_hll'\n")]
    [InlineData("""{"update":{"u_gset":{"add":"x"}}}""", "Invalid map field name 'u_gset'\n")]
    [InlineData("""{"remove":"foo"}""", "Invalid map field name 'foo'\n")]
    [InlineData("""{"update":{"a\nb":1}}""", "Invalid map field name 'a\\u000ab'\n")]
    public async Task A_fault_inside_a_map_names_the_innermost_thing(string operation, string body)
    {
        var reply = await Node.PostAsync(Node.PathOf("maps"), operation);

        Assert.Equal((400, body), (reply.Status, reply.Body));
    }

    [Fact]
    public async Task A_map_holds_all_types_of_fields_ordered_by_name()
    {
        var path = Node.PathOf("maps");

        await Node.PostAsync(path, """
            {"update":{"page_counter":{"increment":3},"tags_set":{"add_all":["y","x"]},"name_register":"joe","paid_flag":"enable",
            "addr_map":{"update":{"zip_register":{"assign":"123"}}},"_counter":1,"a_b_c_set":{"add_all":[]},"é_register":"\u00e9"}}
            """);
        var reply = await Node.GetAsync(path + "?include_context=false");

        Assert.Equal(
            """{"type":"map","value":{"_counter":1,"a_b_c_set":[],"addr_map":{"zip_register":"123"},"name_register":"joe","page_counter":3,"paid_flag":true,"tags_set":["x","y"],"é_register":"é"}}""",
            reply.Body);
    }

    [Fact]
    public async Task A_map_removes_before_it_updates_whatever_their_order()
    {
        var path = Node.PathOf("maps") + "?returnbody=true&include_context=false";
        await Node.PostAsync(path, """{"update":{"s_set":{"add":"a"},"n_counter":5,"f_flag":"enable"}}""");

        var reply = await Node.PostAsync(path, """{"update":{"s_set":{"add":"Z"},"n_counter":1},"remove":["s_set","n_counter","f_flag"]}""");

        Assert.Equal("""{"type":"map","value":{"n_counter":1,"s_set":["Z"]}}""", reply.Body);
    }

    [Fact]
    public async Task Any_update_makes_a_field_present()
    {
        var path = Node.PathOf("maps") + "?returnbody=true&include_context=false";

        var reply = await Node.PostAsync(path, """{"update":{"f_flag":"disable","s_set":{"add_all":[]},"n_counter":0,"m_map":{"update":{}}}}""");

        Assert.Equal("""{"type":"map","value":{"f_flag":false,"m_map":{},"n_counter":0,"s_set":[]}}""", reply.Body);
    }

    [Fact]
    public async Task A_refused_request_changes_nothing()
    {
        var path = Node.PathOf("maps");

        var reply = await Node.PostAsync(path, """{"update":{"n_counter":1,"s_set":{"remove":"x"}}}""");

        Assert.Equal(412, reply.Status);
        Assert.Equal(404, (await Node.GetAsync(path)).Status);
    }

    [Fact]
    public async Task Registers_and_flags_exist_on_their_own()
    {
        var register = Node.PathOf("registers");
        var flag = Node.PathOf("flags");

        await Node.PostAsync(register, """{"assign":"one"}""");
        var token = (await Node.PostAsync(register, "\"two\"")).Token;
        await Node.PostAsync(flag, "\"enable\"");
        var disabled = await Node.PostAsync(flag, "\"disable\"", ("GossipCluster-Context", (await Node.GetAsync(flag)).Token!));

        Assert.NotNull(token);
        Assert.Equal("""{"type":"register","value":"two"}""", (await Node.GetAsync(register + "?include_context=false")).Body);
        Assert.Equal("""{"type":"register","value":["two"]}""", (await Node.GetAsync(register + "?include_context=false&value=multi")).Body);
        Assert.Equal(204, disabled.Status);
        Assert.Equal("""{"type":"flag","value":false}""", (await Node.GetAsync(flag + "?include_context=false")).Body);
    }

    [Fact]
    public async Task A_sketch_estimates_how_many_elements_it_saw()
    {
        var path = Node.PathOf("hlls");

        var reply = await Node.PostAsync(path + "?returnbody=true", """{"add_all":["a","b","c","a"],"context":5}""");

        Assert.Equal("""{"type":"hll","value":3}""", reply.Body);
    }

    [Theory]
    [InlineData("""{"add":"\ud800"}""")]
    [InlineData("""{"add":"\udc00 x"}""")]
    [InlineData("""{"add":"\ud800\u0041"}""")]
    [InlineData("""{"\ud800":"x"}""")]
    public async Task Half_a_surrogate_pair_is_400(string operation)
    {
        var reply = await Node.PostAsync(Node.PathOf("sets"), operation);

        Assert.Equal(400, reply.Status);
        Assert.StartsWith("Couldn't decode JSON: half of a surrogate pair", reply.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("{\"add\":")]
    [InlineData("{\"add\":\"x\"} {}")]
    [InlineData("{\"add\":\"x\",}")]
    [InlineData("{'add':'x'}")]
    [InlineData("{\"add\":\"x\"")]
    [InlineData("{\"add\":NaN}")]
    [InlineData("{\"add\":\"\u0001\"}")]
    [InlineData("// no\n{}")]
    public async Task What_is_not_JSON_is_400(string body)
    {
        var reply = await Node.PostAsync(Node.PathOf("sets"), body);

        Assert.Equal(400, reply.Status);
        Assert.StartsWith("Couldn't decode JSON: ", reply.Body, StringComparison.Ordinal);
        Assert.Equal(reply.Body.Length - 1, reply.Body.IndexOf('\n', StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_not_UTF_8_is_400()
    {
        var reply = await Node.SendAsync("POST", Node.PathOf("sets"), [.. "{\"add\":\""u8, 0xff, .. "\"}"u8], "application/json");

        Assert.Equal((400, "Malformed JSON submitted, invalid UTF-8\n"), (reply.Status, reply.Body));
    }

    [Fact]
    public async Task A_post_without_a_key_makes_one()
    {
        foreach (var path in new[] { "/types/counters/buckets/a%2Fb/datatypes", "/types/counters/buckets/a%2Fb/datatypes/?returnbody=true" })
        {
            var reply = await Node.PostAsync(path, "1");
            var location = reply.Header("Location")!;

            Assert.Equal(201, reply.Status);
            Assert.Matches("^/types/counters/buckets/a%2Fb/keys/[A-Za-z0-9]{22}$", location);
            Assert.Equal(path.Contains("returnbody", StringComparison.Ordinal) ? """{"type":"counter","value":1}""" : string.Empty, reply.Body);
            Assert.Equal("""{"type":"counter","value":1}""", (await Node.GetAsync(location.Replace("/keys/", "/datatypes/", StringComparison.Ordinal))).Body);
        }
    }

    [Fact]
    public async Task A_head_has_the_status_and_headers_of_a_get()
    {
        var path = Node.PathOf("counters");
        await Node.PostAsync(path, "1");

        var get = await Node.GetAsync(path);
        var head = await Node.SendAsync("HEAD", path, null, null);
        var missing = await Node.SendAsync("HEAD", Node.PathOf("counters"), null, null);

        Assert.Equal((200, string.Empty), (head.Status, head.Body));
        Assert.Equal(404, missing.Status);
        foreach (var name in new[] { "Content-Type", "Content-Length", "Vary", "GossipCluster-Context" }) Assert.Equal(get.Header(name), head.Header(name));
        Assert.Null(get.Header("Server"));
        Assert.Null(get.Header("ETag"));
    }

    [Fact]
    public async Task A_delete_takes_the_datum_away_and_a_write_starts_from_empty()
    {
        var key = Node.NewKey();
        var (data, keys) = (Node.PathOf("counters", key), $"/types/counters/buckets/b/keys/{key}");
        await Node.PostAsync(data, "7");

        Assert.Equal(200, (await Node.GetAsync(keys)).Status);
        var deleted = await Node.SendAsync("DELETE", keys, null, null);
        Assert.Equal((204, string.Empty), (deleted.Status, deleted.Body));
        Assert.NotNull(deleted.Token);
        Assert.Equal(404, (await Node.GetAsync(keys)).Status);
        Assert.Equal(404, (await Node.GetAsync(data)).Status);
        Assert.Equal(404, (await Node.SendAsync("DELETE", keys, null, null)).Status);
        Assert.Equal("""{"type":"counter","value":1}""", (await Node.PostAsync(data + "?returnbody=true", "1")).Body);
    }

    [Theory]
    [InlineData("GossipCluster-Context")]
    [InlineData("X-Riak-Vclock")]
    public async Task A_delete_with_a_context_leaves_what_the_context_had_not_seen(string header)
    {
        var key = Node.NewKey();
        var (data, keys) = (Node.PathOf("sets", key), $"/types/sets/buckets/b/keys/{key}");
        var token = (await Node.PostAsync(data, """{"add":"a"}""")).Token!;
        await Node.PostAsync(data, """{"add":"b"}""");

        var reply = await Node.SendAsync("DELETE", keys, null, null, (header, token));

        Assert.Equal(204, reply.Status);
        Assert.Equal("""{"type":"set","value":["b"]}""", (await Node.GetAsync(data + "?include_context=false")).Body);
    }

    [Theory]
    [InlineData("PUT", "/types/counters/buckets/b/datatypes/k", "GET, HEAD, POST")]
    [InlineData("DELETE", "/types/counters/buckets/b/datatypes/k", "GET, HEAD, POST")]
    [InlineData("OPTIONS", "/types/counters/buckets/b/datatypes/k", "GET, HEAD, POST")]
    [InlineData("BREW", "/types/counters/buckets/b/datatypes/k", "GET, HEAD, POST")]
    [InlineData("PUT", "/types/counters/buckets/b/keys/k", "GET, HEAD, DELETE")]
    [InlineData("POST", "/types/counters/buckets/b/keys/k", "GET, HEAD, DELETE")]
    [InlineData("PUT", "/types/counters/buckets/b/datatypes", "POST")]
    [InlineData("POST", "/types/counters/buckets/b/keys", "GET, HEAD")]
    [InlineData("POST", "/types/counters/buckets", "GET, HEAD")]
    public async Task Another_method_is_405_with_those_that_there_are(string method, string path, string allow)
    {
        var reply = await Node.SendAsync(method, path, "1"u8.ToArray(), "application/json");

        Assert.Equal((405, allow), (reply.Status, reply.Header("Allow")));
    }

    [Theory]
    [InlineData("GET", "/types/nosuch/buckets/b/datatypes/k")]
    [InlineData("POST", "/types/nosuch/buckets/b/datatypes/k")]
    [InlineData("PUT", "/types/nosuch/buckets/b/datatypes/k")]
    [InlineData("POST", "/types/nosuch/buckets/b/datatypes")]
    [InlineData("DELETE", "/types/nosuch/buckets/b/keys/k")]
    [InlineData("GET", "/types/nosuch/buckets/b/keys?keys=true")]
    [InlineData("GET", "/types/nosuch/buckets?buckets=true")]
    public async Task An_unknown_bucket_type_is_404_on_any_method(string method, string path)
    {
        var reply = await Node.SendAsync(method, path, method == "GET" ? null : "1"u8.ToArray(), "application/json");

        Assert.Equal((404, "Unknown bucket type: nosuch\n", "text/plain"), (reply.Status, reply.Body, reply.ContentType));
    }

    [Theory]
    [InlineData("/nosuch")]
    [InlineData("/types/counters/buckets/c/datatypes")]
    [InlineData("/types/counters/buckets/c/datatypes/k/more")]
    [InlineData("/types/counters/buckets/c/nosuch")]
    [InlineData("/buckets/b/datatypes/k")]
    public async Task An_unknown_path_is_404_in_HTML(string path)
    {
        var reply = await Node.GetAsync(path);

        Assert.Equal((404, "text/html"), (reply.Status, reply.ContentType));
    }

    [Theory]
    [InlineData("text/plain", 406)]
    [InlineData("application/x-www-form-urlencoded", 406)]
    [InlineData(null, 406)]
    [InlineData("application/json; charset=utf-8", 204)]
    [InlineData("Application/JSON ;charset=utf-8", 204)]
    public async Task Operations_are_JSON(string? contentType, int status)
    {
        var reply = await Node.SendAsync("POST", Node.PathOf("counters"), "1"u8.ToArray(), contentType);

        Assert.Equal(status, reply.Status);
    }

    [Theory]
    [InlineData("text/xml", 406)]
    [InlineData("application/json;q=0, */*", 406)]
    [InlineData("*/*, multipart/mixed", 200)]
    [InlineData("multipart/mixed, */*;q=0.9", 200)]
    [InlineData("application/*", 200)]
    [InlineData("application/json;q=0.1, text/html", 200)]
    [InlineData("APPLICATION/JSON", 200)]
    public async Task Answers_are_JSON(string accept, int status)
    {
        var path = Node.PathOf("counters");
        await Node.PostAsync(path, "1");

        Assert.Equal(status, (await Node.GetAsync(path, ("Accept", accept))).Status);
        Assert.Equal(status, (await Node.PostAsync(path + "?returnbody=true", "1", ("Accept", accept))).Status);
    }
}
