using System.Globalization;

namespace GossipCluster.Cli.Bench;

/// <summary>Which operations in which proportion: <c>increment=80,read=20</c>. Weights are relative; they need not sum to 100.</summary>
internal sealed class Mix
{
    private readonly int[] _cumulative;

    private Mix(IReadOnlyList<(string Name, int Weight)> entries)
    {
        Entries = entries;
        _cumulative = new int[entries.Count];
        var sum = 0;
        for (var index = 0; index < entries.Count; index++) _cumulative[index] = sum += entries[index].Weight;
    }

    public IReadOnlyList<(string Name, int Weight)> Entries { get; }

    /// <summary>Reads a mix of operations that are among <paramref name="known"/>; null and a sentence where it is none.</summary>
    public static Mix? TryParse(string text, IReadOnlyList<string> known, out string problem)
    {
        var entries = new List<(string, int)>();
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? part : part[..equals].TrimEnd();
            var weight = 1;
            if (!known.Contains(name, StringComparer.Ordinal))
            {
                problem = $"'{name}' in --mix is not an operation of this type; there are {string.Join(", ", known)}.";
                return null;
            }

            if (equals >= 0 && (!int.TryParse(part.AsSpan(equals + 1), NumberStyles.None, CultureInfo.InvariantCulture, out weight) || weight > 1_000_000))
            {
                problem = $"'{part[(equals + 1)..]}' in --mix is not a weight; write whole numbers up to 1000000, as in increment=80,read=20.";
                return null;
            }

            if (entries.Exists(entry => entry.Item1 == name))
            {
                problem = $"'{name}' is in --mix twice.";
                return null;
            }

            if (weight > 0) entries.Add((name, weight));
        }

        problem = entries.Count == 0 ? "--mix names no operation with a weight above 0." : "";
        return entries.Count == 0 ? null : new Mix(entries);
    }

    /// <summary>The place in <see cref="Entries"/> of an operation drawn at random.</summary>
    public int Draw(Random random)
    {
        var ticket = random.Next(_cumulative[^1]);
        var index = 0;
        while (_cumulative[index] <= ticket) index++;
        return index;
    }
}
