using System.Globalization;
using System.Text;

namespace GossipCluster.EndToEnd.Tests.Nemesis.Checking;

/// <summary>What all checkers say of one history.</summary>
/// <param name="History">What was checked.</param>
/// <param name="Results">One a checker.</param>
internal sealed record Verdict(History History, IReadOnlyList<CheckResult> Results)
{
    private const int ShownOfKindMax = 2;

    /// <summary>Checks a history in every way.</summary>
    public static Verdict Of(History history) => new(history,
    [
        SetChecker.Check(history), CounterChecker.Check(history), ObservedRemoveChecker.Check(history), RegisterChecker.Check(history), DistinctChecker.Check(history), MapChecker.Check(history),
        SessionChecker.Check(history), ConvergenceChecker.Check(history), RefusalChecker.Check(history),
    ]);

    /// <summary>All that is broken.</summary>
    public IEnumerable<Violation> Violations => Results.SelectMany(result => result.Violations);

    /// <summary>How the requests ended, and what each checker found; of each kind of violation the first few, with the lines of the history that show it.</summary>
    /// <param name="plan">Printed on top: how to do it again.</param>
    public string Report(string plan)
    {
        var text = new StringBuilder().AppendLine(plan);
        foreach (var acts in History.Operations.GroupBy(operation => operation.Request.Act).OrderBy(acts => acts.Key))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{acts.Key}: {acts.Count()} sent, {Count(acts, Phase.Ok)} ok, {Count(acts, Phase.Failed)} failed, {Count(acts, Phase.Unknown)} unknown");
        }

        text.AppendLine(CultureInfo.InvariantCulture, $"Around them: {string.Join(", ", History.Notes.GroupBy(note => note.Mark).OrderBy(notes => notes.Key).Select(notes => $"{notes.Count()} {notes.Key}"))}");
        foreach (var result in Results) text.AppendLine(CultureInfo.InvariantCulture, $"{(result.Violations.Count == 0 ? "kept  " : "BROKEN")} {result.Check}: {result.Measures}");
        foreach (var kind in Violations.GroupBy(violation => (violation.Check, violation.Kind)))
        {
            text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"{kind.Key.Check}, {kind.Key.Kind}: {kind.Count()}");
            foreach (var violation in kind.Take(ShownOfKindMax)) text.AppendLine(violation.Sentence).Append(History.Excerpt(violation));
        }

        return text.ToString();
    }

    private static int Count(IEnumerable<Operation> operations, Phase phase) => operations.Count(operation => operation.Phase == phase);
}
