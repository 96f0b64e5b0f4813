using GossipCluster.Core.Causality;

namespace GossipCluster.Core.Placement;

/// <summary>
/// Why members, a partition count and a version make no ring. A closed set; each says itself in a sentence for the operator.
/// </summary>
public abstract record RingError
{
    private RingError()
    {
    }

    /// <summary>What is wrong and what would be right.</summary>
    public abstract string Sentence { get; }

    /// <inheritdoc/>
    public sealed override string ToString() => Sentence;

    /// <summary>Two members have one name.</summary>
    public sealed record DuplicateName(NodeName Name) : RingError
    {
        /// <inheritdoc/>
        public override string Sentence => $"'{Name}' is in the ring twice: a name stands for one member.";
    }

    /// <summary>A member has no name.</summary>
    public sealed record NamelessMember : RingError
    {
        /// <inheritdoc/>
        public override string Sentence => $"A member has no name: {NodeName.Rule}";
    }

    /// <summary>No member has the name.</summary>
    public sealed record UnknownMember(NodeName Name) : RingError
    {
        /// <inheritdoc/>
        public override string Sentence => $"'{Name}' is not in the ring.";
    }

    /// <summary>A weight outside <see cref="RingMember.WeightMin"/> to <see cref="RingMember.WeightMax"/>.</summary>
    public sealed record WeightOutOfRange(NodeName Name, int Weight) : RingError
    {
        /// <inheritdoc/>
        public override string Sentence =>
            $"The weight {Weight} of '{Name}' is out of range: a weight is {RingMember.WeightMin} to {RingMember.WeightMax}.";
    }

    /// <summary>A zone's name is too long or has a character that is not allowed.</summary>
    public sealed record MalformedZone(NodeName Name) : RingError
    {
        /// <inheritdoc/>
        public override string Sentence =>
            $"The zone of '{Name}' is malformed: a zone has 0 to {RingMember.ZoneLengthMax} characters out of A-Z a-z 0-9 . _ - / and :.";
    }

    /// <summary>More members than <see cref="Ring.MembersMax"/>.</summary>
    public sealed record TooManyMembers : RingError
    {
        /// <inheritdoc/>
        public override string Sentence => $"The ring has too many members: at most {Ring.MembersMax}.";
    }

    /// <summary>Q outside <see cref="Partitions.CountMin"/> to <see cref="Partitions.CountMax"/>.</summary>
    public sealed record PartitionCountOutOfRange(int Count) : RingError
    {
        /// <inheritdoc/>
        public override string Sentence =>
            $"{Count} partitions are out of range: a cluster has {Partitions.CountMin} to {Partitions.CountMax}.";
    }

    /// <summary>A version below zero, or no version left above the present one.</summary>
    public sealed record VersionOutOfRange : RingError
    {
        /// <inheritdoc/>
        public override string Sentence => $"The ring's version is out of range: a version is 0 to {long.MaxValue}.";
    }
}
