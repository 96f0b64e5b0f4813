using System.Globalization;
using GossipCluster.Actors.Store;
using GossipCluster.Core.Coordination;
using GossipCluster.Node.Http.Answers;

namespace GossipCluster.Node.Http.Parameters;

/// <summary>What a read or a write may ask for in its query.</summary>
internal readonly record struct RequestParameters
{
    /// <summary>r, pr, w, dw, pw, node_confirms, notfound_ok, basic_quorum.</summary>
    public QuorumParameters Quorums { get; private init; }

    /// <summary>How long the client waits.</summary>
    public TimeSpan Timeout { get; private init; }

    /// <summary>Answer a write with the value.</summary>
    public bool ReturnBody { get; private init; }

    /// <summary>Put the context into the JSON.</summary>
    public bool IncludeContext { get; private init; }

    /// <summary>Give all concurrent values of a register.</summary>
    public bool AllVersions { get; private init; }

    /// <summary><c>n_val</c>; null for the bucket type's.</summary>
    public int? N { get; private init; }

    /// <summary>Answer a read when primaries that were behind have what was read.</summary>
    public bool AwaitRepair { get; private init; }

    /// <summary><c>context</c>; null or empty for none.</summary>
    public string? Context { get; private init; }

    /// <summary>Reads all of them, on any method: a bad one is an error also where it has no meaning.</summary>
    public static Refusal? Parse(HttpRequest request, HttpOptions options, out RequestParameters parameters)
    {
        parameters = new RequestParameters { Quorums = QuorumParameters.None, Timeout = options.TimeoutDefault, IncludeContext = true };
        var query = RequestQuery.Of(request);
        if (query.IsEmpty) return null;

        List<QuorumError> errors = [];
        var quorums = QuorumParameters.Parse(name => query[name], errors);
        if (errors.Count > 0) return Refusal.BadParameter(errors[0]);
        if (ParseTimeout(query["timeout"], options, out var timeout) is { } badTimeout) return badTimeout;
        if (ParseBoolean(query, "returnbody", false, out var returnBody) is { } badReturnBody) return badReturnBody;
        if (ParseBoolean(query, "include_context", true, out var includeContext) is { } badIncludeContext) return badIncludeContext;
        if (ParseN(query["n_val"], out var n) is { } badN) return badN;
        if (query["value"] is not (null or "multi" or "single")) return Refusal.BadParameter("value query parameter must be 'single' or 'multi'");

        if (query["read_repair"] is not (null or "async" or "blocking")) return Refusal.BadParameter("read_repair query parameter must be 'async' or 'blocking'");

        parameters = new RequestParameters
        {
            Quorums = quorums,
            Timeout = timeout,
            ReturnBody = returnBody,
            IncludeContext = includeContext,
            AllVersions = query["value"] == "multi",
            N = n,
            AwaitRepair = query["read_repair"] == "blocking",
            Context = query["context"],
        };
        return null;
    }

    /// <summary>What a read of this bucket waits for.</summary>
    public Refusal? Resolve(BucketType type, BucketProperties properties, out ReadQuorum quorum)
    {
        quorum = default;
        if (RefuseN(type) is { } refusal) return refusal;
        List<QuorumError> errors = [];
        if (!ReadQuorum.TryResolve(N ?? type.N, Quorums, properties.Quorums, errors, out quorum)) return Refusal.BadParameter(errors[0]);
        quorum = quorum with { N = type.N };
        return null;
    }

    /// <summary>What a write to this bucket waits for.</summary>
    public Refusal? Resolve(BucketType type, BucketProperties properties, out WriteQuorum quorum)
    {
        quorum = default;
        if (RefuseN(type) is { } refusal) return refusal;
        List<QuorumError> errors = [];
        if (!WriteQuorum.TryResolve(N ?? type.N, Quorums, properties.Quorums, errors, out quorum)) return Refusal.BadParameter(errors[0]);

        // A smaller n_val makes this request wait for less; the datum still lives on all of the type's replicas.
        quorum = quorum with { N = type.N };
        return null;
    }

    private Refusal? RefuseN(BucketType type) => N > type.N
        ? Refusal.BadParameter(string.Create(CultureInfo.InvariantCulture, $"n_val query parameter must not be above the bucket type's n value of {type.N}"))
        : null;

    private static Refusal? ParseTimeout(string? text, HttpOptions options, out TimeSpan timeout)
    {
        timeout = options.TimeoutDefault;
        if (text is null) return null;
        if (text.Length == 0 || text.AsSpan().ContainsAnyExceptInRange('0', '9'))
        {
            return Refusal.BadParameter($"timeout query parameter must be an integer greater than 0, {text} is invalid");
        }

        // Digits that do not fit are more than the longest wait, and 0 asks for that one.
        timeout = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds > 0
            && TimeSpan.FromMilliseconds(milliseconds) < options.TimeoutMax
            ? TimeSpan.FromMilliseconds(milliseconds)
            : options.TimeoutMax;
        return null;
    }

    private static Refusal? ParseBoolean(in RequestQuery query, string name, bool standard, out bool value)
    {
        var text = query[name];
        value = standard;
        if (text is null || text.Equals("default", StringComparison.OrdinalIgnoreCase)) return null;
        value = text.Equals("true", StringComparison.OrdinalIgnoreCase);
        return value || text.Equals("false", StringComparison.OrdinalIgnoreCase) ? null : Refusal.BadParameter(new QuorumError.NotABoolean(name));
    }

    private static Refusal? ParseN(string? text, out int? n)
    {
        n = null;
        if (text is null || text == "default") return null;
        if (text.Length == 0 || text.AsSpan().ContainsAnyExceptInRange('0', '9')) return Bad();
        n = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : int.MaxValue;
        return n > 0 ? null : Bad();

        static Refusal Bad() => Refusal.BadParameter("n_val query parameter must be an integer greater than 0");
    }
}
