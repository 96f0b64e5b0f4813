using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Membership;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Metadata;

/// <summary>What two nodes say to each other about metadata. A closed set.</summary>
/// <remarks>
/// <code>
///   Digest ------------->            equal: nothing to say, unless an answer is wanted
///          &lt;------------- Versions   what the answering node has, by ranges of names, so that what is absent counts
///   Entries, Ask ------->            what is newer here; what is newer there, please
///          &lt;------------- Entries
/// Entries ---------->            unasked, as news
///          &lt;------------- Has        when they are on disk; where what is there is newer, Entries
/// </code>
/// Any of them may be lost or doubled, and any may come unasked: a change is told at once as <see cref="Entries"/>.
/// </remarks>
public abstract record MetadataMessage
{
    private MetadataMessage()
    {
    }

    /// <summary>What all I know comes to.</summary>
    /// <param name="Table">See <see cref="MetadataTable.Digest"/>.</param>
    /// <param name="WantsAnswer">Say something even where it is equal: somebody waits to learn that a node is there.</param>
    public sealed record Digest(ulong Table, bool WantsAnswer) : MetadataMessage;

    /// <summary>All that I know of the names after <paramref name="After"/> up to and with <paramref name="UpTo"/>.</summary>
    /// <param name="After">Empty for the first range.</param>
    /// <param name="UpTo">Empty for the last range: to the end.</param>
    /// <param name="Known">In the order of their names.</param>
    public sealed record Versions(string After, string UpTo, ImmutableArray<EntryVersion> Known) : MetadataMessage;

    /// <summary>The entries of these names, please.</summary>
    public sealed record Ask(ImmutableArray<string> Names) : MetadataMessage;

    /// <summary>Entries, asked for or not.</summary>
    public sealed record Entries(ImmutableArray<MetadataEntry> Known) : MetadataMessage;

    /// <summary>These are on my disk: to the author of what is new, who says on how many nodes it counts.</summary>
    public sealed record Has(ImmutableArray<EntryVersion> Known) : MetadataMessage;

    /// <summary>You are no node of this cluster.</summary>
    /// <param name="Sentence">For the operator.</param>
    public sealed record Refused(string Sentence) : MetadataMessage;
}

/// <summary>A message with what every message says of its sender.</summary>
/// <param name="From">Who speaks.</param>
/// <param name="Cluster">Of which cluster it is, or wants to be.</param>
/// <param name="KnowsCluster">Whether it has joined or formed it.</param>
/// <param name="Island">Among whom it counts itself in Akka.Cluster.</param>
/// <param name="Message">What it says.</param>
/// <remarks>
/// Form: version byte, sender, cluster, flags, island, kind byte, body. Grows only at the end of bodies, under a new version byte.
/// </remarks>
public sealed record MetadataParcel(NodeName From, ClusterIdentity Cluster, bool KnowsCluster, Island Island, MetadataMessage Message)
{
    /// <summary>Where to end a parcel; one entry may go beyond. Far below the frame limit of the links and of Akka.Remote.</summary>
    public const int BytesMax = 128 * 1024;

    private const byte Version = 1;
    private const int SentenceBytesMax = 2_048;

    private enum Kind : byte
    {
        Digest = 1,
        Versions = 2,
        Ask = 3,
        Entries = 4,
        Refused = 5,
        Has = 6,
    }

    /// <summary>The parcel as bytes.</summary>
    public byte[] ToBytes()
    {
        var writer = new WireWriter();
        writer.WriteByte(Version);
        MetadataEntry.WriteText(writer, From.Text);
        Cluster.Write(writer);
        writer.WriteByte(KnowsCluster ? (byte)1 : (byte)0);
        Island.Write(writer);
        WriteMessage(writer, Message);
        return writer.ToArray();
    }

    /// <summary>Reads what may be hostile: false, and where it went wrong.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out MetadataParcel? parcel, out WireError error)
    {
        var reader = new WireReader(bytes);
        if (reader.ReadByte() != Version) reader.Fail("a metadata parcel of version 1");
        var from = MetadataEntry.ReadNode(ref reader);
        var cluster = ClusterIdentity.Read(ref reader);
        var flags = reader.ReadByte();
        if (flags > 1) reader.Fail("the flags of a metadata parcel");
        var island = Island.Read(ref reader);
        var message = ReadMessage(ref reader);
        if (reader.Remaining > 0) reader.Fail("nothing after the message");
        error = reader.Error;
        parcel = reader.Failed || message is null ? null : new MetadataParcel(from, cluster, flags == 1, island, message);
        return parcel is not null;
    }

    private static void WriteMessage(WireWriter writer, MetadataMessage message)
    {
        switch (message)
        {
            case MetadataMessage.Digest digest:
                writer.WriteByte((byte)Kind.Digest);
                writer.WriteUInt64(digest.Table);
                writer.WriteByte(digest.WantsAnswer ? (byte)1 : (byte)0);
                break;
            case MetadataMessage.Versions versions:
                writer.WriteByte((byte)Kind.Versions);
                MetadataEntry.WriteText(writer, versions.After);
                MetadataEntry.WriteText(writer, versions.UpTo);
                WriteVersions(writer, versions.Known);
                break;
            case MetadataMessage.Has has:
                writer.WriteByte((byte)Kind.Has);
                WriteVersions(writer, has.Known);
                break;
            case MetadataMessage.Ask ask:
                writer.WriteByte((byte)Kind.Ask);
                writer.WriteCount(ask.Names.Length);
                foreach (var name in ask.Names) MetadataEntry.WriteText(writer, name);
                break;
            case MetadataMessage.Entries entries:
                writer.WriteByte((byte)Kind.Entries);
                writer.WriteCount(entries.Known.Length);
                foreach (var entry in entries.Known) entry.Write(writer);
                break;
            case MetadataMessage.Refused refused:
                writer.WriteByte((byte)Kind.Refused);
                MetadataEntry.WriteText(writer, refused.Sentence);
                break;
            default:
                throw new System.Diagnostics.UnreachableException($"No form for message {message.GetType().Name}.");
        }
    }

    private static MetadataMessage? ReadMessage(ref WireReader reader)
    {
        switch ((Kind)reader.ReadByte())
        {
            case Kind.Digest:
                var table = reader.ReadUInt64();
                var wants = reader.ReadByte();
                if (wants > 1) reader.Fail("whether an answer is wanted");
                return new MetadataMessage.Digest(table, wants == 1);
            case Kind.Versions:
                return ReadVersions(ref reader);
            case Kind.Ask:
                var names = ImmutableArray.CreateBuilder<string>();
                for (var left = reader.ReadCount(2); left > 0 && !reader.Failed; left--) names.Add(MetadataEntry.ReadName(ref reader));
                return new MetadataMessage.Ask(names.ToImmutable());
            case Kind.Entries:
                return ReadEntries(ref reader);
            case Kind.Has:
                return new MetadataMessage.Has(ReadKnown(ref reader));
            case Kind.Refused:
                return new MetadataMessage.Refused(MetadataEntry.ReadText(ref reader, SentenceBytesMax));
            default:
                reader.Fail("a kind of metadata message");
                return null;
        }
    }

    private static MetadataMessage.Versions ReadVersions(ref WireReader reader)
    {
        var after = MetadataEntry.ReadText(ref reader, MetadataEntry.NameBytesMax);
        var upTo = MetadataEntry.ReadText(ref reader, MetadataEntry.NameBytesMax);
        return new MetadataMessage.Versions(after, upTo, ReadKnown(ref reader));
    }

    private static void WriteVersions(WireWriter writer, ImmutableArray<EntryVersion> known)
    {
        writer.WriteCount(known.Length);
        foreach (var version in known)
        {
            MetadataEntry.WriteText(writer, version.Name);
            writer.WriteVarint((ulong)version.Epoch);
            MetadataEntry.WriteText(writer, version.Author.Text);
            writer.WriteUInt64(version.Hash);
        }
    }

    private static ImmutableArray<EntryVersion> ReadKnown(ref WireReader reader)
    {
        var versions = ImmutableArray.CreateBuilder<EntryVersion>();
        for (var left = reader.ReadCount(13); left > 0 && !reader.Failed; left--)
        {
            var (name, epoch, author) = (MetadataEntry.ReadName(ref reader), MetadataEntry.ReadEpoch(ref reader), MetadataEntry.ReadNode(ref reader));
            versions.Add(new EntryVersion(name, epoch, author, reader.ReadUInt64()));
        }

        return versions.ToImmutable();
    }

    private static MetadataMessage.Entries ReadEntries(ref WireReader reader)
    {
        var entries = ImmutableArray.CreateBuilder<MetadataEntry>();
        for (var left = reader.ReadCount(6); left > 0 && !reader.Failed; left--)
        {
            if (MetadataEntry.Read(ref reader) is { } entry) entries.Add(entry);
        }

        return new MetadataMessage.Entries(entries.ToImmutable());
    }
}
