using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using GossipCluster.Core.Causality;

namespace GossipCluster.Core.Placement;

/// <summary>
/// Who holds what: members with weight and zone, the partition count Q, a version. Immutable; preference lists are a pure function of it.
/// </summary>
/// <remarks>
/// <para>
/// The ring is metadata, not liveness: a node enters on its first join and leaves by an operator's command, never because it is
/// unreachable. Two rings with the same members and Q give the same lists on every node, whatever order the members came in.
/// </para>
/// <para>
/// Balance is statistical: with m equal members, in how many partitions a member is a primary varies by sqrt((m / n - 1) / Q) of the mean:
/// by 19 percent for 10 members, n = 3 and Q = 64, by 3.4 percent for Q = 2,048. Choose Q for the greatest size that the cluster shall
/// reach.
/// </para>
/// <para>
/// A list is computed when it is first asked for, then kept: 8 bytes a member and partition, 40 KB for 10 members and Q = 512. Safe for
/// many threads.
/// </para>
/// </remarks>
public sealed class Ring : IEquatable<Ring>
{
    /// <summary>The most members of a ring.</summary>
    public const int MembersMax = 1_024;

    private readonly PreferenceList?[] _lists;

    private Ring(ImmutableArray<RingMember> members, int partitionCount, long version)
    {
        Members = members;
        PartitionCount = partitionCount;
        Version = version;
        _lists = new PreferenceList?[partitionCount];
    }

    /// <summary>The members in the order of their names; none before the first join, and then every preference list is empty.</summary>
    public ImmutableArray<RingMember> Members { get; }

    /// <summary>Q, <see cref="Partitions.CountMin"/> to <see cref="Partitions.CountMax"/>; fixed for the life of a cluster.</summary>
    public int PartitionCount { get; }

    /// <summary>Grows by one with each change, 0 or more. What a peer is known to have counts only under the same version.</summary>
    public long Version { get; }

    /// <summary>Takes what is known to make a ring.</summary>
    /// <exception cref="ArgumentException">It makes none; the message is the <see cref="RingError"/>'s sentence.</exception>
    public static Ring Of(IEnumerable<RingMember> members, int partitionCount = Partitions.CountDefault, long version = 0) =>
        TryCreate(members, partitionCount, version, out var ring, out var error)
            ? ring
            : throw new ArgumentException(error.Sentence, nameof(members));

    /// <summary>True where members, in any order, partition count and version make a ring; else the first error found.</summary>
    public static bool TryCreate(
        IEnumerable<RingMember> members,
        int partitionCount,
        long version,
        [NotNullWhen(true)] out Ring? ring,
        [NotNullWhen(false)] out RingError? error)
    {
        // One more than allowed is enough to see that there are too many: the source may be a peer's message.
        var sorted = members.Take(MembersMax + 1).OrderBy(member => member.Name).ToImmutableArray();
        error = ErrorOf(sorted, partitionCount, version);
        ring = error is null ? new Ring(sorted, partitionCount, version) : null;
        return error is null;
    }

    /// <summary>The member of that name, or null.</summary>
    public RingMember? Find(NodeName name)
    {
        var index = IndexOf(name);
        return index >= 0 ? Members[index] : null;
    }

    /// <summary>True where <paramref name="name"/> is a member.</summary>
    public bool Contains(NodeName name) => IndexOf(name) >= 0;

    /// <summary>The partition of a key hash, 0 to <see cref="PartitionCount"/> - 1.</summary>
    public int PartitionOf(ulong keyHash) => Partitions.Of(keyHash, PartitionCount);

    /// <summary>Who is to hold a partition, first choice first.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The ring has no such partition: a programming error.</exception>
    public PreferenceList PreferenceList(int partition)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(partition);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(partition, PartitionCount);

        // Two threads may both compute a list; they compute the same one, and the first to store it gives it to both.
        return Volatile.Read(ref _lists[partition])
            ?? Interlocked.CompareExchange(ref _lists[partition], Placement.PreferenceList.Of(Members, partition), null)
            ?? _lists[partition]!;
    }

    /// <summary>The ring with this member added, or in place of the member of its name.</summary>
    /// <returns>
    /// A ring of the next version; this very ring where the member is in it already, for a new version makes replicas ask each other anew.
    /// </returns>
    /// <exception cref="ArgumentException">
    /// The member cannot be in this ring; the message is the <see cref="RingError"/>'s sentence.
    /// </exception>
    public Ring With(RingMember member) =>
        TryWith(member, out var ring, out var error) ? ring : throw new ArgumentException(error.Sentence, nameof(member));

    /// <summary>The ring without the member of that name, at the next version.</summary>
    /// <exception cref="ArgumentException">There is none; the message is the <see cref="RingError"/>'s sentence.</exception>
    public Ring Without(NodeName name) =>
        TryWithout(name, out var ring, out var error) ? ring : throw new ArgumentException(error.Sentence, nameof(name));

    /// <summary>
    /// The ring with another weight for the member of that name, at the next version; this very ring where that is its weight already.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// There is none, or the weight is out of range; the message is the <see cref="RingError"/>'s sentence.
    /// </exception>
    public Ring WithWeight(NodeName name, int weight) =>
        TryWithWeight(name, weight, out var ring, out var error) ? ring : throw new ArgumentException(error.Sentence, nameof(weight));

    /// <summary><see cref="With"/> for what an operator or a peer asks: gives the error instead of throwing it.</summary>
    public bool TryWith(RingMember member, [NotNullWhen(true)] out Ring? ring, [NotNullWhen(false)] out RingError? error)
    {
        ArgumentNullException.ThrowIfNull(member);

        var index = IndexOf(member.Name);
        return TryNext(index >= 0 ? Members.SetItem(index, member) : Members.Add(member), out ring, out error);
    }

    /// <summary><see cref="Without"/> for what an operator or a peer asks: gives the error instead of throwing it.</summary>
    public bool TryWithout(NodeName name, [NotNullWhen(true)] out Ring? ring, [NotNullWhen(false)] out RingError? error)
    {
        var index = IndexOf(name);
        return index >= 0 ? TryNext(Members.RemoveAt(index), out ring, out error) : Unknown(name, out ring, out error);
    }

    /// <summary><see cref="WithWeight"/> for what an operator or a peer asks: gives the error instead of throwing it.</summary>
    public bool TryWithWeight(NodeName name, int weight, [NotNullWhen(true)] out Ring? ring, [NotNullWhen(false)] out RingError? error) =>
        Find(name) is { } member ? TryWith(member with { Weight = weight }, out ring, out error) : Unknown(name, out ring, out error);

    /// <summary>True where members, partition count and version are the same.</summary>
    public bool Equals(Ring? other) =>
        other is not null
        && Version == other.Version
        && PartitionCount == other.PartitionCount
        && Members.SequenceEqual(other.Members);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Ring);

    /// <inheritdoc/>
    public override int GetHashCode() => (Version, PartitionCount, Members.Length).GetHashCode();

    /// <inheritdoc/>
    public override string ToString() => $"ring version {Version}: {Members.Length} members, {PartitionCount} partitions";

    private static RingError? ErrorOf(ImmutableArray<RingMember> sorted, int partitionCount, long version)
    {
        if (partitionCount is < Partitions.CountMin or > Partitions.CountMax) return new RingError.PartitionCountOutOfRange(partitionCount);
        if (version < 0) return new RingError.VersionOutOfRange();
        if (sorted.Length > MembersMax) return new RingError.TooManyMembers();

        for (var index = 0; index < sorted.Length; index++)
        {
            if (sorted[index].Error() is { } error) return error;
            if (index > 0 && sorted[index].Name == sorted[index - 1].Name) return new RingError.DuplicateName(sorted[index].Name);
        }

        return null;
    }

    private static bool Unknown(NodeName name, out Ring? ring, [NotNullWhen(false)] out RingError? error)
    {
        (ring, error) = (null, new RingError.UnknownMember(name));
        return false;
    }

    private bool TryNext(ImmutableArray<RingMember> members, [NotNullWhen(true)] out Ring? ring, [NotNullWhen(false)] out RingError? error)
    {
        if (members.SequenceEqual(Members))
        {
            (ring, error) = (this, null);
            return true;
        }

        // At the last version of all the sum wraps below zero, which is refused like any other such version.
        return TryCreate(members, PartitionCount, unchecked(Version + 1), out ring, out error);
    }

    private int IndexOf(NodeName name)
    {
        var (low, high) = (0, Members.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = Members[middle].Name.CompareTo(name);
            if (order == 0) return middle;
            if (order < 0) low = middle + 1;
            else high = middle - 1;
        }

        return -1;
    }
}
