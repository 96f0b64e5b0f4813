namespace GossipCluster.MultiNode.TestKit;

/// <summary>A way to cut links between nodes.</summary>
internal interface ILinkFaults
{
    /// <summary>From now on this passes between two nodes, and a throttle is gone.</summary>
    /// <param name="a">One end.</param>
    /// <param name="b">The other end.</param>
    /// <param name="sends">What <paramref name="a"/> sends arrives.</param>
    /// <param name="receives">What <paramref name="b"/> sends arrives.</param>
    Task SetAsync(ClusterNode a, ClusterNode b, bool sends, bool receives);

    /// <summary>So many bytes a second, each way.</summary>
    Task ThrottleAsync(ClusterNode a, ClusterNode b, int bytesPerSecond);

    /// <summary>Closes the connections between the two.</summary>
    Task DisconnectAsync(ClusterNode a, ClusterNode b);

    /// <summary>Everything passes everywhere.</summary>
    Task HealAllAsync();
}
