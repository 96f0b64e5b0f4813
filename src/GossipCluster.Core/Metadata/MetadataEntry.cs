using System.Buffers;
using System.IO.Hashing;
using System.Text;
using System.Text.Unicode;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Metadata;

/// <summary>One named value of the metadata: immutable, replaced as a whole, never deleted.</summary>
/// <remarks>
/// Of two entries of one name the greater counts, by epoch, then author, then value. That is a total order, so whatever order entries come in,
/// and however often, every node ends with the same one. Who replaces an entry takes the epoch after the one it knows.
/// Form: varint(length) name, varint epoch, varint(length) author, varint(length) value.
/// </remarks>
public sealed class MetadataEntry : IEquatable<MetadataEntry>
{
    /// <summary>The longest name, in bytes of UTF-8: a bucket type, a bucket of 1,024 bytes at worst threefold escaped, and what comes before.</summary>
    public const int NameBytesMax = 4_096;

    /// <summary>The longest value, in bytes: metadata is small, and one entry must fit one parcel.</summary>
    public const int ValueBytesMax = 64 * 1024;

    /// <summary>The greatest epoch. Beyond what counting can reach, so that a hostile epoch leaves no room for an overflow.</summary>
    public const long EpochMax = 1L << 62;

    /// <summary>The first byte of <see cref="ToFact"/>.</summary>
    private const byte FactVersion = 1;

    private MetadataEntry(string name, long epoch, NodeName author, ReadOnlyMemory<byte> value)
    {
        (Name, Epoch, Author, Value) = (name, epoch, author, value);
        var writer = new WireWriter(name.Length + value.Length + 32);
        Write(writer);
        Hash = XxHash3.HashToUInt64(writer.Written);
        WrittenLength = writer.Length;
    }

    /// <summary>What the entry is about, see <see cref="MetadataName"/>.</summary>
    public string Name { get; }

    /// <summary>Which change of this name it is, 1 to <see cref="EpochMax"/>.</summary>
    public long Epoch { get; }

    /// <summary>The node that made the change.</summary>
    public NodeName Author { get; }

    /// <summary>What the name means now; the name's kind says in which form.</summary>
    public ReadOnlyMemory<byte> Value { get; }

    /// <summary>XXH3 of the binary form: equal on every node.</summary>
    public ulong Hash { get; }

    /// <summary>Bytes of the binary form.</summary>
    public int WrittenLength { get; }

    /// <summary>An entry out of parts that are known to be within their bounds.</summary>
    /// <exception cref="ArgumentException">They are not: a programming error, clients' names are checked before.</exception>
    public static MetadataEntry Of(string name, long epoch, NodeName author, ReadOnlyMemory<byte> value)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (Encoding.UTF8.GetByteCount(name) > NameBytesMax) throw new ArgumentException($"A name has at most {NameBytesMax} bytes.", nameof(name));
        ArgumentOutOfRangeException.ThrowIfLessThan(epoch, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(epoch, EpochMax);
        if (value.Length > ValueBytesMax) throw new ArgumentException($"A value has at most {ValueBytesMax} bytes.", nameof(value));
        if (author == default) throw new ArgumentException("An entry needs an author.", nameof(author));
        return new MetadataEntry(name, epoch, author, value);
    }

    /// <summary>True where this replaces <paramref name="other"/>, an entry of the same name or none.</summary>
    public bool Beats(MetadataEntry? other) => other is null || Order(this, other) > 0;

    /// <summary>The version of the entry, enough to tell which of two is wanted without sending values.</summary>
    public EntryVersion Version => new(Name, Epoch, Author, Hash);

    /// <summary>The form under which it is stored on its own: a version byte, then the entry.</summary>
    public byte[] ToFact()
    {
        var writer = new WireWriter(WrittenLength + 1);
        writer.WriteByte(FactVersion);
        Write(writer);
        return writer.ToArray();
    }

    /// <summary>Reads what <see cref="ToFact"/> wrote.</summary>
    public static bool TryFromFact(ReadOnlySpan<byte> fact, out MetadataEntry? entry, out WireError error)
    {
        var reader = new WireReader(fact);
        if (reader.ReadByte() != FactVersion) reader.Fail("a stored metadata entry of version 1");
        entry = Read(ref reader);
        if (reader.Remaining > 0) reader.Fail("nothing after the entry");
        error = reader.Error;
        if (reader.Failed) entry = null;
        return entry is not null;
    }

    /// <inheritdoc/>
    public bool Equals(MetadataEntry? other) => other is not null && Hash == other.Hash && Name == other.Name && Order(this, other) == 0;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as MetadataEntry);

    /// <inheritdoc/>
    public override int GetHashCode() => Hash.GetHashCode();

    /// <inheritdoc/>
    public override string ToString() => $"{Name} epoch {Epoch} by {Author}, {Value.Length} bytes";

    internal void Write(WireWriter writer)
    {
        WriteText(writer, Name);
        writer.WriteVarint((ulong)Epoch);
        WriteText(writer, Author.Text);
        writer.WritePrefixed(Value.Span);
    }

    /// <summary>An entry, or null where the reader has failed.</summary>
    internal static MetadataEntry? Read(ref WireReader reader)
    {
        var name = ReadName(ref reader);
        var epoch = ReadEpoch(ref reader);
        var author = ReadNode(ref reader);
        var value = reader.ReadPrefixed(ValueBytesMax);
        return reader.Failed ? null : new MetadataEntry(name, epoch, author, value.ToArray());
    }

    internal static void WriteText(WireWriter writer, string text)
    {
        writer.WriteCount(Encoding.UTF8.GetByteCount(text));
        Encoding.UTF8.GetBytes(text, writer);
    }

    internal static string ReadText(ref WireReader reader, int bytesMax)
    {
        var bytes = reader.ReadPrefixed(bytesMax);
        if (Utf8.IsValid(bytes)) return Encoding.UTF8.GetString(bytes);
        reader.Fail("a text in UTF-8");
        return string.Empty;
    }

    internal static string ReadName(ref WireReader reader)
    {
        var name = ReadText(ref reader, NameBytesMax);
        if (name.Length == 0) reader.Fail("the name of an entry");
        return name;
    }

    internal static long ReadEpoch(ref WireReader reader)
    {
        var epoch = reader.ReadLong();
        if (epoch is < 1 or > EpochMax) reader.Fail("an epoch of 1 to 2^62");
        return epoch;
    }

    internal static NodeName ReadNode(ref WireReader reader)
    {
        if (NodeName.TryParse(reader.ReadPrefixed(NodeName.LengthMax), out var node)) return node;
        reader.Fail("the name of a node");
        return default;
    }

    private static int Order(MetadataEntry left, MetadataEntry right)
    {
        var order = left.Epoch.CompareTo(right.Epoch);
        if (order == 0) order = left.Author.CompareTo(right.Author);
        return order != 0 ? order : left.Value.Span.SequenceCompareTo(right.Value.Span);
    }
}

/// <summary>What one node says of an entry instead of sending it.</summary>
/// <param name="Name">Of the entry.</param>
/// <param name="Epoch">Of the entry.</param>
/// <param name="Author">Of the entry.</param>
/// <param name="Hash">Of the entry: two authors of one name at one epoch may be one author who lost its disk.</param>
public readonly record struct EntryVersion(string Name, long Epoch, NodeName Author, ulong Hash)
{
    /// <summary>Less than zero where this is certainly older, more where it is certainly newer, zero where the values would have to be seen.</summary>
    public int Against(EntryVersion other)
    {
        var order = Epoch.CompareTo(other.Epoch);
        return order != 0 ? order : Author.CompareTo(other.Author);
    }
}
