using System.Diagnostics.CodeAnalysis;
using System.Text;
using GossipCluster.Core.Kernel;
using GossipCluster.Core.Placement;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Feeds;

/// <summary>What a feed is about: all keys of one bucket, or one key. Compared by content.</summary>
/// <remarks>The flat form of a bucket is that of its keys without their names, so a key lies in it exactly where its flat form begins so.</remarks>
public sealed class FeedScope : IEquatable<FeedScope>
{
    private readonly byte[] _flat;

    private FeedScope(byte[] flat, bool isKey) => (_flat, IsKey) = (flat, isKey);

    /// <summary>One key; else a bucket.</summary>
    public bool IsKey { get; }

    /// <summary>The flat form of the key, or of the bucket.</summary>
    public ReadOnlySpan<byte> Flat => _flat;

    /// <summary>The key; only where <see cref="IsKey"/>.</summary>
    public Key Key => Key.TryOfFlat(_flat, out var key) ? key : throw new InvalidOperationException("A bucket is no key.");

    /// <summary>A hash of the scope, the same on every node.</summary>
    public ulong Hash => KeyHash.Of(_flat) ^ (IsKey ? 0x9E37_79B9_7F4A_7C15 : 0);

    /// <summary>The feed of one key.</summary>
    public static FeedScope Of(Key key) => new(key.Flat.ToArray(), isKey: true);

    /// <summary>The feed of a bucket; says what is wrong with its name.</summary>
    public static bool TryOfBucket(string type, string bucket, [NotNullWhen(true)] out FeedScope? scope, [NotNullWhen(false)] out string? error)
    {
        scope = null;
        if (!Key.TryCreate(type, bucket, "-", out _, out error)) return false;
        var writer = new WireWriter(128);
        writer.WritePrefixed(Encoding.UTF8.GetBytes(type));
        writer.WritePrefixed(Encoding.UTF8.GetBytes(bucket));
        scope = new FeedScope(writer.ToArray(), isKey: false);
        return true;
    }

    /// <summary>True where a change of the key is an event of this feed.</summary>
    public bool Covers(Key key) => IsKey ? key.Flat.SequenceEqual(_flat) : key.Flat.StartsWith(_flat);

    /// <summary>True where the key's name begins so; for a key that the scope covers.</summary>
    public bool HasPrefix(Key key, ReadOnlySpan<byte> prefix) => IsKey || key.Flat[_flat.Length..].StartsWith(prefix);

    /// <summary>Writes a kind byte, 1 for a key, and the flat form.</summary>
    public void Write(WireWriter writer)
    {
        writer.WriteByte(IsKey ? (byte)1 : (byte)0);
        writer.WritePrefixed(_flat);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static FeedScope? Read(ref WireReader reader)
    {
        var kind = reader.ReadByte();
        var flat = reader.ReadPrefixed(Key.FlatBytesMax);

        // A bucket and any name make a key.
        var isGood = kind switch
        {
            1 => Key.TryOfFlat(flat, out _),
            0 => Key.TryOfFlat([.. flat, (byte)'-'], out _) && !Key.TryOfFlat(flat, out _),
            _ => false,
        };
        if (!isGood) reader.Fail("a key or a bucket");
        return reader.Failed ? null : new FeedScope(flat.ToArray(), kind == 1);
    }

    /// <inheritdoc/>
    public bool Equals(FeedScope? other) => other is not null && other.IsKey == IsKey && other._flat.AsSpan().SequenceEqual(_flat);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as FeedScope);

    /// <inheritdoc/>
    public override int GetHashCode() => (int)Hash;

    /// <summary>How many bytes of a key's flat form name its bucket.</summary>
    internal static int BucketBytes(ReadOnlySpan<byte> flat)
    {
        var reader = new WireReader(flat);
        reader.ReadPrefixed();
        reader.ReadPrefixed();
        return reader.Position;
    }
}
