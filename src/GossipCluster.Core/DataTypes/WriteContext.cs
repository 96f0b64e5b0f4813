using GossipCluster.Core.Causality;

namespace GossipCluster.Core.DataTypes;

/// <summary>Under which circumstances an operation is staged.</summary>
/// <param name="Now">The coordinator's clock: a register's timestamp and nothing else.</param>
/// <param name="Observed">The clock of the client's context token; null where it sent none: then the state of this replica is what was observed.</param>
/// <param name="MayRemove">False on a fallback and on a primary before its first sync: then removes, deletes and disables are refused.</param>
public readonly record struct WriteContext(DateTimeOffset Now, DotSet? Observed = null, bool MayRemove = true);
