namespace GossipCluster.Core.Replication;

/// <summary>One start of a node on its disk, as the node names it to the other members, who remember the latest for each replica id, durably.</summary>
/// <remarks>
/// The count alone would not do: a copy of a disk that is put back starts under the same count as the life that it has missed. The random number tells
/// the two apart, and leaves a message that is told twice what it is.
/// </remarks>
/// <param name="Number">How many starts the disk has seen, this one included.</param>
/// <param name="Nonce">Drawn at random for this start.</param>
public readonly record struct NodeStart(long Number, ulong Nonce)
{
    /// <summary>True where this start, remembered by a member, shows that the disk that now starts as <paramref name="asked"/> is not the last to have lived under its id.</summary>
    public bool Contradicts(NodeStart asked) => Number > asked.Number || (Number == asked.Number && Nonce != asked.Nonce);
}
