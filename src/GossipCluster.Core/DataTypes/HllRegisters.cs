using System.IO.Hashing;
using System.Numerics;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.DataTypes;

/// <summary>HyperLogLog registers of precision 14: 16,384 small numbers, joined by taking the greater.</summary>
/// <remarks>
/// Flajolet et al. 2007; 64-bit hash after Heule et al. 2013 (HyperLogLog++); estimate after Ertl, "New cardinality estimation algorithms for HyperLogLog
/// sketches" (arXiv 1702.01284, algorithm 6), which needs no bias tables. Standard error 1.04 / sqrt(16384) = 0.8 %.
/// As a payload: sparse (00, then per register in order: varint gap to the previous index, rank) or dense (01, then 16,384 six-bit ranks).
/// </remarks>
internal sealed class HllRegisters
{
    public const int Precision = 14;
    public const int Count = 1 << Precision;
    private const int RankMax = 64 - Precision + 1;
    private const int DenseBytes = Count * 6 / 8;
    private const byte Sparse = 0;
    private const byte Dense = 1;
    private const long HashSeed = 0x48_4C_4C_31;

    private readonly byte[] _ranks = new byte[Count];

    public void Clear() => Array.Clear(_ranks);

    /// <summary>Counts an element; true where a register grew.</summary>
    public bool Add(ReadOnlySpan<byte> element, out int index)
    {
        var hash = XxHash3.HashToUInt64(element, HashSeed);
        index = (int)(hash >> (64 - Precision));
        var rank = (byte)Math.Min(RankMax, BitOperations.LeadingZeroCount(hash << Precision) + 1);
        if (_ranks[index] >= rank) return false;
        _ranks[index] = rank;
        return true;
    }

    /// <summary>Joins a valid payload.</summary>
    public void Join(ReadOnlySpan<byte> payload)
    {
        if (payload.IsEmpty) return;
        var reader = new WireReader(payload);
        if (reader.ReadByte() == Dense)
        {
            var bits = payload[1..];
            for (int i = 0, at = 0; i < Count; i += 4, at += 3)
            {
                var four = bits[at] | (bits[at + 1] << 8) | (bits[at + 2] << 16);
                for (var j = 0; j < 4; j++) Raise(i + j, (byte)((four >> (6 * j)) & 0x3F));
            }

            return;
        }

        for (var index = -1; reader.Remaining > 0;)
        {
            index += 1 + (int)reader.ReadVarint();
            Raise(index, reader.ReadByte());
        }
    }

    /// <summary>Writes the registers of these indexes, which are sorted.</summary>
    public void WriteSparse(WireWriter writer, ReadOnlySpan<int> indexes)
    {
        writer.WriteByte(Sparse);
        var previous = -1;
        foreach (var index in indexes)
        {
            writer.WriteCount(index - previous - 1);
            writer.WriteByte(_ranks[index]);
            previous = index;
        }
    }

    /// <summary>Writes all registers, in the smaller of the two forms.</summary>
    public void WriteAll(WireWriter writer)
    {
        var used = new List<int>();
        for (var i = 0; i < Count; i++)
        {
            if (_ranks[i] > 0) used.Add(i);
        }

        if (used.Count * 3 < DenseBytes)
        {
            WriteSparse(writer, used.ToArray());
            return;
        }

        writer.WriteByte(Dense);
        for (var i = 0; i < Count; i += 4)
        {
            var four = _ranks[i] | (_ranks[i + 1] << 6) | (_ranks[i + 2] << 12) | (_ranks[i + 3] << 18);
            writer.WriteByte((byte)four);
            writer.WriteByte((byte)(four >> 8));
            writer.WriteByte((byte)(four >> 16));
        }
    }

    /// <summary>How many distinct elements, estimated.</summary>
    public long Estimate()
    {
        const int q = 64 - Precision;
        Span<int> counts = stackalloc int[q + 2];
        foreach (var rank in _ranks) counts[rank]++;
        double m = Count;
        var z = m * Tau(1 - (counts[q + 1] / m));
        for (var k = q; k >= 1; k--) z = 0.5 * (z + counts[k]);
        z += m * Sigma(counts[0] / m);
        return double.IsPositiveInfinity(z) ? 0 : (long)Math.Round(m * m / (2 * double.Log(2)) / z);
    }

    public static bool IsValid(ReadOnlySpan<byte> payload)
    {
        if (payload.IsEmpty) return true;
        var reader = new WireReader(payload);
        var form = reader.ReadByte();
        if (form == Dense)
        {
            if (payload.Length != 1 + DenseBytes) return false;
            for (var at = 0; at < DenseBytes; at += 3)
            {
                var four = payload[1 + at] | (payload[2 + at] << 8) | (payload[3 + at] << 16);
                for (var j = 0; j < 4; j++)
                {
                    if (((four >> (6 * j)) & 0x3F) > RankMax) return false;
                }
            }

            return true;
        }

        for (var index = -1; form == Sparse && reader.Remaining > 0;)
        {
            index += 1 + reader.ReadInt(Count, "an index below 16,384");
            if (reader.ReadByte() is 0 or > RankMax || reader.Failed || index >= Count) return false;
        }

        return form == Sparse && !reader.Failed;
    }

    private void Raise(int index, byte rank)
    {
        if (_ranks[index] < rank) _ranks[index] = rank;
    }

    private static double Sigma(double x)
    {
        if (x >= 1) return double.PositiveInfinity;
        double y = 1, z = x, before;
        do
        {
            x *= x;
            before = z;
            z += x * y;
            y += y;
        }
        while (z > before);
        return z;
    }

    private static double Tau(double x)
    {
        if (x is <= 0 or >= 1) return 0;
        double y = 1, z = 1 - x, before;
        do
        {
            x = Math.Sqrt(x);
            before = z;
            y *= 0.5;
            z -= (1 - x) * (1 - x) * y;
        }
        while (z < before);
        return z / 3;
    }
}
