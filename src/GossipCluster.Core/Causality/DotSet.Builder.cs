namespace GossipCluster.Core.Causality;

public sealed partial class DotSet
{
    /// <summary>A set of dots under construction, such as the clock of a replica at work. One owner, one thread.</summary>
    /// <remarks>
    /// Adding the next dot of a replica id is O(1) and allocates nothing. <see cref="ToSet"/> is O(1): it lends its arrays, and the first change
    /// afterwards copies what it touches.
    /// </remarks>
    public sealed class Builder
    {
        private Run[] _runs;
        private int _count;

        // True where the outer array, and every array of ranges whose bit is not set in _owned, may be seen by a set.
        private bool _lent;
        private ulong _owned;

        /// <summary>A builder of the empty set.</summary>
        public Builder()
            : this([], 0)
        {
        }

        internal Builder(Run[] runs, int count)
        {
            _runs = runs;
            _count = count;
            _lent = true;
        }

        /// <summary>True where there is no dot in it.</summary>
        public bool IsEmpty => _count == 0;

        /// <summary>True where <paramref name="dot"/> is in the set.</summary>
        public bool Contains(Dot dot) => Contains(dot.Replica, dot.Counter);

        /// <summary>True where the dot is in the set.</summary>
        public bool Contains(ReplicaId replica, long counter) => CounterRanges.ContainsAll(RangesOf(replica), counter, counter);

        /// <summary>True where all of the consecutive dots are in the set.</summary>
        public bool ContainsAll(ReplicaId replica, long first, long last) => CounterRanges.ContainsAll(RangesOf(replica), first, last);

        /// <summary>True where at least one of the consecutive dots is in the set.</summary>
        public bool ContainsAny(ReplicaId replica, long first, long last) => CounterRanges.ContainsAny(RangesOf(replica), first, last);

        /// <summary>The sorted counter ranges of a replica id. Valid until the next change.</summary>
        public ReadOnlySpan<CounterRange> RangesOf(ReplicaId replica)
        {
            var i = IndexOf(replica);
            return i < 0 ? default : _runs[i].Span;
        }

        /// <summary>Adds one dot.</summary>
        public void Add(Dot dot) => Add(dot.Replica, dot.Counter, dot.Counter);

        /// <summary>Adds consecutive dots, both ends included.</summary>
        public void Add(ReplicaId replica, long first, long last)
        {
            var i = IndexOf(replica);
            if (i < 0) i = Insert(~i, replica);
            else if (CounterRanges.ContainsAll(_runs[i].Span, first, last)) return;
            Own(i);

            ref var run = ref _runs[i];
            var ranges = run.Ranges;
            if (run.Count > 0 && ranges[run.Count - 1].Last + 1 == first)
            {
                ranges[run.Count - 1] = ranges[run.Count - 1] with { Last = last };
                return;
            }

            // The ranges from..to that touch or overlap the new one become one with it.
            var from = CounterRanges.IndexFrom(run.Span, first - 1);
            var to = from;
            while (to < run.Count && ranges[to].First <= last + 1)
            {
                first = Math.Min(first, ranges[to].First);
                last = Math.Max(last, ranges[to].Last);
                to++;
            }

            Splice(ref run, from, to, new CounterRange(first, last));
        }

        /// <summary>Adds every dot of a set.</summary>
        public void Add(DotSet dots)
        {
            foreach (ref readonly var run in dots.Runs)
            {
                foreach (var range in run.Span) Add(run.Replica, range.First, range.Last);
            }
        }

        /// <summary>Takes every dot of a set out.</summary>
        public void Remove(DotSet dots)
        {
            if (dots.IsEmpty) return;
            var left = ToSet().Except(dots);
            (_runs, _count, _lent, _owned) = (left._runs, left._count, true, 0);
        }

        /// <summary>Forgets everything.</summary>
        public void Clear() => (_runs, _count, _lent, _owned) = ([], 0, true, 0);

        /// <summary>The set as it is now. O(1).</summary>
        public DotSet ToSet()
        {
            if (_count == 0) return Empty;
            _lent = true;
            _owned = 0;
            return new DotSet(_runs, _count);
        }

        /// <summary>The index of the replica id, or the complement of where it belongs.</summary>
        private int IndexOf(ReplicaId replica)
        {
            for (var i = 0; i < _count; i++)
            {
                if (_runs[i].Replica.Equals(replica)) return i;
            }

            var at = 0;
            while (at < _count && _runs[at].Replica.CompareTo(replica) < 0) at++;
            return ~at;
        }

        private int Insert(int at, ReplicaId replica)
        {
            var runs = _lent || _runs.Length == _count ? new Run[Math.Max(4, _count + (_count / 2) + 1)] : _runs;
            Array.Copy(_runs, 0, runs, 0, at);
            Array.Copy(_runs, at, runs, at + 1, _count - at);
            runs[at] = new Run(replica, new CounterRange[1], 0);
            _runs = runs;
            _count++;
            _lent = false;

            // Bits above the new run move up by one; the new run's array is ours.
            var below = at >= 64 ? ulong.MaxValue : (1UL << at) - 1;
            _owned = (_owned & below) | ((_owned & ~below) << 1) | (at < 64 ? 1UL << at : 0);
            return at;
        }

        /// <summary>Copies what a set may see before it is changed. Replica ids beyond the 64th are copied every time.</summary>
        private void Own(int i)
        {
            if (_lent)
            {
                _runs = _runs.AsSpan(0, _count).ToArray();
                _lent = false;
            }

            if (i < 64 && (_owned & (1UL << i)) != 0) return;
            ref var run = ref _runs[i];
            var ranges = new CounterRange[Math.Max(1, run.Count)];
            run.Span.CopyTo(ranges);
            run = new Run(run.Replica, ranges, run.Count);
            if (i < 64) _owned |= 1UL << i;
        }

        private static void Splice(ref Run run, int from, int to, CounterRange range)
        {
            var count = run.Count - (to - from) + 1;
            var ranges = run.Ranges;
            if (count > ranges.Length)
            {
                ranges = new CounterRange[Math.Max(4, count + (count / 2))];
                run.Span[..from].CopyTo(ranges);
            }

            run.Span[to..].CopyTo(ranges.AsSpan(from + 1));
            ranges[from] = range;
            run = new Run(run.Replica, ranges, count);
        }
    }
}
