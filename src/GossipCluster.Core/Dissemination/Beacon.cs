using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Dissemination;

/// <summary>The sign by which an overlay is known: its least peer, and how often that one has let itself be heard. See <see cref="IslandWatch"/>.</summary>
/// <param name="Root">The least peer that can be reached over active views.</param>
/// <param name="Beat">Counted up by the root alone.</param>
public readonly record struct Beacon(PeerId Root, ulong Beat)
{
    internal void Write(WireWriter writer)
    {
        Root.Write(writer);
        writer.WriteVarint(Beat);
    }

    internal static Beacon Read(ref WireReader reader) => new(PeerId.Read(ref reader), reader.ReadVarint());
}
