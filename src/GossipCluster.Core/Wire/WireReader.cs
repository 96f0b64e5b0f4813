using System.Buffers.Binary;

namespace GossipCluster.Core.Wire;

/// <summary>Reads a binary form from bytes that may be hostile. Never throws: the first failure sticks.</summary>
/// <remarks>
/// After a failure every read gives zero or nothing and <see cref="Failed"/> is true, so that a caller checks once, at the end.
/// A count that was read bounds a loop only through <see cref="ReadCount"/>, which refuses counts that the rest of the input cannot hold:
/// four hostile bytes never make a reader allocate or loop for gigabytes.
/// Varints are little-endian base 128 and canonical: no superfluous zero groups.
/// </remarks>
public ref struct WireReader(ReadOnlySpan<byte> input)
{
    private readonly ReadOnlySpan<byte> _input = input;
    private int _position;
    private WireError? _error;

    /// <summary>True where some read has failed.</summary>
    public readonly bool Failed => _error is not null;

    /// <summary>The first failure; meaningful only where <see cref="Failed"/>.</summary>
    public readonly WireError Error => _error ?? default;

    /// <summary>Bytes read so far.</summary>
    public readonly int Position => _position;

    /// <summary>Bytes not yet read.</summary>
    public readonly int Remaining => _input.Length - _position;

    /// <summary>True where everything was read and nothing failed.</summary>
    public readonly bool AtEnd => Remaining == 0 && !Failed;

    /// <summary>Records a failure that the caller found; the first one stays.</summary>
    public void Fail(string expected)
    {
        _error ??= new WireError(expected, _position);
        _position = _input.Length;
    }

    /// <summary>One byte.</summary>
    public byte ReadByte()
    {
        if (_position < _input.Length) return _input[_position++];
        Fail("one more byte");
        return 0;
    }

    /// <summary>An unsigned varint of at most 64 bits.</summary>
    public ulong ReadVarint()
    {
        if (_position < _input.Length && _input[_position] < 0x80) return _input[_position++];
        return ReadLongVarint();
    }

    /// <summary>A varint that fits a non-negative <see cref="long"/>.</summary>
    public long ReadLong()
    {
        var value = ReadVarint();
        if (value <= long.MaxValue) return (long)value;
        Fail("a varint of at most 63 bits");
        return 0;
    }

    /// <summary>A zigzag varint: any <see cref="long"/>, small magnitudes in few bytes.</summary>
    public long ReadSigned()
    {
        var value = ReadVarint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>A varint that is at most <paramref name="max"/>; where that is negative, as the last index of nothing is, every value is refused.</summary>
    public int ReadInt(int max, string expected)
    {
        var value = ReadVarint();
        if (max >= 0 && value <= (ulong)max) return (int)value;
        Fail(expected);
        return 0;
    }

    /// <summary>A count of elements that follow, each of at least <paramref name="bytesEachMin"/> bytes.</summary>
    public int ReadCount(int bytesEachMin)
    {
        var value = ReadVarint();
        if (value <= (ulong)(Remaining / Math.Max(1, bytesEachMin))) return (int)value;
        Fail("a count that the rest of the input can hold");
        return 0;
    }

    /// <summary>Eight bytes, little-endian.</summary>
    public ulong ReadUInt64()
    {
        var bytes = ReadBytes(sizeof(ulong));
        return bytes.Length == sizeof(ulong) ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : 0;
    }

    /// <summary>Exactly <paramref name="count"/> bytes, not copied; empty after a failure.</summary>
    public ReadOnlySpan<byte> ReadBytes(int count)
    {
        if ((uint)count <= (uint)Remaining)
        {
            var bytes = _input.Slice(_position, count);
            _position += count;
            return bytes;
        }

        Fail($"{count} more bytes");
        return default;
    }

    /// <summary>A varint length and that many bytes, not copied; at most <paramref name="bytesMax"/>.</summary>
    public ReadOnlySpan<byte> ReadPrefixed(int bytesMax = int.MaxValue)
    {
        var length = ReadVarint();
        if (length <= (ulong)Math.Min(bytesMax, Remaining)) return ReadBytes((int)length);
        Fail("a length that the rest of the input and its limit can hold");
        return default;
    }

    private ulong ReadLongVarint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 70; shift += 7)
        {
            if (_position >= _input.Length) break;
            var group = _input[_position++];
            if (shift == 63 && group > 1) break;
            value |= (ulong)(group & 0x7F) << shift;
            if (group >= 0x80) continue;
            if (group == 0 && shift > 0) break;
            return value;
        }

        Fail("a canonical varint of at most 64 bits");
        return 0;
    }
}
