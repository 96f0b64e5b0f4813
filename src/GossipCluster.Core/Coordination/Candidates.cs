using System.Collections.Immutable;
using System.Numerics;
using GossipCluster.Core.Causality;

namespace GossipCluster.Core.Coordination;

/// <summary>The nodes that may take part in one operation, as one coordinator sees them: order, roles, reachability.</summary>
/// <remarks>
/// <para>
/// At most <see cref="CountMax"/> nodes, so that any set of them is one 64-bit word: bit i is the i-th node of the preference list. A
/// coordination then keeps a dozen sets in a dozen words, and counts and picks without a loop.
/// </para>
/// <para>
/// A longer list keeps its primaries, the coordinator itself, and fallbacks in order, reachable ones before the others: who is left out
/// could matter only where more than 40 nodes that were reachable at the start fail during one request.
/// </para>
/// An immutable value: one may serve all operations on a partition until reachability changes.
/// </remarks>
public readonly struct Candidates
{
    /// <summary>The most nodes that one operation considers.</summary>
    public const int CountMax = 64;

    private readonly ImmutableArray<NodeName> _nodes;

    private Candidates(ImmutableArray<NodeName> nodes, int n, int self, ulong down)
    {
        _nodes = nodes;
        N = n;
        All = nodes.Length == 64 ? ulong.MaxValue : (1UL << nodes.Length) - 1;
        Primaries = All & ((1UL << n) - 1);
        Self = self < 0 ? 0 : 1UL << self;
        Down = down & ~Self;
    }

    /// <summary>n_val: how many replicas there should be, whether or not the ring has as many nodes.</summary>
    public int N { get; }

    internal ulong All { get; }

    internal ulong Primaries { get; }

    /// <summary>The coordinator's own bit; 0 where it is not in the ring.</summary>
    internal ulong Self { get; }

    /// <summary>Unreachable by the failure detector's verdict; never the coordinator itself.</summary>
    internal ulong Down { get; }

    internal ulong Fallbacks => All & ~Primaries;

    /// <summary>The candidates of a partition. Allocates nothing for rings of up to <see cref="CountMax"/> nodes.</summary>
    /// <param name="self">The node that coordinates.</param>
    /// <param name="preference">The partition's whole preference list: no node twice, first choice first, not empty.</param>
    /// <param name="n">n_val, 1 to <see cref="QuorumProperties.NMax"/>: the first n are primaries.</param>
    /// <param name="unreachable">Nodes that the failure detector holds for unreachable now.</param>
    /// <exception cref="ArgumentException">No list, or an empty one: a programming error.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="n"/> is out of range: a programming error.</exception>
    public static Candidates Of(NodeName self, ImmutableArray<NodeName> preference, int n, IReadOnlySet<NodeName> unreachable)
    {
        ArgumentNullException.ThrowIfNull(unreachable);
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(n, QuorumProperties.NMax);
        if (preference.IsDefaultOrEmpty) throw new ArgumentException("A preference list has at least one node.", nameof(preference));
        if (preference.Length > CountMax) preference = Shorten(self, preference, n, unreachable);

        var down = 0UL;
        for (var index = 0; unreachable.Count > 0 && index < preference.Length; index++)
        {
            if (unreachable.Contains(preference[index])) down |= 1UL << index;
        }

        return new Candidates(preference, n, preference.IndexOf(self), down);
    }

    /// <summary>The set of the one node, empty where it is no candidate.</summary>
    internal ulong BitOf(NodeName node)
    {
        var index = _nodes.IndexOf(node);
        return index < 0 ? 0 : 1UL << index;
    }

    internal NodeName NodeAt(int index) => _nodes[index];

    /// <summary>The first node of a set that is not empty.</summary>
    internal NodeName First(ulong set) => _nodes[BitOperations.TrailingZeroCount(set)];

    internal ImmutableArray<NodeName> NodesOf(ulong set)
    {
        var nodes = ImmutableArray.CreateBuilder<NodeName>(Count(set));
        for (; set != 0; set &= set - 1) nodes.Add(First(set));
        return nodes.MoveToImmutable();
    }

    /// <summary>The set of the first node of a set.</summary>
    internal static ulong FirstOf(ulong set) => set & (~set + 1);

    internal static int Count(ulong set) => BitOperations.PopCount(set);

    private static ImmutableArray<NodeName> Shorten(
        NodeName self, ImmutableArray<NodeName> preference, int n, IReadOnlySet<NodeName> unreachable)
    {
        var nodes = ImmutableArray.CreateBuilder<NodeName>(CountMax);
        nodes.AddRange(preference.AsSpan()[..n]);
        var room = CountMax - (preference.IndexOf(self) >= n ? 1 : 0);
        foreach (var wanted in (ReadOnlySpan<bool>)[false, true])
        {
            foreach (var node in preference.AsSpan()[n..])
            {
                if (node == self && !wanted)
                {
                    nodes.Add(node);
                    room++;
                }
                else if (node != self && unreachable.Contains(node) == wanted && nodes.Count < room) nodes.Add(node);
            }
        }

        return nodes.ToImmutable();
    }
}
