using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using GossipCluster.Core.DataTypes;

namespace GossipCluster.Node.Http;

/// <summary>Settings of the HTTP door of this node. Only <see cref="TokenSecret"/> must be the same on all nodes of a cluster.</summary>
internal sealed record HttpOptions
{
    public const string Section = "gossip-cluster:http-server";

    /// <summary>What context tokens are signed with; shared by all nodes of a cluster, so that any node takes a token that another has made.</summary>
    /// <value>16 bytes or more, random. No default: whoever knows it can make tokens.</value>
    [Browsable(false)]
    public required ReadOnlyMemory<byte> TokenSecret { get; init; }

    /// <summary>The largest body of one operation.</summary>
    /// <value>Bytes, 1 KiB to 64 MiB. Default: 10 MiB, what one operation may hold (8 MiB) and the quotes and commas around it.</value>
    [Range(1024, 64 << 20)]
    public int BodyBytesMax { get; init; } = 10 << 20;

    /// <summary>The largest body of a batch.</summary>
    /// <value>Bytes, 1 KiB to 256 MiB. Default: 32 MiB, some 3 KB for each of the most operations.</value>
    [Range(1024, 256 << 20)]
    public int BatchBodyBytesMax { get; init; } = 32 << 20;

    /// <summary>The most operations in one batch.</summary>
    /// <value>1 to 1,000,000. Default: 10,000: a quarter of a second's work of a node, so that a batch never holds up others for long.</value>
    [Range(1, 1_000_000)]
    public int BatchOperationsMax { get; init; } = 10_000;

    /// <summary>The most bytes of large bodies held at once, over all connections; past it large bodies are answered with 503.</summary>
    /// <value>Bytes, 1 MiB and more. Default: 256 MiB. Bodies up to 64 KiB are not counted: the number of connections bounds those.</value>
    [Range(1L << 20, long.MaxValue)]
    public long BodiesBytesMax { get; init; } = 256L << 20;

    /// <summary>How long a client waits that does not say.</summary>
    /// <value>1 ms to 10 minutes. Default: 5 s, long after any replica that is alive has answered.</value>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:10:00")]
    public TimeSpan TimeoutDefault { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a client waits that says 0 (for ever), and the most it may ask for.</summary>
    /// <value>1 ms to 1 hour. Default: 60 s, as in Riak.</value>
    [Range(typeof(TimeSpan), "00:00:00.001", "01:00:00")]
    public TimeSpan TimeoutMax { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The longest request line; longer ones are answered with 414.</summary>
    /// <value>Bytes, 1 KiB to 256 KiB. Default: 32 KiB, room for the longest key percent-encoded and the longest context as a parameter.</value>
    [Range(1024, 256 << 10)]
    public int RequestLineBytesMax { get; init; } = 32 << 10;

    /// <summary>The longest headers of a request; longer ones are answered with 431.</summary>
    /// <value>Bytes, 1 KiB to 256 KiB. Default: 64 KiB, room for the longest context as a header beside what proxies add.</value>
    [Range(1024, 256 << 10)]
    public int RequestHeadersBytesMax { get; init; } = 64 << 10;

    /// <summary>The most headers of a request; more are answered with 431.</summary>
    /// <value>8 to 1,000. Default: 100.</value>
    [Range(8, 1000)]
    public int RequestHeaderCountMax { get; init; } = 100;

    /// <summary>How long the headers of a request may take to arrive, so that idle half-requests do not hold connections.</summary>
    /// <value>100 ms to 10 minutes. Default: 15 s.</value>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan RequestHeadersTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long an idle connection is kept.</summary>
    /// <value>1 s to 1 day. Default: 130 s, longer than the idle time of common load balancers, so that it is never we who close first.</value>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(130);

    /// <summary>The slowest that a client may send a body or take an answer, after a grace of 5 s; slower ones are cut off.</summary>
    /// <value>Bytes a second, 1 and more. Default: 240.</value>
    [Range(1, int.MaxValue)]
    public int BytesPerSecondMin { get; init; } = 240;

    /// <summary>The most connections at once; further ones are closed unanswered.</summary>
    /// <value>1 and more. Default: 20,000.</value>
    [Range(1, int.MaxValue)]
    public int ConnectionsMax { get; init; } = 20_000;

    /// <summary>How large an operation may be: the store's own limits, looked at while a body is being read.</summary>
    /// <value>Default: <see cref="OperationLimits.Default"/>.</value>
    public OperationLimits Limits { get; init; } = OperationLimits.Default;

    /// <summary>Serve the page at <c>/docs</c>, which explores <c>/openapi/v1.json</c>; it needs no network but this node.</summary>
    /// <value>Default: true.</value>
    public bool Docs { get; init; } = true;

    /// <summary>All that is wrong with these settings; empty where nothing is.</summary>
    public IReadOnlyList<string> Validate()
    {
        List<ValidationResult> results = [];
        Validator.TryValidateObject(this, new ValidationContext(this), results, validateAllProperties: true);
        List<string> errors = [.. results.Select(result => $"{Section}: {result.ErrorMessage}")];
        if (TokenSecret.Length < 16) errors.Add($"{Section}: {nameof(TokenSecret)} has {TokenSecret.Length} bytes; it needs at least 16.");
        if (TimeoutDefault > TimeoutMax) errors.Add($"{Section}: {nameof(TimeoutDefault)} is above {nameof(TimeoutMax)}.");
        return errors;
    }
}
