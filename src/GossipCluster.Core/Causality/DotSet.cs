using System.Collections;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Causality;

/// <summary>A set of dots, immutable. A replica's <em>clock</em> is one: all dots it has ever seen, live or superseded.</summary>
/// <remarks>
/// Per replica id a sorted list of disjoint, non-adjacent counter ranges. The range that starts at 1 is the base of a version vector; the others are
/// what a bitmapped version vector (Goncalves et al., DottedDB, SRDS 2017, section III) keeps as bits above the base. Ranges instead of bits, because a
/// fallback holds a window far above a base it never had, where a bitmap would cost a bit for every dot that is none of its business
/// (docs/decisions/0003). Canonical: sets of the same dots are equal in memory and the same bytes on the wire.
/// A lookup is O(log of the ranges of one replica id) after a scan of the few replica ids.
/// </remarks>
public sealed partial class DotSet : IEquatable<DotSet>, IEnumerable<DotRange>
{
    /// <summary>The set of no dots.</summary>
    public static readonly DotSet Empty = new([], 0);

    private readonly Run[] _runs;
    private readonly int _count;

    private DotSet(Run[] runs, int count)
    {
        _runs = runs;
        _count = count;
    }

    /// <summary>True where there is no dot in it.</summary>
    public bool IsEmpty => _count == 0;

    /// <summary>How many replica ids have dots in it.</summary>
    public int ReplicaCount => _count;

    /// <summary>How many ranges it takes to write it down: its size in memory and on the wire.</summary>
    public int RangeCount
    {
        get
        {
            var total = 0;
            foreach (ref readonly var run in Runs) total += run.Count;
            return total;
        }
    }

    /// <summary>How many dots.</summary>
    public long Count
    {
        get
        {
            long total = 0;
            foreach (ref readonly var run in Runs)
            {
                foreach (var range in run.Span) total += range.Count;
            }

            return total;
        }
    }

    private ReadOnlySpan<Run> Runs => _runs.AsSpan(0, _count);

    /// <summary>A set of one dot.</summary>
    public static DotSet Of(Dot dot) => Of(dot.Replica, dot.Counter, dot.Counter);

    /// <summary>A set of consecutive dots.</summary>
    public static DotSet Of(ReplicaId replica, long first, long last) =>
        new([new Run(replica, [new CounterRange(first, last)], 1)], 1);

    /// <summary>A set of these dots, in any order.</summary>
    public static DotSet Of(IEnumerable<Dot> dots)
    {
        var builder = new Builder();
        foreach (var dot in dots) builder.Add(dot);
        return builder.ToSet();
    }

    /// <summary>True where <paramref name="dot"/> is in the set.</summary>
    public bool Contains(Dot dot) => Contains(dot.Replica, dot.Counter);

    /// <summary>True where the dot is in the set.</summary>
    public bool Contains(ReplicaId replica, long counter) => ContainsAll(replica, counter, counter);

    /// <summary>True where all of the consecutive dots are in the set.</summary>
    public bool ContainsAll(ReplicaId replica, long first, long last) => CounterRanges.ContainsAll(RangesOf(replica), first, last);

    /// <summary>True where at least one of the consecutive dots is in the set.</summary>
    public bool ContainsAny(ReplicaId replica, long first, long last) => CounterRanges.ContainsAny(RangesOf(replica), first, last);

    /// <summary>The greatest counter of a replica id, 0 where it has none.</summary>
    public long LastOf(ReplicaId replica)
    {
        var ranges = RangesOf(replica);
        return ranges.IsEmpty ? 0 : ranges[^1].Last;
    }

    /// <summary>The sorted counter ranges of a replica id; empty where it has none.</summary>
    public ReadOnlySpan<CounterRange> RangesOf(ReplicaId replica)
    {
        foreach (ref readonly var run in Runs)
        {
            if (run.Replica.Equals(replica)) return run.Span;
        }

        return default;
    }

    /// <summary>The replica ids that have dots in the set, in order.</summary>
    public IEnumerable<ReplicaId> Replicas
    {
        get
        {
            for (var i = 0; i < _count; i++) yield return _runs[i].Replica;
        }
    }

    /// <summary>True where every dot of <paramref name="other"/> is in this set.</summary>
    public bool Dominates(DotSet other)
    {
        if (ReferenceEquals(this, other)) return true;
        foreach (ref readonly var theirs in other.Runs)
        {
            var ours = RangesOf(theirs.Replica);
            foreach (var range in theirs.Span)
            {
                if (!CounterRanges.ContainsAll(ours, range.First, range.Last)) return false;
            }
        }

        return true;
    }

    /// <summary>True where the two sets have a dot in common.</summary>
    public bool Overlaps(DotSet other)
    {
        foreach (ref readonly var theirs in other.Runs)
        {
            var ours = RangesOf(theirs.Replica);
            if (ours.IsEmpty) continue;
            foreach (var range in theirs.Span)
            {
                if (CounterRanges.ContainsAny(ours, range.First, range.Last)) return true;
            }
        }

        return false;
    }

    /// <summary>The dots that this set has and <paramref name="other"/> lacks: for clocks, exactly what a sync must send.</summary>
    public DotSet Except(DotSet other)
    {
        if (IsEmpty || other.IsEmpty) return this;
        var runs = new Run[_count];
        var count = 0;
        foreach (ref readonly var run in Runs)
        {
            var theirs = other.RangesOf(run.Replica);
            var left = theirs.IsEmpty ? run : Run.Of(run.Replica, CounterRanges.Except(run.Span, theirs));
            if (left.Count > 0) runs[count++] = left;
        }

        return count == 0 ? Empty : new DotSet(runs, count);
    }

    /// <summary>The dots that both sets have.</summary>
    public DotSet Intersect(DotSet other)
    {
        var runs = new Run[_count];
        var count = 0;
        foreach (ref readonly var run in Runs)
        {
            var both = Run.Of(run.Replica, CounterRanges.Intersect(run.Span, other.RangesOf(run.Replica)));
            if (both.Count > 0) runs[count++] = both;
        }

        return count == 0 ? Empty : new DotSet(runs, count);
    }

    /// <summary>The dots that either set has.</summary>
    public DotSet Union(DotSet other)
    {
        if (other.IsEmpty || ReferenceEquals(this, other)) return this;
        if (IsEmpty) return other;
        var builder = ToBuilder();
        builder.Add(other);
        return builder.ToSet();
    }

    /// <summary>This set and one more dot.</summary>
    public DotSet With(Dot dot)
    {
        if (Contains(dot)) return this;
        var builder = ToBuilder();
        builder.Add(dot);
        return builder.ToSet();
    }

    /// <summary>This set without the dots of one replica id.</summary>
    public DotSet Without(ReplicaId replica)
    {
        var kept = Array.FindAll(Runs.ToArray(), run => !run.Replica.Equals(replica));
        return kept.Length == _count ? this : new DotSet(kept, kept.Length);
    }

    /// <summary>How many dots of this set <paramref name="other"/> lacks: between clocks, the entropy.</summary>
    public long CountMissing(DotSet other)
    {
        long missing = 0;
        foreach (ref readonly var run in Runs)
        {
            var theirs = other.RangesOf(run.Replica);
            foreach (var range in run.Span) missing += range.Count - CounterRanges.CountIn(theirs, range.First, range.Last);
        }

        return missing;
    }

    /// <summary>Every dot, in order. For tests and small sets: a range of a billion dots gives a billion.</summary>
    public IEnumerable<Dot> Dots()
    {
        foreach (var range in this)
        {
            for (var counter = range.First; counter <= range.Last; counter++) yield return new Dot(range.Replica, counter);
        }
    }

    /// <summary>A builder that starts with the dots of this set. O(1): the arrays are shared until one side changes.</summary>
    public Builder ToBuilder() => new(_runs, _count);

    /// <summary>The ranges, ordered by replica id and counter.</summary>
    public IEnumerator<DotRange> GetEnumerator()
    {
        for (var i = 0; i < _count; i++)
        {
            for (var j = 0; j < _runs[i].Count; j++)
            {
                yield return new DotRange(_runs[i].Replica, _runs[i].Ranges[j].First, _runs[i].Ranges[j].Last);
            }
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(DotSet? other)
    {
        if (ReferenceEquals(this, other)) return true;
        if (other is null || other._count != _count) return false;
        for (var i = 0; i < _count; i++)
        {
            if (!_runs[i].Replica.Equals(other._runs[i].Replica) || !_runs[i].Span.SequenceEqual(other._runs[i].Span)) return false;
        }

        return true;
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as DotSet);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = (ulong)_count;
        foreach (ref readonly var run in Runs) hash = (hash * 0x9E3779B97F4A7C15) ^ run.Replica.Generation ^ (ulong)run.Span[^1].Last;
        return hash.GetHashCode();
    }

    /// <inheritdoc/>
    public override string ToString() =>
        "{" + string.Join(' ', this.Select(range => range.First == range.Last ? $"{range.Replica}:{range.First}" : $"{range.Replica}:{range.First}-{range.Last}")) + "}";

    /// <summary>The dots of one replica id.</summary>
    internal readonly struct Run(ReplicaId replica, CounterRange[] ranges, int count)
    {
        public readonly ReplicaId Replica = replica;
        public readonly CounterRange[] Ranges = ranges;
        public readonly int Count = count;

        public ReadOnlySpan<CounterRange> Span => Ranges.AsSpan(0, Count);

        public static Run Of(ReplicaId replica, CounterRange[] ranges) => new(replica, ranges, ranges.Length);
    }
}
