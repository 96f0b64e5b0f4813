using GossipCluster.Core.Causality;

namespace GossipCluster.Core.Replication;

/// <summary>What a node that starts is to do about its replica id.</summary>
public enum IdentityDecision
{
    /// <summary>Not decided: serve reads, name no dots.</summary>
    Undecided,

    /// <summary>Go on under the id of the disk.</summary>
    Keep,

    /// <summary>Take a new, random generation.</summary>
    TakeNew,
}

/// <summary>Whether a starting node may go on naming dots under the id on its disk (rule 6). Pure.</summary>
/// <remarks>
/// Only with certainty: it was stopped cleanly (a mark on disk, consumed durably before this check), and within the deadline every other ring member,
/// its own log recovered, answers that it neither knows more dots of the id than this disk nor has seen another start of it as late as this one
/// (<see cref="NodeStart"/>). The last is for a copy of a cleanly stopped disk that is put back while messages of the life in between are still under
/// way: nobody knows their dots yet, but everybody was asked when that life began. A ring of one has nobody who could tell a copy from the disk.
/// </remarks>
public sealed class IdentityCheck
{
    /// <summary>How long answers are waited for: long for a live peer, short for a client that wants to write.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(2);

    private readonly HashSet<NodeName> _unanswered;
    private readonly TimeSpan _end;

    /// <summary>Starts a check.</summary>
    /// <param name="stoppedCleanly">True where the disk bore the mark of a clean stop, and no longer bears it.</param>
    /// <param name="otherMembers">The other members of the ring.</param>
    /// <param name="now">Monotonic.</param>
    public IdentityCheck(bool stoppedCleanly, IEnumerable<NodeName> otherMembers, TimeSpan now)
    {
        _unanswered = [.. otherMembers];
        _end = now + Deadline;
        Decision = stoppedCleanly && _unanswered.Count > 0 ? IdentityDecision.Undecided : IdentityDecision.TakeNew;
    }

    /// <summary>What is decided so far; once decided, it stays.</summary>
    public IdentityDecision Decision { get; private set; }

    /// <summary>A member has answered.</summary>
    /// <param name="member">Which.</param>
    /// <param name="knowsMore">True where it knows dots of the id that this disk does not, or a start of it that <see cref="NodeStart.Contradicts"/> this one.</param>
    public IdentityDecision Answered(NodeName member, bool knowsMore)
    {
        if (Decision != IdentityDecision.Undecided) return Decision;
        _unanswered.Remove(member);
        if (knowsMore) Decision = IdentityDecision.TakeNew;
        else if (_unanswered.Count == 0) Decision = IdentityDecision.Keep;
        return Decision;
    }

    /// <summary>Time has passed.</summary>
    public IdentityDecision Tick(TimeSpan now)
    {
        if (Decision == IdentityDecision.Undecided && now >= _end) Decision = IdentityDecision.TakeNew;
        return Decision;
    }
}
