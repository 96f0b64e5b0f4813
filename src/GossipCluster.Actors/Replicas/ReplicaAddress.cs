namespace GossipCluster.Actors.Replicas;

/// <summary>Which replica of a node: of one partition, for the bucket types of one n_val.</summary>
/// <param name="N">n_val, 1 to 16: keys of different n_val have different primaries, and so are different replica groups.</param>
/// <param name="Partition">0 to Q - 1.</param>
public readonly record struct ReplicaAddress(int N, int Partition)
{
    /// <summary>The greatest n_val.</summary>
    public const int NMax = 16;

    /// <inheritdoc/>
    public override string ToString() => $"{N}-{Partition}";
}
