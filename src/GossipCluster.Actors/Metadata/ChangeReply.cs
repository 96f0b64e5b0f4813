using GossipCluster.Core.Metadata;

namespace GossipCluster.Actors.Metadata;

/// <summary>How a change of the metadata ended.</summary>
public abstract record ChangeReply
{
    private ChangeReply()
    {
    }

    /// <summary>Durable here and on its way to the others; also where it was so already.</summary>
    /// <param name="Nodes">On how many nodes it is durable and counts, for certain; this one is the first. Schema alone waits for others.</param>
    public sealed record Done(int Nodes) : ChangeReply;

    /// <summary>Nothing was changed.</summary>
    public sealed record Refused(MetadataError Error) : ChangeReply;

    /// <summary>The node cannot say: it is starting, or its disk is slow. The change may happen.</summary>
    /// <param name="Sentence">For the operator.</param>
    public sealed record Undecided(string Sentence) : ChangeReply;
}
