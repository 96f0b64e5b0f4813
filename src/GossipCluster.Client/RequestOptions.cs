using System.Globalization;
using System.Text;

namespace GossipCluster.Client;

/// <summary>What a read asks for beyond its key. What is not set is the bucket's default.</summary>
public sealed record ReadOptions
{
    internal static readonly ReadOptions None = new();

    /// <summary>Replicas that must answer, fallbacks included.</summary>
    public Quorum R { get; init; }

    /// <summary>Primaries that must answer.</summary>
    public Quorum PR { get; init; }

    /// <summary>At least as new as this context (of any earlier answer for the key): read-your-writes without sticky sessions.</summary>
    public string? AtLeast { get; init; }

    /// <summary>False leaves the context out of the answer, for who only wants to look.</summary>
    public bool IncludeContext { get; init; } = true;

    /// <summary>The longest that the server waits for replicas.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>As the query of a request, from the question mark on; empty where nothing is set. For who speaks HTTP without this client.</summary>
    public string Query()
    {
        var query = new QueryText();
        query.Add("r", R);
        query.Add("pr", PR);
        query.Add("timeout", Timeout);
        if (!IncludeContext) query.Add("include_context", "false");
        return query.ToString();
    }
}

/// <summary>What a write asks for beyond its key and operation. What is not set is the bucket's default.</summary>
public sealed record WriteOptions
{
    internal static readonly WriteOptions None = new();

    /// <summary>Copies that must be acknowledged, fallbacks included.</summary>
    public Quorum W { get; init; }

    /// <summary>Copies that must be on disk.</summary>
    public Quorum DW { get; init; }

    /// <summary>Primaries that must acknowledge.</summary>
    public Quorum PW { get; init; }

    /// <summary>What the writer had seen: a remove takes away that much and nothing that came after. Of an earlier answer for the key.</summary>
    public string? Context { get; init; }

    /// <summary>Answer with the value as it is right after the write.</summary>
    public bool ReturnBody { get; init; }

    /// <summary>The longest that the server waits for replicas.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>As the query of a request, from the question mark on; empty where nothing is set. For who speaks HTTP without this client.</summary>
    public string Query()
    {
        var query = new QueryText();
        query.Add("w", W);
        query.Add("dw", DW);
        query.Add("pw", PW);
        query.Add("timeout", Timeout);
        if (ReturnBody) query.Add("returnbody", "true");
        return query.ToString();
    }
}

/// <summary>Builds <c>?a=b&amp;c=d</c>; empty where nothing was added.</summary>
internal sealed class QueryText
{
    private readonly StringBuilder _text = new();

    public void Add(string name, string value) => _text.Append(_text.Length == 0 ? '?' : '&').Append(name).Append('=').Append(value);

    public void Add(string name, Quorum quorum)
    {
        if (!quorum.IsDefault) Add(name, quorum.ToString());
    }

    public void Add(string name, TimeSpan? timeout)
    {
        if (timeout is { } span) Add(name, ((long)span.TotalMilliseconds).ToString(CultureInfo.InvariantCulture));
    }

    public override string ToString() => _text.ToString();
}
