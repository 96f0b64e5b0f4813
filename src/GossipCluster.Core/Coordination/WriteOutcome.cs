namespace GossipCluster.Core.Coordination;

/// <summary>How a write ended, for the one who asked for it.</summary>
public abstract record WriteOutcome
{
    private WriteOutcome()
    {
    }

    /// <summary>The write is acknowledged.</summary>
    /// <param name="Copies">Distinct nodes known to hold it, 1 or more: what <c>GossipCluster-Copies</c> says.</param>
    /// <param name="Primaries">How many of them are primaries.</param>
    /// <param name="Durable">How many of them have it on disk.</param>
    /// <param name="Short">Fewer than the quorum asked for, because no more nodes were reachable.</param>
    public sealed record Written(int Copies, int Primaries, int Durable, bool Short) : WriteOutcome;

    /// <summary>The quorum cannot be met. The write may have been applied by those that answered; a later read tells.</summary>
    /// <param name="Kind">Which part of it.</param>
    /// <param name="Got">The most that could still be had, below <paramref name="Wanted"/>.</param>
    /// <param name="Wanted">What was asked for.</param>
    public sealed record Unsatisfied(UnmetQuorum Kind, int Got, int Wanted) : WriteOutcome
    {
        /// <summary>The sentence a client is told, without the newline that ends it there.</summary>
        public string Sentence => UnmetQuorumSentences.Of(Kind, Got, Wanted);
    }

    /// <summary>The request's time is over. The write may have been applied, and may still be.</summary>
    /// <param name="Copies">Distinct nodes known to hold it, 0 where not even the coordinator has said so.</param>
    public sealed record TimedOut(int Copies) : WriteOutcome
    {
        /// <summary>The sentence a client is told, without the newline that ends it there.</summary>
        public static string Sentence => UnmetQuorumSentences.TimedOut;
    }

    /// <summary>No node coordinated the write: it was not applied.</summary>
    /// <param name="Reason">Why.</param>
    /// <param name="LastRefusal">What the last node that was there and was asked said; null where there was none.</param>
    public sealed record NoCoordinator(NoCoordinatorReason Reason, RefusalReason? LastRefusal) : WriteOutcome
    {
        /// <summary>The sentence a client is told, without the newline that ends it there.</summary>
        public string Sentence => Reason switch
        {
            NoCoordinatorReason.NoPrimaryReachable =>
                "No primary of the key is reachable, and the operation needs one; retry when one is back",
            NoCoordinatorReason.NoNodeReachable => "No node that could take the operation is reachable; retry at another node",
            _ => $"Every node that could coordinate the operation refused it ({LastRefusal}); retry later",
        };
    }
}

/// <summary>Why no node coordinated a write.</summary>
public enum NoCoordinatorReason
{
    /// <summary>The operation needs state, and no primary is reachable.</summary>
    NoPrimaryReachable,

    /// <summary>Nobody is reachable. Only a node outside the ring sees that; all others have themselves.</summary>
    NoNodeReachable,

    /// <summary>Those that were asked refused.</summary>
    Refused,
}
