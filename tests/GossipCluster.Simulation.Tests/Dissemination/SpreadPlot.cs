using System.Globalization;
using System.Text;

namespace GossipCluster.Simulation.Tests.Dissemination;

/// <summary>Two plots of measured runs as one SVG: how fast nodes are reached, and how a tree comes about and is mended.</summary>
internal sealed class SpreadPlot
{
    private const int Width = 1_080;
    private const int Height = 460;
    private static readonly string[] Colors = ["#1b6ca8", "#d1495b", "#2a9d8f", "#e09f3e", "#6c4ab6"];
    private readonly StringBuilder _svg = new();

    public SpreadPlot()
    {
        Line($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" font-family=\"system-ui, sans-serif\" font-size=\"12\" fill=\"#333\">");
        Line($"<rect width=\"{Width}\" height=\"{Height}\" fill=\"#fff\"/>");
    }

    /// <summary>Share of the nodes that have a message, over the time since its publication (logarithmic, 10 ms to 20 s).</summary>
    public void Reached(string title, IReadOnlyList<(string Name, Spread Spread, int Nodes)> curves)
    {
        Frame(60, title, "time since publication", "nodes reached");
        foreach (var (at, label) in ((double, string)[])[(10, "10 ms"), (100, "100 ms"), (1_000, "1 s"), (10_000, "10 s")]) TickX(X(at), label);
        foreach (var share in (double[])[0, 0.25, 0.5, 0.75, 1]) TickY(60, Y(share), $"{share * 100:0} %");
        for (var i = 0; i < curves.Count; i++)
        {
            var (name, spread, nodes) = curves[i];
            var times = spread.Times.ToList();
            var points = Enumerable.Range(0, 201).Select(step => step / 200.0).Select(share => Math.Min(times.Count - 1, (int)(share * times.Count)))
                .Select(index => (X(Math.Max(10, times[index].TotalMilliseconds)), Y((index + 1) / (double)(nodes - 1))));
            Curve(points, Colors[i], dots: false);
            Legend(60, i, Colors[i], name);
        }

        static double X(double milliseconds) => 60 + (Math.Log10(milliseconds / 10) / Math.Log10(2_000) * 430);
        static double Y(double share) => 340 - (share * 280);
    }

    /// <summary>Redundancy message by message.</summary>
    public void Redundancy(string title, int markAt, string mark, IReadOnlyList<(string Name, IReadOnlyList<double> Values)> courses)
    {
        var count = courses.Max(course => course.Values.Count);
        Frame(600, title, "message", "payloads too many a node");
        for (var i = 1; i <= count; i++) TickX(X(i), i.ToString(CultureInfo.InvariantCulture));
        for (var value = 0; value <= 5; value++) TickY(600, Y(value), value.ToString(CultureInfo.InvariantCulture));
        Line($"<line x1=\"{N(X(markAt - 0.5))}\" x2=\"{N(X(markAt - 0.5))}\" y1=\"60\" y2=\"340\" stroke=\"#999\" stroke-dasharray=\"4 3\"/>");
        Text(X(markAt - 0.5) - 4, 200, mark, "end");
        for (var i = 0; i < courses.Count; i++)
        {
            Curve(courses[i].Values.Select((value, index) => (X(index + 1), Y(value))), Colors[i], dots: true);
            Legend(600, i, Colors[i], courses[i].Name);
        }

        double X(double message) => 600 + ((message - 0.5) / count * 430);
        static double Y(double value) => 340 - (value / 5 * 280);
    }

    public override string ToString() => _svg + "</svg>\n";

    private void Frame(double left, string title, string x, string y)
    {
        Text(left, 28, title, "start", bold: true);
        Text(left, 48, y, "start");
        Text(left + 430, 378, x, "end");
        Line($"<path d=\"M{N(left)} 60 V340 H{N(left + 430)}\" fill=\"none\" stroke=\"#333\"/>");
    }

    private void TickX(double x, string label)
    {
        Line($"<line x1=\"{N(x)}\" x2=\"{N(x)}\" y1=\"340\" y2=\"345\" stroke=\"#333\"/>");
        Text(x, 359, label, "middle");
    }

    private void TickY(double left, double y, string label)
    {
        Line($"<line x1=\"{N(left)}\" x2=\"{N(left + 430)}\" y1=\"{N(y)}\" y2=\"{N(y)}\" stroke=\"#ddd\"/>");
        Text(left - 6, y + 4, label, "end");
    }

    private void Curve(IEnumerable<(double X, double Y)> points, string color, bool dots)
    {
        var list = points.ToList();
        Line($"<polyline points=\"{string.Join(' ', list.Select(point => $"{N(point.X)},{N(point.Y)}"))}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\"/>");
        if (!dots) return;
        foreach (var (x, y) in list) Line($"<circle cx=\"{N(x)}\" cy=\"{N(y)}\" r=\"3\" fill=\"{color}\"/>");
    }

    // Below the plot, in two columns.
    private void Legend(double left, int place, string color, string name)
    {
        left += place % 2 * 215;
        var y = 408 + (place / 2 * 18);
        Line($"<rect x=\"{N(left)}\" y=\"{y - 9}\" width=\"12\" height=\"10\" fill=\"{color}\"/>");
        Text(left + 18, y, name, "start");
    }

    private void Text(double x, double y, string text, string anchor, bool bold = false) =>
        Line($"<text x=\"{N(x)}\" y=\"{N(y)}\" text-anchor=\"{anchor}\"{(bold ? " font-weight=\"600\"" : string.Empty)}>{text}</text>");

    private void Line(string line) => _svg.Append(line).Append('\n');

    private static string N(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
