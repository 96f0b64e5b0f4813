using System.Numerics;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.DataTypes;

/// <summary>Where an item lies inside its key, as bytes whose order keeps everything below a field together.</summary>
/// <remarks>
/// <code>
/// path     := type node
/// node     := 00                              presence: the key or field exists, though it may be empty
///           | 01                              value: a counter's share, a register's value, an enabled flag, an HLL's registers
///           | 02 bytes                        an element of a set
///           | 03 type varint(length) name node   a map's field and what is below it
/// </code>
/// The path of a field, up to and including its name, is a prefix of the path of everything below it and of nothing else.
/// </remarks>
internal static class ItemPath
{
    public const byte Presence = 0;
    public const byte Value = 1;
    public const byte Element = 2;
    public const byte Field = 3;

    public static bool IsType(byte value) => value is >= (byte)DataType.Counter and <= (byte)DataType.Map;

    /// <summary>True where path and payload are what a replica of this version writes: nothing else gets into a state.</summary>
    public static bool IsValid(ReadOnlySpan<byte> path, ReadOnlySpan<byte> payload)
    {
        if (path.Length is 0 or > OperationLimits.PathBytesMax || !IsType(path[0])) return false;
        var reader = new WireReader(path);
        var type = (DataType)reader.ReadByte();
        for (var depth = 0; depth <= OperationLimits.DepthMax; depth++)
        {
            switch (reader.ReadByte())
            {
                case Presence when !reader.Failed:
                    return reader.AtEnd && payload.IsEmpty && type is DataType.Set or DataType.GSet or DataType.Flag or DataType.Map;
                case Value:
                    return reader.AtEnd && IsValue(type, payload);
                case Element:
                    return payload.IsEmpty && type is DataType.Set or DataType.GSet;
                case Field when type == DataType.Map:
                    var below = reader.ReadByte();
                    reader.ReadPrefixed(OperationLimits.FieldNameBytesMax);
                    if (reader.Failed || !IsType(below)) return false;
                    type = (DataType)below;
                    break;
                default:
                    return false;
            }
        }

        return false;
    }

    private static bool IsValue(DataType type, ReadOnlySpan<byte> payload)
    {
        var reader = new WireReader(payload);
        switch (type)
        {
            case DataType.Counter:
                reader.ReadSigned();
                return reader.AtEnd;
            case DataType.Register:
                reader.ReadSigned();
                return !reader.Failed;
            case DataType.Flag:
                return payload.IsEmpty;
            case DataType.Hll:
                return HllRegisters.IsValid(payload);
            default:
                return false;
        }
    }

    /// <summary>A path under construction: grows by a field, shrinks back when the field is done.</summary>
    internal sealed class Builder
    {
        private byte[] _bytes = new byte[64];
        private int _length;

        public int Length => _length;

        public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

        public void Start(DataType type)
        {
            _length = 0;
            Append((byte)type);
        }

        /// <summary>Goes back to an earlier length.</summary>
        public void Truncate(int length) => _length = length;

        public void Append(byte value)
        {
            if (_length == _bytes.Length) Array.Resize(ref _bytes, _length * 2);
            _bytes[_length++] = value;
        }

        public void Append(ReadOnlySpan<byte> bytes)
        {
            if (_bytes.Length - _length < bytes.Length) Array.Resize(ref _bytes, (int)BitOperations.RoundUpToPowerOf2((uint)(_length + bytes.Length)));
            bytes.CopyTo(_bytes.AsSpan(_length));
            _length += bytes.Length;
        }

        /// <summary>Descends into a field; <see cref="Truncate"/> comes back.</summary>
        public void EnterField(FieldName field)
        {
            Append(Field);
            Append((byte)field.Type);
            var length = (uint)field.Bytes.Length;
            for (; length >= 0x80; length >>= 7) Append((byte)(length | 0x80));
            Append((byte)length);
            Append(field.Bytes.Span);
        }
    }
}
