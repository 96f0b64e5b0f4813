using System.Globalization;
using System.Text;

namespace GossipCluster.EndToEnd.Tests.Nemesis.Checking;

/// <summary>A request with its end.</summary>
/// <param name="Number">As in the events.</param>
/// <param name="Request">What was asked.</param>
/// <param name="Start">When it was sent.</param>
/// <param name="End">When it was answered; <see cref="TimeSpan.MaxValue"/> where nobody can say whether and when it took effect.</param>
/// <param name="Phase">How it ended.</param>
/// <param name="Answer">What came.</param>
internal sealed record Operation(int Number, Request Request, TimeSpan Start, TimeSpan End, Phase Phase, Answer Answer)
{
    /// <summary>Acknowledged, or read.</summary>
    public bool IsOk => Phase == Phase.Ok;

    /// <summary>Everything but what was not done for certain.</summary>
    public bool MayHaveHappened => Phase != Phase.Failed;

    /// <summary>A write that was answered with one copy lives as long as that disk.</summary>
    public bool IsOneCopy => Answer.Copies == 1;
}

/// <summary>What clients did and saw, and what was done to the cluster meanwhile. The checkers know nothing else.</summary>
internal sealed class History
{
    private const int ExcerptLinesMax = 80;
    private static readonly Answer Nothing = new();
    private readonly IReadOnlyList<HistoryEvent> _events;
    private readonly Dictionary<int, Operation> _byNumber = [];
    private readonly List<(TimeSpan From, TimeSpan To)> _unsettled = [];

    /// <param name="events">In the order in which they were recorded.</param>
    /// <param name="notes">Likewise.</param>
    public History(IReadOnlyList<HistoryEvent> events, IReadOnlyList<HistoryNote> notes)
    {
        (_events, Notes) = (events, notes);
        var ends = events.Where(line => line.Phase != Phase.Invoked).ToDictionary(line => line.Operation);
        foreach (var begun in events.Where(line => line.Phase == Phase.Invoked))
        {
            var end = ends.GetValueOrDefault(begun.Operation);
            var phase = end?.Phase ?? Phase.Unknown;
            _byNumber.Add(begun.Operation, new Operation(
                begun.Operation, begun.Request, begun.At, phase == Phase.Unknown ? TimeSpan.MaxValue : end!.At, phase, end?.Answer ?? Nothing));
        }

        Data = ByKey(_byNumber.Values);
        Keys = ByKey(_byNumber.Values.SelectMany(Projection.Of));
        TimeSpan? since = null;
        foreach (var note in notes)
        {
            if (note.Mark == Mark.Unsettled) since ??= note.At;
            if (note.Mark != Mark.Settled || since is null) continue;
            _unsettled.Add((since.Value, note.At));
            since = null;
        }

        if (since is { } open) _unsettled.Add((open, TimeSpan.MaxValue));
    }

    /// <summary>Each datum's operations, as they were asked for.</summary>
    public IReadOnlyList<KeyHistory> Data { get; }

    /// <summary>Sets, counters, registers and HyperLogLogs: those that are data, those in maps, and flags as sets. See <see cref="Projection"/>.</summary>
    public IReadOnlyList<KeyHistory> Keys { get; }

    /// <summary>What was done to the cluster.</summary>
    public IReadOnlyList<HistoryNote> Notes { get; }

    /// <summary>All operations, in no order.</summary>
    public IReadOnlyCollection<Operation> Operations => _byNumber.Values;

    /// <summary>An operation by its number; null for null.</summary>
    public Operation? Find(int? number) => number is { } known ? _byNumber.GetValueOrDefault(known) : null;

    /// <summary>True where a disk was lost after a moment.</summary>
    public bool LosesDiskAfter(TimeSpan moment) => Notes.Any(note => note.Mark == Mark.DiskLost && note.At >= moment);

    /// <summary>True where the same nodes were primaries all the time, with all their data.</summary>
    public bool IsSettled(TimeSpan from, TimeSpan to) => !_unsettled.Any(span => span.From <= to && from <= span.To);

    /// <summary>When all replicas were next equal after a moment; null for never.</summary>
    public TimeSpan? ConvergedAfter(TimeSpan moment) => Notes.Where(note => note.Mark == Mark.Converged && note.At >= moment).Select(note => (TimeSpan?)note.At).FirstOrDefault();

    /// <summary>The lines that a failure needs: those of the operations that it names, of all writes of its element, and the faults between.</summary>
    public string Excerpt(Violation violation)
    {
        var key = Projection.DatumOf(violation.Key);
        var numbers = violation.Operations.Select(operation => operation.Number).ToHashSet();
        var lines = _events.Where(line => numbers.Contains(line.Operation) || (line.Request.Key == key && violation.Element is { } element && line.Request.Element == element)).ToArray();
        if (lines.Length == 0) lines = [.. _events.Where(line => line.Request.Key == key)];
        if (lines.Length == 0) return string.Empty;
        var (first, last) = (lines.Min(line => line.At) - TimeSpan.FromSeconds(5), lines.Max(line => line.At));
        var all = lines.Select(line => (line.At, Text: line.ToString())).Concat(Notes.Where(note => note.At >= first && note.At <= last).Select(note => (note.At, Text: note.ToString()))).OrderBy(line => line.At).ToArray();
        var text = new StringBuilder();
        foreach (var line in all.Take(ExcerptLinesMax / 2)) text.AppendLine(Shortened(line.Text, violation.Element));
        if (all.Length > ExcerptLinesMax) text.AppendLine(CultureInfo.InvariantCulture, $"          ... {all.Length - ExcerptLinesMax} lines ...");
        foreach (var line in all.Skip(Math.Max(ExcerptLinesMax / 2, all.Length - (ExcerptLinesMax / 2)))) text.AppendLine(Shortened(line.Text, violation.Element));
        return text.ToString();
    }

    /// <summary>Everything, a line each.</summary>
    public IEnumerable<string> Lines() => _events.Select(line => (line.At, Text: line.ToString())).Concat(Notes.Select(note => (note.At, Text: note.ToString()))).OrderBy(line => line.At).Select(line => line.Text);

    private static IReadOnlyList<KeyHistory> ByKey(IEnumerable<Operation> operations) =>
        [.. operations.GroupBy(operation => operation.Request.Key, StringComparer.Ordinal).Select(group => new KeyHistory(group.Key, [.. group.OrderBy(operation => operation.Start)]))];

    /// <summary>Of a long value only whether the element is in it.</summary>
    private static string Shortened(string line, string? element)
    {
        var open = line.IndexOf('[', StringComparison.Ordinal);
        if (element is null || open < 0 || line.Length - open < 60) return line;
        var elements = line[(open + 1)..^1].Split(' ');
        return string.Create(CultureInfo.InvariantCulture, $"{line[..open]}{elements.Length} elements, {(elements.Contains(element, StringComparer.Ordinal) ? "with" : "without")} {element}");
    }
}

/// <summary>What happened to one key.</summary>
/// <param name="Key">Which.</param>
/// <param name="Operations">In the order of their starts.</param>
internal sealed record KeyHistory(string Key, IReadOnlyList<Operation> Operations)
{
    /// <summary>Of which type it is.</summary>
    public DatumKind Kind => Projection.KindOf(Operations[0].Request.Act);

    /// <summary>Whether it is a set.</summary>
    public bool IsSet => Kind == DatumKind.Set;

    /// <summary>Operations of a kind.</summary>
    public IEnumerable<Operation> Of(Act act) => Operations.Where(operation => operation.Request.Act == act);

    /// <summary>Answered reads of its set.</summary>
    public IEnumerable<Operation> SetReads => Of(Act.ReadSet).Where(read => read.IsOk);

    /// <summary>Answered reads of its counter.</summary>
    public IEnumerable<Operation> CounterReads => Of(Act.ReadCounter).Where(read => read.IsOk);

    /// <summary>All writes of each element.</summary>
    public IEnumerable<ElementHistory> Elements =>
        Operations.Where(operation => operation.Request.Element is not null).GroupBy(operation => operation.Request.Element!, StringComparer.Ordinal)
            .Select(group => new ElementHistory(group.Key, [.. group.Where(operation => operation.Request.Act == Act.Add)], [.. group.Where(operation => operation.Request.Act == Act.Remove)]));
}

/// <summary>All writes of one element of one set, those that failed among them.</summary>
internal sealed record ElementHistory(string Element, IReadOnlyList<Operation> Adds, IReadOnlyList<Operation> Removes)
{
    /// <summary>True where nothing may have removed it, ever.</summary>
    public bool IsNeverRemoved => !Removes.Any(remove => remove.MayHaveHappened);
}
