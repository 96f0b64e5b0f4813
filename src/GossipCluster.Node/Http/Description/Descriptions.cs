using GossipCluster.Node.Http.Answers;

namespace GossipCluster.Node.Http.Description;

/// <summary>What the OpenAPI document says of each resource.</summary>
internal static class Descriptions
{
    private const string Data = "Data";
    private const string Lists = "Keys and buckets";
    private const string Types = "Bucket types and properties";
    private const string Node = "Node";
    private const string Text = "text/plain";
    private const string Json = Negotiation.Json;
    private const string Token = "AQbQ2kDXW3hFAQFhABAAAAAAAAABAwE";

    private static readonly (int Status, string When, string ContentType, string Example)[] CommonRefusals =
    [
        (400, "A parameter, the key or the context is wrong. As a problem (RFC 9457) where the Accept header names `application/problem+json`; so are all refusals.", Text,
            "w query parameter must be an integer or one of the following words: 'one', 'quorum' or 'all'\n"),
        (404, "There is no such key, or no such bucket type.", Json, """{"type":"counter","error":"notfound"}"""),
        (406, "The Accept header does not allow JSON.", Text, string.Empty),
        (503, "Not enough replicas, or too much at once: `Retry-After` says when to try again.", Text, "PR-value unsatisfied: 2/3\n"),
    ];

    private static readonly (int Status, string When, string ContentType, string Example)[] WriteRefusals =
    [
        (400, "Not JSON, not an operation on this type, or a bad parameter or context.", Text, "Invalid operation on datatype 'counter': {\"increment\":1.5}\n"),
        (404, "There is no such bucket type.", Text, "Unknown bucket type: nosuch\n"),
        (406, "The body's Content-Type is not JSON, or the Accept header does not allow JSON.", Text, string.Empty),
        (412, "A remove without a context, of something that is not there.", Text, "Precondition failed: not present: \"x\"\n"),
        (413, "The body, an element or the key is too large.", Text, string.Empty),
        (503, "Not enough replicas, or too much at once: `Retry-After` says when to try again. With a quorum unmet, the write may have been applied.", Text, "PW-value unsatisfied: 2/3\n"),
    ];

    private static readonly string[] WriteParameters = ["w", "dw", "pw", "node_confirms", "n_val", "returnbody", "include_context", "value", "timeout", Answer.ContextHeader];

    private static readonly (string Name, string Json)[] Operations =
    [
        ("counter: increment", """{"increment":5}"""),
        ("set: add and remove", $$"""{"add_all":["a","b"],"remove":"c","context":"{{Token}}"}"""),
        ("gset or hll: add", """{"add":"a"}"""),
        ("map: update", """{"update":{"visits_counter":{"increment":1},"tags_set":{"add":"new"},"name_register":"Ann","paid_flag":"enable","address_map":{"update":{"zip_register":"123"}}}}"""),
        ("map: remove a field", """{"remove":"name_register"}"""),
        ("register: assign", """{"assign":"Ann"}"""),
        ("flag: enable or disable", "\"enable\""),
    ];

    public static ResourceDescription Read { get; } = new(Data, "Read a datum", "Type, value and, for sets, maps, registers and flags, the context: what a later remove takes away.")
    {
        Parameters = ["r", "pr", "n_val", "include_context", "value", "context", "read_repair", "timeout", Answer.ContextHeader],
        Answers = [(200, "The value.", Json, $$"""{"type":"set","value":["a","b"],"context":"{{Token}}"}"""), .. CommonRefusals],
    };

    public static ResourceDescription Write { get; } = new(Data, "Change a datum", "One operation of the bucket type's data type; a key that does not exist begins empty. A remove takes away what the context had seen, or, without one, what the node sees.")
    {
        Parameters = WriteParameters,
        Bodies = Operations,
        Answers = [(200, "Applied; with `returnbody=true`.", Json, """{"type":"counter","value":5}"""), (204, "Applied. `GossipCluster-Copies` says how many nodes hold it.", string.Empty, string.Empty), .. WriteRefusals],
    };

    public static ResourceDescription Create { get; } = new(Data, "Change a datum under a new key", "As with a key; the node makes one and names it in `Location`.")
    {
        Parameters = WriteParameters,
        Bodies = Operations,
        Answers = [(201, "Applied. `Location` is /types/{type}/buckets/{bucket}/keys/{key}.", Json, """{"type":"counter","value":5}"""), .. WriteRefusals],
    };

    public static ResourceDescription ReadByKey { get; } = Read with { Summary = "Read a datum by its keys address", Text = "The same as at the datatypes address." };

    public static ResourceDescription Delete { get; } = new(Data, "Delete a datum", "With a context, what it had not seen stays; without one, all goes that the node sees.")
    {
        Parameters = ["w", "dw", "pw", "node_confirms", "n_val", "timeout", Answer.ContextHeader],
        Answers = [(204, "Deleted.", string.Empty, string.Empty), .. CommonRefusals],
    };

    public static ResourceDescription WatchBucket { get; } = new(Data, "Watch a bucket", "Its changes as they happen, as server-sent events: `change`, `deleted`, and now and then a `position` whose id a later watch, on any node, goes on from (`Last-Event-ID`). An event says what its key is now: several changes in a row may be one. `missed` says how many keys a slow reader missed, `reset` that all keys follow. See docs/change-feed.md.")
    {
        Parameters = ["prefix", "snapshot", "Last-Event-ID"],
        Answers =
        [
            (200, "Events, until the client or the node ends it.", Negotiation.EventStream, $$"""
                event: change
                data: {"key":"home","type":"counter","value":5,"context":"{{Token}}"}

                id: gVx3
                event: position
                data: {}

                """),
            (400, "The prefix, the key or the position is wrong.", Text, string.Empty),
            (404, "There is no such bucket type.", Text, "Unknown bucket type: nosuch\n"),
            (406, "The Accept header does not allow text/event-stream.", Text, string.Empty),
            (503, "The node does not serve, or has as many watchers as it may: `Retry-After` says when to try again.", Text, string.Empty),
        ],
    };

    public static ResourceDescription WatchKey { get; } = WatchBucket with { Summary = "Watch a key", Text = "As with a bucket. The key need not exist.", Parameters = ["snapshot", "Last-Event-ID"] };

    public static ResourceDescription Batch { get; } = new(Data, "Many operations in one request", "Each has an answer of its own, in order. They run concurrently: two on one key take effect in either order. A batch is no transaction.")
    {
        Parameters = ["w", "dw", "pw", "r", "pr", "n_val", "returnbody", "include_context", "value", "read_repair", "timeout"],
        Bodies =
        [
            ("three operations", """{"operations":[{"type":"counters","bucket":"pages","key":"home","op":{"increment":1}},{"type":"sets","bucket":"tags","key":"home","read":true},{"type":"sets","bucket":"tags","key":"old","delete":true}]}"""),
        ],
        Answers =
        [
            (200, "One answer for each operation.", Json, $$"""{"results":[{"status":204,"context":"{{Token}}","copies":3},{"status":200,"value":["a"],"context":"{{Token}}"},{"status":404,"error":"notfound"}]}"""),
            (400, "The batch is not JSON, or no batch. Nothing of it was done.", Text, string.Empty),
            (413, "Too many operations, or too many bytes. Nothing of it was done.", Text, string.Empty),
        ],
    };

    public static ResourceDescription ListKeys { get; } = new(Lists, "List the keys of a bucket", "Walks over all keys of all nodes: for tools, not for traffic.")
    {
        Parameters = ["keys", "timeout"],
        Answers = [(200, "The keys, in no order.", Json, """{"keys":["home"]}"""), .. CommonRefusals],
    };

    public static ResourceDescription ListBuckets { get; } = new(Lists, "List the buckets of a type", "Walks over all keys of all nodes: for tools, not for traffic.")
    {
        Parameters = ["buckets", "timeout"],
        Answers = [(200, "The buckets, in no order.", Json, """{"buckets":["pages"]}"""), .. CommonRefusals],
    };

    public static ResourceDescription ListTypes { get; } = new(Types, "List the bucket types", "Name, data type and number of replicas of each.")
    {
        Answers = [(200, "The types, by name.", Json, """{"types":[{"name":"counters","datatype":"counter","n_val":3}]}""")],
    };

    public static ResourceDescription PutNewType { get; } = new(Types, "Create a bucket type", "`datatype` is needed; `n_val` is 3 where it is not given. Neither ever changes. `GossipCluster-Nodes` says on how many nodes it is in force by now; where another node has put it otherwise at the same moment, one of the two is refused.")
    {
        Bodies = [("a type of sets with five replicas", """{"props":{"datatype":"set","n_val":5,"w":"all"}}""")],
        Answers = [(201, "Created.", string.Empty, string.Empty), (204, "It existed; its properties are these now.", string.Empty, string.Empty), .. PropertyRefusals],
    };

    public static ResourceDescription GetType_ { get; } = new(Types, "Read a bucket type's properties", "What all its buckets have that have nothing of their own.")
    {
        Answers = [(200, "The properties.", Json, """{"props":{"active":true,"allow_mult":true,"datatype":"counter","n_val":3,"r":"quorum","w":"quorum"}}"""), UnknownType],
    };

    public static ResourceDescription PutType { get; } = new(Types, "Change a bucket type's properties", "What is not named stays as it is. `retired` makes a type refuse all but reads and deletes, and may be taken back.")
    {
        Bodies = [("wait for all replicas", """{"props":{"w":"all"}}""")],
        Answers = [(204, "Changed.", string.Empty, string.Empty), UnknownType, .. PropertyRefusals],
    };

    public static ResourceDescription GetBucket { get; } = GetType_ with { Summary = "Read a bucket's properties", Text = "Its own over its type's." };

    public static ResourceDescription PutBucket { get; } = PutType with { Summary = "Change a bucket's properties" };

    public static ResourceDescription DeleteBucket { get; } = new(Types, "Take a bucket's properties back to its type's", "The data stay.")
    {
        Answers = [(204, "Done.", string.Empty, string.Empty), UnknownType],
    };

    public static ResourceDescription Root { get; } = new(Node, "The resources", "As JSON where the Accept header prefers it, else for people.")
    {
        Answers = [(200, "Resource name and first path segment.", Json, """{"riak_kv_wm_bucket_type":"/types","riak_kv_wm_ping":"/ping"}""")],
    };

    public static ResourceDescription Ping { get; } = new(Node, "Does anybody answer?", "The process does. Whether it serves is /health/ready.")
    {
        Answers = [(200, "Yes.", "text/html", "OK")],
    };

    public static ResourceDescription Stats { get; } = new(Node, "What this node counts", "JSON, or the same indented as text/plain.")
    {
        Answers = [(200, "The counts.", Json, """{"riak_kv_version":"3.2.0","nodename":"a","ring_members":["a","b","c"]}""")],
    };

    public static ResourceDescription Live { get; } = new(Node, "Is the process alive?", "For those that restart it.")
    {
        Answers = [(200, "Yes.", Json, """{"status":"live"}""")],
    };

    public static ResourceDescription Ready { get; } = new(Node, "Does the node serve?", "For those that route to it.")
    {
        Answers =
        [
            (200, "Yes.", Json, """{"status":"ready","node":"a","sentence":"Serves reads and writes."}"""),
            (503, "Not yet; the sentence says why.", Json, """{"status":"not-ready","node":"a","sentence":"Reads back what is on disk."}"""),
        ],
    };

    private static (int Status, string When, string ContentType, string Example) UnknownType => (404, "There is no such bucket type.", Text, "Unknown bucket type: nosuch\n");

    private static (int Status, string When, string ContentType, string Example)[] PropertyRefusals =>
    [
        (400, "Property by property, why not.", Json, """{"n_val":"not_integer"}"""),
        (409, "The cluster refused the change; the sentence says why.", Text, string.Empty),
        (415, "The body's Content-Type is not JSON.", Text, string.Empty),
    ];
}
