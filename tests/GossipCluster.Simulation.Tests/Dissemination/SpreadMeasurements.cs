using System.Globalization;
using GossipCluster.Core.Dissemination;

namespace GossipCluster.Simulation.Tests.Dissemination;

/// <summary>The numbers of docs/dissemination.md, and its plot. Minutes: only on request.</summary>
/// <remarks>
/// GOSSIPCLUSTER_SPREAD_NODES: the sizes, "100,1000,10000". GOSSIPCLUSTER_SPREAD_OUT: a folder for dissemination.md (the tables) and dissemination.svg.
/// </remarks>
public sealed class SpreadMeasurements(ITestOutputHelper output)
{
    private readonly List<string> _lines = [];

    [Fact(Explicit = true)]
    public void Measure()
    {
        var sizes = (Environment.GetEnvironmentVariable("GOSSIPCLUSTER_SPREAD_NODES") ?? "100,1000,10000")
            .Split(',').Select(size => int.Parse(size, CultureInfo.InvariantCulture)).ToList();

        Say("### Stable network\n\n" + SpreadReport.Head);
        var stable = new List<SpreadRun>();
        foreach (var way in Enum.GetValues<DisseminationWay>())
        {
            foreach (var size in sizes) stable.AddRange(((double[])[0, 0.01, 0.1]).Select(loss => Row(SpreadRun.Stable(new SpreadPlan(way, size, loss)))));
        }

        Say("\n### Twenty nodes publish at once\n\n" + SpreadReport.Head);
        foreach (var size in sizes) Row(SpreadRun.Crowd(new SpreadPlan(DisseminationWay.Cooperative, size)));

        Say("\n### A tenth dies at once\n\n" + SpreadReport.CourseHead);
        var deaths = sizes.Select(size => Course(SpreadRun.Deaths(new SpreadPlan(DisseminationWay.Cooperative, size)))).ToList();
        foreach (var size in sizes) Course(SpreadRun.Deaths(new SpreadPlan(DisseminationWay.Cooperative, size, Loss: 0.01)));
        foreach (var size in sizes) Course(SpreadRun.Deaths(new SpreadPlan(DisseminationWay.Cooperative, size, Loss: 0.1)));

        Say("\n### Half of them die at once\n\n" + SpreadReport.CourseHead);
        foreach (var size in sizes) Course(SpreadRun.Deaths(new SpreadPlan(DisseminationWay.Cooperative, size), share: 0.5));

        Say("\n### A cut of 10 s\n\n" + SpreadReport.CourseHead);
        foreach (var size in sizes) Course(SpreadRun.CutAndHealed(new SpreadPlan(DisseminationWay.Cooperative, size)));

        var plot = new SpreadPlot();
        var largest = sizes[^1];
        var n = largest.ToString("N0", CultureInfo.InvariantCulture);
        plot.Reached($"How fast {n} nodes are reached",
        [
            ("direct", Of(DisseminationWay.Direct, 0), largest),
            ("cooperative", Of(DisseminationWay.Cooperative, 0), largest),
            ("cooperative, loss 10 %", Of(DisseminationWay.Cooperative, 0.1), largest),
            ("cooperative, as a tenth dies", deaths[^1].Measured[0], deaths[^1].World.LiveCount),
            ("exchange", Of(DisseminationWay.Exchange, 0), largest),
        ]);
        plot.Redundancy("A tree comes about, and is mended", markAt: 11, "a tenth dies", [.. deaths.Select(run =>
            ($"{run.Plan.Nodes.ToString("N0", CultureInfo.InvariantCulture)} nodes", (IReadOnlyList<double>)[.. run.Warming.Concat(run.Measured).Select(spread => spread.Redundancy)]))]);
        if (Environment.GetEnvironmentVariable("GOSSIPCLUSTER_SPREAD_OUT") is not { } folder) return;
        File.WriteAllText(Path.Combine(folder, "dissemination.svg"), plot.ToString());
        File.WriteAllLines(Path.Combine(folder, "dissemination.md"), _lines);

        Spread Of(DisseminationWay way, double loss) => stable.First(run => run.Plan.Way == way && run.Plan.Nodes == largest && run.Plan.Loss == loss).Measured[^1];
    }

    private SpreadRun Row(SpreadRun run)
    {
        Say(SpreadReport.Row(run));
        return Checked(run);
    }

    private SpreadRun Course(SpreadRun run)
    {
        Say(SpreadReport.Course(run));
        return Checked(run);
    }

    private static SpreadRun Checked(SpreadRun run)
    {
        Assert.All(run.Warming.Concat(run.Measured), spread => Assert.True(run.World.ReachedAll(spread), $"{run.Name}, {run.Plan}: {spread.Id} reached {spread.ReachedCount}"));
        Assert.All(run.Warming.Concat(run.Measured), spread => Assert.Equal(0, spread.Repeated));
        return run;
    }

    private void Say(string line)
    {
        output.WriteLine(line);
        _lines.Add(line);
    }
}
