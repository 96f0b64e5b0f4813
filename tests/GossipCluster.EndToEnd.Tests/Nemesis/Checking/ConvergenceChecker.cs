using System.Globalization;

namespace GossipCluster.EndToEnd.Tests.Nemesis.Checking;

/// <summary>After everything has healed all nodes are equal, and say so.</summary>
/// <remarks><c>different</c>: two nodes read one key differently at the end. <c>entropy</c>: a node knows of something that a replica lacks. <c>audit</c>: Merkle trees differ.</remarks>
internal static class ConvergenceChecker
{
    /// <summary>This check's name.</summary>
    public const string Name = "convergence";

    /// <summary>Checks the final reads.</summary>
    public static CheckResult Check(History history)
    {
        var violations = new List<Violation>();
        var keys = 0;
        foreach (var key in history.Keys)
        {
            var finals = key.Operations.Where(operation => operation is { IsOk: true, Request.IsFinal: true }).ToArray();
            if (finals.Length == 0)
            {
                violations.Add(new Violation(Name, "unread", key.Key, $"{key.Key} was not read at the end."));
                continue;
            }

            keys++;
            foreach (var other in finals.Skip(1).Where(read => !AreEqual(finals[0], read)))
            {
                var difference = key.Kind switch
                {
                    DatumKind.Set => SymmetricDifference(finals[0], other),
                    DatumKind.Register => $"'{finals[0].Answer.Text}' and '{other.Answer.Text}'",
                    _ => string.Create(CultureInfo.InvariantCulture, $"{finals[0].Answer.Count} and {other.Answer.Count}"),
                };
                violations.Add(new Violation(Name, "different", key.Key, $"{finals[0].Request.Node} and {other.Request.Node} differ: {difference}.") { Operations = [finals[0], other], Element = key.IsSet ? difference.Split(' ')[0] : null });
            }
        }

        foreach (var note in history.Notes.Where(note => note is { Mark: Mark.Entropy or Mark.Audit, Value: not 0 }))
            violations.Add(new Violation(Name, note.Mark == Mark.Entropy ? "entropy" : "audit", string.Empty, note.Sentence));
        if (!history.Notes.Any(note => note.Mark == Mark.Entropy)) violations.Add(new Violation(Name, "entropy", string.Empty, "No node was asked for its entropy."));
        return new CheckResult(Name, violations, string.Create(
            CultureInfo.InvariantCulture, $"{keys} keys, read from {history.Operations.Where(operation => operation.Request.IsFinal).Select(operation => operation.Request.Node).Distinct(StringComparer.Ordinal).Count()} nodes"));
    }

    // A map's parts are keys of their own here, but each of their reads has all of its answer.
    private static bool AreEqual(Operation one, Operation other) =>
        one.Answer.Count == other.Answer.Count && one.Answer.Text == other.Answer.Text && one.Answer.Elements.ToHashSet(StringComparer.Ordinal).SetEquals(other.Answer.Elements);

    private static string SymmetricDifference(Operation one, Operation other) =>
        string.Join(' ', one.Answer.Elements.Except(other.Answer.Elements, StringComparer.Ordinal).Concat(other.Answer.Elements.Except(one.Answer.Elements, StringComparer.Ordinal)).Take(20));
}
