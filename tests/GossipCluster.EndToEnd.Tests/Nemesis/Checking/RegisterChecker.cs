using System.Globalization;

namespace GossipCluster.EndToEnd.Tests.Nemesis.Checking;

/// <summary>A register has a text that somebody gave it, and never one that had been written before the last that the reader must see was begun.</summary>
/// <remarks>
/// <code>
///   assign "a" ---ok
///                      assign "b" ---ok     read: "b", or what was written beside or after it; "a" only where nobody has to see "b"
/// </code>
/// <c>unexpected</c>: nobody had given it that text. Older than what must be seen, by a final read <c>lost</c>, by a strict one of what was written strictly <c>stale</c>,
/// by one whose token comes from a chain that had written or read something newer <c>went back</c>. The clocks of all nodes are one: the greatest timestamp is the latest
/// write. An assignment of which nobody knows whether it was done may be done at any time after it was sent.
/// </remarks>
internal static class RegisterChecker
{
    /// <summary>This check's name.</summary>
    public const string Name = "register";

    /// <summary>Checks all registers.</summary>
    public static CheckResult Check(History history)
    {
        var violations = new List<Violation>();
        int registers = 0, reads = 0, chained = 0, behind = 0;
        foreach (var key in history.Keys.Where(key => key.Kind == DatumKind.Register))
        {
            registers++;
            var writes = key.Of(Act.Assign).Where(write => write.MayHaveHappened).ToArray();
            var known = writes.ToLookup(write => write.Request.Element!, StringComparer.Ordinal);
            var seen = new Dictionary<int, Operation?>();
            foreach (var operation in key.Operations.Where(operation => operation.IsOk))
            {
                var basis = operation.Request.Basis is { } number ? seen.GetValueOrDefault(number) : null;
                if (operation.Request.Act == Act.Assign)
                {
                    seen[operation.Number] = Newer(basis, operation);
                    continue;
                }

                reads++;
                if (basis is not null) chained++;
                var sources = known[operation.Answer.Text].Where(write => write.Start <= operation.End).ToArray();
                if (sources.Length == 0 && operation.Answer.Text.Length > 0)
                {
                    violations.Add(new Violation(Name, "unexpected", key.Key, $"'{operation.Answer.Text}' was read and nobody had written it.") { Element = operation.Answer.Text, Operations = [operation] });
                    continue;
                }

                // When it may have been written last.
                var written = sources.Length == 0 ? TimeSpan.MinValue : sources.Max(write => write.End);
                if (Latest(writes, write => write.IsOk && write.End <= operation.Start) is { } last && last.Start >= written) behind++;
                foreach (var (kind, newer) in MustSee(history, writes, basis, operation))
                {
                    if (newer.Start < written || IsExcused(history, newer)) continue;
                    violations.Add(new Violation(Name, kind, key.Key, string.Create(
                        CultureInfo.InvariantCulture, $"#{operation.Number} reads '{operation.Answer.Text}', which had been written before #{newer.Number}, '{newer.Request.Element}', was begun."))
                    {
                        Element = newer.Request.Element,
                        Operations = [.. sources, newer, operation],
                    });
                }

                seen[operation.Number] = sources.Length == 1 ? Newer(basis, sources[0]) : basis;
            }
        }

        return new CheckResult(Name, violations, string.Create(
            CultureInfo.InvariantCulture, $"{reads} reads of {registers} registers, {chained} with the token of an earlier answer; {behind} older than what had been acknowledged by then"));
    }

    /// <summary>What a read must see, it or something newer: at the end all that was acknowledged, by strictness, by its token.</summary>
    private static IEnumerable<(string Kind, Operation Write)> MustSee(History history, Operation[] writes, Operation? basis, Operation read)
    {
        if (read.Request.IsFinal && Latest(writes, write => write.IsOk && write.End <= read.Start && !IsExcused(history, write)) is { } last) yield return ("lost", last);
        if (Latest(writes, write => SetChecker.MustSee(history, [write], read) is not null) is { } strict) yield return ("stale", strict);
        if (basis is not null) yield return ("went back", basis);
    }

    private static bool IsExcused(History history, Operation write) => write.IsOneCopy && history.LosesDiskAfter(write.Start);

    private static Operation? Latest(IEnumerable<Operation> writes, Func<Operation, bool> which) => writes.Where(which).MaxBy(write => write.Start);

    private static Operation Newer(Operation? one, Operation other) => one is not null && one.Start > other.Start ? one : other;
}
