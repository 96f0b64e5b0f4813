using Microsoft.AspNetCore.WebUtilities;

namespace GossipCluster.Node.Http.Parameters;

/// <summary>The parameters of a request's query. Names are compared exactly; of two with one name, the first counts.</summary>
internal readonly struct RequestQuery
{
    private readonly List<KeyValuePair<string, string>>? _parameters;

    private RequestQuery(List<KeyValuePair<string, string>> parameters) => _parameters = parameters;

    /// <summary>True where there are none.</summary>
    public bool IsEmpty => _parameters is null;

    /// <summary>The parameter of a name; null where the request has none.</summary>
    public string? this[string name]
    {
        get
        {
            if (_parameters is null) return null;
            foreach (var (key, value) in _parameters)
            {
                if (key == name) return value;
            }

            return null;
        }
    }

    public static RequestQuery Of(HttpRequest request)
    {
        var text = request.QueryString.Value;
        if (text is null || text.Length <= 1) return default;
        List<KeyValuePair<string, string>> parameters = [];
        foreach (var parameter in new QueryStringEnumerable(text))
        {
            parameters.Add(KeyValuePair.Create(parameter.DecodeName().ToString(), parameter.DecodeValue().ToString()));
        }

        return new RequestQuery(parameters);
    }
}
