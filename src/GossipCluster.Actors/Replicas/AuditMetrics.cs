using System.Diagnostics.Metrics;

namespace GossipCluster.Actors.Replicas;

/// <summary>What audits of all shards of this process count, for whoever listens to the meter <see cref="MeterName"/>.</summary>
internal static class AuditMetrics
{
    public const string MeterName = "GossipCluster.Audit";

    private static readonly Meter Meter = new(MeterName);

    public static readonly Counter<long> Audits = Meter.CreateCounter<long>("audit.audits", description: "Audits that were started here and are over, by result.");

    public static readonly Counter<long> Keys = Meter.CreateCounter<long>("audit.keys", description: "Keys that they looked at here.");

    public static readonly Counter<long> Bytes = Meter.CreateCounter<long>("audit.bytes", "By", description: "Bytes that they sent and received.");

    public static readonly Counter<long> RottenLeaves = Meter.CreateCounter<long>("audit.leaves.rotten", description: "Leaves whose items were not what was written.");

    public static readonly Counter<long> Differences = Meter.CreateCounter<long>("audit.differences", description: "Keys that differed under equal clocks.");

    public static readonly Counter<long> Repaired = Meter.CreateCounter<long>("audit.repaired", description: "Of those, repaired on every replica that was compared.");

    public static readonly Counter<long> NotRepaired = Meter.CreateCounter<long>("audit.not-repaired", description: "Of those, left to the next audit.");

    public static readonly Counter<long> RepairedForPeers = Meter.CreateCounter<long>("audit.repaired-for-peers", description: "Repairs that a peer's audit had done here, or had wanted.");
}
