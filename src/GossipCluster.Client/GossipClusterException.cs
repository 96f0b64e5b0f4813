using System.Net;

namespace GossipCluster.Client;

/// <summary>Why a request has no result.</summary>
public enum Failure
{
    /// <summary>4xx: the request is at fault, and nothing of it was done.</summary>
    Refused,

    /// <summary>5xx: not now; see <see cref="GossipClusterException.MayHaveBeenApplied"/>.</summary>
    Unavailable,

    /// <summary>No node took a connection: nothing was sent.</summary>
    NotSent,

    /// <summary>The request was sent and no answer came: a write may have been applied.</summary>
    NoAnswer,
}

/// <summary>A request that the cluster did not carry out, or did not answer.</summary>
public sealed class GossipClusterException : Exception
{
    internal GossipClusterException(Failure failure, HttpStatusCode? status, string sentence, TimeSpan? retryAfter = null, Exception? inner = null)
        : base(sentence, inner)
    {
        Failure = failure;
        Status = status;
        RetryAfter = retryAfter;
    }

    /// <summary>What kind of failure.</summary>
    public Failure Failure { get; }

    /// <summary>The status of the answer; null where none came.</summary>
    public HttpStatusCode? Status { get; }

    /// <summary>When it may fare better, where the server said so.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>True: a write may have happened, wholly. An increment that is repeated may count twice; an add cannot.</summary>
    public bool MayHaveBeenApplied => Failure is Failure.NoAnswer or Failure.Unavailable;
}
