using System.Globalization;

namespace GossipCluster.EndToEnd.Tests.Nemesis.Checking;

/// <summary>Who passes tokens along reads what he has read and written before, whichever nodes he asks.</summary>
/// <remarks>
/// A client sends the token of its last answer with its next request, and takes the token of the answer from then on. So operations form chains, each with its
/// <c>Basis</c>. What a chain has written is in its next read (<c>read-your-writes</c>), what it has read is in its next read (<c>monotonic-reads</c>), but for what a
/// remove may have taken meanwhile. What it has removed for certain stays away. A counter that only grows does not shrink. Registers and HyperLogLogs: their own checkers.
/// </remarks>
internal static class SessionChecker
{
    /// <summary>This check's name.</summary>
    public const string Name = "session";

    /// <summary>Checks all chains.</summary>
    public static CheckResult Check(History history)
    {
        var violations = new List<Violation>();
        var (reads, links) = (0, 0);
        foreach (var key in history.Keys.Where(key => key.Kind is DatumKind.Set or DatumKind.Counter))
        {
            var seen = new Dictionary<int, Seen>();
            var elements = key.Elements.ToDictionary(element => element.Element, StringComparer.Ordinal);
            var grows = key.Of(Act.Increment).All(increment => increment.Request.By >= 0);
            foreach (var operation in key.Operations.Where(operation => operation.IsOk))
            {
                var basis = operation.Request.Basis is { } number ? seen.GetValueOrDefault(number) : null;
                if (basis is not null) links++;
                if (basis is not null && operation.Request.Act is (Act.ReadSet or Act.ReadCounter))
                {
                    reads++;
                    violations.AddRange(operation.Request.Act == Act.ReadSet ? OfSet(history, key, elements, basis, operation) : grows ? OfCounter(key, basis, operation) : []);
                }

                seen[operation.Number] = After(history, elements, basis, operation);
            }
        }

        return new CheckResult(Name, violations, string.Create(CultureInfo.InvariantCulture, $"{reads} reads with the token of an earlier answer, {links} requests with one"));
    }

    private static IEnumerable<Violation> OfSet(History history, KeyHistory key, Dictionary<string, ElementHistory> elements, Seen basis, Operation read)
    {
        foreach (var (element, source) in basis.Present)
        {
            if (read.Answer.Elements.Contains(element)) continue;
            if (elements[element].Removes.Any(remove => remove.MayHaveHappened && remove.Start <= read.End)) continue;
            if (source.IsOneCopy && history.LosesDiskAfter(source.Start)) continue;
            var kind = source.Request.Act == Act.Add ? "read-your-writes" : "monotonic-reads";
            yield return new Violation(Name, kind, key.Key, string.Create(CultureInfo.InvariantCulture, $"#{read.Number} lacks {element}, which #{source.Number}, whose token reached it, {(source.Request.Act == Act.Add ? "had added" : "had read")}."))
            {
                Element = element,
                Operations = [source, basis.By, read],
            };
        }

        foreach (var (element, remove) in basis.Gone.Where(gone => read.Answer.Elements.Contains(gone.Key)))
        {
            yield return new Violation(Name, "removed again there", key.Key, string.Create(CultureInfo.InvariantCulture, $"#{read.Number} has {element}, which #{remove.Number}, whose token reached it, had removed."))
            {
                Element = element,
                Operations = [remove, basis.By, read],
            };
        }
    }

    private static IEnumerable<Violation> OfCounter(KeyHistory key, Seen basis, Operation read)
    {
        if (read.Answer.Count >= basis.AtLeast) yield break;
        yield return new Violation(
            Name, basis.By.Request.Act == Act.Increment ? "read-your-writes" : "monotonic-reads", key.Key,
            string.Create(CultureInfo.InvariantCulture, $"#{read.Number} reads {read.Answer.Count}; what its token had seen is at least {basis.AtLeast}.")) { Operations = [basis.By, read] };
    }

    /// <summary>What the token of an answer must have seen.</summary>
    private static Seen After(History history, Dictionary<string, ElementHistory> elements, Seen? basis, Operation operation)
    {
        var before = basis ?? new Seen(operation, [], [], 0);
        switch (operation.Request.Act)
        {
            case Act.ReadSet:
                return new Seen(operation, operation.Answer.Elements.ToDictionary(element => element, _ => operation, StringComparer.Ordinal), before.Gone, 0);
            case Act.Add:
                return new Seen(operation, new Dictionary<string, Operation>(before.Present, StringComparer.Ordinal) { [operation.Request.Element!] = operation }, Without(before.Gone, operation.Request.Element!), 0);
            case Act.Remove:
                var element = operation.Request.Element!;
                var isGone = elements[element] is var all && all.Adds.Count(add => add.MayHaveHappened) == 1 && all.Adds.Any(add => ObservedRemoveChecker.SawForCertain(history, all, operation, add));
                return new Seen(operation, Without(before.Present, element), isGone ? new Dictionary<string, Operation>(before.Gone, StringComparer.Ordinal) { [element] = operation } : before.Gone, 0);
            case Act.ReadCounter:
                return new Seen(operation, [], [], operation.Answer.Count);
            case Act.Increment:
                // What a chain had read of the counter, and its own increment on top of it.
                return new Seen(operation, [], [], before.AtLeast + operation.Request.By);
            default:
                throw new System.Diagnostics.UnreachableException(operation.Request.Act.ToString());
        }
    }

    private static Dictionary<string, Operation> Without(Dictionary<string, Operation> from, string element) =>
        from.ContainsKey(element) ? new Dictionary<string, Operation>(from.Where(entry => entry.Key != element), StringComparer.Ordinal) : from;

    private sealed record Seen(Operation By, Dictionary<string, Operation> Present, Dictionary<string, Operation> Gone, Int128 AtLeast);
}
