using GossipCluster.Core.Causality;
using GossipCluster.Core.Placement;

namespace GossipCluster.Core.Metadata;

/// <summary>Why a change of the metadata is refused. A closed set; each says itself in a sentence for the operator.</summary>
public abstract record MetadataError
{
    private MetadataError()
    {
    }

    /// <summary>What is wrong and what would be right.</summary>
    public abstract string Sentence { get; }

    /// <inheritdoc/>
    public sealed override string ToString() => Sentence;

    /// <summary>The ring does not allow it.</summary>
    public sealed record Ring(RingError Error) : MetadataError
    {
        /// <inheritdoc/>
        public override string Sentence => Error.Sentence;
    }

    /// <summary>An operator took the node out of the ring.</summary>
    public sealed record HasLeft(NodeName Node) : MetadataError
    {
        /// <inheritdoc/>
        public override string Sentence => $"'{Node}' was taken out of the ring: it comes back only where an operator asks for that.";
    }

    /// <summary>A ring keeps one member.</summary>
    public sealed record LastMember(NodeName Node) : MetadataError
    {
        /// <inheritdoc/>
        public override string Sentence => $"'{Node}' is the last member: its data would have nowhere to go.";
    }

    /// <summary>No cluster was joined or formed yet.</summary>
    public sealed record NoRing : MetadataError
    {
        /// <inheritdoc/>
        public override string Sentence => "This node knows no ring yet: try again when it has joined.";
    }

    /// <summary>The table is full.</summary>
    public sealed record TooManyEntries : MetadataError
    {
        /// <inheritdoc/>
        public override string Sentence => $"There are {MetadataTable.EntriesMax} metadata entries already, which is the most.";
    }

    /// <summary>The name's epochs are used up, which no counting can do.</summary>
    public sealed record NoEpochLeft(string Name) : MetadataError
    {
        /// <inheritdoc/>
        public override string Sentence => $"'{Name}' cannot change any more: its epoch is the last one.";
    }

    /// <summary>What a bucket type never changes would change, or a value is out of range.</summary>
    public sealed record Schema(string Reason) : MetadataError
    {
        /// <inheritdoc/>
        public override string Sentence => Reason;
    }
}
