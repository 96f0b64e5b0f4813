namespace GossipCluster.Actors.Membership;

/// <summary>The present view for other threads: never blocks, never older than what subscribers were told.</summary>
public interface IClusterViewSource
{
    /// <summary>What is known now.</summary>
    ClusterView View { get; }
}
