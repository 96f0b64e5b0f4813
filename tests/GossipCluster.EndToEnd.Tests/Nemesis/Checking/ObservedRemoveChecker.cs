using System.Globalization;

namespace GossipCluster.EndToEnd.Tests.Nemesis.Checking;

/// <summary>A remove takes away what its client had seen: that stays away, and nothing else goes with it.</summary>
/// <remarks>
/// <code>
///   add A ---ok      read Q: [x] ---ok      remove R, with Q's token ---ok         A is gone for good: in Q's token is A's dot
///                                    add B                                         B, which began after Q had ended, stays: R cannot have seen it
/// </code>
/// <c>came back</c>: every add of the element was seen by an acknowledged remove, and a read that began after the replicas were next equal, or a strict one, has it.
/// <c>taken along</c>: an acknowledged add that no remove can have seen, and nobody has the element at the end.
/// What a client can only know in part is judged in the store's favour: a remove may have seen all adds that began before its basis had ended, and has for certain
/// seen one only where that was the only one.
/// </remarks>
internal static class ObservedRemoveChecker
{
    /// <summary>This check's name.</summary>
    public const string Name = "observed-remove";

    /// <summary>Checks all elements that something may have removed.</summary>
    public static CheckResult Check(History history)
    {
        var violations = new List<Violation>();
        int gone = 0, kept = 0, unclear = 0, late = 0;
        foreach (var key in history.Keys.Where(key => key.IsSet))
        {
            var reads = key.SetReads.ToArray();
            foreach (var element in key.Elements.Where(element => !element.IsNeverRemoved))
            {
                if (Unseen(history, element).ToArray() is { Length: > 0 } unseen)
                {
                    kept++;
                    if (unseen.All(add => add.IsOneCopy && history.LosesDiskAfter(add.Start))) continue;
                    var finals = reads.Where(read => read.Request.IsFinal).ToArray();
                    if (finals.Length > 0 && !finals.Any(read => read.Answer.Elements.Contains(element.Element)))
                        violations.Add(new Violation(Name, "taken along", key.Key, $"{element.Element} was added, no remove can have seen that add, and no replica has it at the end.") { Element = element.Element, Operations = [.. unseen, .. finals] });
                }
                else if (GoneSince(history, element) is { } remove)
                {
                    gone++;
                    var equal = history.ConvergedAfter(remove.End) ?? TimeSpan.MaxValue;
                    foreach (var read in reads.Where(read => read.Start >= remove.End && read.Answer.Elements.Contains(element.Element)))
                    {
                        late++;
                        if (read.Request.IsFinal || read.Start >= equal || SetChecker.MustSee(history, [remove], read) is not null)
                            violations.Add(new Violation(Name, "came back", key.Key, $"{element.Element} is there; every add of it had been seen and removed.") { Element = element.Element, Operations = [.. element.Adds, .. element.Removes, read] });
                    }
                }
                else
                {
                    unclear++;
                }
            }
        }

        return new CheckResult(Name, violations, string.Create(
            CultureInfo.InvariantCulture, $"{gone} elements gone for good, {kept} added beside or after a remove, {unclear} of which clients cannot know; {late} times a read still had a removed one"));
    }

    /// <summary>The last of the acknowledged removes that saw every add of an element; null where some add may live on.</summary>
    internal static Operation? GoneSince(History history, ElementHistory element)
    {
        Operation? last = null;
        foreach (var add in element.Adds.Where(add => add.MayHaveHappened))
        {
            if (element.Removes.Where(remove => SawForCertain(history, element, remove, add)).MinBy(remove => remove.End) is not { } remove) return null;
            if (last is null || remove.End > last.End) last = remove;
        }

        return last;
    }

    /// <summary>True where a remove, acknowledged, had seen an add: the basis shows the element, and it is there for that add and no other.</summary>
    internal static bool SawForCertain(History history, ElementHistory element, Operation remove, Operation add) =>
        remove.IsOk && add.IsOk && Basis(history, remove) is { } basis && add.End <= basis.Start && basis.Answer.Elements.Contains(element.Element)
        && element.Adds.Count(other => other.MayHaveHappened && other.Start <= basis.End) == 1;

    /// <summary>Acknowledged adds that no remove can have seen.</summary>
    private static IEnumerable<Operation> Unseen(History history, ElementHistory element) =>
        element.Adds.Where(add => add.IsOk && !element.Removes.Any(remove => remove.MayHaveHappened && MayHaveSeen(history, element, remove, add)));

    private static bool MayHaveSeen(History history, ElementHistory element, Operation remove, Operation add)
    {
        // Without a token a remove takes what the node sees when it comes; one of a write says more than was shown.
        if (remove.Request.Basis is null) return add.Start <= remove.End;
        return Basis(history, remove) is { } basis
            ? basis.Answer.Elements.Contains(element.Element) && add.Start <= basis.End
            : add.Start <= (history.Find(remove.Request.Basis)?.End ?? remove.End);
    }

    /// <summary>The read whose token a remove carries; null for none, and for a write.</summary>
    private static Operation? Basis(History history, Operation remove) =>
        history.Find(remove.Request.Basis) is { IsOk: true, Request.Act: Act.ReadSet or Act.ReadFlag or Act.ReadMap } read ? read : null;
}
