using System.Globalization;

namespace GossipCluster.EndToEnd.Tests.Nemesis.Checking;

/// <summary>A HyperLogLog's estimate is near the number of elements: not above all that had been attempted, not below what must be seen, each by more than its error.</summary>
/// <remarks>
/// <c>above</c>: more than all elements whose add had begun. <c>below</c>: a final read that lacks acknowledged ones, or a strict one that lacks what was added strictly.
/// <c>went back</c>: a read with a token is below what its chain had read and added.
/// </remarks>
internal static class DistinctChecker
{
    /// <summary>This check's name.</summary>
    public const string Name = "hll";

    // Five times the standard error of 2^14 registers (0.81 %), and the rounding of small numbers.
    private const double ErrorMax = 0.04;
    private const double RoundingMax = 2;

    /// <summary>Checks all HyperLogLogs.</summary>
    public static CheckResult Check(History history)
    {
        var violations = new List<Violation>();
        int data = 0, reads = 0;
        var worst = 0.0;
        foreach (var key in history.Keys.Where(key => key.Kind == DatumKind.Distinct))
        {
            data++;
            var adds = key.Of(Act.AddDistinct).Where(add => add.MayHaveHappened).ToArray();
            var seen = new Dictionary<int, double>();
            foreach (var operation in key.Operations.Where(operation => operation.IsOk))
            {
                double? basis = operation.Request.Basis is { } number && seen.TryGetValue(number, out var before) ? before : null;
                if (operation.Request.Act == Act.AddDistinct)
                {
                    seen[operation.Number] = (basis ?? 0) + 1;
                    continue;
                }

                reads++;
                var value = (double)operation.Answer.Count;
                seen[operation.Number] = value;
                var attempted = Distinct(adds, add => add.Start <= operation.End);
                var atLeast = operation.Request.IsFinal
                    ? Distinct(adds, add => add.IsOk && add.End <= operation.Start && !(add.IsOneCopy && history.LosesDiskAfter(add.Start)))
                    : Distinct(adds, add => SetChecker.MustSee(history, [add], operation) is not null);
                if (operation.Request.IsFinal && attempted == atLeast && attempted > 0) worst = Math.Max(worst, Math.Abs(value - attempted) / attempted);
                if (value > attempted + Error(attempted)) violations.Add(Wrong("above", string.Create(CultureInfo.InvariantCulture, $"{key.Key} is about {value}; {attempted} elements had been attempted.")));
                if (value < atLeast - Error(atLeast)) violations.Add(Wrong("below", string.Create(CultureInfo.InvariantCulture, $"{key.Key} is about {value}; {atLeast} elements have to be seen.")));
                if (basis is { } had && value < had - Error(had)) violations.Add(Wrong("went back", string.Create(CultureInfo.InvariantCulture, $"{key.Key} is about {value}; what its token had seen is about {had}.")));

                Violation Wrong(string kind, string sentence) => new(Name, kind, key.Key, sentence) { Operations = [.. adds.Where(add => add.Start <= operation.End).TakeLast(20), operation] };
            }
        }

        return new CheckResult(Name, violations, string.Create(CultureInfo.InvariantCulture, $"{reads} reads of {data} HyperLogLogs, at the end at most {worst:P1} away"));
    }

    private static double Error(double count) => RoundingMax + (ErrorMax * count);

    private static int Distinct(IEnumerable<Operation> adds, Func<Operation, bool> which) => adds.Where(which).Select(add => add.Request.Element).Distinct(StringComparer.Ordinal).Count();
}
