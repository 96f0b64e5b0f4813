namespace GossipCluster.Actors.Links;

/// <summary>What crosses the wire between two links: one flat run of bytes, see the link's own documentation. Serialised as it is.</summary>
/// <param name="Bytes">At most the frame limit.</param>
public sealed record LinkFrame(byte[] Bytes);
