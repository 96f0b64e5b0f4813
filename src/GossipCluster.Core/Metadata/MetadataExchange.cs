using System.Collections.Immutable;
using System.Diagnostics;

namespace GossipCluster.Core.Metadata;

/// <summary>How two tables become one: what to answer, and what was learned.</summary>
public static class MetadataExchange
{
    /// <summary>What follows from a message.</summary>
    /// <param name="Answers">To its sender.</param>
    /// <param name="Learned">Entries that beat those known here. Not in the table before they are on disk.</param>
    public readonly record struct Outcome(ImmutableArray<MetadataMessage> Answers, ImmutableArray<MetadataEntry> Learned);

    /// <summary>What a node that knows <paramref name="table"/> makes of a message.</summary>
    public static Outcome Receive(MetadataTable table, MetadataMessage message)
    {
        ArgumentNullException.ThrowIfNull(table);
        return message switch
        {
            MetadataMessage.Digest digest when digest.Table != table.Digest => new Outcome([.. VersionsOf(table)], []),
            MetadataMessage.Digest { WantsAnswer: true } => new Outcome([new MetadataMessage.Digest(table.Digest, WantsAnswer: false)], []),
            MetadataMessage.Digest => new Outcome([], []),
            MetadataMessage.Versions versions => new Outcome([.. Compare(table, versions)], []),
            MetadataMessage.Ask ask => new Outcome([.. EntriesIn(ask.Names.Select(table.Find).OfType<MetadataEntry>())], []),
            MetadataMessage.Entries entries => new Outcome([.. AnswerTo(table, entries)], [.. entries.Known.Where(entry => !ReferenceEquals(table.Merge(entry), table))]),
            MetadataMessage.Has or MetadataMessage.Refused => new Outcome([], []),
            _ => throw new UnreachableException($"No answer to message {message.GetType().Name}."),
        };
    }

    /// <summary>Entries in messages of about <see cref="MetadataParcel.BytesMax"/> bytes.</summary>
    public static IEnumerable<MetadataMessage.Entries> EntriesIn(IEnumerable<MetadataEntry> entries) =>
        InChunks(entries, entry => entry.WrittenLength).Select(chunk => new MetadataMessage.Entries(chunk));

    /// <summary>All versions in messages of about <see cref="MetadataParcel.BytesMax"/> bytes, the ranges without gaps.</summary>
    public static IEnumerable<MetadataMessage.Versions> VersionsOf(MetadataTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        var chunks = InChunks(table.Entries.Select(entry => entry.Version), version => (3 * version.Name.Length) + 96).ToList();
        if (chunks.Count == 0) yield return new MetadataMessage.Versions(string.Empty, string.Empty, []);
        for (var index = 0; index < chunks.Count; index++)
        {
            var after = index == 0 ? string.Empty : chunks[index - 1][^1].Name;
            var upTo = index == chunks.Count - 1 ? string.Empty : chunks[index][^1].Name;
            yield return new MetadataMessage.Versions(after, upTo, chunks[index]);
        }
    }

    /// <summary>What is here already is said to be; what is newer here is sent. What is learned is answered when it is on disk.</summary>
    private static IEnumerable<MetadataMessage> AnswerTo(MetadataTable table, MetadataMessage.Entries theirs)
    {
        var same = theirs.Known.Where(entry => entry.Equals(table.Find(entry.Name))).Select(entry => entry.Version).ToImmutableArray();
        var newer = theirs.Known.Select(entry => table.Find(entry.Name) is { } own && own.Beats(entry) ? own : null).OfType<MetadataEntry>();
        return same.IsEmpty ? EntriesIn(newer) : EntriesIn(newer).Prepend<MetadataMessage>(new MetadataMessage.Has(same));
    }

    private static IEnumerable<MetadataMessage> Compare(MetadataTable table, MetadataMessage.Versions theirs)
    {
        var known = new Dictionary<string, EntryVersion>(StringComparer.Ordinal);
        foreach (var version in theirs.Known) known[version.Name] = version;

        var newerHere = table.Entries.Where(entry =>
            IsIn(theirs, entry.Name)
            && (!known.TryGetValue(entry.Name, out var version) || (version.Hash != entry.Hash && entry.Version.Against(version) >= 0)));
        var newerThere = theirs.Known.Where(version =>
            table.Find(version.Name) is not { } entry || (version.Hash != entry.Hash && version.Against(entry.Version) >= 0));

        return EntriesIn(newerHere)
            .Concat<MetadataMessage>(InChunks(newerThere.Select(version => version.Name), name => (3 * name.Length) + 4).Select(names => new MetadataMessage.Ask(names)));
    }

    private static bool IsIn(MetadataMessage.Versions range, string name) =>
        string.CompareOrdinal(name, range.After) > 0 && (range.UpTo.Length == 0 || string.CompareOrdinal(name, range.UpTo) <= 0);

    private static IEnumerable<ImmutableArray<T>> InChunks<T>(IEnumerable<T> all, Func<T, int> bytesOf)
    {
        var chunk = ImmutableArray.CreateBuilder<T>();
        var bytes = 0;
        foreach (var one in all)
        {
            if (chunk.Count > 0 && bytes + bytesOf(one) > MetadataParcel.BytesMax)
            {
                yield return chunk.ToImmutable();
                chunk.Clear();
                bytes = 0;
            }

            chunk.Add(one);
            bytes += bytesOf(one);
        }

        if (chunk.Count > 0) yield return chunk.ToImmutable();
    }
}
