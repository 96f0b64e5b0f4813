using System.Collections.Immutable;

namespace GossipCluster.Core.Coordination;

/// <summary>How a read ended, for the one who asked for it.</summary>
public abstract record ReadOutcome
{
    private ReadOutcome()
    {
    }

    /// <summary>Some replica has the datum.</summary>
    /// <param name="States">
    /// The states to join, with their clocks as contexts: one for each different digest, in the order in which the nodes were asked. Where
    /// one replica has seen a delete that another has not, the join is empty: that is "not found" too, with all the evidence there is.
    /// </param>
    /// <param name="Copies">Distinct nodes whose state is in the join.</param>
    /// <param name="Primaries">How many of them are primaries.</param>
    /// <param name="Short">Fewer than R, because no more nodes were reachable.</param>
    public sealed record Found(ImmutableArray<object> States, int Copies, int Primaries, bool Short) : ReadOutcome;

    /// <summary>No replica that answered has the datum, and every reachable primary has answered.</summary>
    /// <param name="States">The states that came along: nothing of the key, but a clock for the client's token. May be empty.</param>
    /// <param name="Copies">Distinct nodes that answered.</param>
    /// <param name="Witnesses">
    /// Primaries that answered and do not know themselves to be behind: the evidence. 0 where the word is that of fallbacks or of
    /// primaries that are being refilled: no reachable node knows better.
    /// </param>
    /// <param name="Short">Fewer than R, because no more nodes were reachable.</param>
    public sealed record NotFound(ImmutableArray<object> States, int Copies, int Witnesses, bool Short) : ReadOutcome;

    /// <summary>The quorum cannot be met.</summary>
    /// <param name="Kind">Which part of it.</param>
    /// <param name="Got">The most that could still be had, below <paramref name="Wanted"/>; for a token, replicas that were joined.</param>
    /// <param name="Wanted">What was asked for; for a token, the replicas there should be.</param>
    public sealed record Unsatisfied(UnmetQuorum Kind, int Got, int Wanted) : ReadOutcome
    {
        /// <summary>The sentence a client is told, without the newline that ends it there.</summary>
        public string Sentence => UnmetQuorumSentences.Of(Kind, Got, Wanted);
    }

    /// <summary>The request's time is over: rather this than a false absence.</summary>
    /// <param name="Copies">Distinct nodes that had answered.</param>
    public sealed record TimedOut(int Copies) : ReadOutcome
    {
        /// <summary>The sentence a client is told, without the newline that ends it there.</summary>
        public static string Sentence => UnmetQuorumSentences.TimedOut;
    }
}
