using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Core.Tests;

/// <summary>One live or superseded fact, as the model sees it. Compared by identity.</summary>
internal sealed class Fact(Deed deed, string node, char kind, string element, object? payload)
{
    public Deed Deed { get; } = deed;

    /// <summary>Path of fields, each with a slash before it; empty at the root.</summary>
    public string Node { get; } = node;

    /// <summary>P for presence, V for a value, E for an element.</summary>
    public char Kind { get; } = kind;

    public string Element { get; } = element;

    public object? Payload { get; } = payload;
}

/// <summary>What one write did, as the model sees it: facts added, facts superseded.</summary>
internal sealed class Deed(int writer, int number, Key key)
{
    public int Writer { get; } = writer;

    /// <summary>Counts all deeds: of two by one writer the later has the greater.</summary>
    public int Number { get; } = number;

    public Key Key { get; } = key;

    public List<Fact> Added { get; } = [];

    public HashSet<Fact> Superseded { get; } = [];
}

/// <summary>What the data types mean, in the plainest words: a replica's state is the set of deeds that it knows.</summary>
/// <remarks>
/// No clocks, no dots, no trees, no deltas: live is what some known deed added and no known deed superseded. It is slow and it is dumb, which is the
/// point: the kernel must agree with it after every step of every history.
/// </remarks>
internal static class Oracle
{
    public const int HllItemsMax = 16;

    public static List<Fact> Live(IEnumerable<Deed> known, Key key)
    {
        var ofKey = known.Where(deed => deed.Key == key).ToList();
        var dead = ofKey.SelectMany(deed => deed.Superseded).ToHashSet();
        return [.. ofKey.SelectMany(deed => deed.Added).Where(fact => !dead.Contains(fact))];
    }

    /// <summary>Does an operation; gives why it is refused, or null.</summary>
    /// <param name="deed">Where facts go.</param>
    /// <param name="live">What is live where it is done.</param>
    /// <param name="observed">The deeds that the context has seen; null without a context.</param>
    public static OperationProblem? Do(Deed deed, List<Fact> live, Operation operation, IReadOnlySet<Deed>? observed, long timestamp)
    {
        var doing = new Doing(deed, [.. live], observed, timestamp);
        return doing.Do("", operation);
    }

    public static string Value(DataType type, List<Fact> live) => live.Count == 0 ? "nothing" : ValueAt(type, "", live);

    private static string ValueAt(DataType type, string node, List<Fact> live)
    {
        var here = live.Where(fact => fact.Node == node).ToList();
        var values = here.Where(fact => fact.Kind == 'V').ToList();
        switch (type)
        {
            case DataType.Counter:
                return values.Aggregate(Int128.Zero, (sum, fact) => sum + (long)fact.Payload!).ToString(null, null);
            case DataType.Set or DataType.GSet:
                return "[" + string.Join(',', here.Where(fact => fact.Kind == 'E').Select(fact => fact.Element).Distinct().Order(StringComparer.Ordinal)) + "]";
            case DataType.Register:
                return string.Join('|', values
                    .OrderByDescending(fact => ((Written)fact.Payload!).At).ThenByDescending(fact => fact.Deed.Writer).ThenByDescending(fact => fact.Deed.Number)
                    .Select(fact => $"{((Written)fact.Payload!).Text}@{((Written)fact.Payload!).At}"));
            case DataType.Flag:
                return values.Count > 0 ? "true" : "false";
            case DataType.Hll:
                var registers = new HllRegisters();
                foreach (var element in values.SelectMany(fact => (IEnumerable<string>)fact.Payload!)) registers.Add(Convert.FromHexString(element), out _);
                return $"~{registers.Estimate()}";
            default:
                var fields = live.Where(fact => fact.Node.StartsWith(node + "/", StringComparison.Ordinal))
                    .Select(fact => fact.Node[(node.Length + 1)..].Split('/')[0]).Distinct()
                    .OrderBy(name => Convert.ToHexString(Show.Utf8(name)), StringComparer.Ordinal);
                return "{" + string.Join(' ', fields.Select(name => $"{name}={ValueAt(TypeOf(name), $"{node}/{name}", live)}")) + "}";
        }
    }

    private static DataType TypeOf(string field) => Enum.Parse<DataType>(field[(field.LastIndexOf('_') + 1)..], ignoreCase: true);

    private sealed record Written(long At, string Text);

    private sealed class Doing(Deed deed, List<Fact> live, IReadOnlySet<Deed>? observed, long timestamp)
    {
        public OperationProblem? Do(string node, Operation operation) => operation switch
        {
            Operation.Increment increment => Increment(node, increment.By),
            Operation.UpdateSet update => RemoveElements(node, update) ?? AddElements(node, update.Add),
            Operation.AddToGSet add => AddElements(node, add.Add),
            Operation.AddToHll add => Count(node, add.Add),
            Operation.Assign assign => Replace(node, new Written(timestamp, Show.Hex(assign.Value))),
            Operation.SetFlag flag => SetFlag(node, flag.Enabled),
            Operation.UpdateMap map => UpdateMap(node, map),
            Operation.Delete => Delete(),
            _ => throw new System.Diagnostics.UnreachableException(),
        };

        private OperationProblem? Increment(string node, long by)
        {
            var shares = At(node, 'V');
            var own = shares.Where(fact => fact.Deed.Writer == deed.Writer).ToList();
            var sum = own.Aggregate((Int128)by, (total, fact) => total + (long)fact.Payload!);
            if (sum > long.MaxValue || sum < long.MinValue) return OperationProblem.CounterOverflow;
            if (by == 0 && shares.Count > 0) return null;
            Supersede(own);
            Add(node, 'V', "", (long)sum);
            return null;
        }

        private OperationProblem? RemoveElements(string node, Operation.UpdateSet update)
        {
            var added = update.Add.Select(element => Show.Hex(element)).ToHashSet();
            foreach (var element in update.Remove.Select(element => Show.Hex(element)).Distinct())
            {
                var there = At(node, 'E').Where(fact => fact.Element == element).ToList();
                if (observed is null && there.Count == 0) return OperationProblem.NotPresent;
                if (!added.Contains(element)) Supersede(there.Where(IsObserved));
            }

            return null;
        }

        private OperationProblem? AddElements(string node, IReadOnlyList<ReadOnlyMemory<byte>> elements)
        {
            MakePresent(node);
            foreach (var element in elements.Select(element => Show.Hex(element)).Distinct())
            {
                Supersede(At(node, 'E').Where(fact => fact.Element == element));
                Add(node, 'E', element, null);
            }

            return null;
        }

        private OperationProblem? Count(string node, IReadOnlyList<ReadOnlyMemory<byte>> elements)
        {
            var items = At(node, 'V');
            var before = items.SelectMany(fact => (IEnumerable<string>)fact.Payload!).ToList();
            var registers = new HllRegisters();
            foreach (var element in before) registers.Add(Convert.FromHexString(element), out _);
            var news = elements.Where(element => registers.Add(element.Span, out _)).Select(element => Show.Hex(element)).ToList();
            if (news.Count == 0 && items.Count > 0) return null;
            if (items.Count >= HllItemsMax)
            {
                Supersede(items);
                news.AddRange(before);
            }

            Add(node, 'V', "", news);
            return null;
        }

        private OperationProblem? Replace(string node, object payload)
        {
            Supersede(At(node, 'V'));
            Add(node, 'V', "", payload);
            return null;
        }

        private OperationProblem? SetFlag(string node, bool enabled)
        {
            MakePresent(node);
            if (enabled) return Replace(node, true);
            Supersede(At(node, 'V').Where(IsObserved));
            return null;
        }

        private OperationProblem? UpdateMap(string node, Operation.UpdateMap map)
        {
            MakePresent(node);
            foreach (var field in map.Remove.Distinct())
            {
                var path = $"{node}/{field}";
                var below = live.Where(fact => fact.Node == path || fact.Node.StartsWith(path + "/", StringComparison.Ordinal)).ToList();
                if (observed is null && below.Count == 0) return OperationProblem.NotPresent;
                var seen = below.Where(IsObserved).ToList();
                Supersede(seen);
                live.RemoveAll(seen.Contains);
            }

            foreach (var (field, operation) in map.Update)
            {
                if (Do($"{node}/{field}", operation) is { } problem) return problem;
            }

            return null;
        }

        private OperationProblem? Delete()
        {
            if (observed is null && live.Count == 0) return OperationProblem.NotPresent;
            Supersede(live.Where(IsObserved));
            return null;
        }

        private bool IsObserved(Fact fact) => observed is null || observed.Contains(fact.Deed);

        private List<Fact> At(string node, char kind) => [.. live.Where(fact => fact.Node == node && fact.Kind == kind)];

        private void MakePresent(string node)
        {
            if (At(node, 'P').Count == 0) Add(node, 'P', "", null);
        }

        private void Add(string node, char kind, string element, object? payload) => deed.Added.Add(new Fact(deed, node, kind, element, payload));

        private void Supersede(IEnumerable<Fact> facts) => deed.Superseded.UnionWith(facts);
    }
}
