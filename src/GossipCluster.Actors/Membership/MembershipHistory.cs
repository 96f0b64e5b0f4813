using System.Collections.Immutable;
using Akka.Actor;
using GossipCluster.Core.Causality;

namespace GossipCluster.Actors.Membership;

/// <summary>What a process remembers over the restarts of its ActorSystem.</summary>
/// <param name="RestartedAt">A timestamp of the node's <see cref="TimeProvider"/>: the last restart to mend membership; null for none.</param>
/// <param name="JoinFirst">The nodes of the island that it restarted for: for a while it asks nobody else, for the others of its former island may still be there.</param>
public sealed record MembershipHistory(long? RestartedAt, ImmutableArray<NodeName> JoinFirst)
{
    /// <summary>Of a process that has just begun.</summary>
    public static readonly MembershipHistory None = new(null, []);
}

/// <summary>On the event stream: only another ActorSystem brings this node back into Akka.Cluster, and now is the time for one.</summary>
/// <remarks>Whoever owns the ActorSystem restarts it cleanly. Nothing about data depends on it.</remarks>
/// <param name="Sentence">Why, for the log and for clients that are answered 503 meanwhile.</param>
/// <param name="JoinFirst">See <see cref="MembershipHistory.JoinFirst"/>.</param>
public sealed record RestartWanted(string Sentence, ImmutableArray<NodeName> JoinFirst) : INoSerializationVerificationNeeded;
