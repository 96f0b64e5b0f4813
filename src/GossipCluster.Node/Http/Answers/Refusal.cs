using System.Globalization;
using GossipCluster.Actors.Store;
using GossipCluster.Core.Coordination;
using GossipCluster.Core.DataTypes;

namespace GossipCluster.Node.Http.Answers;

/// <summary>Why a request was not done, with the status that says so.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Title">For programs: stable, in kebab-case.</param>
/// <param name="Sentence">For people: what is wrong and what would be right. Without the newline that ends it on the wire.</param>
internal sealed record Refusal(int Status, string Title, string Sentence)
{
    private const int OperationTextMax = 1000;

    /// <summary>When it may fare better; null where the same request will fare the same.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The methods that the resource has; with 405.</summary>
    public string? Allow { get; init; }

    /// <summary>The data type of a key that does not exist; only with <see cref="NotFound"/>.</summary>
    public DataType? Missing { get; init; }

    /// <summary>The sentence is ours to the last character, and may have two lines.</summary>
    public bool IsVerbatim { get; init; }

    public static Refusal BadPath { get; } = new(400, "bad-path", "The path has a bad percent escape, or is not UTF-8.");

    public static Refusal EmptyBody { get; } = new(400, "bad-json", "Couldn't decode JSON: the body is empty");

    public static Refusal BadBody { get; } = new(400, "bad-request", "The body could not be read: its chunks are not well formed.");

    public static Refusal NotUtf8 { get; } = new(400, "bad-json", "Malformed JSON submitted, invalid UTF-8");

    public static Refusal LoneSurrogate { get; } = new(
        400, "bad-json", "Couldn't decode JSON: half of a surrogate pair (\\ud800 to \\udfff) without its other half is no character");

    public static Refusal Fault { get; } = new(
        503, "internal-fault", "Something went wrong inside this node; it has been logged. The request may have been applied.") { RetryAfter = TimeSpan.FromSeconds(1) };

    public static Refusal NotJson { get; } = new(
        406, "content-type-not-acceptable", "The Content-Type of an operation is application/json.");

    public static Refusal NotAcceptable { get; } = new(
        406, "not-acceptable", "The answer is application/json, which the Accept header does not allow.");

    public static Refusal BodiesFull { get; } = new(
        503, "bodies-full", "Too many large requests at once; try again after a while.") { RetryAfter = TimeSpan.FromSeconds(1) };

    public static Refusal Incomplete { get; } = new(
        503, "listing-incomplete", "Some keys have no reachable replica, so the list would not be whole; try again later.") { RetryAfter = TimeSpan.FromSeconds(5) };

    public static Refusal TimedOut { get; } = new(503, "timed-out", "request timed out") { RetryAfter = TimeSpan.FromSeconds(1) };

    public static Refusal NotProperties { get; } = new(
        400, "bad-properties", "bucket PUT must be a JSON object of the form:\n{\"props\":{...bucket properties...}}") { IsVerbatim = true };

    public static Refusal PropertiesNotJson { get; } = new(415, "content-type-not-supported", "The Content-Type of properties is application/json.");

    public static Refusal BadProperties(string sentence) => new(400, "bad-properties", sentence);

    public static Refusal SchemaRefused(string sentence) => new(409, "schema-refused", sentence);

    public static Refusal WeightNotJson { get; } = new(415, "content-type-not-supported", "The Content-Type of a weight is application/json.");

    public static Refusal BadWeight { get; } = new(400, "bad-weight", "A weight is a JSON object of the form {\"weight\":100}, from 1 to 10000.");

    public static Refusal BadPlan { get; } = new(400, "bad-parameter", "A plan is asked for with one of leave=NAME, weight=NAME:W and join=NAME[:W[:ZONE]].");

    public static Refusal UnknownMember(string name) => new(404, "unknown-member", $"No node of this name is or was in the ring: {Cut(name)}");

    public static Refusal UnknownPartition(int count) => new(
        404, "unknown-partition", string.Create(CultureInfo.InvariantCulture, $"This cluster has the partitions 0 to {count - 1}."));

    public static Refusal RingRefused(string sentence) => new(409, "ring-refused", sentence);

    public static Refusal ClusterUnavailable(string sentence, TimeSpan retryAfter) => Unavailable(sentence, retryAfter);

    public static Refusal MemberUnreachable(string name) => new(
        503, "member-unreachable", $"Only '{name}' can say, and it is not reachable from this node.") { RetryAfter = TimeSpan.FromSeconds(1) };

    public static Refusal OfServer(int status, string sentence) => new(status, "bad-request", sentence);

    public static Refusal BadJson(string why) => new(400, "bad-json", $"Couldn't decode JSON: {why}");

    public static Refusal BadOperation(DataType type, string operation) => new(
        400, "bad-operation", $"Invalid operation on datatype '{DataTypeNames.Of(type)}': {Cut(operation)}");

    public static Refusal BadField(string name) => new(400, "bad-field", $"Invalid map field name '{Cut(name)}'");

    public static Refusal BadContext(string sentence) => new(400, "bad-context", sentence);

    public static Refusal BadPosition(string sentence) => new(400, "bad-position", sentence);

    public static Refusal NoEventStream { get; } = new(406, "not-acceptable", "A change feed is text/event-stream; the Accept header does not allow it.");

    public static Refusal NoWatch(string sentence, TimeSpan retryAfter) => Unavailable(sentence, retryAfter);

    public static Refusal BadKey(string sentence) => new(400, "bad-key", sentence);

    public static Refusal BadParameter(string sentence) => new(400, "bad-parameter", sentence);

    public static Refusal BadParameter(QuorumError error) => BadParameter(error.Sentence);

    public static Refusal UnknownType(string type) => new(404, "unknown-bucket-type", $"Unknown bucket type: {Cut(type)}");

    public static Refusal NotFound(DataType type) => new(404, "not-found", "There is no such key.") { Missing = type };

    public static Refusal MethodNotAllowed(string allow) => new(405, "method-not-allowed", $"This resource has the methods {allow}.") { Allow = allow };

    public static Refusal BodyTooLarge(long bytesMax) => new(
        413, "body-too-large", string.Create(CultureInfo.InvariantCulture, $"The body is larger than {bytesMax} bytes; send it in parts."));

    public static Refusal TooManyItems(int itemsMax) => new(
        413, "operation-too-large", string.Create(CultureInfo.InvariantCulture, $"The operation names more than {itemsMax} elements and fields; send it in parts."));

    public static Refusal NotABatch { get; } = new(400, "bad-batch", "A batch is a JSON object of the form {\"operations\":[…]}, or, as application/x-ndjson, one operation a line.");

    public static Refusal BadBatchEntry(string sentence) => new(400, "bad-batch-operation", sentence);

    public static Refusal TooManyOperations(int operationsMax) => new(
        413, "too-many-operations", string.Create(CultureInfo.InvariantCulture, $"The batch has more than {operationsMax} operations; send it in parts."));

    public static Refusal TooDeep { get; } = new(400, "too-deep", $"Maps are nested more than {OperationLimits.DepthMax} deep.");

    /// <summary>What the store refused.</summary>
    public static Refusal Of(OperationError error) => error.Problem switch
    {
        OperationProblem.NotPresent => new Refusal(412, "not-present", error.Sentence),
        OperationProblem.TooLarge => new Refusal(413, "operation-too-large", error.Sentence),
        OperationProblem.TooDeep => new Refusal(400, "too-deep", error.Sentence),
        OperationProblem.BadField => new Refusal(400, "bad-field", error.Sentence),
        OperationProblem.CounterOverflow => new Refusal(400, "counter-overflow", error.Sentence),
        OperationProblem.WrongType => new Refusal(400, "bad-operation", $"Invalid operation on datatype '{DataTypeNames.Of(error.Type)}': {error.Sentence}"),
        OperationProblem.ContextNotSeen => new Refusal(503, "context-not-seen", error.Sentence) { RetryAfter = TimeSpan.FromSeconds(1) },
        OperationProblem.NeedsState => new Refusal(503, "no-primary", error.Sentence) { RetryAfter = TimeSpan.FromSeconds(1) },
        OperationProblem.Retired => new Refusal(409, "type-retired", error.Sentence),
        _ => throw new System.Diagnostics.UnreachableException($"No status for {error.Problem}."),
    };

    /// <summary>Why a write was not acknowledged; null where it was.</summary>
    public static Refusal? Of(WriteReply reply) => reply switch
    {
        WriteReply.Written => null,
        WriteReply.Refused refused => Of(refused.Error),
        WriteReply.Unsatisfied unsatisfied => Unsatisfied(unsatisfied.Sentence),
        WriteReply.Unavailable unavailable => Unavailable(unavailable.Sentence, unavailable.RetryAfter),
        _ => throw new System.Diagnostics.UnreachableException(reply.GetType().Name),
    };

    /// <summary>Why a read has no value; null where it has one.</summary>
    public static Refusal? Of(ReadReply reply, DataType type) => reply switch
    {
        ReadReply.Found => null,
        ReadReply.NotFound => NotFound(type),
        ReadReply.Unsatisfied unsatisfied => Unsatisfied(unsatisfied.Sentence),
        ReadReply.Unavailable unavailable => Unavailable(unavailable.Sentence, unavailable.RetryAfter),
        _ => throw new System.Diagnostics.UnreachableException(reply.GetType().Name),
    };

    public static Refusal NotReady(string sentence) => Unavailable(sentence.Length > 0 ? sentence : "The node is starting.", TimeSpan.FromSeconds(1));

    private static Refusal Unsatisfied(string sentence) => new(503, "quorum-not-reached", sentence) { RetryAfter = TimeSpan.FromSeconds(1) };

    private static Refusal Unavailable(string sentence, TimeSpan retryAfter) => new(503, "unavailable", sentence) { RetryAfter = retryAfter };

    private static string Cut(string text) => text.Length <= OperationTextMax ? text : string.Concat(text.AsSpan(0, OperationTextMax), "…");
}
