using System.Globalization;

namespace GossipCluster.EndToEnd.Tests.Nemesis.Checking;

/// <summary>A change of a map is there as a whole or not at all, in every read, strict or not.</summary>
/// <remarks>
/// Each update adds an element of its own to the map's set, an amount to its counter, and gives its register the element. So the counter is the sum of the amounts of
/// the elements that are there and of those that were removed, and the register's text is such an element: else the map is <c>torn</c>. Nothing of an update is done
/// twice: a client repeats none. What each of the three has to show by itself, the other checkers know.
/// </remarks>
internal static class MapChecker
{
    /// <summary>This check's name.</summary>
    public const string Name = "map";

    /// <summary>Checks all maps.</summary>
    public static CheckResult Check(History history)
    {
        var violations = new List<Violation>();
        int maps = 0, reads = 0, changes = 0;
        foreach (var map in history.Data.Where(datum => datum.Kind == DatumKind.Map))
        {
            maps++;
            var updates = map.Of(Act.UpdateMap).Where(update => update.MayHaveHappened).ToDictionary(update => update.Request.Element!, StringComparer.Ordinal);
            var removes = map.Of(Act.RemoveFromMap).Where(remove => remove.MayHaveHappened).ToLookup(remove => remove.Request.Element!, StringComparer.Ordinal);
            changes += updates.Count;
            foreach (var read in map.Of(Act.ReadMap).Where(read => read.IsOk))
            {
                reads++;
                var present = read.Answer.Elements.ToHashSet(StringComparer.Ordinal);
                var sum = Sum(present.Where(updates.ContainsKey));
                var removed = Sum(updates.Keys.Where(IsRemoved));
                if (read.Answer.Count < sum || read.Answer.Count > sum + removed)
                    violations.Add(Torn(string.Create(CultureInfo.InvariantCulture, $"The counter of {map.Key} is {read.Answer.Count}; its elements make {sum}, and removed ones at most {removed} more.")));
                if (read.Answer.Text.Length == 0 ? present.Count > 0 : !present.Contains(read.Answer.Text) && !IsRemoved(read.Answer.Text))
                    violations.Add(Torn($"The register of {map.Key} is '{read.Answer.Text}', and its set is [{string.Join(' ', present.Take(20))}]."));

                bool IsRemoved(string element) => !present.Contains(element) && removes[element].Any(remove => remove.Start <= read.End);
                Int128 Sum(IEnumerable<string> elements) => elements.Aggregate((Int128)0, (all, element) => all + updates[element].Request.By);
                Violation Torn(string sentence) => new(Name, "torn", map.Key, sentence) { Operations = [.. updates.Values.Where(update => update.Start <= read.End).OrderBy(update => update.Start).TakeLast(20), read] };
            }
        }

        return new CheckResult(Name, violations, string.Create(CultureInfo.InvariantCulture, $"{reads} reads of {maps} maps with {changes} changes"));
    }
}
