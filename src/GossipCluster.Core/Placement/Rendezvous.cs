using System.Buffers.Binary;
using System.IO.Hashing;
using System.Numerics;
using System.Text;
using GossipCluster.Core.Causality;

namespace GossipCluster.Core.Placement;

/// <summary>The arithmetic of weighted rendezvous hashing: what each member bids for a partition, in integers only.</summary>
/// <remarks>
/// <para>
/// Highest random weight: D. Thaler and C. Ravishankar, "Using Name-Based Mappings to Increase Hit Rates" (IEEE/ACM ToN 6(1), 1998).
/// Weights by the logarithmic method: C. Schindelhauer and G. Schomaker, "Weighted Distributed Hash Tables" (SPAA 2005). With u uniform in
/// (0, 1), drawn per member and partition, the member with the least -ln(u) / weight wins: a race of exponential clocks, so that a member
/// comes first with probability weight / sum of weights, and the rest of the race is as fair. A bid depends on one member alone, so that a
/// join, a leave or another weight moves nothing between the others.
/// </para>
/// <para>
/// Every node must find the same order or writes go astray. <see cref="Math.Log(double)"/> is the C library's, whose last bits differ from
/// platform to platform; so the logarithm is computed here in fixed point, and bids are compared by cross-multiplication: exactly,
/// everywhere.
/// </para>
/// </remarks>
internal static class Rendezvous
{
    /// <summary>Fractional bits of a cost. 47 bits of cost times 14 bits of weight fit a 64-bit product.</summary>
    public const int FractionBits = 40;

    /// <summary>The greatest cost: -log2(2^-64).</summary>
    public const ulong CostMax = 64UL << FractionBits;

    // No other use of XXH3 in a cluster hashes bytes that start like this: the draws are independent of the key hashes.
    private static ReadOnlySpan<byte> Domain => "GossipCluster.Placement.1:"u8;

    /// <summary>A member's draw for a partition: 64 uniform bits.</summary>
    /// <remarks>
    /// XXH3 over domain, partition (4 bytes, little-endian), name. The name comes last and all before it is of fixed size: no two inputs
    /// meet.
    /// </remarks>
    public static ulong Draw(NodeName member, int partition)
    {
        Span<byte> bytes = stackalloc byte[Domain.Length + sizeof(int) + NodeName.LengthMax];
        Domain.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[Domain.Length..], partition);
        var head = Domain.Length + sizeof(int);
        var nameLength = Encoding.ASCII.GetBytes(member.Text, bytes[head..]);
        return XxHash3.HashToUInt64(bytes[..(head + nameLength)]);
    }

    /// <summary>-log2(u) of a draw, where u = (draw | 1) / 2^64: in units of 2^-40, 1 to <see cref="CostMax"/>.</summary>
    /// <remarks>
    /// <para>
    /// The lowest bit is set so that u is never 0. The whole part of log2 is the count of leading zeros; for the fraction the mantissa m in
    /// [1, 2), held with 63 fractional bits, is squared again and again: log2(m^2) = 2 log2(m), so each square that reaches 2 yields a one
    /// bit and is halved (D. E. Knuth, The Art of Computer Programming, vol. 1, section 1.2.2).
    /// </para>
    /// <para>
    /// Error: a square is cut off by less than 2^-63 of its value, so step k adds less than 1.45 * 2^-63 to its own logarithm and 2^-k of
    /// that to the result: together below 2^-62. With the bits not computed, true cost &lt;= cost &lt; true cost + 2^-40 + 2^-62. It is
    /// monotone: a greater draw never costs more. The winner among 1,024 members of equal weight bids about 2^-9.5, so the error shifts
    /// their shares by one part in 2^30, and that of a member of weight 1 among 1,023 of weight 10,000 by one in 2^17 of its own. Equal
    /// bids are about as rare; then names decide.
    /// </para>
    /// </remarks>
    public static ulong Cost(ulong draw)
    {
        draw |= 1;
        var zeros = BitOperations.LeadingZeroCount(draw);
        var mantissa = draw << zeros;
        ulong fraction = 0;
        for (var bit = 0; bit < FractionBits; bit++)
        {
            var high = Math.BigMul(mantissa, mantissa, out var low);
            var carry = high >> 63;
            mantissa = carry == 1 ? high : (high << 1) | (low >> 63);
            fraction = (fraction << 1) | carry;
        }

        return ((ulong)(zeros + 1) << FractionBits) - fraction;
    }

    /// <summary>Below zero where the left bid wins: cost / weight, compared exactly; equal bids by place.</summary>
    public static int Compare(Bid left, Bid right)
    {
        var order = (left.Cost * (ulong)right.Weight).CompareTo(right.Cost * (ulong)left.Weight);
        return order != 0 ? order : left.Place.CompareTo(right.Place);
    }

    /// <summary>What a member bids for a partition.</summary>
    /// <param name="Cost">Of its draw, 1 to <see cref="CostMax"/>.</param>
    /// <param name="Weight">Its weight, 1 to <see cref="RingMember.WeightMax"/>.</param>
    /// <param name="Place">Its place among the members, who are in the order of their names: ties fall the same way everywhere.</param>
    public readonly record struct Bid(ulong Cost, int Weight, int Place);
}
