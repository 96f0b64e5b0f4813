using System.Globalization;

namespace GossipCluster.EndToEnd.Tests.Nemesis.Checking;

/// <summary>Sets whose elements nothing removes: acknowledged ones stay, none appears by itself, and who reads strictly sees what was written strictly.</summary>
/// <remarks>
/// After the checker "set-full" of Jepsen. <c>lost</c>: acknowledged, and at the end nobody has it. <c>unexpected</c>: read, and nobody had attempted to add it.
/// <c>stale</c>: a strict read that began after a strict add was acknowledged lacks it, while the same nodes were primaries; any other read may lack it, and is counted.
/// </remarks>
internal static class SetChecker
{
    /// <summary>This check's name.</summary>
    public const string Name = "set";

    /// <summary>Checks all sets.</summary>
    public static CheckResult Check(History history)
    {
        var violations = new List<Violation>();
        int acknowledged = 0, attempted = 0, excused = 0, stale = 0;
        var worst = TimeSpan.Zero;
        foreach (var key in history.Keys.Where(key => key.IsSet))
        {
            var elements = key.Elements.ToDictionary(element => element.Element, StringComparer.Ordinal);
            violations.AddRange(Unexpected(key, elements));
            var reads = key.SetReads.ToArray();
            var finals = reads.Where(read => read.Request.IsFinal).ToArray();
            foreach (var element in elements.Values)
            {
                attempted += element.Adds.Count;
                var acks = element.Adds.Where(add => add.IsOk).ToArray();
                acknowledged += acks.Length;
                if (!element.IsNeverRemoved || acks.Length == 0) continue;
                var present = reads.Where(read => read.Answer.Elements.Contains(element.Element)).ToHashSet();
                if (finals.Length > 0 && !finals.Any(present.Contains))
                {
                    if (acks.All(add => add.IsOneCopy && history.LosesDiskAfter(add.Start))) excused++;
                    else violations.Add(new Violation(Name, "lost", key.Key, $"{element.Element} was acknowledged, nothing removed it, and no replica has it at the end.") { Element = element.Element, Operations = [.. acks, .. finals] });
                    continue;
                }

                var known = acks.Min(add => add.End);
                foreach (var read in reads.Where(read => !read.Request.IsFinal && read.Start >= known && !present.Contains(read)))
                {
                    stale++;
                    if (read.Start - known > worst) worst = read.Start - known;
                    if (MustSee(history, acks, read) is { } add)
                        violations.Add(new Violation(Name, "stale", key.Key, $"A strict read lacks {element.Element}, which a strict add had written before it began.") { Element = element.Element, Operations = [add, read] });
                }
            }
        }

        return new CheckResult(Name, violations, string.Create(
            CultureInfo.InvariantCulture,
            $"{attempted} adds attempted, {acknowledged} acknowledged, {excused} lost with the one disk that had them; {stale} times a read lacked an acknowledged element, at worst {worst.TotalSeconds:0.0} s after"));
    }

    /// <summary>The strict add that a strict read had to see; null where there is none.</summary>
    internal static Operation? MustSee(History history, IEnumerable<Operation> writes, Operation read) => !read.Request.IsStrict ? null : writes.FirstOrDefault(write =>
        write.IsOk && write.Request.IsStrict && write.End <= read.Start && history.IsSettled(write.Start, read.End));

    private static IEnumerable<Violation> Unexpected(KeyHistory key, Dictionary<string, ElementHistory> elements) =>
        from read in key.SetReads
        from element in read.Answer.Elements
        let adds = elements.TryGetValue(element, out var known) ? known.Adds : []
        where !adds.Any(add => add.MayHaveHappened && add.Start <= read.End)
        select new Violation(Name, "unexpected", key.Key, adds.Count == 0 ? $"{element} was read and nobody had added it." : $"{element} was read; the adds of it were refused, or had not begun.") { Element = element, Operations = [.. adds, read] };
}
