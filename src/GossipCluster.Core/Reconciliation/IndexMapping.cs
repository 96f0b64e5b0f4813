namespace GossipCluster.Core.Reconciliation;

/// <summary>In which coded symbols one entry is: index 0 always, index i with probability 1/(1 + i/2), drawn from its hash. Walks them upwards.</summary>
/// <remarks>
/// The mapping of L. Yang, Y. Gilad and M. Alizadeh, "Practical Rateless Set Reconciliation", SIGCOMM 2024, section 4.2. That no index
/// is hit above i and up to x has the probability prod (1 - rho(j)) = prod j / (j + 2), j from i + 1 to x, which telescopes to (i + 1)(i + 2) / ((x + 1)(x + 2)). Turned
/// round, one uniform number gives the next index, without the paper's approximation of the product. Only the four operations and the square root of doubles are
/// used, which IEEE 754 rounds alike everywhere: both sides must find the same indices.
/// </remarks>
public struct IndexMapping
{
    /// <summary>No symbol has this index or a greater one: a mapping that gets here is at its end.</summary>
    public const int IndexMax = 1 << 30;

    private ulong _random;

    /// <summary>The mapping of an entry, at index 0.</summary>
    public IndexMapping(ulong hash) => _random = hash;

    /// <summary>The index where it stands, 0 to <see cref="IndexMax"/>.</summary>
    public int Index { get; private set; }

    /// <summary>Goes on to the next index, which is greater by at least 1.</summary>
    public void Next()
    {
        // From (0, 1]: 53 bits, as many as a double holds.
        var uniform = ((Draw() >> 11) + 1) * (1.0 / (1UL << 53));
        var product = (Index + 1.0) * (Index + 2.0) / uniform;
        var next = Math.Ceiling((Math.Sqrt(1.0 + (4.0 * product)) - 3.0) / 2.0);
        Index = next >= IndexMax ? IndexMax : Math.Max(Index + 1, (int)next);
    }

    // SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
    private ulong Draw()
    {
        unchecked
        {
            var z = _random += 0x9E37_79B9_7F4A_7C15;
            z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
            z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
            return z ^ (z >> 31);
        }
    }
}
