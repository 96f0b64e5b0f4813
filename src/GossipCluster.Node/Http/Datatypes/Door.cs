using GossipCluster.Actors.Store;
using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;
using GossipCluster.Node.Http.Answers;
using GossipCluster.Node.Http.Operations;
using GossipCluster.Node.Http.Paths;

namespace GossipCluster.Node.Http.Datatypes;

/// <summary>What all resources of data share: the store, the tokens, and the steps from a path to a command.</summary>
internal sealed class Door(IStore store, HttpOptions options, RequestBodies bodies, HttpCounters counters)
{
    private readonly ContextToken _tokens = new(options.TokenSecret.Span);

    public IStore Store => store;

    public HttpOptions Options => options;

    public RequestBodies Bodies => bodies;

    public HttpCounters Counters => counters;

    /// <summary>The bucket that the path names.</summary>
    public Refusal? Resolve(string typeName, string bucket, out Place place)
    {
        if (store.Schema.Find(typeName) is not { } type)
        {
            place = default;
            return Refusal.UnknownType(typeName);
        }

        place = new Place(type, store.Schema.PropertiesOf(type, bucket));
        return null;
    }

    /// <summary>The key that the path names.</summary>
    public static Refusal? KeyOf(RequestPath path, string name, out Key key) =>
        Key.TryCreate(path.Type, path.Bucket, name, out key, out var error) ? null : Refusal.BadKey(error);

    /// <summary>The clock of a token; null for no token.</summary>
    public Refusal? Decode(in Key key, string? token, out DotSet? clock)
    {
        clock = null;
        if (string.IsNullOrEmpty(token)) return null;
        if (!_tokens.TryDecode(key.Hash, token, out var decoded, out var error)) return Refusal.BadContext(error.Sentence);
        clock = decoded;
        return null;
    }

    /// <summary>The replicas and the clock of a token that comes without a key.</summary>
    public Refusal? Decode(string token, out TokenPlace place, out DotSet clock) =>
        _tokens.TryDecode(token, out place, out clock, out var error) ? null : Refusal.BadContext(error.Sentence);

    /// <summary>The token of a clock that was seen with a key.</summary>
    /// <param name="key">Which key.</param>
    /// <param name="n">Its bucket type's n_val.</param>
    /// <param name="clock">What was seen.</param>
    public string Encode(in Key key, int n, DotSet clock) => _tokens.Encode(new TokenPlace(key.Hash, n), clock);

    /// <summary>The token that came in a header; null where none did.</summary>
    public static string? TokenHeader(HttpRequest request, bool alsoVclock = false)
    {
        var headers = request.Headers;
        string? token = headers[Answer.ContextHeader];
        return string.IsNullOrEmpty(token) && alsoVclock ? headers["X-Riak-Vclock"] : token;
    }

    /// <summary>True where operations on this type look at a context; elsewhere a good one only goes into the token of the answer, and a bad one is ignored.</summary>
    public static bool LooksAtContext(DataType type) => DataTypeNames.HasContext(type);
}

/// <summary>A bucket, with what it asks for.</summary>
internal readonly record struct Place(BucketType Type, BucketProperties Properties);
