namespace GossipCluster.Core.Wire;

/// <summary>Why bytes could not be read: what was expected, and where.</summary>
/// <param name="Expected">What the reader expected, as part of a sentence ("a varint of at most 64 bits").</param>
/// <param name="Offset">Where in the input, in bytes from its start.</param>
public readonly record struct WireError(string Expected, int Offset)
{
    /// <inheritdoc/>
    public override string ToString() => $"Malformed bytes at offset {Offset}: expected {Expected}.";
}
