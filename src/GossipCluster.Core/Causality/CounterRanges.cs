namespace GossipCluster.Core.Causality;

/// <summary>Set arithmetic on sorted, disjoint, non-adjacent counter ranges. Linear merges; lookups by bisection.</summary>
internal static class CounterRanges
{
    /// <summary>The index of the first range that ends at or after <paramref name="counter"/>; the length where none does.</summary>
    public static int IndexFrom(ReadOnlySpan<CounterRange> ranges, long counter)
    {
        // The usual set is one range, and the usual question is about its end.
        if (ranges.Length == 1) return ranges[0].Last >= counter ? 0 : 1;
        int low = 0, high = ranges.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (ranges[middle].Last >= counter) high = middle;
            else low = middle + 1;
        }

        return low;
    }

    public static bool ContainsAll(ReadOnlySpan<CounterRange> ranges, long first, long last)
    {
        var i = IndexFrom(ranges, first);
        return i < ranges.Length && ranges[i].First <= first && last <= ranges[i].Last;
    }

    public static bool ContainsAny(ReadOnlySpan<CounterRange> ranges, long first, long last)
    {
        var i = IndexFrom(ranges, first);
        return i < ranges.Length && ranges[i].First <= last;
    }

    /// <summary>How many counters between the two bounds, both included, are in the ranges.</summary>
    public static long CountIn(ReadOnlySpan<CounterRange> ranges, long first, long last)
    {
        long total = 0;
        for (var i = IndexFrom(ranges, first); i < ranges.Length && ranges[i].First <= last; i++)
        {
            total += Math.Min(ranges[i].Last, last) - Math.Max(ranges[i].First, first) + 1;
        }

        return total;
    }

    public static CounterRange[] Except(ReadOnlySpan<CounterRange> from, ReadOnlySpan<CounterRange> what)
    {
        var left = new List<CounterRange>();
        foreach (var range in from)
        {
            var first = range.First;
            for (var i = IndexFrom(what, first); i < what.Length && what[i].First <= range.Last; i++)
            {
                if (what[i].First > first) left.Add(new CounterRange(first, what[i].First - 1));
                first = what[i].Last + 1;
            }

            if (first <= range.Last) left.Add(new CounterRange(first, range.Last));
        }

        return [.. left];
    }

    public static CounterRange[] Intersect(ReadOnlySpan<CounterRange> one, ReadOnlySpan<CounterRange> other)
    {
        var both = new List<CounterRange>();
        foreach (var range in one)
        {
            for (var i = IndexFrom(other, range.First); i < other.Length && other[i].First <= range.Last; i++)
            {
                both.Add(new CounterRange(Math.Max(range.First, other[i].First), Math.Min(range.Last, other[i].Last)));
            }
        }

        return [.. both];
    }
}
