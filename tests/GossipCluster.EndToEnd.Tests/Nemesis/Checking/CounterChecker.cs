using System.Globalization;

namespace GossipCluster.EndToEnd.Tests.Nemesis.Checking;

/// <summary>A counter is between what was acknowledged and what was attempted.</summary>
/// <remarks>
/// After the counter checker of Jepsen. A read is at most the sum of all increments that had begun when it ended (<c>above</c>). A strict one is at least the sum of
/// the strict increments that were acknowledged before it began, while the same nodes were primaries; a final one at least the sum of all acknowledged (<c>below</c>).
/// Decrements count the other way round.
/// </remarks>
internal static class CounterChecker
{
    /// <summary>This check's name.</summary>
    public const string Name = "counter";

    /// <summary>Checks all counters.</summary>
    public static CheckResult Check(History history)
    {
        var violations = new List<Violation>();
        int reads = 0, stale = 0, counters = 0;
        foreach (var key in history.Keys.Where(key => key.Kind == DatumKind.Counter))
        {
            counters++;
            var increments = key.Of(Act.Increment).Where(increment => increment.MayHaveHappened).ToArray();
            foreach (var read in key.CounterReads)
            {
                reads++;
                var value = read.Answer.Count;
                var (above, below) = (Sum(increments, 1, Begun), Sum(increments, 1, Acknowledged) + Sum(increments, -1, Begun));
                above += Sum(increments, -1, Acknowledged);
                if (value > above)
                    violations.Add(Wrong("above", string.Create(CultureInfo.InvariantCulture, $"{key.Key} is {value}; all that had been attempted is {above}.")));
                if (value < below && !read.Request.IsFinal) stale++;
                var atLeast = read.Request.IsFinal ? Sum(increments, 1, Kept) + Sum(increments, -1, Begun) : Sum(increments, 1, Strict) + Sum(increments, -1, Begun);
                if (value < atLeast && (read.Request.IsFinal || read.Request.IsStrict))
                    violations.Add(Wrong("below", string.Create(CultureInfo.InvariantCulture, $"{key.Key} is {value}; what had been acknowledged is {atLeast}.")));

                bool Begun(Operation increment) => increment.Start <= read.End;
                bool Acknowledged(Operation increment) => increment.IsOk && increment.End <= read.Start;
                bool Strict(Operation increment) => SetChecker.MustSee(history, [increment], read) is not null;
                bool Kept(Operation increment) => Acknowledged(increment) && !(increment.IsOneCopy && history.LosesDiskAfter(increment.Start));
                Violation Wrong(string kind, string sentence) => new(Name, kind, key.Key, sentence) { Operations = [.. increments.Where(Begun).TakeLast(20), read] };
            }
        }

        return new CheckResult(Name, violations, string.Create(CultureInfo.InvariantCulture, $"{reads} reads of {counters} counters, {stale} below what had been acknowledged by then"));
    }

    private static Int128 Sum(Operation[] increments, int sign, Func<Operation, bool> which)
    {
        Int128 sum = 0;
        foreach (var increment in increments)
        {
            if (Math.Sign(increment.Request.By) == sign && which(increment)) sum += increment.Request.By;
        }

        return sum;
    }
}
