using System.Globalization;

namespace GossipCluster.Simulation.Tests.Dissemination;

/// <summary>Runs as rows of a table.</summary>
internal static class SpreadReport
{
    public const string Head =
        "| way | nodes | loss | redundancy | last hop | time to reach all, mean / max | payload bytes a node | tree bytes a node | by digest | idle bytes/s a node |\n"
        + "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |";

    public const string CourseHead = "| nodes | loss | message | reached | redundancy | last hop | time |\n| ---: | ---: | --- | --- | ---: | ---: | ---: |";

    public static string Row(SpreadRun run)
    {
        var spreads = run.Measured;
        var count = spreads.Count * (double)run.World.LiveCount;
        return string.Create(CultureInfo.InvariantCulture, $"| {run.Plan.Way} | {run.Plan.Nodes:N0} | {run.Plan.Loss * 100:0} % | {spreads.Average(spread => spread.Redundancy):0.000} | {spreads.Max(spread => spread.LastHop)} | {spreads.Average(spread => spread.Time.TotalMilliseconds):N0} / {spreads.Max(spread => spread.Time.TotalMilliseconds):N0} ms | {run.PerMessage.PayloadBytes / count:N0} | {run.PerMessage.TreeBytes / count:N0} | {run.World.Sum(counters => counters.DeliveredByExchange)} | {run.IdleBytes:N0} |");
    }

    /// <summary>Message by message, of a run in which something happens.</summary>
    public static string Course(SpreadRun run) => string.Join(
        '\n',
        run.Measured.Select((spread, index) => string.Create(
            CultureInfo.InvariantCulture,
            $"| {run.Plan.Nodes:N0} | {run.Plan.Loss * 100:0} % | {index + 1} | {(run.World.ReachedAll(spread) ? "all" : "NOT ALL")} | {spread.Redundancy:0.000} | {spread.LastHop} | {spread.Time.TotalMilliseconds:N0} ms |")));
}
