using System.Diagnostics.CodeAnalysis;
using System.Text;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Kernel;

/// <summary>The full name of a datum: bucket type, bucket and key, as one flat run of bytes.</summary>
/// <remarks>
/// Flat form: varint length and bytes of the bucket type, the same of the bucket, then the key. It is the form on the wire, on disk, in the tables and
/// under the hash that picks the partition. Compared by content.
/// </remarks>
public readonly struct Key : IEquatable<Key>
{
    /// <summary>The longest bucket type, in bytes of UTF-8. The shortest has 1.</summary>
    public const int TypeBytesMax = 128;

    /// <summary>The longest bucket, in bytes of UTF-8. The shortest has 1.</summary>
    public const int BucketBytesMax = 1024;

    /// <summary>The longest key proper, in bytes of UTF-8. The shortest has 1.</summary>
    public const int NameBytesMax = 1024;

    /// <summary>The longest flat form, in bytes.</summary>
    public const int FlatBytesMax = TypeBytesMax + BucketBytesMax + NameBytesMax + 4;

    private readonly byte[]? _flat;

    private Key(byte[] flat) => _flat = flat;

    /// <summary>The flat form.</summary>
    public ReadOnlySpan<byte> Flat => _flat;

    /// <summary>The bucket type.</summary>
    public string Type => Part(0);

    /// <summary>The bucket.</summary>
    public string Bucket => Part(1);

    /// <summary>The key proper.</summary>
    public string Name => Part(2);

    /// <summary>A stable 64-bit hash of the flat form, the same on every node and in every version.</summary>
    public ulong Hash => HashOf(_flat);

    /// <summary>A key of parts that are known to be valid.</summary>
    /// <exception cref="ArgumentException">A part is empty or too long.</exception>
    public static Key Of(string type, string bucket, string name) =>
        TryCreate(type, bucket, name, out var key, out var error) ? key : throw new ArgumentException(error, nameof(name));

    /// <summary>A key of parts that may be anything; says which part is wrong.</summary>
    public static bool TryCreate(string type, string bucket, string name, out Key key, [NotNullWhen(false)] out string? error)
    {
        key = default;
        error = Complaint("bucket type", type, TypeBytesMax) ?? Complaint("bucket", bucket, BucketBytesMax) ?? Complaint("key", name, NameBytesMax);
        if (error is not null) return false;
        var writer = new WireWriter(type.Length + bucket.Length + name.Length + 16);
        writer.WritePrefixed(Encoding.UTF8.GetBytes(type));
        writer.WritePrefixed(Encoding.UTF8.GetBytes(bucket));
        writer.WriteBytes(Encoding.UTF8.GetBytes(name));
        key = new Key(writer.ToArray());
        return true;
    }

    /// <summary>A key of flat bytes that may be anything. The bytes are copied.</summary>
    public static bool TryOfFlat(ReadOnlySpan<byte> flat, out Key key)
    {
        var isFlat = IsFlat(flat);
        key = isFlat ? OfFlat(flat) : default;
        return isFlat;
    }

    /// <summary>A key of a flat form that was checked before, such as that of a parsed delta. The bytes are copied.</summary>
    internal static Key OfFlat(ReadOnlySpan<byte> flat) => new(flat.ToArray());

    /// <summary>True where the bytes are the flat form of a key.</summary>
    internal static bool IsFlat(ReadOnlySpan<byte> flat)
    {
        var reader = new WireReader(flat);
        return reader.ReadPrefixed(TypeBytesMax).Length > 0 && reader.ReadPrefixed(BucketBytesMax).Length > 0 && !reader.Failed
            && reader.Remaining is > 0 and <= NameBytesMax;
    }

    /// <inheritdoc/>
    public bool Equals(Key other) => Flat.SequenceEqual(other.Flat);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Key other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => (int)Hash;

    /// <inheritdoc/>
    public override string ToString() => _flat is null ? "(no key)" : $"{Type}/{Bucket}/{Name}";

    /// <summary>True where both name the same datum.</summary>
    public static bool operator ==(Key left, Key right) => left.Equals(right);

    /// <summary>True where they name different data.</summary>
    public static bool operator !=(Key left, Key right) => !left.Equals(right);

    internal static ulong HashOf(ReadOnlySpan<byte> flat) => Placement.KeyHash.Of(flat);

    private static string? Complaint(string what, string text, int bytesMax)
    {
        var bytes = Encoding.UTF8.GetByteCount(text);
        return bytes == 0 ? $"The {what} is empty; it needs at least one byte."
            : bytes > bytesMax ? $"The {what} has {bytes} bytes; at most {bytesMax} are allowed."
            : null;
    }

    private string Part(int index)
    {
        var reader = new WireReader(_flat);
        var part = reader.ReadPrefixed();
        if (index > 0) part = reader.ReadPrefixed();
        if (index > 1) part = reader.ReadBytes(reader.Remaining);
        return Encoding.UTF8.GetString(part);
    }

    /// <summary>Compares keys by content, and lets a table be asked with bytes that are no key of their own yet.</summary>
    internal sealed class Comparer : IEqualityComparer<Key>, IAlternateEqualityComparer<ReadOnlySpan<byte>, Key>
    {
        public static readonly Comparer Instance = new();

        public bool Equals(Key x, Key y) => x.Equals(y);

        public int GetHashCode(Key obj) => obj.GetHashCode();

        public bool Equals(ReadOnlySpan<byte> alternate, Key other) => alternate.SequenceEqual(other.Flat);

        public int GetHashCode(ReadOnlySpan<byte> alternate) => (int)HashOf(alternate);

        public Key Create(ReadOnlySpan<byte> alternate) => OfFlat(alternate);
    }
}
