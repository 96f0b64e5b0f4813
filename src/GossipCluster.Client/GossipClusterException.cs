using System.Net;

namespace GossipCluster.Client;

/// <summary>Why a request has no result.</summary>
public enum Failure
{
    /// <summary>4xx: the request is at fault, and nothing of it was done.</summary>
    Refused,

    /// <summary>5xx: not now; see <see cref="GossipClusterException.Title"/> and <see cref="GossipClusterException.MayHaveBeenApplied"/>.</summary>
    Unavailable,

    /// <summary>No node took a connection: nothing was sent.</summary>
    NotSent,

    /// <summary>The request was sent and no answer came: a write may have been applied.</summary>
    NoAnswer,
}

/// <summary>A request that the cluster did not carry out, or did not answer.</summary>
public sealed class GossipClusterException : Exception
{
    // Of the answers with 503, those that promise it. What is not known here promises nothing.
    private static readonly string[] NothingWasDone = ["unavailable", "context-not-seen", "no-primary", "bodies-full"];

    internal GossipClusterException(Failure failure, string sentence, Exception inner)
        : base(sentence, inner)
    {
        Failure = failure;
        Sentence = sentence;
    }

    internal GossipClusterException(Failure failure, HttpStatusCode status, Problem problem, TimeSpan? retryAfter)
        : base($"{(int)status}: {problem.Sentence}")
    {
        Failure = failure;
        Status = status;
        Title = problem.Title;
        Sentence = problem.Sentence;
        RetryAfter = retryAfter;
    }

    /// <summary>What kind of failure.</summary>
    public Failure Failure { get; }

    /// <summary>The status of the answer; null where none came.</summary>
    public HttpStatusCode? Status { get; }

    /// <summary>What is wrong, for programs: one of the titles that docs/http.md lists, such as <c>quorum-not-reached</c>. Null where no answer came, or none with a title.</summary>
    public string? Title { get; }

    /// <summary>What is wrong, for people: what the node said, or why it said nothing.</summary>
    public string Sentence { get; }

    /// <summary>When it may fare better, where the server said so.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>
    /// True: a write may have happened, wholly, or may still happen. An increment that is repeated may count twice; an add cannot. False: nothing was done, and nothing will
    /// be; of a 503 only where its <see cref="Title"/> promises that.
    /// </summary>
    public bool MayHaveBeenApplied => Failure is Failure.NoAnswer || (Failure is Failure.Unavailable && !NothingWasDone.Contains(Title, StringComparer.Ordinal));
}
