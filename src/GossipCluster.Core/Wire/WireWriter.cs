using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace GossipCluster.Core.Wire;

/// <summary>Writes a binary form into one growing buffer that its owner keeps and clears, so that steady state allocates nothing.</summary>
public sealed class WireWriter : IBufferWriter<byte>
{
    private byte[] _buffer;
    private int _length;

    /// <summary>A writer with room for <paramref name="capacity"/> bytes before it first grows.</summary>
    public WireWriter(int capacity = 256) => _buffer = new byte[capacity];

    /// <summary>What was written since the last <see cref="Clear"/>. Valid until the next write.</summary>
    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    /// <summary>How many bytes were written since the last <see cref="Clear"/>.</summary>
    public int Length => _length;

    /// <summary>Bytes that a value takes as a varint, 1 to 10.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int VarintSize(ulong value) => (BitOperations.Log2(value | 1) / 7) + 1;

    /// <summary>Forgets what was written and keeps the buffer.</summary>
    public void Clear() => _length = 0;

    /// <summary>What was written, as an array of its own.</summary>
    public byte[] ToArray() => Written.ToArray();

    /// <summary>One byte.</summary>
    public void WriteByte(byte value)
    {
        Grow(1);
        _buffer[_length++] = value;
    }

    /// <summary>An unsigned varint: little-endian base 128.</summary>
    public void WriteVarint(ulong value)
    {
        Grow(10);
        var buffer = _buffer;
        var length = _length;
        while (value >= 0x80)
        {
            buffer[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        buffer[length++] = (byte)value;
        _length = length;
    }

    /// <summary>A count or length, which is never negative.</summary>
    public void WriteCount(int value) => WriteVarint((ulong)value);

    /// <summary>A zigzag varint: any <see cref="long"/>, small magnitudes in few bytes.</summary>
    public void WriteSigned(long value) => WriteVarint((ulong)((value << 1) ^ (value >> 63)));

    /// <summary>Eight bytes, little-endian.</summary>
    public void WriteUInt64(ulong value)
    {
        Grow(sizeof(ulong));
        BinaryPrimitives.WriteUInt64LittleEndian(_buffer.AsSpan(_length), value);
        _length += sizeof(ulong);
    }

    /// <summary>Bytes as they are.</summary>
    public void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        Grow(bytes.Length);
        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }

    /// <summary>A varint length and the bytes.</summary>
    public void WritePrefixed(ReadOnlySpan<byte> bytes)
    {
        WriteCount(bytes.Length);
        WriteBytes(bytes);
    }

    /// <inheritdoc/>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _buffer.Length - _length);
        _length += count;
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Grow(Math.Max(sizeHint, 1));
        return _buffer.AsMemory(_length);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Grow(Math.Max(sizeHint, 1));
        return _buffer.AsSpan(_length);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Grow(int more)
    {
        if (_buffer.Length - _length < more) Enlarge(more);
    }

    private void Enlarge(int more) => Array.Resize(ref _buffer, Math.Max(checked(_length + more), _buffer.Length * 2));
}
