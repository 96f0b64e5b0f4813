using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.IO.Hashing;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Placement;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Metadata;

/// <summary>The ring as metadata has it, and the changes that may be made to it.</summary>
public static class RingMetadata
{
    /// <summary>The ring that a table makes.</summary>
    /// <remarks>
    /// Its version is a fingerprint of Q and of all ring entries, epochs and nodes that left included: equal on two nodes where they know the same
    /// changes, and another after A, B, A than after A, because the epochs went on. So it can be compared for equality and for nothing else.
    /// Entries that make no member are left out on every node alike, and beyond <see cref="Ring.MembersMax"/> those with the greatest names are.
    /// </remarks>
    public static Ring Ring(this MetadataTable table, int partitionCount)
    {
        ArgumentNullException.ThrowIfNull(table);
        var members = new List<RingMember>();
        var hash = new XxHash3();
        var writer = new WireWriter();
        writer.WriteCount(partitionCount);
        foreach (var entry in table.Under(MetadataName.RingPrefix))
        {
            entry.Write(writer);
            if (MemberOf(entry) is { } member) members.Add(member);
        }

        hash.Append(writer.Written);
        var version = (long)(hash.GetCurrentHashAsUInt64() & long.MaxValue);
        return Placement.Ring.Of(members.OrderBy(member => member.Name).Take(Placement.Ring.MembersMax), partitionCount, version);
    }

    /// <summary>Whether a node is in the ring, was, or was never heard of.</summary>
    public static RingStanding StandingOf(this MetadataTable table, NodeName node)
    {
        ArgumentNullException.ThrowIfNull(table);
        return table.Find(MetadataName.Ring(node)) is { } entry && RingEntry.FromValue(entry.Value.Span) is { } ring ? ring.Standing : RingStanding.Unknown;
    }

    /// <summary>The entry that brings a node into the ring, or changes its weight and zone.</summary>
    /// <param name="table">What is known.</param>
    /// <param name="member">Who and how much.</param>
    /// <param name="mayReturn">Whether a node that an operator took out may come back: only an operator decides that.</param>
    /// <param name="author">Who says so.</param>
    /// <param name="entry">Null where nothing would change.</param>
    /// <param name="error">Why it is refused.</param>
    public static bool TryAdd(
        this MetadataTable table, RingMember member, bool mayReturn, NodeName author, out MetadataEntry? entry, [NotNullWhen(false)] out MetadataError? error)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(member);
        (entry, error) = (null, null);
        if (!Placement.Ring.TryCreate([member], Partitions.CountDefault, 0, out _, out var ringError)) error = new MetadataError.Ring(ringError);
        else if (table.StandingOf(member.Name) == RingStanding.Left && !mayReturn) error = new MetadataError.HasLeft(member.Name);
        else if (table.StandingOf(member.Name) != RingStanding.Member && MembersOf(table).Count() >= Placement.Ring.MembersMax) error = new MetadataError.Ring(new RingError.TooManyMembers());
        if (error is not null) return false;

        return TryReplace(table, member.Name, new RingEntry(RingStanding.Member, member.Weight, member.Zone), author, out entry, out error);
    }

    /// <summary>The entry that gives a member another weight; null where it has it.</summary>
    public static bool TrySetWeight(
        this MetadataTable table, NodeName node, int weight, NodeName author, out MetadataEntry? entry, [NotNullWhen(false)] out MetadataError? error)
    {
        ArgumentNullException.ThrowIfNull(table);
        (entry, error) = (null, new MetadataError.Ring(new RingError.UnknownMember(node)));
        return MembersOf(table).FirstOrDefault(member => member.Name == node) is { } known
            && table.TryAdd(known with { Weight = weight }, mayReturn: false, author, out entry, out error);
    }

    /// <summary>The entry that takes a node back that an operator had taken out, with the weight and zone that it had; null where it is a member.</summary>
    public static bool TryReturn(this MetadataTable table, NodeName node, NodeName author, out MetadataEntry? entry, [NotNullWhen(false)] out MetadataError? error)
    {
        ArgumentNullException.ThrowIfNull(table);
        (entry, error) = (null, new MetadataError.Ring(new RingError.UnknownMember(node)));
        return table.Find(MetadataName.Ring(node)) is { } known && RingEntry.FromValue(known.Value.Span) is { } ring
            && table.TryAdd(new RingMember(node, ring.Weight, ring.Zone), mayReturn: true, author, out entry, out error);
    }

    /// <summary>The entry that takes a member out for good: its data move to the others. Null where it has left already.</summary>
    public static bool TryRemove(this MetadataTable table, NodeName node, NodeName author, out MetadataEntry? entry, [NotNullWhen(false)] out MetadataError? error)
    {
        ArgumentNullException.ThrowIfNull(table);
        (entry, error) = (null, null);
        if (table.StandingOf(node) == RingStanding.Left) return true;
        var members = MembersOf(table).ToImmutableArray();
        if (members.FirstOrDefault(member => member.Name == node) is not { } known)
        {
            error = new MetadataError.Ring(new RingError.UnknownMember(node));
            return false;
        }

        if (members.Length == 1)
        {
            error = new MetadataError.LastMember(node);
            return false;
        }

        return TryReplace(table, node, new RingEntry(RingStanding.Left, known.Weight, known.Zone), author, out entry, out error);
    }

    private static bool TryReplace(
        MetadataTable table, NodeName node, RingEntry value, NodeName author, out MetadataEntry? entry, [NotNullWhen(false)] out MetadataError? error)
    {
        (entry, error) = (null, null);
        var name = MetadataName.Ring(node);
        var known = table.Find(name);
        if (known is null && table.Count >= MetadataTable.EntriesMax) error = new MetadataError.TooManyEntries();
        else if (known?.Epoch == MetadataEntry.EpochMax) error = new MetadataError.NoEpochLeft(name);
        else if (known is null || RingEntry.FromValue(known.Value.Span) != value) entry = table.Next(name, author, value.ToValue());
        return error is null;
    }

    private static IEnumerable<RingMember> MembersOf(MetadataTable table) => table.Under(MetadataName.RingPrefix).Select(MemberOf).OfType<RingMember>();

    private static RingMember? MemberOf(MetadataEntry entry)
    {
        if (!MetadataName.TryNodeOf(entry.Name, MetadataName.RingPrefix, out var node)) return null;
        if (RingEntry.FromValue(entry.Value.Span) is not { Standing: RingStanding.Member } ring) return null;
        var member = new RingMember(node, ring.Weight, ring.Zone);
        return member.Error() is null ? member : null;
    }
}
