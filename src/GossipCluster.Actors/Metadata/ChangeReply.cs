using GossipCluster.Core.Metadata;

namespace GossipCluster.Actors.Metadata;

/// <summary>How a change of the metadata ended.</summary>
public abstract record ChangeReply
{
    private ChangeReply()
    {
    }

    /// <summary>Durable here and on its way to the others; also where it was so already.</summary>
    public sealed record Done : ChangeReply
    {
        /// <summary>The one instance.</summary>
        public static readonly Done Instance = new();
    }

    /// <summary>Nothing was changed.</summary>
    public sealed record Refused(MetadataError Error) : ChangeReply;

    /// <summary>The node cannot say: it is starting, or its disk is slow. The change may happen.</summary>
    /// <param name="Sentence">For the operator.</param>
    public sealed record Undecided(string Sentence) : ChangeReply;
}
